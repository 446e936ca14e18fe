import Bytes
import Dispatch
import Synchronization

/// One access log: a file or a descriptor, its writer thread, and the sinks of the workers.
///
/// Workers never wait for it. What the writer cannot keep up with, what a full disk does not take
/// and what a failed write loses is dropped and counted in ``droppedLineCount``; lines are dropped
/// whole, and a line that the disk cut is ended before the next one begins.
///
/// The process must ignore `SIGPIPE` where the log may be a pipe.
public final class AccessLog: Sendable {
    /// The form of the lines.
    public let format: Format
    private let limits: AccessLogLimits
    internal let queue: BatchQueue
    private let ended = DispatchSemaphore(value: 0)
    private let isClosed = Atomic(false)

    /// Opens, or makes, the file at `path`, and starts the writer.
    ///
    /// The directory must be there: making it is the business of whoever read the conf.
    ///
    /// - Throws: The reason why there can be no log; the program should not start.
    public convenience init(
        path: String,
        format: Format,
        limits: AccessLogLimits = .usual
    ) throws(TelemetryFault) {
        do throws(FileFault) {
            let file = try File(appendingTo: path, mode: Self.fileMode)
            self.init(path: path, descriptor: file.release(), format: format, limits: limits)
        } catch {
            throw .logNotOpened(path: path, error)
        }
    }

    /// Writes to a descriptor that is open already, such as standard output, and never closes it.
    ///
    /// ``reopen()`` then does nothing.
    public convenience init(
        descriptor: Int32,
        format: Format,
        limits: AccessLogLimits = .usual
    ) {
        self.init(path: nil, descriptor: descriptor, format: format, limits: limits)
    }

    private init(path: String?, descriptor: Int32, format: Format, limits: AccessLogLimits) {
        self.format = format
        self.limits = limits
        let queue = BatchQueue(waitingSizeMax: limits.waitingSize)
        self.queue = queue
        let ended = ended
        // A serial queue of its own with one block that runs as long as the log: a thread, started
        // and named without pointers, which this module would have to answer for.
        DispatchQueue(label: "gatehouse.access-log").async {
            var writer = LogWriter(
                queue: queue,
                path: path,
                file: File(descriptor: descriptor, owned: path != nil)
            )
            writer.run()
            ended.signal()
        }
    }

    deinit {
        queue.requestEnd()
    }

    /// Makes a worker's own side of the log.
    ///
    /// Call it in the thread that will use it. The log lives as long as any of its sinks: one that
    /// a reload replaced writes what they still hold, and ends with the last of them.
    public func makeSink() -> AccessLogSink {
        AccessLogSink(log: self, limits: limits)
    }

    /// Opens the path anew once what waits is written, for a log that was renamed (`SIGUSR1`).
    ///
    /// Where that fails the old file stays in use, and ``failedReopenCount`` rises.
    public func reopen() {
        queue.requestReopening()
    }

    /// Writes what the sinks have handed over, and closes the file.
    ///
    /// Sinks must have been flushed by their workers before. Waits at most as long as
    /// ``AccessLogLimits/closeTime`` says: a stuck pipe does not hold up the end of the program.
    ///
    /// - Returns: Whether the writer was done in that time.
    @discardableResult
    public func flushAndClose() -> Bool {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return true }
        queue.requestEnd()
        let patience = DispatchTime.now() + .nanoseconds(Int(limits.closeTime))
        return ended.wait(timeout: patience) == .success
    }

    /// Lines that were lost, whatever the cause.
    public var droppedLineCount: UInt64 { queue.droppedLineCount.load(ordering: .relaxed) }

    /// Lines that the system has taken.
    public var writtenLineCount: UInt64 { queue.writtenLineCount.load(ordering: .relaxed) }

    /// Batches that the system did not take whole, for a full disk or another reason.
    public var failedWriteCount: UInt64 { queue.failedWriteCount.load(ordering: .relaxed) }

    /// Times that the path could not be opened anew.
    public var failedReopenCount: UInt64 { queue.failedReopenCount.load(ordering: .relaxed) }

    /// Owner writes, group reads: the log names people.
    internal static let fileMode: UInt32 = 0o640
}

extension AccessLog {
    /// The two forms of a line.
    public enum Format: Sendable, Hashable {
        /// As Apache and nginx write it by default.
        case combined
        /// One JSON object a line, with every field of ``RecordKey`` that was set.
        case json
    }
}
