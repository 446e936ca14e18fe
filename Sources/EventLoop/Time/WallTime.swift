/// The time of day as the system's clock says it: for dates, logs and `exp`, never for time-outs.
public struct WallTime: Hashable, Sendable, Comparable {
    /// Nanoseconds since the start of 1970, UTC, leap seconds not counted.
    public var nanosecondsSince1970: Int64

    /// Makes the time `nanosecondsSince1970`.
    public init(nanosecondsSince1970: Int64) {
        self.nanosecondsSince1970 = nanosecondsSince1970
    }

    /// Whole seconds since the start of 1970, rounded down, before it as well.
    public var secondsSince1970: Int64 {
        let (quotient, remainder) = nanosecondsSince1970.quotientAndRemainder(
            dividingBy: 1_000_000_000
        )
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// Whether `left` is before `right`.
    public static func < (left: WallTime, right: WallTime) -> Bool {
        left.nanosecondsSince1970 < right.nanosecondsSince1970
    }
}
