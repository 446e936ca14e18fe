/// The versions of HTTP that a message can have come in.
public enum HTTPVersion: UInt8, Sendable {
    case http10
    case http11
    case http2

    /// The version as logs and `Via` spell it: `HTTP/1.1`.
    public var text: StaticString {
        switch self {
        case .http10: "HTTP/1.0"
        case .http11: "HTTP/1.1"
        case .http2: "HTTP/2"
        }
    }
}
