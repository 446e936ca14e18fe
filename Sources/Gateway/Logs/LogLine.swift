import Bytes
import Telemetry

/// The fields of one line of our own access log: a flat JSON object.
///
/// Not the JSON module: a log has millions of lines of one known shape, and a report looks at a
/// dozen fields of those that were refused. Places are found in one pass without a copy; texts are
/// made of the few that are shown. What is not a flat object, as a cut line, is malformed.
internal struct LogLine {
    /// Where the value of each key lies, by its number.
    private var places = [Place](repeating: .absent, count: RecordKey.allCases.count)
    private let names = RecordKey.allCases.map { [UInt8]("\($0.jsonName)".utf8) }

    /// Finds the fields of a line without its line feed.
    ///
    /// - Returns: Whether it is a flat JSON object; what was read is good only then.
    internal mutating func read(_ line: Span<UInt8>) -> Bool {
        for index in places.indices {
            places[index] = .absent
        }
        var scanner = LineScanner()
        guard scanner.skip(UInt8(ascii: "{"), in: line) else { return false }
        if scanner.skip(UInt8(ascii: "}"), in: line) {
            return scanner.isAtEnd(of: line)
        }
        repeat {
            guard let name = scanner.skipString(in: line),
                scanner.skip(UInt8(ascii: ":"), in: line),
                let place = scanner.skipValue(in: line)
            else { return false }
            if let key = key(named: line.extracting(name)) {
                places[key] = place
            }
        } while scanner.skip(UInt8(ascii: ","), in: line)
        return scanner.skip(UInt8(ascii: "}"), in: line) && scanner.isAtEnd(of: line)
    }

    /// The text of a field, its escapes undone, or `nil` where the line has none.
    internal func text(_ key: RecordKey, of line: Span<UInt8>) -> String? {
        switch places[Int(key.rawValue)] {
        case .absent, .flag: nil
        case .text(let start, let end): LineScanner.unescaped(line.extracting(start..<end))
        case .number(let start, let end): line.extracting(start..<end).text()
        }
    }

    /// Whether a field is the text of a literal.
    internal func holds(_ key: RecordKey, _ literal: StaticString, of line: Span<UInt8>) -> Bool {
        guard case .text(let start, let end) = places[Int(key.rawValue)] else { return false }
        return line.extracting(start..<end).isEqual(to: literal)
    }

    /// A flag, or `nil` where the line has none.
    internal func flag(_ key: RecordKey) -> Bool? {
        guard case .flag(let flag) = places[Int(key.rawValue)] else { return nil }
        return flag
    }

    /// The time of the line in seconds since 1970, or `nil` where it has none that can be read.
    internal func seconds(of line: Span<UInt8>) -> Int64? {
        guard case .text(let start, let end) = places[Int(RecordKey.time.rawValue)] else {
            return nil
        }
        return LogTime.seconds(line.extracting(start..<end))
    }

    private func key(named name: Span<UInt8>) -> Int? {
        for index in names.indices where names[index].count == name.count {
            let known = names[index]
            if name.isEqual(to: known.span) {
                return index
            }
        }
        return nil
    }

    /// Where a value lies: offsets of its first byte and behind its last, quotation marks left out.
    internal enum Place {
        case absent
        case flag(Bool)
        case number(Int, Int)
        case text(Int, Int)
    }
}

/// Walks over one line.
private struct LineScanner {
    private var index = 0

    func isAtEnd(of line: Span<UInt8>) -> Bool {
        index == line.count
    }

    mutating func skip(_ byte: UInt8, in line: Span<UInt8>) -> Bool {
        guard index < line.count, line[index] == byte else { return false }
        index += 1
        return true
    }

    /// Skips a string; says where its inside lies.
    mutating func skipString(in line: Span<UInt8>) -> Range<Int>? {
        guard skip(UInt8(ascii: "\""), in: line) else { return nil }
        let start = index
        while true {
            index = line.endOfPlainText(from: index)
            guard index < line.count, line[index] >= 0x20 else { return nil }
            switch line[index] {
            case UInt8(ascii: "\""):
                index += 1
                return start..<index - 1
            case UInt8(ascii: "\\"):
                index += 2
                guard index <= line.count else { return nil }
            default:
                index += 1
            }
        }
    }

    /// Skips a string, a number, `true` or `false`: a line of ours has no other values.
    mutating func skipValue(in line: Span<UInt8>) -> LogLine.Place? {
        guard index < line.count else { return nil }
        let start = index
        switch line[index] {
        case UInt8(ascii: "\""):
            return skipString(in: line).map { .text($0.lowerBound, $0.upperBound) }
        case UInt8(ascii: "t"):
            return skipWord("true", in: line) ? .flag(true) : nil
        case UInt8(ascii: "f"):
            return skipWord("false", in: line) ? .flag(false) : nil
        default:
            while index < line.count, Self.isNumberByte(line[index]) {
                index += 1
            }
            return index > start ? .number(start, index) : nil
        }
    }

    private mutating func skipWord(_ word: StaticString, in line: Span<UInt8>) -> Bool {
        guard line.extracting(index..<line.count).hasPrefix(word) else { return false }
        index += word.utf8CodeUnitCount
        return true
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        ASCII.isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    /// The text that the inside of a JSON string stands for; what is no letter becomes U+FFFD.
    static func unescaped(_ text: Span<UInt8>) -> String {
        var bytes: [UInt8] = []
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "\\"), index + 1 < text.count else {
                bytes.append(text[index])
                index += 1
                continue
            }
            let letter = text[index + 1]
            index += 2
            switch letter {
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "f"): bytes.append(0x0C)
            case UInt8(ascii: "u"):
                bytes += Array(String(Character(code(in: text, at: &index))).utf8)
            default: bytes.append(letter)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The letter of four hexadecimal digits; half of a pair is none, and ours writes no pairs.
    private static func code(in text: Span<UInt8>, at index: inout Int) -> Unicode.Scalar {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard index < text.count, let digit = ASCII.hexValue(text[index]) else {
                return "\u{FFFD}"
            }
            code = code << 4 | UInt32(digit)
            index += 1
        }
        return Unicode.Scalar(code) ?? "\u{FFFD}"
    }
}
