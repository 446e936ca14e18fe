/// A `Duration` made cheap: whole nanoseconds in one word, never negative.
///
/// `Duration` counts attoseconds in 128 bits, which costs a division wherever it is used; settings
/// keep it, and the hot path keeps this.
public struct Timeout: Hashable, Sendable, Comparable {
    /// The length in nanoseconds, never negative.
    public let nanoseconds: Int64

    /// Rounds `duration` down to nanoseconds; negative ones become zero, those beyond 292 years
    /// that.
    public init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else {
            self.init(nanoseconds: 0)
            return
        }
        let (whole, tooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        self.init(nanoseconds: tooLong || overflow ? .max : sum)
    }

    /// Takes a number of nanoseconds; a negative one becomes zero.
    public init(nanoseconds: Int64) {
        self.nanoseconds = max(0, nanoseconds)
    }

    /// No time at all.
    public static let zero = Timeout(nanoseconds: 0)

    /// The same length in whole milliseconds, rounded up, so that a wait is never too short.
    public var millisecondsRoundedUp: Int64 {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return rest == 0 ? whole : whole + 1
    }

    /// Whether `left` is shorter than `right`.
    public static func < (left: Timeout, right: Timeout) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}
