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
    /// Whether it serves only while no other can.
    public var isBackup: Bool
    /// Its share of requests relative to its neighbours.
    public var weight: Int
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
    /// `GET` or `HEAD`.
    public var method: String
    /// The path asked for; 2xx and 3xx are healthy.
    public var path: String
    /// The time from one check to the next.
    public var interval: Duration
    /// The longest one check may take.
    public var timeout: Duration
    /// Failures in a row that make a server unhealthy.
    public var fall: Int
    /// Successes in a row that make it healthy again.
    public var rise: Int
}
