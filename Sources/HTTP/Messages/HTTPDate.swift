public import Bytes

/// A time as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC 9110 §5.6.7).
///
/// Formatting costs some divisions; a worker keeps one value and calls ``update(secondsSince1970:)``,
/// which works only when the second has changed.
public struct HTTPDate: Sendable {
    /// The second that is written, clamped to the years 1 to 9999 that the form can hold.
    public private(set) var secondsSince1970: Int64
    private var text: InlineArray<29, UInt8>

    /// Formats a second.
    public init(secondsSince1970: Int64) {
        self.secondsSince1970 = Self.clamped(secondsSince1970)
        text = InlineArray(repeating: UInt8(ascii: " "))
        format()
    }

    /// Formats another second, at no cost if it is the same.
    public mutating func update(secondsSince1970: Int64) {
        let second = Self.clamped(secondsSince1970)
        guard second != self.secondsSince1970 else { return }
        self.secondsSince1970 = second
        format()
    }

    /// The 29 bytes of the text.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get { text.span }
    }

    /// Appends a second in this form.
    public static func append(secondsSince1970: Int64, to buffer: inout ByteBuffer) {
        buffer.append(HTTPDate(secondsSince1970: secondsSince1970).text.span)
    }

    /// Appends a second in this form.
    public static func append(secondsSince1970: Int64, to bytes: inout [UInt8]) {
        bytes.append(HTTPDate(secondsSince1970: secondsSince1970).text.span)
    }

    private mutating func format() {
        let days = Self.floorDivided(secondsSince1970, by: 86_400)
        let second = Int(secondsSince1970 - days * 86_400)
        let (year, month, day) = Self.civil(daysSince1970: days)
        // The first of January 1970 was a Thursday, the fourth day of the table below.
        let weekday = Int(days - Self.floorDivided(days + 4, by: 7) * 7 + 4)
        write(Self.weekdays, letter: weekday * 3, at: 0)
        text[3] = UInt8(ascii: ",")
        text[4] = UInt8(ascii: " ")
        write(day, at: 5)
        text[7] = UInt8(ascii: " ")
        write(Self.months, letter: (month - 1) * 3, at: 8)
        text[11] = UInt8(ascii: " ")
        write(year / 100, at: 12)
        write(year % 100, at: 14)
        text[16] = UInt8(ascii: " ")
        write(second / 3600, at: 17)
        text[19] = UInt8(ascii: ":")
        write(second / 60 % 60, at: 20)
        text[22] = UInt8(ascii: ":")
        write(second % 60, at: 23)
        text[25] = UInt8(ascii: " ")
        text[26] = UInt8(ascii: "G")
        text[27] = UInt8(ascii: "M")
        text[28] = UInt8(ascii: "T")
    }

    private mutating func write(_ number: Int, at place: Int) {
        text[place] = 0x30 + UInt8(truncatingIfNeeded: number / 10)
        text[place + 1] = 0x30 + UInt8(truncatingIfNeeded: number % 10)
    }

    private mutating func write(_ names: InlineArray<36, UInt8>, letter: Int, at place: Int) {
        for offset in 0..<3 {
            text[place + offset] = names[letter + offset]
        }
    }

    /// The proleptic Gregorian date of a day (Howard Hinnant's `civil_from_days`, which counts years
    /// from March so that the leap day comes last).
    private static func civil(daysSince1970: Int64) -> (year: Int, month: Int, day: Int) {
        let shifted = daysSince1970 + 719_468
        let era = floorDivided(shifted, by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (Int(year), Int(month), Int(day))
    }

    private static func floorDivided(_ number: Int64, by divisor: Int64) -> Int64 {
        number >= 0 ? number / divisor : (number - divisor + 1) / divisor
    }

    private static func clamped(_ seconds: Int64) -> Int64 {
        // 0001-01-01T00:00:00 and 9999-12-31T23:59:59.
        min(max(seconds, -62_135_596_800), 253_402_300_799)
    }

    /// Sunday first; padded to the length of ``months`` so that both are one type.
    private static let weekdays: InlineArray<36, UInt8> = letters(
        "SunMonTueWedThuFriSat               "
    )
    private static let months: InlineArray<36, UInt8> = letters(
        "JanFebMarAprMayJunJulAugSepOctNovDec"
    )

    private static func letters(_ text: StaticString) -> InlineArray<36, UInt8> {
        var letters = InlineArray<36, UInt8>(repeating: 0)
        for (index, byte) in "\(text)".utf8.enumerated() where index < 36 {
            letters[index] = byte
        }
        return letters
    }
}
