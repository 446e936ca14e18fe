import Bytes

/// The date texts of lines, made anew only when the second changes.
internal struct LineTime {
    private var second = Int64.min
    private var text = InlineArray<26, UInt8>(repeating: 0)

    /// Appends `2026-01-31T23:59:59.123Z` (RFC 3339) for nanoseconds since 1970.
    internal mutating func appendInternetDate(_ nanoseconds: Int64, to line: inout ByteBuffer) {
        let (seconds, rest) = Self.split(nanoseconds)
        if seconds != second {
            writeInternetDate(seconds)
        }
        line.append(text.span.extracting(0..<20))
        line.append(digits: UInt64(rest / 1_000_000), width: 3)
        line.append(UInt8(ascii: "Z"))
    }

    /// Appends `31/Jan/2026:23:59:59 +0000`, as nginx and Apache write it.
    internal mutating func appendCommonDate(_ nanoseconds: Int64, to line: inout ByteBuffer) {
        let (seconds, _) = Self.split(nanoseconds)
        if seconds != second {
            writeCommonDate(seconds)
        }
        line.append(text.span)
    }

    private mutating func writeInternetDate(_ seconds: Int64) {
        let date = CalendarTime(secondsSince1970: seconds)
        put(date.year, width: 4, at: 0, followedBy: UInt8(ascii: "-"))
        put(date.month, width: 2, at: 5, followedBy: UInt8(ascii: "-"))
        put(date.day, width: 2, at: 8, followedBy: UInt8(ascii: "T"))
        put(date.hour, width: 2, at: 11, followedBy: UInt8(ascii: ":"))
        put(date.minute, width: 2, at: 14, followedBy: UInt8(ascii: ":"))
        put(date.second, width: 2, at: 17, followedBy: UInt8(ascii: "."))
        second = seconds
    }

    private mutating func writeCommonDate(_ seconds: Int64) {
        let date = CalendarTime(secondsSince1970: seconds)
        put(date.day, width: 2, at: 0, followedBy: UInt8(ascii: "/"))
        let months = "JanFebMarAprMayJunJulAugSepOctNovDec".utf8.span
        for letter in 0..<3 {
            text[3 + letter] = months[(date.month - 1) * 3 + letter]
        }
        text[6] = UInt8(ascii: "/")
        put(date.year, width: 4, at: 7, followedBy: UInt8(ascii: ":"))
        put(date.hour, width: 2, at: 12, followedBy: UInt8(ascii: ":"))
        put(date.minute, width: 2, at: 15, followedBy: UInt8(ascii: ":"))
        put(date.second, width: 2, at: 18, followedBy: UInt8(ascii: " "))
        text[21] = UInt8(ascii: "+")
        put(0, width: 4, at: 22, followedBy: nil)
        second = seconds
    }

    private mutating func put(_ number: Int, width: Int, at start: Int, followedBy mark: UInt8?) {
        var rest = number
        for index in (start..<start + width).reversed() {
            text[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        if let mark {
            text[start + width] = mark
        }
    }

    /// Seconds, rounded down, and the nanoseconds beyond.
    private static func split(_ nanoseconds: Int64) -> (seconds: Int64, rest: Int64) {
        let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return remainder < 0 ? (quotient - 1, remainder + 1_000_000_000) : (quotient, remainder)
    }
}

/// A moment in the Gregorian calendar, UTC.
public struct CalendarTime: Hashable, Sendable {
    /// The year, 0 to 9999: what lies outside is moved to the nearest end.
    public let year: Int
    /// 1 to 12.
    public let month: Int
    /// 1 to 31.
    public let day: Int
    /// 0 to 23.
    public let hour: Int
    /// 0 to 59.
    public let minute: Int
    /// 0 to 59.
    public let second: Int

    /// The calendar's names for a moment, by Howard Hinnant's `civil_from_days`.
    public init(secondsSince1970: Int64) {
        // From the year 0000 to the last second of 9999: four digits always suffice.
        let seconds = min(max(secondsSince1970, -62_167_219_200), 253_402_300_799)
        let days = Int((seconds >= 0 ? seconds : seconds - 86_399) / 86_400)
        let rest = Int(seconds) - days * 86_400
        hour = rest / 3600
        minute = rest / 60 % 60
        second = rest % 60
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}
