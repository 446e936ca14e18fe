import Bytes

/// Writes texts the way JSON wants them.
public enum JSONText {
    /// Appends `text` escaped, without quotes around it.
    ///
    /// Whatever the bytes are, the result is valid inside a JSON text: quotes, backslashes and
    /// control characters are escaped, DEL too (it hides in terminals), and every byte that is not
    /// part of valid UTF-8 becomes one U+FFFD.
    public static func appendEscaped(_ text: Span<UInt8>, to output: inout [UInt8]) {
        var index = 0
        while index < text.count {
            let byte = text[index]
            guard byte >= 0x80 else {
                appendEscaped(byte, to: &output)
                index += 1
                continue
            }
            let length = sequenceLength(in: text, at: index)
            if length == 0 {
                output.append("\u{FFFD}")
                index += 1
            } else {
                output.append(text.extracting(index..<index + length))
                index += length
            }
        }
    }

    /// Appends `text` escaped and quoted.
    public static func appendQuoted(_ text: Span<UInt8>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        appendEscaped(text, to: &output)
        output.append(UInt8(ascii: "\""))
    }

    /// Appends `text` escaped and quoted.
    ///
    /// For people's texts: not for the path of a request.
    public static func appendQuoted(_ text: String, to output: inout [UInt8]) {
        var copy = text
        copy.withUTF8 { utf8 in
            // SAFETY: the span does not leave the closure that lends the bytes.
            unsafe appendQuoted(utf8.span, to: &output)
        }
    }

    /// Whether both texts consist of the same bytes.
    ///
    /// Swift's `==` takes texts for equal that Unicode calls canonically equivalent (the Kelvin sign
    /// and K); JSON's names and the values of claims are compared without such help (RFC 8259 §8.3).
    public static func isExactly(_ text: String, _ other: String) -> Bool {
        // Same bytes are equal texts, so `==`, which has a fast path, rules most pairs out.
        text.utf8.count == other.utf8.count && text == other
            && text.utf8.elementsEqual(other.utf8)
    }

    private static func appendEscaped(_ byte: UInt8, to output: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""): output.append("\\\"")
        case UInt8(ascii: "\\"): output.append("\\\\")
        case 0x08: output.append("\\b")
        case 0x09: output.append("\\t")
        case 0x0A: output.append("\\n")
        case 0x0C: output.append("\\f")
        case 0x0D: output.append("\\r")
        case 0x00..<0x20, 0x7F:
            output.append("\\u00")
            output.append(ASCII.lowercaseHexDigit(byte >> 4))
            output.append(ASCII.lowercaseHexDigit(byte))
        default: output.append(byte)
        }
    }

    /// The length of the well-formed sequence at `index` (Unicode, table 3-7), or 0.
    ///
    /// The byte there is not ASCII.
    private static func sequenceLength(in text: Span<UInt8>, at index: Int) -> Int {
        let lead = text[index]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF:
            length = 3
            if lead == 0xE0 { second = 0xA0...0xBF }
            if lead == 0xED { second = 0x80...0x9F }
        case 0xF0...0xF4:
            length = 4
            if lead == 0xF0 { second = 0x90...0xBF }
            if lead == 0xF4 { second = 0x80...0x8F }
        default: return 0
        }
        guard index + length <= text.count, second.contains(text[index + 1]) else { return 0 }
        for offset in 2..<max(2, length) where text[index + offset] & 0xC0 != 0x80 {
            return 0
        }
        return length
    }
}
