/// One identifier or keyword of a Swift file, outside its comments and string literals.
struct SwiftWord: Equatable {
    /// The word itself.
    let text: String
    /// The line that it stands on, counted from one.
    let line: Int
    /// The byte right before it, zero at the start of the file.
    let before: UInt8
    /// The byte right after it, zero at the end of the file.
    let after: UInt8
}

/// The words of a Swift file, and the places where it forces a value.
///
/// This is no parser: it knows comments (nested too), string literals of every form with their
/// interpolations, and identifiers. Code inside an interpolation counts as text; the formatter's own
/// rules look there.
struct SwiftWords {
    /// In the order of the file.
    private(set) var words: [SwiftWord] = []
    /// The lines with a postfix `!`: a forced value, `try!`, `as!`, or a type that traps when empty.
    private(set) var forcedLines: [Int] = []

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1

    /// Reads a whole file.
    init(_ text: String) {
        bytes = Array(text.utf8)
        while position < bytes.count { step() }
    }

    /// The lines on which a word stands.
    func lines(of text: String) -> [Int] {
        words.filter { $0.text == text }.map(\.line)
    }

    private mutating func step() {
        switch byte(0) {
        case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "/"):
            skipLineComment()
        case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"):
            skipBlockComment()
        case UInt8(ascii: "\""):
            skipString(poundCount: 0)
        case UInt8(ascii: "#"):
            skipPounds()
        case UInt8(ascii: "!"):
            takeExclamation()
        case let first where isWordByte(first):
            takeWord()
        default:
            advance()
        }
    }

    private mutating func takeWord() {
        let start = position
        while isWordByte(byte(0)) { position += 1 }
        words.append(
            SwiftWord(
                text: String(decoding: bytes[start..<position], as: UTF8.self),
                line: line,
                before: start > 0 ? bytes[start - 1] : 0,
                after: byte(0)
            )
        )
    }

    private mutating func takeExclamation() {
        let before = position > 0 ? bytes[position - 1] : 0
        let closers: [UInt8] = [UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}")]
        let follows = isWordByte(before) || closers.contains(before)
        if follows && byte(1) != UInt8(ascii: "=") { forcedLines.append(line) }
        advance()
    }

    private mutating func skipLineComment() {
        while position < bytes.count && byte(0) != UInt8(ascii: "\n") { position += 1 }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        while position < bytes.count {
            if byte(0) == UInt8(ascii: "/") && byte(1) == UInt8(ascii: "*") {
                depth += 1
                position += 2
            } else if byte(0) == UInt8(ascii: "*") && byte(1) == UInt8(ascii: "/") {
                depth -= 1
                position += 2
                if depth == 0 { return }
            } else {
                advance()
            }
        }
    }

    /// A raw string when a quote follows the pound signs; else a directive, whose word is taken next.
    private mutating func skipPounds() {
        var count = 0
        while byte(count) == UInt8(ascii: "#") { count += 1 }
        position += count
        if byte(0) == UInt8(ascii: "\"") { skipString(poundCount: count) }
    }

    private mutating func skipString(poundCount: Int) {
        let isLong = byte(1) == UInt8(ascii: "\"") && byte(2) == UInt8(ascii: "\"")
        let quoteCount = isLong ? 3 : 1
        position += quoteCount
        while position < bytes.count {
            if endsString(quoteCount: quoteCount, poundCount: poundCount) {
                position += quoteCount + poundCount
                return
            }
            if byte(0) == UInt8(ascii: "\\") && hasPounds(poundCount, at: 1) {
                position += 1 + poundCount
                if byte(0) == UInt8(ascii: "(") { skipInterpolation() } else { advance() }
            } else {
                advance()
            }
        }
    }

    private mutating func skipInterpolation() {
        var depth = 0
        while position < bytes.count {
            switch byte(0) {
            case UInt8(ascii: "("):
                depth += 1
                advance()
            case UInt8(ascii: ")"):
                depth -= 1
                advance()
                if depth == 0 { return }
            case UInt8(ascii: "\""):
                skipString(poundCount: 0)
            default:
                advance()
            }
        }
    }

    private func endsString(quoteCount: Int, poundCount: Int) -> Bool {
        (0..<quoteCount).allSatisfy { byte($0) == UInt8(ascii: "\"") }
            && hasPounds(poundCount, at: quoteCount)
    }

    private func hasPounds(_ count: Int, at offset: Int) -> Bool {
        (0..<count).allSatisfy { byte(offset + $0) == UInt8(ascii: "#") }
    }

    /// The byte at an offset from here, zero beyond the end.
    private func byte(_ offset: Int) -> UInt8 {
        position + offset < bytes.count ? bytes[position + offset] : 0
    }

    private mutating func advance() {
        if byte(0) == UInt8(ascii: "\n") { line += 1 }
        position += 1
    }
}

private func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
        true
    default:
        false
    }
}
