/// How far a handshake has come.
public enum TLSProgress: Equatable, Sendable {
    /// The peers agree on keys: application bytes may flow.
    case complete
    /// No continuation can succeed. Close the descriptor; an alert was sent where one was due.
    case failed(TLSFault)
    /// Call again when the descriptor is readable.
    case wantsRead
    /// Call again when the descriptor is writable.
    case wantsWrite
}

/// What one read or write of application bytes came to.
///
/// The value is three words without references: returning one costs no allocation and no count.
public enum TLSOutcome: Equatable, Sendable {
    /// So many bytes were appended, or taken.
    case bytes(Int)
    /// The peer has said with `close_notify` that it sends no more. Writing may go on.
    case endOfStream
    /// The connection is lost. Close the descriptor; an alert was sent where one was due.
    case failed(TLSFault)
    /// The transport ended without `close_notify`: what was received may lack its end, and somebody
    /// else than the peer may have cut it there. Never the end of a body that has no length.
    case truncated
    /// Nothing happened; call again when the descriptor is readable.
    case wantsRead
    /// Nothing happened; call again when the descriptor is writable.
    case wantsWrite
}
