import Bytes

/// A request method; those without a case of their own are `other` and keep their bytes in the head.
public enum Method: UInt8, Sendable, CaseIterable {
    case get
    case head
    case post
    case put
    case patch
    case delete
    case options
    case trace
    case connect
    case other

    /// Reads a method; its case counts (RFC 9110 §9.1).
    public init(_ bytes: Span<UInt8>) {
        switch bytes.count {
        case 3: self = bytes.isEqual(to: "GET") ? .get : bytes.isEqual(to: "PUT") ? .put : .other
        case 4:
            self = bytes.isEqual(to: "POST") ? .post : bytes.isEqual(to: "HEAD") ? .head : .other
        case 5:
            self =
                bytes.isEqual(to: "PATCH") ? .patch : bytes.isEqual(to: "TRACE") ? .trace : .other
        case 6: self = bytes.isEqual(to: "DELETE") ? .delete : .other
        case 7:
            self =
                bytes.isEqual(to: "OPTIONS")
                ? .options : bytes.isEqual(to: "CONNECT") ? .connect : .other
        default: self = .other
        }
    }

    /// The method as it is written on the wire; empty for `other`.
    public var text: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .trace: "TRACE"
        case .connect: "CONNECT"
        case .other: ""
        }
    }

    /// Whether the method promises to change nothing (RFC 9110 §9.2.1).
    public var isSafe: Bool {
        switch self {
        case .get, .head, .options, .trace: true
        case .post, .put, .patch, .delete, .connect, .other: false
        }
    }

    /// Whether sending it twice has the effect of sending it once (RFC 9110 §9.2.2).
    public var isIdempotent: Bool {
        switch self {
        case .get, .head, .options, .trace, .put, .delete: true
        case .post, .patch, .connect, .other: false
        }
    }
}
