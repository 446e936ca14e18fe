public import EventLoop

/// Everything that a `gateway.conf` says, typed, complete with defaults, and checked.
///
/// Paths are absolute, names are resolved to indexes (`RouteSettings/upstream`,
/// `RouteRule/issuers`), secrets are read. A value of this type is a conf that may be run.
public struct Settings: Sendable {
    /// The threads that carry traffic, each with a loop of its own.
    public var workerCount: Int
    /// Where the last good key sets are kept; created 0700 by `run` when missing.
    public var stateDirectory: String
    /// The access log, or `nil` where it is off.
    public var accessLog: AccessLogSettings?
    /// The program's own log.
    public var errorLog: ErrorLogSettings
    /// The addresses that peers connect to.
    public var listeners: [ListenerSettings]
    /// The address of `/healthz`, `/readyz` and `/metrics`, or `nil` where there is none.
    public var admin: SocketAddress?
    /// The peers whose `X-Forwarded-*` are believed.
    public var trustedProxies: [IPNetwork]
    /// The token issuers, in the order of the file, then our own in the order of
    /// ``AuthorizationServerSettings/realms``; a rule names them by index.
    public var issuers: [IssuerSettings]
    /// The upstreams, in the order of the file; a route names its own by index.
    public var upstreams: [UpstreamSettings]
    /// The routes, in the order of the file.
    public var routes: [RouteSettings]
    /// Sizes that bound what a peer may send.
    public var limits: LimitSettings
    /// Times that bound how long a peer may take.
    public var timeouts: TimeoutSettings
    /// Failed signature checks that one client address may cause, or `nil` where unbounded.
    public var signatureFailureBudget: RateSettings?
    /// The authorization server, or `nil` where the conf has none.
    public var authorizationServer: AuthorizationServerSettings?
}

/// Where access lines go, and in which form.
public struct AccessLogSettings: Sendable, Hashable {
    /// An absolute path, `stdout` or `stderr`.
    public var destination: LogDestination
    /// JSON by default.
    public var format: AccessLogFormat
}

/// Where a log is written.
public enum LogDestination: Sendable, Hashable {
    case file(path: String)
    case standardError
    case standardOutput
}

/// The two forms of an access line.
public enum AccessLogFormat: String, Sendable, CaseIterable {
    case combined
    case json
}

/// Where the program's own log goes and how much it says.
public struct ErrorLogSettings: Sendable, Hashable {
    /// Standard error by default.
    public var destination: LogDestination
    /// The least grave level that is written.
    public var level: LogLevel
}

/// How grave a line of the program's own log is.
public enum LogLevel: String, Sendable, CaseIterable {
    case debug
    case info
    case notice
    case warning
    case error
}

/// So many a second, with so many at once.
public struct RateSettings: Sendable, Hashable {
    /// How many are given back each second.
    public var perSecond: Int
    /// How many may happen at once.
    public var burst: Int
}

/// Sizes that bound what a peer may send; reasons stand in ``Defaults``.
public struct LimitSettings: Sendable, Hashable {
    /// Bytes of one request head, start line and fields together.
    public var requestHeadSize: Int
    /// Fields of one request head.
    public var requestFieldCount: Int
    /// Bytes of one request target.
    public var requestTargetSize: Int
    /// Bytes of one token.
    public var tokenSize: Int
    /// Bytes of one response head of an upstream.
    public var responseHeadSize: Int
    /// Connections of all listeners together, each worker an equal part.
    public var connectionCount: Int
    /// Verified tokens that each worker remembers.
    public var verdictCacheCount: Int
    /// Streams that may be open at once on one HTTP/2 connection (SETTINGS_MAX_CONCURRENT_STREAMS).
    public var http2StreamCount: Int
    /// Bytes of body that a peer may send unread on one HTTP/2 stream (SETTINGS_INITIAL_WINDOW_SIZE).
    public var http2StreamWindow: Int
    /// Bytes of body that a peer may send unread on all streams of an HTTP/2 connection together;
    /// never less than ``http2StreamWindow``.
    public var http2ConnectionWindow: Int
    /// How often an HTTP/2 peer may do on one connection what costs us more than it.
    public var http2Budgets: HTTP2BudgetSettings
}

/// What an HTTP/2 peer may do so many times a second on one connection, and no more often.
///
/// A connection that goes beyond is closed with ENHANCE_YOUR_CALM. Reasons stand in ``Defaults``.
public struct HTTP2BudgetSettings: Sendable, Hashable {
    /// Streams that end before their answer does: RST_STREAM of the peer's, or what it did to make us
    /// send one.
    public var resets: RateSettings
    /// SETTINGS, PING, PRIORITY, PRIORITY_UPDATE and frames of unknown types.
    public var controlFrames: RateSettings
    /// WINDOW_UPDATE frames, beyond those that our own data makes necessary.
    public var windowUpdates: RateSettings
    /// DATA and CONTINUATION frames with nothing in them that end nothing.
    public var emptyFrames: RateSettings
}

/// Times that bound how long a peer may take; reasons stand in ``Defaults``.
public struct TimeoutSettings: Sendable, Hashable {
    /// From the first byte of a request head, or of a TLS handshake, to its last.
    public var head: Duration
    /// Between two reads of a request body.
    public var bodyIdle: Duration
    /// Between two requests of a connection.
    public var keepAliveIdle: Duration
    /// Between two writes that a slow reader lets through.
    public var sendIdle: Duration
    /// Silence on an upgraded connection.
    public var upgradeIdle: Duration
    /// From the signal to stop until what still runs is cut.
    public var drain: Duration
}
