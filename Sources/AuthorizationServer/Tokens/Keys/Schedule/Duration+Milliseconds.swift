import EventLoop

extension Duration {
    /// The length in milliseconds, rounded down and held at the ends of `Int64`.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        return whole.addingClamped(attoseconds / 1_000_000_000_000_000)
    }
}

extension WallTime {
    /// Milliseconds since the start of 1970, as the store keeps times.
    var millisecondsSince1970: Int64 { nanosecondsSince1970 / 1_000_000 }
}

extension Int64 {
    /// The sum, held at the ends where it does not fit.
    func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        guard overflow else { return sum }
        return other < 0 ? .min : .max
    }
}
