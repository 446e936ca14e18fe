/// What a peer was caught flooding a session with; it is told to calm down (ENHANCE_YOUR_CALM).
public enum HTTP2FloodCause: String, Sendable, CaseIterable {
    /// More CONTINUATION frames, or bytes in them, than any head needs.
    case continuation
    /// SETTINGS, PING, PRIORITY, PRIORITY_UPDATE, GOAWAY or frames of unknown types.
    case controlFrames = "control_frames"
    /// DATA frames with nothing in them that end nothing.
    case emptyFrames = "empty_frames"
    /// A few bytes that decode to a head far beyond the limit.
    case headerBomb = "header_bomb"
    /// Streams reset by the peer, or by us because of what it did in them.
    case resets
    /// WINDOW_UPDATE frames beyond what our data explains.
    case windowUpdates = "window_updates"
    /// Frames that want an answer from a peer that reads none.
    case outboundQueue = "outbound_queue"
}

/// Why a whole connection of HTTP/2 must end.
///
/// A GOAWAY that says so is queued: what is left is to produce it, send it, and close. All streams
/// have been closed towards the handler by the time this is thrown.
public enum HTTP2Fault: Error, Equatable, Sendable {
    /// The first bytes are not the preface of HTTP/2 (RFC 9113 §3.4).
    case badPreface
    /// The peer broke a rule that the code names.
    case closed(HTTP2ErrorCode)
    /// The peer did what is allowed far too often.
    case flooded(HTTP2FloodCause)
    /// There was no memory; ours, not the peer's.
    case outOfMemory

    /// What the peer is told.
    public var code: HTTP2ErrorCode {
        switch self {
        case .badPreface: .protocolError
        case .closed(let code): code
        case .flooded: .enhanceYourCalm
        case .outOfMemory: .internalError
        }
    }
}
