/// The counters of one worker: written by its thread only, read by the registry at any time.
///
/// Every method costs a handful of instructions and never allocates. An index that is not in the
/// layout is a fault of ours and stops the program; what a peer decides (statuses, sizes, times) is
/// taken as it comes.
public final class WorkerMetrics: Sendable {
    /// What the indexes mean.
    public let layout: MetricsLayout
    private let cells: CounterCells
    private let places: MetricPlaces
    private let statusPlaces: [UInt8]
    private let statusCount: Int
    private let routeCount: Int
    private let upstreamCount: Int
    private let reasonCount: Int
    private let issuerCount: Int
    private let causeCount: Int

    internal init(layout: MetricsLayout) {
        self.layout = layout
        cells = CounterCells(count: layout.cellCount)
        places = layout.places
        statusPlaces = StatusLabels.places
        statusCount = StatusLabels.all.count
        routeCount = layout.routes.count
        upstreamCount = layout.upstreams.count
        reasonCount = layout.reasons.count
        issuerCount = layout.issuers.count
        causeCount = layout.upstreamErrors.count
    }

    /// A connection of a peer was accepted.
    public func connectionAccepted() {
        cells.add(1, at: places.connectionsAccepted)
    }

    /// An accepted connection has ended.
    public func connectionClosed() {
        cells.add(1, at: places.connectionsClosed)
    }

    /// A connection was not served.
    public func connectionRefused(_ cause: ConnectionRefusal) {
        let index =
            switch cause {
            case .limit: 0
            case .descriptors: 1
            case .system: 2
            }
        cells.add(1, at: places.connectionsRefused + index)
    }

    /// A TLS handshake has ended.
    public func handshakeEnded(_ outcome: HandshakeOutcome) {
        let index =
            switch outcome {
            case .full: 0
            case .resumed: 1
            case .failed: 2
            }
        cells.add(1, at: places.handshakes + index)
    }

    /// An HTTP/2 connection was ended for what came on it.
    public func http2Failed(_ side: HTTP2Side, _ failure: HTTP2Failure) {
        let row =
            switch side {
            case .peer: 0
            case .upstream: 1
            }
        let column =
            switch failure {
            case .continuations: 0
            case .controlFrames: 1
            case .emptyFrames: 2
            case .headerBomb: 3
            case .outboundQueue: 4
            case .resets: 5
            case .windowUpdates: 6
            case .protocolError: 7
            case .outOfMemory: 8
            }
        cells.add(1, at: places.http2Failures + row * HTTP2Failure.allCases.count + column)
    }

    /// Bytes came from a peer.
    public func bytesReceived(_ count: Int) {
        cells.add(UInt64(max(0, count)), at: places.receivedBytes)
    }

    /// Bytes went to a peer.
    public func bytesSent(_ count: Int) {
        cells.add(UInt64(max(0, count)), at: places.sentBytes)
    }

    /// A token was looked for among the verified ones.
    public func tokenCacheAsked(isHit: Bool) {
        cells.add(1, at: places.tokenCacheLookups + (isHit ? 1 : 0))
    }

    /// A signature was verified.
    public func signatureChecked(isValid: Bool) {
        cells.add(1, at: places.signatureChecks + (isValid ? 1 : 0))
    }

    /// A request was refused.
    ///
    /// The issuer is the one that the token names, or `nil` where it names none of ours.
    public func requestRejected(reason: Int, issuer: Int?) {
        cells.add(1, at: places.rejections + rejection(reason, issuer))
    }

    /// A request passed that would have been refused but for shadow mode.
    public func requestWouldBeRejected(reason: Int, issuer: Int?) {
        cells.add(1, at: places.shadowRejections + rejection(reason, issuer))
    }

    /// A request was answered to its end, or cut short.
    ///
    /// The route is the one that matched, or `nil`.
    public func requestEnded(route: Int?, status: Int, durationNanoseconds: Int64) {
        let route = route ?? routeCount
        precondition(route >= 0 && route <= routeCount)
        let place =
            status >= 0 && status < statusPlaces.count
            ? Int(statusPlaces[status]) : statusCount - 1
        cells.add(1, at: places.requests + route * statusCount + place)
        observe(durationNanoseconds, at: places.requestDurations, row: route)
    }

    /// A connection left HTTP.
    public func connectionUpgraded() {
        cells.add(1, at: places.upgrades)
    }

    /// A request got a connection to an upstream that had to be made first.
    public func upstreamConnected(upstream: Int, durationNanoseconds: Int64) {
        precondition(upstream >= 0 && upstream < upstreamCount)
        cells.add(1, at: places.upstreamConnections + upstream * 2)
        observe(durationNanoseconds, at: places.upstreamConnectDurations, row: upstream)
    }

    /// A request got a connection to an upstream that was kept alive.
    public func upstreamConnectionReused(upstream: Int) {
        precondition(upstream >= 0 && upstream < upstreamCount)
        cells.add(1, at: places.upstreamConnections + upstream * 2 + 1)
    }

    /// The first byte of an upstream's response arrived.
    public func upstreamAnswered(upstream: Int, firstByteNanoseconds: Int64) {
        precondition(upstream >= 0 && upstream < upstreamCount)
        observe(firstByteNanoseconds, at: places.upstreamFirstByteDurations, row: upstream)
    }

    /// An upstream failed a request.
    ///
    /// The cause is an index into ``MetricsLayout/upstreamErrors``.
    public func upstreamFailed(upstream: Int, cause: Int) {
        precondition(upstream >= 0 && upstream < upstreamCount)
        precondition(cause >= 0 && cause < causeCount)
        cells.add(1, at: places.upstreamErrors + upstream * causeCount + cause)
    }

    /// A request was tried once more.
    public func upstreamRetried(upstream: Int) {
        precondition(upstream >= 0 && upstream < upstreamCount)
        cells.add(1, at: places.upstreamRetries + upstream)
    }

    /// This worker holds a server for healthy, or no longer.
    ///
    /// Servers begin healthy.
    public func setUpstreamServer(upstream: Int, server: Int, isHealthy: Bool) {
        precondition(server >= 0 && server < layout.upstreams[upstream].servers.count)
        // The cell says "down", so that one that was never written means a healthy server.
        cells.set(isHealthy ? 0 : 1, at: places.upstreamServers[upstream] + server)
    }

    /// The cell at `index`, for the registry.
    internal func value(at index: Int) -> UInt64 {
        cells.value(at: index)
    }

    private func rejection(_ reason: Int, _ issuer: Int?) -> Int {
        let issuer = issuer ?? issuerCount
        precondition(reason >= 0 && reason < reasonCount && issuer >= 0 && issuer <= issuerCount)
        return reason * (issuerCount + 1) + issuer
    }

    private func observe(_ nanoseconds: Int64, at place: Int, row: Int) {
        let nanoseconds = max(0, nanoseconds)
        let first = place + row * LatencyBuckets.cellCount
        cells.add(1, at: first + LatencyBuckets.index(of: nanoseconds))
        cells.add(UInt64(nanoseconds), at: first + LatencyBuckets.cellCount - 1)
    }
}
