/// A moment on the monotonic clock, in nanoseconds since a start that means nothing by itself.
///
/// It never goes back, and says nothing about the time of day: see ``WallTime`` for that.
public struct Instant: Comparable, Hashable, Sendable {
    /// Nanoseconds since the clock's start.
    public let nanoseconds: Int64

    /// Makes the moment `nanoseconds` after the clock's start.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// How long after `earlier` this is; negative when it is before, held at the ends of `Int64`.
    public func nanoseconds(since earlier: Instant) -> Int64 {
        let (difference, overflow) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        guard overflow else { return difference }
        return nanoseconds < 0 ? .min : .max
    }

    /// The moment `timeout` after `instant`; the end of time where that would not fit.
    public static func + (instant: Instant, timeout: Timeout) -> Instant {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(timeout.nanoseconds)
        return Instant(nanoseconds: overflow ? .max : sum)
    }

    /// Whether `left` is before `right`.
    public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}
