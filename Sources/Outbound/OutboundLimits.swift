/// What bounds a client; the numbers are its owner's.
public struct OutboundLimits: Sendable, Hashable {
    /// Transfers that run at once.
    public var concurrencyMax: Int
    /// Requests that wait for a place; one more is answered ``OutboundFault/queueFull``.
    public var queueMax: Int
    /// The longest wait for a connection, TLS included.
    public var connectTimeout: Duration
    /// The most bytes of response heads, informational ones and trailers counted in.
    public var responseHeadSizeMax: Int
    /// Connections kept for a next request.
    public var idleConnectionMax: Int

    /// Names every bound.
    public init(
        concurrencyMax: Int,
        queueMax: Int,
        connectTimeout: Duration,
        responseHeadSizeMax: Int,
        idleConnectionMax: Int
    ) {
        self.concurrencyMax = concurrencyMax
        self.queueMax = queueMax
        self.connectTimeout = connectTimeout
        self.responseHeadSizeMax = responseHeadSizeMax
        self.idleConnectionMax = idleConnectionMax
    }
}
