import Bytes
import Telemetry

/// The times of log lines, read and shown.
internal enum LogTime {
    /// Seconds since 1970 of `2026-01-31T23:59:59...Z`, as our log writes it, or `nil`.
    internal static func seconds(_ text: Span<UInt8>) -> Int64? {
        guard text.count >= 20, text[4] == 0x2D, text[7] == 0x2D, text[10] == 0x54,
            text[13] == 0x3A, text[16] == 0x3A, text[text.count - 1] == 0x5A,
            let year = number(text, 0..<4), let month = number(text, 5..<7),
            let day = number(text, 8..<10), let hour = number(text, 11..<13),
            let minute = number(text, 14..<16), let second = number(text, 17..<19),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        return days(year: year, month: month, day: day) * 86_400
            + hour * 3600 + minute * 60 + second
    }

    /// `2026-01-31 23:59:59`, or a dash for what has no time.
    internal static func shown(_ seconds: Int64?) -> String {
        guard let seconds else { return "-" }
        let time = CalendarTime(secondsSince1970: seconds)
        return "\(padded(time.year, 4))-\(padded(time.month, 2))-\(padded(time.day, 2)) "
            + "\(padded(time.hour, 2)):\(padded(time.minute, 2)):\(padded(time.second, 2))"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func number(_ text: Span<UInt8>, _ range: Range<Int>) -> Int64? {
        text.extracting(range).decimalValue().flatMap { Int64(exactly: $0) }
    }

    /// Days since 1970 of a date (Howard Hinnant's `days_from_civil`).
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
