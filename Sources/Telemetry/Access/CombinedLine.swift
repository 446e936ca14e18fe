import Bytes

/// Writes a record in the combined format of Apache and nginx.
///
/// What came from outside is escaped as nginx does it: quotation marks, backslashes and every byte
/// that is not printable ASCII become `\xHH`; outside quotation marks the blank does too, so that no
/// sender can add a field or a line.
internal struct CombinedLine {
    private var time = LineTime()

    /// Appends `client - subject [date] "METHOD path PROTOCOL" status bytes "referer" "agent"`.
    ///
    /// The subject stands only where it was verified: readers of this format take it for a name.
    internal mutating func append(
        _ record: borrowing AccessRecord,
        to line: inout ByteBuffer
    ) {
        Self.appendWord(record.text(.client), to: &line)
        line.append(" - ")
        if record.isVerified {
            Self.appendWord(record.text(.subject), to: &line)
        } else {
            line.append(UInt8(ascii: "-"))
        }
        line.append(" [")
        time.appendCommonDate(record.number(.time) ?? 0, to: &line)
        line.append("] \"")
        Self.appendQuoted(record.text(.method), to: &line)
        line.append(UInt8(ascii: " "))
        Self.appendQuoted(record.text(.path), to: &line)
        line.append(UInt8(ascii: " "))
        Self.appendQuoted(record.text(.protocolName), to: &line)
        line.append("\" ")
        Self.appendCount(record.number(.status), to: &line)
        line.append(UInt8(ascii: " "))
        Self.appendCount(record.number(.bytesSent), to: &line)
        line.append(" \"")
        Self.appendQuoted(record.text(.referer), to: &line)
        line.append("\" \"")
        Self.appendQuoted(record.text(.userAgent), to: &line)
        line.append("\"\n")
    }

    private static func appendCount(_ number: Int64?, to line: inout ByteBuffer) {
        line.append(digits: UInt64(max(0, number ?? 0)))
    }

    /// A text between quotation marks; `-` where it is absent.
    private static func appendQuoted(_ text: Span<UInt8>, to line: inout ByteBuffer) {
        append(text, escapesBlanks: false, to: &line)
    }

    /// A text between blanks; `-` where it is absent.
    private static func appendWord(_ text: Span<UInt8>, to line: inout ByteBuffer) {
        append(text, escapesBlanks: true, to: &line)
    }

    private static func append(
        _ text: Span<UInt8>,
        escapesBlanks: Bool,
        to line: inout ByteBuffer
    ) {
        guard text.count > 0 else { return line.append(UInt8(ascii: "-")) }
        guard escapesBlanks || text.endOfPlainText(from: 0) < text.count else {
            return line.append(text)
        }
        for index in 0..<text.count {
            let byte = text[index]
            let isPlain = byte >= 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C
            if isPlain, byte != 0x20 || !escapesBlanks {
                line.append(byte)
            } else {
                line.append("\\x")
                line.append(ASCII.uppercaseHexDigit(byte >> 4))
                line.append(ASCII.uppercaseHexDigit(byte & 0xF))
            }
        }
    }
}
