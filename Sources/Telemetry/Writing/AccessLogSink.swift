import Bytes

/// One worker's side of an access log: it gathers lines and hands them over in batches.
///
/// Born and used in one thread. Call ``turnEnded(nowNanoseconds:)`` once a turn, and again when
/// ``dueNanoseconds`` has come: a worker that sleeps does not turn.
public final class AccessLogSink {
    private let queue: BatchQueue
    private let format: AccessLog.Format
    private let limits: AccessLogLimits
    private var lines: ByteBuffer
    private var lineCount = 0
    /// What is handed over: an array can change threads, and comes back empty from the writer.
    private var outgoing: [UInt8] = []
    private var json = JSONLine()
    private var combined = CombinedLine()
    /// When the gathered lines must be handed over: set at the end of the turn that brought the
    /// first of them.
    private var due: Int64?

    internal init(queue: BatchQueue, format: AccessLog.Format, limits: AccessLogLimits) {
        self.queue = queue
        self.format = format
        self.limits = limits
        // One long line more than a batch: only a writer that lags makes it grow.
        lines = ByteBuffer(capacity: limits.batchSize + 4096)
    }

    deinit {
        flush()
    }

    /// Writes the record as a line of the batch; never blocks.
    public func append(_ record: borrowing AccessRecord) {
        switch format {
        case .combined: combined.append(record, to: &lines)
        case .json: json.append(record, to: &lines)
        }
        lineCount += 1
        if lines.count >= limits.batchSize {
            handOver()
        }
    }

    /// Hands the batch over when it has waited for long enough.
    ///
    /// Cheap when there is none.
    ///
    /// - Parameter nowNanoseconds: The loop's monotonic clock.
    public func turnEnded(nowNanoseconds: Int64) {
        guard lineCount > 0 else {
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

    /// Hands over whatever was gathered: when the worker ends, and in tests.
    public func flush() {
        // The lock is held by others for some stores only; a worker that ends may try again.
        for _ in 0..<1000 where lineCount > 0 {
            handOver()
        }
        if lineCount > 0 {
            dropGathered()
        }
    }

    private func handOver() {
        guard lineCount > 0 else { return }
        outgoing.removeAll(keepingCapacity: true)
        outgoing.append(lines.bytes)
        switch queue.offer(&outgoing, lineCount: lineCount) {
        case .settled:
            forgetGathered()
        case .lockTaken where lines.count > 8 * limits.batchSize:
            // Eight batches without once finding the lock free: the machine is beyond help.
            dropGathered()
        case .lockTaken:
            break
        }
    }

    private func dropGathered() {
        queue.countDropped(lineCount)
        forgetGathered()
    }

    private func forgetGathered() {
        lines.clear()
        lineCount = 0
        due = nil
    }
}
