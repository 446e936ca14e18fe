import Bytes

/// Writes a record as one line of JSON (RFC 8259), whatever bytes its texts hold.
internal struct JSONLine {
    /// `,"name":` for each key: arrays, because a copy of them costs nothing.
    private let names: [ShortText]
    /// `,"name":"` for each key, for texts.
    private let textNames: [ShortText]
    private var time = LineTime()

    /// Makes a writer of lines; one for each thread, because it keeps the text of the second.
    internal init() {
        names = RecordKey.allCases.map { Self.name(of: $0, end: "\":") }
        textNames = RecordKey.allCases.map { Self.name(of: $0, end: "\":\"") }
    }

    /// Appends the line and its line feed.
    ///
    /// Fields stand in the order of ``RecordKey``; absent ones are left out. Cost: one pass over the
    /// texts, eight bytes at a time, and one copy of each run that needs no escape.
    internal mutating func append(
        _ record: borrowing AccessRecord,
        to line: inout ByteBuffer
    ) {
        let start = line.count
        var left = record.presentBits
        if left == 0 {
            line.append(UInt8(ascii: ","))
        }
        while left != 0 {
            let index = left.trailingZeroBitCount
            let bit: UInt32 = 1 << UInt32(truncatingIfNeeded: index)
            left &= left &- 1
            let word = record.word(index)
            if record.textBits & bit != 0 {
                line.append(textNames[index])
                if record.literalBits & bit != 0 {
                    line.append(record.text(at: word))
                } else {
                    Self.appendEscaped(record.text(at: word), to: &line)
                }
                line.append(UInt8(ascii: "\""))
            } else {
                line.append(names[index])
                if record.numberBits & bit != 0 {
                    appendNumber(Int64(bitPattern: word), bit: bit, to: &line)
                } else {
                    line.append(word != 0 ? "true" : "false")
                }
            }
        }
        // The comma before the first field is where the brace belongs.
        line.replaceByte(at: start, with: UInt8(ascii: "{"))
        line.append("}\n")
    }

    private static func name(of key: RecordKey, end: StaticString) -> ShortText {
        var text = ByteBuffer(capacity: 32)
        text.append(",\"")
        text.append(key.jsonName)
        text.append(end)
        return ShortText(text.bytes)
    }

    /// A time, a duration in seconds with six decimals, or a count.
    private mutating func appendNumber(
        _ number: Int64,
        bit: UInt32,
        to line: inout ByteBuffer
    ) {
        if bit & RecordKey.durationBits != 0 {
            // A clock that went back says zero.
            let microseconds = UInt64(max(0, number)) / 1000
            line.append(digits: microseconds / 1_000_000)
            line.append(UInt8(ascii: "."))
            line.append(digits: microseconds % 1_000_000, width: 6)
        } else if bit & RecordKey.time.bit != 0 {
            line.append(UInt8(ascii: "\""))
            time.appendInternetDate(number, to: &line)
            line.append(UInt8(ascii: "\""))
        } else {
            if number < 0 {
                line.append(UInt8(ascii: "-"))
            }
            line.append(digits: number.magnitude)
        }
    }

    /// Appends the inside of a JSON string.
    internal static func appendEscaped(_ text: Span<UInt8>, to line: inout ByteBuffer) {
        var end = line.appendPlainText(of: text, from: 0)
        while end < text.count {
            end += appendUnplain(text.extracting(end..<text.count), to: &line)
            end = line.appendPlainText(of: text, from: end)
        }
    }

    /// Appends the first letter of `text`, which is not plain, and says how many bytes it had.
    ///
    /// Valid UTF-8 stays. Bytes that are none are written as the Latin-1 letters that such fields
    /// held before UTF-8 (`\u00e9`). Also escaped: controls of both sets and the two line separators
    /// beyond ASCII, so that neither a terminal nor a reader of lines is led astray.
    private static func appendUnplain(_ text: Span<UInt8>, to line: inout ByteBuffer) -> Int {
        let byte = text[0]
        switch byte {
        case UInt8(ascii: "\""):
            line.append("\\\"")
            return 1
        case UInt8(ascii: "\\"):
            line.append("\\\\")
            return 1
        case 0x0A:
            line.append("\\n")
            return 1
        case 0x0D:
            line.append("\\r")
            return 1
        case 0x09:
            line.append("\\t")
            return 1
        case 0x00..<0x80:
            appendCode(UInt16(byte), to: &line)
            return 1
        default:
            break
        }
        let length = UTF8Sequence.length(of: text)
        if length == 0 {
            appendCode(UInt16(byte), to: &line)
            return 1
        }
        if length == 2, byte == 0xC2, text[1] < 0xA0 {
            appendCode(UInt16(text[1]), to: &line)
        } else if length == 3, byte == 0xE2, text[1] == 0x80, text[2] & 0xFE == 0xA8 {
            appendCode(0x2020 | UInt16(text[2] & 0x0F), to: &line)
        } else {
            line.append(text.extracting(0..<length))
        }
        return length
    }

    private static func appendCode(_ code: UInt16, to line: inout ByteBuffer) {
        line.append("\\u")
        line.append(ASCII.lowercaseHexDigit(UInt8(code >> 12)))
        line.append(ASCII.lowercaseHexDigit(UInt8(code >> 8 & 0xF)))
        line.append(ASCII.lowercaseHexDigit(UInt8(code >> 4 & 0xF)))
        line.append(ASCII.lowercaseHexDigit(UInt8(code & 0xF)))
    }
}

/// Well-formed UTF-8 (Unicode 15, table 3-7): shortest form, no surrogates, up to U+10FFFF.
internal enum UTF8Sequence {
    /// The length of the sequence of two to four bytes that `text` begins with, or 0 where it
    /// begins with none.
    ///
    /// `text` is not empty.
    internal static func length(of text: Span<UInt8>) -> Int {
        let range: ClosedRange<UInt8>
        let length: Int
        switch text[0] {
        case 0xC2...0xDF: (length, range) = (2, 0x80...0xBF)
        case 0xE0: (length, range) = (3, 0xA0...0xBF)
        case 0xED: (length, range) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, range) = (3, 0x80...0xBF)
        case 0xF0: (length, range) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, range) = (4, 0x80...0xBF)
        case 0xF4: (length, range) = (4, 0x80...0x8F)
        default: return 0
        }
        guard text.count >= length, range.contains(text[1]) else { return 0 }
        for index in 2..<max(2, length) where text[index] & 0xC0 != 0x80 {
            return 0
        }
        return length
    }
}
