/// What bounds the memory and the delay of an access log.
public struct AccessLogLimits: Sendable, Hashable {
    /// Bytes of lines that a worker gathers before it hands them to the writer.
    public var batchSize: Int
    /// Nanoseconds that the first of those lines waits at most, while the worker turns.
    public var batchAge: Int64
    /// Bytes that all workers together may leave waiting for the writer.
    public var waitingSize: Int
    /// Nanoseconds that the last flush may take before the rest is dropped.
    public var closeTime: Int64

    /// Names every bound.
    public init(batchSize: Int, batchAge: Int64, waitingSize: Int, closeTime: Int64) {
        self.batchSize = batchSize
        self.batchAge = batchAge
        self.waitingSize = waitingSize
        self.closeTime = closeTime
    }

    /// The bounds that the gateway runs with.
    ///
    /// 32 KiB: some eighty lines a system call. 100 ms: what `tail -f` does not feel. 8 MiB: at
    /// 20 000 requests a second, a disk that stands still for a second. 5 s: within any drain.
    public static let usual = AccessLogLimits(
        batchSize: 32 * 1024,
        batchAge: 100_000_000,
        waitingSize: 8 * 1024 * 1024,
        closeTime: 5_000_000_000
    )
}
