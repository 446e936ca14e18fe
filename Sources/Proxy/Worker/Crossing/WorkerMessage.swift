public import EventLoop
public import Telemetry

/// What the control plane tells a worker.
public enum WorkerMessage: Sendable {
    /// The answer to a filed errand.
    case answered(ticket: UInt64, ErrandAnswer)
    /// Stop accepting, finish what runs, and end at the latest after the time.
    case drain(within: Timeout)
    /// The log of revocations has grown: catch up now, idle or not.
    case revoked
    /// Decide by this from now on; with new equipment where the conf has changed.
    case snapshot(Snapshot, WorkerEquipment?)
    /// End at once.
    case stop
    /// The addresses of one upstream, and which of them answer their checks.
    case targets(upstream: String, [TargetState])
}

/// What a worker is given beside its conf.
public struct WorkerEquipment: Sendable {
    /// Its own counters, laid out by the conf.
    public var metrics: WorkerMetrics
    /// The access log, or `nil` where it is off.
    public var log: AccessLog?
    /// The addresses of every upstream as they are known by now, in the order of the conf.
    ///
    /// They come with the conf and not after it: a request that comes in between would find no
    /// server, or one at an address that was another's in the conf before.
    public var targets: [[TargetState]]

    /// Names them all.
    public init(metrics: WorkerMetrics, log: AccessLog?, targets: [[TargetState]]) {
        self.metrics = metrics
        self.log = log
        self.targets = targets
    }
}

/// One address of an upstream's server.
public struct TargetState: Sendable, Hashable {
    /// Which of the upstream's servers, by its place in the conf.
    public var server: Int
    /// The address.
    public var address: SocketAddress
    /// Whether its active check says that it answers; `true` where there is no check.
    public var isHealthy: Bool

    /// Describes one address.
    public init(server: Int, address: SocketAddress, isHealthy: Bool) {
        self.server = server
        self.address = address
        self.isHealthy = isHealthy
    }
}
