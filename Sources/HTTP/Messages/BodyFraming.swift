/// How the end of a message's body is found (RFC 9112 §6.3).
public enum BodyFraming: Equatable, Sendable {
    /// There is no body, whatever the fields say.
    case none
    /// The body has this many bytes. Zero where `Content-Length: 0` was said.
    case length(UInt64)
    /// The body comes in chunks (RFC 9112 §7.1).
    case chunked
    /// The body ends with the connection. Responses only.
    case untilClose
}
