import Bytes
import Synchronization

/// All that is counted, as `/metrics` shows it: sums over the workers, and the control plane's own.
///
/// Counters never go backwards: when a reload replaces the workers' blocks, an old block is read as
/// long as anyone may still write to it, and its totals are kept, by their labels, when it is let
/// go of.
public final class MetricsRegistry: Sendable {
    private let build: BuildLabels
    private let startSeconds: Int64
    private let state = Mutex(State())

    /// Makes a registry without workers.
    ///
    /// The process began at `startSeconds` since 1970.
    public init(build: BuildLabels, startSeconds: Int64) {
        self.build = build
        self.startSeconds = startSeconds
    }

    /// Makes the counters of every worker for a conf that is about to be used.
    ///
    /// The registry finds out by itself when those of the conf before are no longer held.
    public func adopt(_ layout: MetricsLayout, workerCount: Int) -> [WorkerMetrics] {
        let blocks = (0..<workerCount).map { _ in WorkerMetrics(layout: layout) }
        state.withLock { state in
            state.generation += 1
            for block in blocks {
                state.blocks.append(Block(metrics: block, generation: state.generation))
            }
        }
        return blocks
    }

    /// Counts the lines of a log from now on; a log that was replaced keeps its share.
    public func watch(_ log: AccessLog) {
        let queue = log.queue
        state.withLock { $0.logs.append(queue) }
    }

    /// A conf was loaded, or refused.
    public func reloadEnded(isSuccess: Bool, atSeconds: Int64) {
        state.withLock { state in
            state.lastReloadSucceeded = isSuccess
            if isSuccess {
                state.reloadSuccessCount += 1
                state.lastReloadSeconds = atSeconds
            } else {
                state.reloadFailureCount += 1
            }
        }
    }

    /// An issuer's keys were fetched, or the attempt failed.
    ///
    /// The outcome is a word of a closed list: `success`, or why not.
    public func keyFetchEnded(issuer: String, outcome: String) {
        let labels = ExpositionText.labels([("issuer", issuer), ("outcome", outcome)])
        state.withLock { $0.keyFetches[labels, default: 0] += 1 }
    }

    /// Says what is held of an issuer's keys, in place of what was said before.
    public func setKeySet(issuer: String, _ keySet: KeySetState) {
        state.withLock { $0.keySets[issuer] = keySet }
    }

    /// Forgets the key sets of issuers that the conf no longer has.
    public func keepKeySets(ofIssuers issuers: [String]) {
        state.withLock { state in
            state.keySets = state.keySets.filter { issuers.contains($0.key) }
        }
    }

    /// Everything that was counted, for `/metrics`.
    ///
    /// - Parameter nowSeconds: Seconds since 1970, which ages are counted from.
    /// - Returns: The Prometheus text format 0.0.4 (`text/plain; version=0.0.4`).
    public func exposition(nowSeconds: Int64) -> [UInt8] {
        var text = ExpositionText()
        let log = state.withLock { state in
            state.foldAbandonedBlocks()
            state.foldEndedLogs()
            WorkerExposition(state.gatherTotals()).append(to: &text)
            state.appendControlPlane(to: &text, nowSeconds: nowSeconds)
            return state.logTotals()
        }
        log.append(to: &text)
        appendProcess(to: &text)
        return text.bytes
    }

    private func appendProcess(to text: inout ExpositionText) {
        text.begin("gatehouse_build_info", help: "What is running; always 1.", kind: .gauge)
        let labels = [("version", build.version), ("revision", build.revision)]
        text.sample("gatehouse_build_info", labels: ExpositionText.labels(labels), "1")
        let sample = ProcessSample()
        text.single(
            "process_start_time_seconds",
            help: "When the process began, in seconds since 1970.",
            kind: .gauge,
            "\(startSeconds)"
        )
        if let size = sample.residentSize {
            text.single(
                "process_resident_memory_bytes",
                help: "Memory in use.",
                kind: .gauge,
                "\(size)"
            )
        }
        if let count = sample.descriptorCount {
            text.single("process_open_fds", help: "Open descriptors.", kind: .gauge, "\(count)")
        }
        if let time = sample.processorTime {
            text.single(
                "process_cpu_seconds_total",
                help: "Processor time, user and system.",
                kind: .counter,
                ExpositionText.seconds(time)
            )
        }
    }
}

extension MetricsRegistry {
    /// What the build info says.
    public struct BuildLabels: Sendable, Hashable {
        /// The version of the product.
        public let version: String
        /// The commit it was built from, or an empty text.
        public let revision: String

        /// Names a build.
        public init(version: String, revision: String) {
            self.version = version
            self.revision = revision
        }
    }

    /// What is held of an issuer's keys.
    public struct KeySetState: Sendable, Hashable {
        /// How many keys may be used.
        public let keyCount: Int
        /// When they were fetched: seconds since 1970; `nil` while none are held.
        public let fetchedSeconds: Int64?
        /// When they are no longer served, unless fetched anew: seconds since 1970; `nil` where
        /// they do not age, as those of a file.
        public let servedUntilSeconds: Int64?

        /// Says what is held.
        public init(keyCount: Int, fetchedSeconds: Int64?, servedUntilSeconds: Int64?) {
            self.keyCount = keyCount
            self.fetchedSeconds = fetchedSeconds
            self.servedUntilSeconds = servedUntilSeconds
        }
    }
}
