import Bytes

/// One worker's side of an access log: it gathers lines and hands them over in batches.
///
/// Born and used in one thread. Call ``turnEnded(nowNanoseconds:)`` once a turn, and again when
/// ``dueNanoseconds`` has come: a worker that sleeps does not turn.
public final class AccessLogSink {
    /// Held so that the writer does not end before the last lines are handed over.
    private let log: AccessLog
    private let limits: AccessLogLimits
    private var gathered: GatheredLines
    /// What is handed over: an array can change threads, and comes back empty from the writer.
    private var outgoing: [UInt8] = []
    /// When the gathered lines must be handed over: set at the end of the turn that brought the
    /// first of them.
    private var due: Int64?

    internal init(log: AccessLog, limits: AccessLogLimits) {
        self.log = log
        self.limits = limits
        gathered = GatheredLines(format: log.format, capacity: limits.batchSize + 4096)
    }

    deinit {
        flush()
    }

    /// Writes the record as a line of the batch; never blocks.
    public func append(_ record: borrowing AccessRecord) {
        let size = gathered.append(record)
        if size >= limits.batchSize {
            handOver()
        }
    }

    /// Hands the batch over when it has waited for long enough.
    ///
    /// Cheap when there is none.
    ///
    /// - Parameter nowNanoseconds: The loop's monotonic clock.
    public func turnEnded(nowNanoseconds: Int64) {
        guard gathered.count > 0 else {
            due = nil
            return
        }
        guard let due else {
            due = nowNanoseconds &+ limits.batchAge
            return
        }
        if nowNanoseconds >= due {
            handOver()
        }
    }

    /// The moment by which ``turnEnded(nowNanoseconds:)`` must be called again, or `nil` while no
    /// line waits.
    ///
    /// Valid after a call of it.
    public var dueNanoseconds: Int64? { due }

    /// Hands over whatever was gathered: when the worker ends or changes its log, and in tests.
    ///
    /// Waits for the lock, which others hold for some stores only: there is no later turn to come back
    /// in, and a holder that lost its processor just then is no reason to lose the lines.
    public func flush() {
        handOver(waitsForLock: true)
    }

    private func handOver(waitsForLock: Bool = false) {
        guard gathered.count > 0 else { return }
        outgoing.removeAll(keepingCapacity: true)
        outgoing.append(gathered.lines.bytes)
        let count = gathered.count
        switch log.queue.offer(&outgoing, lineCount: count, waitsForLock: waitsForLock) {
        case .settled:
            forgetGathered()
        case .lockTaken where gathered.lines.count > 8 * limits.batchSize:
            // Eight batches without once finding the lock free: the machine is beyond help.
            dropGathered()
        case .lockTaken:
            break
        }
    }

    private func dropGathered() {
        log.queue.countDropped(gathered.count)
        forgetGathered()
    }

    private func forgetGathered() {
        gathered.clear()
        due = nil
    }
}

/// The lines of a batch that is not yet handed over, and what writes them.
///
/// One value, so that a line costs one check of exclusive access.
private struct GatheredLines: ~Copyable {
    private let format: AccessLog.Format
    private var json = JSONLine()
    private var combined = CombinedLine()
    private(set) var lines: ByteBuffer
    private(set) var count = 0

    /// Makes room for a batch and one long line more: only a writer that lags makes it grow.
    init(format: AccessLog.Format, capacity: Int) {
        self.format = format
        lines = ByteBuffer(capacity: capacity)
    }

    /// Writes a line, and says how many bytes there are now.
    mutating func append(_ record: borrowing AccessRecord) -> Int {
        switch format {
        case .combined: combined.append(record, to: &lines)
        case .json: json.append(record, to: &lines)
        }
        count += 1
        return lines.count
    }

    mutating func clear() {
        lines.clear()
        count = 0
    }
}
