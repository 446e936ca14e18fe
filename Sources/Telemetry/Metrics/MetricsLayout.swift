/// The names that the counters of one conf are labelled with; the workers know only their indexes.
///
/// A reload makes a new layout. Indexes are those of the lists given here.
public struct MetricsLayout: Sendable {
    /// The routes, by the name that the log shows.
    public let routes: [String]
    /// The upstreams with their servers.
    public let upstreams: [UpstreamLabels]
    /// The issuers, by their URL.
    public let issuers: [String]
    /// The reason codes, all of the closed list.
    public let reasons: [String]
    /// The causes of upstream failures, all of the closed list.
    public let upstreamErrors: [String]

    /// What the cells of a worker mean.
    internal let series: [MetricSeries]
    internal let places: MetricPlaces
    internal let cellCount: Int

    /// Names every label.
    public init(
        routes: [String],
        upstreams: [UpstreamLabels],
        issuers: [String],
        reasons: [String],
        upstreamErrors: [String]
    ) {
        self.routes = routes
        self.upstreams = upstreams
        self.issuers = issuers
        self.reasons = reasons
        self.upstreamErrors = upstreamErrors
        var builder = SeriesBuilder()
        places = MetricPlaces(
            routes: routes,
            upstreams: upstreams,
            issuers: issuers,
            reasons: reasons,
            upstreamErrors: upstreamErrors,
            builder: &builder
        )
        series = builder.series
        cellCount = builder.cellCount
    }
}

extension MetricsLayout {
    /// The labels of one upstream.
    public struct UpstreamLabels: Sendable, Hashable {
        /// Its name in the conf.
        public let name: String
        /// Its servers as the conf names them, in order.
        public let servers: [String]

        /// Names an upstream and its servers.
        public init(name: String, servers: [String]) {
            self.name = name
            self.servers = servers
        }
    }
}

/// The cells of one line, or of one histogram, of the exposition.
internal struct MetricSeries: Sendable {
    internal let family: MetricFamily
    /// Rendered and escaped, without braces.
    internal let labels: String
    internal let firstCell: Int
}

/// Where the cells of each family begin.
internal struct MetricPlaces: Sendable {
    internal let requests: Int
    internal let requestDurations: Int
    internal let receivedBytes: Int
    internal let sentBytes: Int
    internal let rejections: Int
    internal let shadowRejections: Int
    internal let tokenCacheLookups: Int
    internal let signatureChecks: Int
    internal let connectionsAccepted: Int
    internal let connectionsClosed: Int
    internal let connectionsRefused: Int
    internal let upgrades: Int
    internal let handshakes: Int
    internal let http2Failures: Int
    internal let upstreamConnections: Int
    internal let upstreamConnectDurations: Int
    internal let upstreamFirstByteDurations: Int
    internal let upstreamErrors: Int
    internal let upstreamRetries: Int
    /// Where the servers of each upstream begin.
    internal let upstreamServers: [Int]

    /// Lays the cells out.
    ///
    /// What has no route or no known issuer is counted behind the last of the list, under `-`,
    /// which no conf can name.
    fileprivate init(
        routes: [String],
        upstreams: [MetricsLayout.UpstreamLabels],
        issuers: [String],
        reasons: [String],
        upstreamErrors causes: [String],
        builder: inout SeriesBuilder
    ) {
        let routes = (routes + ["-"]).map { ("route", $0) }
        let issuers = (issuers + ["-"]).map { ("issuer", $0) }
        let statuses = StatusLabels.all.map { ("status", $0) }
        let reasons = reasons.map { ("reason", $0) }
        let names = upstreams.map { ("upstream", $0.name) }
        let outcomes = HandshakeOutcome.allCases.map { ("outcome", $0.rawValue) }
        let refusals = ConnectionRefusal.allCases.map { ("cause", $0.rawValue) }
        requests = builder.add(.requests, routes, statuses)
        requestDurations = builder.add(.requestDuration, routes)
        receivedBytes = builder.add(.receivedBytes)
        sentBytes = builder.add(.sentBytes)
        rejections = builder.add(.rejections, reasons, issuers)
        shadowRejections = builder.add(.shadowRejections, reasons, issuers)
        tokenCacheLookups = builder.add(
            .tokenCacheLookups,
            [("outcome", "miss"), ("outcome", "hit")]
        )
        signatureChecks = builder.add(
            .signatureChecks,
            [("outcome", "invalid"), ("outcome", "valid")]
        )
        connectionsAccepted = builder.add(.connectionsAccepted)
        connectionsClosed = builder.add(.connectionsClosed)
        connectionsRefused = builder.add(.connectionsRefused, refusals)
        upgrades = builder.add(.upgrades)
        handshakes = builder.add(.handshakes, outcomes)
        http2Failures = builder.add(
            .http2Failures,
            HTTP2Side.allCases.map { ("side", $0.rawValue) },
            HTTP2Failure.allCases.map { ("cause", $0.rawValue) }
        )
        upstreamConnections = builder.add(
            .upstreamConnections,
            names,
            [("kind", "new"), ("kind", "reused")]
        )
        upstreamConnectDurations = builder.add(.upstreamConnectDuration, names)
        upstreamFirstByteDurations = builder.add(.upstreamFirstByteDuration, names)
        upstreamErrors = builder.add(.upstreamErrors, names, causes.map { ("cause", $0) })
        upstreamRetries = builder.add(.upstreamRetries, names)
        var servers: [Int] = []
        for upstream in upstreams {
            let first = builder.add(
                .upstreamServersUp,
                [("upstream", upstream.name)],
                upstream.servers.map { ("server", $0) }
            )
            servers.append(first)
        }
        upstreamServers = servers
    }
}

/// Gives cells to series, one behind the other.
private struct SeriesBuilder {
    var series: [MetricSeries] = []
    var cellCount = 0

    /// A series without labels.
    mutating func add(_ family: MetricFamily) -> Int {
        append(family, labels: "")
    }

    /// A series for each value of one label.
    mutating func add(_ family: MetricFamily, _ labels: [(String, String)]) -> Int {
        let first = cellCount
        for label in labels {
            _ = append(family, labels: ExpositionText.labels([label]))
        }
        return first
    }

    /// A series for each pair of values of two labels, the second label varying fastest.
    mutating func add(
        _ family: MetricFamily,
        _ rows: [(String, String)],
        _ columns: [(String, String)]
    ) -> Int {
        let first = cellCount
        for row in rows {
            for column in columns {
                _ = append(family, labels: ExpositionText.labels([row, column]))
            }
        }
        return first
    }

    private mutating func append(_ family: MetricFamily, labels: String) -> Int {
        let first = cellCount
        series.append(MetricSeries(family: family, labels: labels, firstCell: first))
        cellCount += family.width
        return first
    }
}
