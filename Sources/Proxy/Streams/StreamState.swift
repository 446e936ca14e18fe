import EventLoop

/// What an exchange knows of its own end, where its token's is the only one that it has.
struct StreamState {
    var ending = StreamEnding()
    /// Its place among the worker's streams, if it is one of those.
    var place: Int?
    /// When what is being ended is ended whatever stands in the way.
    var graceEndsAt: Instant?
    /// The frames of a WebSocket that is being followed.
    var webSocket: WebSocketTunnel?
    /// The last byte that the peer was sent of an event stream.
    var lastByte = UInt8(ascii: "\n")
    /// What the gateway has to say to the peer at the end, as far as the peer has not taken it.
    var lastWords: [UInt8] = []
    /// Both ends of a WebSocket have parted: ended at the end of the turn.
    var isOver = false
}
