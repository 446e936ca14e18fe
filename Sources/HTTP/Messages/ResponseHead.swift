/// The head of one response, checked and in one block of bytes.
///
/// Reused, it allocates nothing.
public struct ResponseHead: Sendable {
    /// The status, 100 to 999.
    public internal(set) var status = 0
    /// The version that the response came in.
    public internal(set) var version = HTTPVersion.http11
    /// The fields, in the order sent.
    public internal(set) var fields = FieldBlock()
    /// How the body ends, the request's method considered.
    public internal(set) var framing = BodyFraming.none
    /// Whether the upstream takes another request on the connection after this response.
    public internal(set) var keepsAlive = false
    /// Whether the protocol has changed: the response is the `101` that was asked for.
    public internal(set) var isUpgrade = false

    internal var reasonPlace = 0..<0

    /// Makes an empty head without memory.
    public init() {}

    /// The reason phrase as sent; often empty.
    public var reason: Span<UInt8> {
        @_lifetime(borrow self)
        get { fields.bytes.span.extracting(reasonPlace) }
    }

    /// Forgets the response and keeps the memory.
    public mutating func removeAll() {
        fields.removeAll()
        status = 0
        version = .http11
        framing = .none
        keepsAlive = false
        isUpgrade = false
        reasonPlace = 0..<0
    }
}
