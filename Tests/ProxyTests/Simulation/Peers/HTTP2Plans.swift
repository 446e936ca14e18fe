/// What is special about a request that goes out as an HTTP/2 stream.
struct StreamPlan {
    /// The most bytes of the body that are given at once, and how long the peer rests after them.
    var pieceMax = 1 << 14
    var rest: Int64 = 0
    /// When the peer resets the stream, after it has begun it.
    var cancelsAfter: Int64?
    /// By how much the declared length is wrong.
    var lengthError = 0
    /// It has a field that belongs to a connection of HTTP/1.
    var isMalformed = false
    var hasTrailers = false
    /// Ends with its head where it has no body.
    var endsWithHead = true
    /// The peer never gives the stream's window back.
    var withholdsWindow = false

    /// Whether the response may be missing by the peer's own doing.
    var isExcused: Bool {
        cancelsAfter != nil || lengthError != 0 || isMalformed || withholdsWindow
    }
}

/// How a peer of HTTP/2 behaves, beside what its ``PeerPlan`` says.
struct HTTP2PeerPlan {
    var streamWindow = 65_535
    var connectionWindow = 1 << 20
    /// How received bytes are given back to the windows: at once, or so many at a time, this long
    /// after they came or after those before them.
    var giving: (pieceMax: Int, delay: Int64)?
    /// Says GOAWAY once so many requests were begun.
    var goawayAfter: Int?
    /// Frames are made until there are so many bytes.
    var producesMax = 1 << 14
    /// The likelihood that a write is cut somewhere.
    var cutPercent = 0
    /// The likelihood of a PING between two writes.
    var pingPercent = 0
    /// Says GOAWAY at the end and waits for the gateway to close.
    var saysGoodbye = false
}

extension RequestPlan {
    /// What `content-length` says.
    var declaredLength: Int { body.count + (isHTTP2 ? stream.lengthError : 0) }

    /// Whether it goes out with its head alone.
    var endsWithHead: Bool {
        if expected == .tunnelled { return false }
        return framing.isNone || body.isEmpty && stream.endsWithHead && !expectsContinue
    }
}
