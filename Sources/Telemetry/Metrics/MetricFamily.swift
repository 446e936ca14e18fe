/// The families of counters that workers keep, in the order in which they are shown.
internal enum MetricFamily: Int, CaseIterable, Sendable {
    case requests
    case requestDuration
    case receivedBytes
    case sentBytes
    case rejections
    case shadowRejections
    case tokenCacheLookups
    case signatureChecks
    case connectionsAccepted
    case connectionsClosed
    case connectionsRefused
    case upgrades
    case handshakes
    case http2Failures
    case upstreamConnections
    case upstreamConnectDuration
    case upstreamFirstByteDuration
    case upstreamErrors
    case upstreamRetries
    case upstreamServersUp

    internal var name: String {
        switch self {
        case .requests: "gatehouse_requests_total"
        case .requestDuration: "gatehouse_request_duration_seconds"
        case .receivedBytes: "gatehouse_received_bytes_total"
        case .sentBytes: "gatehouse_sent_bytes_total"
        case .rejections: "gatehouse_rejections_total"
        case .shadowRejections: "gatehouse_shadow_rejections_total"
        case .tokenCacheLookups: "gatehouse_token_cache_lookups_total"
        case .signatureChecks: "gatehouse_signature_checks_total"
        case .connectionsAccepted: "gatehouse_connections_accepted_total"
        case .connectionsClosed: "gatehouse_connections_closed_total"
        case .connectionsRefused: "gatehouse_connections_refused_total"
        case .upgrades: "gatehouse_upgrades_total"
        case .handshakes: "gatehouse_tls_handshakes_total"
        case .http2Failures: "gatehouse_http2_failures_total"
        case .upstreamConnections: "gatehouse_upstream_connections_total"
        case .upstreamConnectDuration: "gatehouse_upstream_connect_duration_seconds"
        case .upstreamFirstByteDuration: "gatehouse_upstream_first_byte_duration_seconds"
        case .upstreamErrors: "gatehouse_upstream_errors_total"
        case .upstreamRetries: "gatehouse_upstream_retries_total"
        case .upstreamServersUp: "gatehouse_upstream_server_up"
        }
    }

    internal var help: String {
        switch self {
        case .requests: "Requests answered, by route and status; route \"-\": none matched."
        case .requestDuration: "Time from a request's first byte to its answer's last."
        case .receivedBytes: "Bytes received from peers, TLS removed."
        case .sentBytes: "Bytes sent to peers, before TLS."
        case .rejections: "Requests refused, by reason and by the issuer their token names."
        case .shadowRejections: "Requests that a route in shadow mode would have refused."
        case .tokenCacheLookups: "Tokens looked for among those already verified."
        case .signatureChecks: "Signatures verified with a key, by outcome."
        case .connectionsAccepted: "Connections accepted from peers."
        case .connectionsClosed: "Connections of peers that have ended."
        case .connectionsRefused: "Connections closed at once or not accepted, by cause."
        case .upgrades: "Connections that left HTTP by an upgrade, such as WebSocket."
        case .handshakes: "TLS handshakes with peers, by outcome."
        case .http2Failures: "HTTP/2 connections ended for what came on them, by side and cause."
        case .upstreamConnections: "Connections used for requests to upstreams: new or kept alive."
        case .upstreamConnectDuration: "Time to connect to a server of an upstream, TLS included."
        case .upstreamFirstByteDuration: "Time from sending a request to its response's first byte."
        case .upstreamErrors: "Failures of upstreams, by cause."
        case .upstreamRetries: "Requests sent to a second server after the first failed."
        case .upstreamServersUp: "Share of workers that hold a server for healthy: 1 all, 0 none."
        }
    }

    internal var kind: MetricKind {
        switch self {
        case .requestDuration, .upstreamConnectDuration, .upstreamFirstByteDuration: .histogram
        case .upstreamServersUp: .gauge
        default: .counter
        }
    }

    /// Whether series that never counted anything are left out: there would be too many.
    internal var hidesZeros: Bool {
        switch self {
        case .requests, .rejections, .shadowRejections: true
        default: false
        }
    }

    /// The cells of one series.
    internal var width: Int { kind == .histogram ? LatencyBuckets.cellCount : 1 }
}

/// The types of the exposition format that are used.
internal enum MetricKind: String, Sendable {
    case counter
    case gauge
    case histogram
}

/// The upper bounds of the latency histograms.
internal enum LatencyBuckets {
    /// Nanoseconds.
    ///
    /// From half a millisecond, what a cached answer of a near back end takes, to the default
    /// first-byte time-out; two or three to the decade.
    internal static let bounds: InlineArray<16, Int64> = [
        500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000,
        250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
        30_000_000_000, 60_000_000_000,
    ]
    /// The same as the exposition spells them, in seconds.
    internal static let labels = [
        "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1",
        "2.5", "5", "10", "30", "60", "+Inf",
    ]
    /// A cell for each bound, one for what is beyond, and the sum in nanoseconds.
    internal static let cellCount = 18

    /// The cell that a value is counted in.
    internal static func index(of nanoseconds: Int64) -> Int {
        let bounds = bounds
        var index = 0
        while index < bounds.count, nanoseconds > bounds[index] {
            index += 1
        }
        return index
    }
}

/// Why a peer's connection was not served.
public enum ConnectionRefusal: String, CaseIterable, Sendable {
    /// As many as the conf allows are open.
    case limit
    /// The process has no descriptor left.
    case descriptors
    /// The system refused for another reason.
    case system
}

/// How a TLS handshake ended.
public enum HandshakeOutcome: String, CaseIterable, Sendable {
    /// With new keys and a certificate.
    case full
    /// From a ticket.
    case resumed
    /// Not at all: the peer's fault, or it took too long.
    case failed
}

/// Who is at the other end of an HTTP/2 connection.
public enum HTTP2Side: String, CaseIterable, Sendable {
    /// Who connected to us.
    case peer
    /// Who we forward to.
    case upstream
}

/// Why an HTTP/2 connection was ended for what came on it; all but the last two are floods.
public enum HTTP2Failure: String, CaseIterable, Sendable {
    /// Heads that do not end.
    case continuations
    /// SETTINGS, PING, PRIORITY and the like.
    case controlFrames = "control_frames"
    /// Frames with nothing in them.
    case emptyFrames = "empty_frames"
    /// A small head that unpacks to a large one.
    case headerBomb = "header_bomb"
    /// Answers that the other side makes us owe and does not read.
    case outboundQueue = "outbound_queue"
    /// Streams that are begun to be reset.
    case resets
    /// Windows opened by next to nothing.
    case windowUpdates = "window_updates"
    /// A connection error (RFC 9113 §5.4.1).
    case protocolError = "protocol_error"
    /// No memory for the session.
    case outOfMemory = "out_of_memory"
}

/// The status codes that have a counter of their own; all others share one.
internal enum StatusLabels {
    /// The labels, the last of them for codes that are not registered.
    internal static let all = codes.map(String.init) + ["other"]

    /// For each code below 600 its place among the labels.
    internal static let places: [UInt8] = {
        var places = [UInt8](repeating: UInt8(codes.count), count: 600)
        for (place, code) in codes.enumerated() {
            places[code] = UInt8(place)
        }
        return places
    }()

    /// The registry of IANA, and nginx's 499: the peer left before it was answered.
    private static let codes: [Int] = [
        [100, 101, 103, 499],
        Array(200...208), [226], Array(300...308),
        Array(400...418), Array(421...426), [428, 429, 431, 451],
        Array(500...508), [510, 511],
    ].flatMap { $0 }
}
