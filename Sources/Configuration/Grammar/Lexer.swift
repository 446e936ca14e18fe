/// Cuts one file into words, braces, parentheses and semicolons.
///
/// Nginx's habits: `#` begins a comment where a word could begin, words end at blanks and at
/// `; { } ( )`, and both quotes enclose what would otherwise end a word. Stricter than nginx where it
/// helps to find a fault: a string ends on its line, and an unknown escape is not passed over.
/// A fault is noted and reading goes on, so that one load shows all of them.
struct Lexer {
    private let bytes: [UInt8]
    private let file: Int
    private let findings: Findings
    private var index = 0
    private var tokens: [Token] = []
    private var beginsLine = true
    private var lastEnd = -1

    /// Prepares to read the file at `file` of `findings`.
    init(file: Int, findings: Findings) {
        bytes = findings.files[file].bytes
        self.file = file
        self.findings = findings
    }

    /// All tokens of the file, an ``Token/Kind/end`` last.
    mutating func readAll() -> [Token] {
        checkEncoding()
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            index = 3
        }
        while index < bytes.count {
            readNext()
        }
        append(.end, from: bytes.count)
        maskSecrets()
        return tokens
    }

    private func checkEncoding() {
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            let place = error.byteOffsets
            findings.error(
                "bytes that are not UTF-8",
                at: SourceSpan(file: file, start: place.lowerBound, end: place.upperBound),
                hint: "save the file as UTF-8"
            )
        }
    }

    private mutating func readNext() {
        let byte = bytes[index]
        switch byte {
        case 0x0A:
            index += 1
            beginsLine = true
        case 0x20, 0x09, 0x0D:
            index += 1
        case UInt8(ascii: "#"):
            while index < bytes.count, bytes[index] != 0x0A {
                index += 1
            }
        case UInt8(ascii: ";"):
            readMark(.semicolon)
        case UInt8(ascii: "{"):
            readMark(.openBrace)
        case UInt8(ascii: "}"):
            readMark(.closeBrace)
        case UInt8(ascii: "("):
            readMark(.openParenthesis)
        case UInt8(ascii: ")"):
            readMark(.closeParenthesis)
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            readQuotedWord()
        case 0..<0x20, 0x7F:
            let hex = String(byte, radix: 16, uppercase: true)
            findings.error(
                "a control character (0x\(hex)) outside a string",
                at: SourceSpan(file: file, start: index, end: index + 1)
            )
            index += 1
        default:
            readBareWord()
        }
    }

    private mutating func readMark(_ kind: Token.Kind) {
        let start = index
        index += 1
        append(kind, from: start)
    }

    private mutating func readBareWord() {
        let start = index
        var text: [UInt8] = []
        var isValueQuoted = false
        while index < bytes.count, !Self.endsWord(bytes[index]) {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\\") {
                readEscape(into: &text)
            } else if Self.isQuote(byte), index > start {
                if text.last == UInt8(ascii: "="), !isValueQuoted {
                    isValueQuoted = true
                    readQuoted(into: &text)
                    checkEndAfterQuote()
                } else {
                    findings.error(
                        "a quote in the middle of a word",
                        at: SourceSpan(file: file, start: index, end: index + 1),
                        hint: "put quotes around the whole word"
                    )
                    text.append(byte)
                    index += 1
                }
            } else {
                text.append(byte)
                index += 1
            }
        }
        checkLookalikes(in: start..<index)
        appendWord(text, isQuoted: false, isValueQuoted: isValueQuoted, from: start)
    }

    private mutating func readQuotedWord() {
        let start = index
        var text: [UInt8] = []
        readQuoted(into: &text)
        checkEndAfterQuote()
        appendWord(text, isQuoted: true, isValueQuoted: false, from: start)
    }

    /// Reads from the opening quote past the closing one.
    private mutating func readQuoted(into text: inout [UInt8]) {
        let opener = index
        let quote = bytes[index]
        index += 1
        while index < bytes.count, bytes[index] != 0x0A {
            let byte = bytes[index]
            if byte == quote {
                index += 1
                return
            }
            if byte == UInt8(ascii: "\\") {
                readEscape(into: &text)
                continue
            }
            if byte < 0x20 && byte != 0x09 && byte != 0x0D || byte == 0x7F {
                findings.error(
                    "a control character in a string",
                    at: SourceSpan(file: file, start: index, end: index + 1)
                )
            }
            text.append(byte)
            index += 1
        }
        findings.error(
            "this string is never closed",
            at: SourceSpan(file: file, start: opener, end: opener + 1),
            hint: "a string ends on the line it begins on; a line end in it is written \\n"
        )
        giveBackMark(after: opener, text: &text)
    }

    /// Leaves the `;` or `{` that ends the line to the grammar, so that one missing quote is one
    /// fault.
    private mutating func giveBackMark(after opener: Int, text: inout [UInt8]) {
        var last = index
        while last > opener + 1, [0x20, 0x09, 0x0D].contains(bytes[last - 1]) {
            last -= 1
        }
        guard last > opener + 1, last == index else { return }
        let mark = bytes[last - 1]
        guard mark == UInt8(ascii: ";") || mark == UInt8(ascii: "{") else { return }
        guard text.last == mark else { return }
        text.removeLast()
        index = last - 1
    }

    private mutating func readEscape(into text: inout [UInt8]) {
        let start = index
        index += 1
        guard index < bytes.count, bytes[index] != 0x0A else {
            reportEscape(from: start)
            return
        }
        let byte = bytes[index]
        switch byte {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case 0x20, UInt8(ascii: "#"), UInt8(ascii: ";"), UInt8(ascii: "{"), UInt8(ascii: "}"),
            UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "\\"), UInt8(ascii: "\""),
            UInt8(ascii: "'"):
            text.append(byte)
        default:
            reportEscape(from: start)
            text.append(byte)
        }
        index += 1
    }

    private func reportEscape(from start: Int) {
        findings.error(
            "an unknown escape",
            at: SourceSpan(file: file, start: start, end: min(start + 2, bytes.count)),
            hint: "known are \\\\ \\\" \\' \\n \\r \\t, and \\ before a blank or one of ; { } ( ) #"
        )
    }

    private func checkEndAfterQuote() {
        guard index < bytes.count, !Self.endsWord(bytes[index]) else { return }
        findings.error(
            "a word touches the string before it",
            at: SourceSpan(file: file, start: index, end: index + 1),
            hint: "put a blank between the two"
        )
    }

    /// What word processors and web pages put in place of blanks and quotes.
    private func checkLookalikes(in range: Range<Int>) {
        for index in range where bytes[index] == 0xC2 || bytes[index] == 0xE2 {
            let rest = bytes[index..<min(index + 3, range.upperBound)]
            let isBlank =
                rest.starts(with: [0xC2, 0xA0]) || rest.elementsEqual([0xE2, 0x80, 0x8B])
            let quotes: [[UInt8]] = [[0x98], [0x99], [0x9C], [0x9D]]
            let isQuote = quotes.contains { rest.elementsEqual([0xE2, 0x80] + $0) }
            guard isBlank || isQuote else { continue }
            findings.error(
                isBlank ? "a blank that is not a space" : "a typographic quote",
                at: SourceSpan(file: file, start: index, end: index + rest.count),
                hint: isBlank ? "type a plain space" : "type \" or '"
            )
        }
    }

    private mutating func appendWord(
        _ text: [UInt8],
        isQuoted: Bool,
        isValueQuoted: Bool,
        from start: Int
    ) {
        let word = Word(
            text: String(decoding: text, as: UTF8.self),
            isQuoted: isQuoted,
            isValueQuoted: isValueQuoted,
            span: SourceSpan(file: file, start: start, end: index)
        )
        append(.word(word), from: start)
    }

    private mutating func append(_ kind: Token.Kind, from start: Int) {
        tokens.append(
            Token(
                kind: kind,
                span: SourceSpan(file: file, start: start, end: index),
                beginsLine: beginsLine,
                touchesPrevious: start == lastEnd
            )
        )
        beginsLine = false
        lastEnd = index
    }

    /// Keeps what follows the name of a secret, or a misspelt one, out of every excerpt.
    private func maskSecrets() {
        var isSecret = false
        for token in tokens {
            let word: Word
            switch token.kind {
            case .closeBrace, .end, .openBrace, .semicolon:
                isSecret = false
                continue
            case .closeParenthesis, .openParenthesis: continue
            case .word(let found): word = found
            }
            if isSecret, !Self.harmlessPrefixes.contains(where: word.text.hasPrefix) {
                findings.mask(word.span)
            } else if !word.isQuoted, Self.namesSecret(word.text) {
                isSecret = true
            }
        }
    }

    private static func namesSecret(_ text: String) -> Bool {
        secretNames.contains { Spelling.distance(text, $0, atMost: 2) != nil }
    }

    /// The directives whose arguments may be secrets.
    private static let secretNames = [
        "secret", "client_secret", "client_secret_hash", "publishable_client_key", "sealing_key",
    ]
    /// What begins a word that only says where a secret is, or what its hash is.
    private static let harmlessPrefixes = ["file:", "env:", "sha256:"]

    private static func isQuote(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, 0x7F: true
        case UInt8(ascii: ";"), UInt8(ascii: "{"), UInt8(ascii: "}"): true
        case UInt8(ascii: "("), UInt8(ascii: ")"): true
        default: false
        }
    }
}
