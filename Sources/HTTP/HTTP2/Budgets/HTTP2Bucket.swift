/// What is left of an ``HTTP2Budget``: a token bucket, kept as the one moment at which it is full again.
internal struct HTTP2Bucket {
    private let interval: Int64
    private let span: Int64
    private var fullAt = Int64.min

    internal init(_ budget: HTTP2Budget) {
        // An hour for each token stands for "never": no burst outlives a connection that long.
        let interval: Int64 =
            budget.perSecond > 0
            ? max(1, 1_000_000_000 / Int64(budget.perSecond)) : 3_600_000_000_000
        let (span, overflow) = interval.multipliedReportingOverflow(by: Int64(max(0, budget.burst)))
        self.interval = interval
        self.span = overflow ? Int64.max / 4 : min(span, Int64.max / 4)
    }

    /// Takes one token at `now`, in monotonic nanoseconds; a clock that steps back forgives nothing.
    ///
    /// - Returns: Whether there was one.
    internal mutating func take(now: Int64) -> Bool {
        let base = max(fullAt, now)
        let (next, overflow) = base.addingReportingOverflow(interval)
        let (used, impossible) = next.subtractingReportingOverflow(now)
        guard !overflow, !impossible, used <= span else { return false }
        fullAt = next
        return true
    }
}
