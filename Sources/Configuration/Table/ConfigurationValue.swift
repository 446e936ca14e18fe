import Bytes
import EventLoop

/// Words of a conf made into values; `nil` means that the word is not one.
enum ConfigurationValue {
    /// A whole number without sign.
    static func number(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 18 else { return nil }
        guard text.utf8.allSatisfy(ASCII.isDigit) else { return nil }
        return Int(text)
    }

    /// `500ms 10s 5m 1h 30d`.
    static func duration(_ text: String) -> Duration? {
        for (unit, milliseconds) in durationUnits where text.hasSuffix(unit) {
            guard let count = number(String(text.dropLast(unit.count))) else { continue }
            let (product, overflow) = Int64(count).multipliedReportingOverflow(by: milliseconds)
            return overflow ? nil : .milliseconds(product)
        }
        return nil
    }

    /// A duration as the conf writes it, in the largest unit that holds it without rest.
    static func text(of duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        guard !overflow else { return "\(seconds)s" }
        let milliseconds = whole + attoseconds / 1_000_000_000_000_000
        for (unit, size) in durationUnits.reversed()
        where unit != "ms" && milliseconds % size == 0 && milliseconds > 0 {
            return "\(milliseconds / size)\(unit)"
        }
        return milliseconds == 0 ? "0s" : "\(milliseconds)ms"
    }

    /// `512`, `16k`, `1m`, `2g`.
    static func size(_ text: String) -> Int? {
        let unit: Int
        switch text.utf8.last {
        case UInt8(ascii: "k"), UInt8(ascii: "K"): unit = 1 << 10
        case UInt8(ascii: "m"), UInt8(ascii: "M"): unit = 1 << 20
        case UInt8(ascii: "g"), UInt8(ascii: "G"): unit = 1 << 30
        default: return number(text)
        }
        guard let count = number(String(text.dropLast())) else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow ? nil : product
    }

    /// A size as the conf writes it, in the largest unit that holds it without rest.
    static func text(ofSize size: Int) -> String {
        for (unit, bytes) in [("g", 1 << 30), ("m", 1 << 20), ("k", 1 << 10)]
        where size > 0 && size % bytes == 0 {
            return "\(size / bytes)\(unit)"
        }
        return "\(size)"
    }

    /// Whether the text is a `token` of RFC 9110 §5.6.2.
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 256 && text.utf8.allSatisfy(ASCII.isTokenByte)
    }

    /// Whether the text is a `scope-token` of RFC 6749 §3.3.
    static func isScopeName(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 1_024 else { return false }
        return text.utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
    }

    /// A demanded `typ`, in lower case and without `application/` (RFC 7515 §4.1.9).
    static func tokenType(_ text: String) -> String? {
        let lower = text.lowercased()
        let prefix = "application/"
        let name = lower.hasPrefix(prefix) ? String(lower.dropFirst(prefix.count)) : lower
        return isToken(name) ? name : nil
    }

    /// The way to a claim: dots walk into objects, unless the name is quoted.
    static func claimPath(_ word: Word) -> [String]? {
        claimPath(word.text, isQuoted: word.isQuoted)
    }

    /// The same for the value of an option.
    static func claimPath(_ text: String, isQuoted: Bool) -> [String]? {
        guard !text.isEmpty, text.utf8.count <= 256 else { return nil }
        if isQuoted { return [text] }
        guard !text.contains("/"), !text.contains(":") else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 16, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        return parts
    }

    /// A bare `true`, `false` or JSON number means that type, everything else a string.
    static func claimValue(_ word: Word) -> ClaimValue? {
        guard let bare = word.keyword else { return .string(word.text) }
        if bare == "true" { return .boolean(true) }
        if bare == "false" { return .boolean(false) }
        guard isJSONNumber(bare) else { return .string(bare) }
        // Beyond 2^53 two whole numbers may be one Double, and one user would pass for another.
        guard let number = Double(bare), number.magnitude <= 9_007_199_254_740_992 else {
            return nil
        }
        return .number(number)
    }

    /// The grammar of RFC 8259 §6.
    private static func isJSONNumber(_ text: String) -> Bool {
        var rest = text.utf8[...]
        if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let whole = rest.prefix(while: ASCII.isDigit)
        guard let first = whole.first, first != 0x30 || whole.count == 1 else { return false }
        rest = rest.dropFirst(whole.count)
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix(while: ASCII.isDigit)
            guard !digits.isEmpty else { return false }
            rest = rest.dropFirst(digits.count + 1)
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
                rest.removeFirst()
            }
            guard !rest.isEmpty, rest.allSatisfy(ASCII.isDigit) else { return false }
            return true
        }
        return rest.isEmpty
    }

    /// The units of a duration, the smallest first, in milliseconds.
    private static let durationUnits: [(unit: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]
}
