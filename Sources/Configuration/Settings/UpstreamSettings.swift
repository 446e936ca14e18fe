/// A named group of servers that requests are forwarded to.
public struct UpstreamSettings: Sendable {
    /// The name that routes use.
    public var name: String
    /// Its servers, in the order of the file.
    public var servers: [UpstreamServerSettings]
    /// How one of them is chosen.
    public var balance: Balance
    /// Idle connections kept to all servers together, each worker an equal part.
    public var keepAliveCount: Int
    /// How long an idle connection is kept.
    public var keepAliveIdle: Duration
    /// The longest wait for a connection, TLS included.
    public var connectTimeout: Duration
    /// The longest wait for the first byte of the response.
    public var readTimeout: Duration
    /// The longest silence after that.
    public var idleTimeout: Duration
    /// The active check, or `nil` where there is none.
    public var healthCheck: HealthCheckSettings?
    /// Failures in a row that eject a server from choice.
    public var ejectionFailureCount: Int
    /// How long an ejected server stays out.
    public var ejectionTime: Duration
    /// PEM file of the authorities that `https` servers are verified by, or `nil` for the system's.
    public var trustedCertificatesPath: String?
}

/// One server of an upstream.
public struct UpstreamServerSettings: Sendable, Hashable {
    /// A name or a literal address, without brackets.
    public var host: String
    /// The port.
    public var port: UInt16
    /// Whether it is spoken to over TLS, verified by `host`.
    public var isTLS: Bool
    /// What it is spoken to in.
    public var wireProtocol: UpstreamProtocol
    /// Whether it serves only while no other can.
    public var isBackup: Bool
    /// Its share of requests relative to its neighbours.
    public var weight: Int
}

/// What a server of an upstream is spoken to in.
public enum UpstreamProtocol: Sendable, Hashable {
    /// HTTP/1.1 (`server HOST:PORT`, `server https://HOST`).
    case http11
    /// HTTP/2, by ALPN over TLS (`server h2://HOST`), without being asked on a plain connection
    /// (`server h2c://HOST:PORT`, RFC 9113 §3.3).
    case http2
}

/// How a server is chosen.
public enum Balance: Sendable, Hashable {
    /// By the hash of the subject, so that a user stays with a server; by address without one.
    case hashOfSubject
    case leastConnections
    case roundRobin
}

/// An active check.
public struct HealthCheckSettings: Sendable, Hashable {
    /// What a server is asked.
    public var probe: HealthProbe
    /// The time from one check to the next.
    public var interval: Duration
    /// The longest one check may take.
    public var timeout: Duration
    /// Failures in a row that make a server unhealthy.
    public var fall: Int
    /// Successes in a row that make it healthy again.
    public var rise: Int
}

/// What a health check asks of a server.
public enum HealthProbe: Sendable, Hashable {
    /// A request `GET` or `HEAD`; 2xx and 3xx are healthy.
    case http(method: String, path: String)
    /// `grpc.health.v1.Health/Check` of a service, of the server as a whole where the name is empty;
    /// `SERVING` is healthy.
    case grpc(service: String)
}
