/// One question to a server outside: an issuer, a provider, a server of an upstream.
public struct OutboundRequest: Sendable {
    /// `GET`, `HEAD`, `POST`, ...: an upper-case token.
    public var method: String
    /// An absolute `https` address, or `http` within the bounds of ``allowsPlainHTTP`` and
    /// ``pinnedAddress``.
    ///
    /// User information in it is refused.
    public var url: String
    /// Fields besides those that libcurl writes itself (`Host`, `User-Agent`, `Content-Length`).
    public var headers: [OutboundHeader]
    /// The body; empty for none.
    public var body: [UInt8]
    /// The longest that everything together may take: the wait for a free place, the name, the
    /// connection, and the whole response.
    public var timeout: Duration
    /// The most bytes of a response body; the transfer ends at the first byte beyond.
    public var responseSizeMax: Int
    /// Whether plain `http` may be spoken to loopback, written as a literal address or `localhost`,
    /// and resolved to nothing else.
    ///
    /// Plain `http` beyond loopback is never spoken without a ``pinnedAddress``.
    public var allowsPlainHTTP: Bool
    /// A literal address that is connected to in place of whatever the host's name resolves to.
    ///
    /// The certificate is still verified by the name in ``url``. Plain `http` goes to a pinned address
    /// whether loopback or not: it is meant for an operator's own servers.
    public var pinnedAddress: String?
    /// A PEM file of the authorities that certificates are verified by, or `nil` for the system's.
    public var trustedCertificatesPath: String?
    /// Whether a kept connection may carry the request, and the connection be kept after it.
    ///
    /// A health check says no: it asks whether new connections are accepted.
    public var reusesConnections: Bool
    /// Which HTTP it is made in.
    public var version: OutboundVersion

    /// Describes a request.
    public init(
        method: String = "GET",
        url: String,
        headers: [OutboundHeader] = [],
        body: [UInt8] = [],
        timeout: Duration,
        responseSizeMax: Int,
        allowsPlainHTTP: Bool = false,
        pinnedAddress: String? = nil,
        trustedCertificatesPath: String? = nil,
        reusesConnections: Bool = true,
        version: OutboundVersion = .any
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.responseSizeMax = responseSizeMax
        self.allowsPlainHTTP = allowsPlainHTTP
        self.pinnedAddress = pinnedAddress
        self.trustedCertificatesPath = trustedCertificatesPath
        self.reusesConnections = reusesConnections
        self.version = version
    }
}

/// Which HTTP a request is made in.
public enum OutboundVersion: Sendable, Hashable {
    /// HTTP/2 where TLS agrees on it, else HTTP/1.1.
    case any
    /// HTTP/1.1 and nothing else.
    case http11
    /// HTTP/2 and nothing else: by ALPN over TLS, and begun without being asked on a plain connection
    /// (RFC 9113 §3.3).
    ///
    /// A server that does not speak it is ``OutboundFault/protocolRefused`` over TLS, and
    /// ``OutboundFault/connectionLost(detail:)`` without.
    case http2
}

/// One field of a message head.
public struct OutboundHeader: Sendable, Hashable {
    /// The name; in lower case in a response.
    public var name: String
    /// The value, without white space at either end in a response.
    public var value: String

    /// Puts a field together.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
