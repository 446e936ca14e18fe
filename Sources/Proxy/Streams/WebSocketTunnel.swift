import HTTP

/// The frames of both directions of a WebSocket whose token may end before it does.
final class WebSocketTunnel {
    /// Frames of the upstream.
    var toPeer = WebSocketFollower()
    /// Frames of the peer.
    var toUpstream = WebSocketFollower()
    /// Whether the upstream is sent nothing more: a Close went to it, or waits in
    /// ``lastWordsToUpstream``.
    var isUpstreamTold = false
    /// As much of the Close as the upstream's wire has not taken.
    var lastWordsToUpstream: [UInt8] = []
}
