/// One fault of a conf, or one thing in it to look at, with its place.
public struct Diagnostic: Sendable, Hashable {
    /// Whether the conf can run.
    public enum Severity: String, Sendable {
        case error
        case warning
    }

    /// An error keeps the conf from running, a warning does not.
    public let severity: Severity
    /// The file as the user named it.
    public let file: String
    /// From one.
    public let line: Int
    /// From one, in characters.
    public let column: Int
    /// How many characters are meant.
    public let length: Int
    /// What is wrong, in one line without the place.
    public let message: String
    /// What to do about it, where that is known.
    public let hint: String?
    /// The line it stands in, or the part of a long line; a secret in it reads as stars.
    public let excerpt: String
    /// How many characters of the excerpt stand before what is meant.
    public let excerptOffset: Int

    /// The diagnostic as a person reads it: place and message, the line, a caret, and the hint.
    ///
    /// ```
    /// gateway.conf:12:5: error: unknown directive `scoep`
    ///       scoep orders:read;
    ///       ^~~~~
    ///   hint: did you mean `scope`?
    /// ```
    public func rendered() -> String {
        var text = "\(file):\(line):\(column): \(severity.rawValue): \(message)\n"
        if !excerpt.isEmpty {
            let room = max(excerpt.unicodeScalars.count - excerptOffset, 1)
            text += "  \(excerpt)\n  " + String(repeating: " ", count: excerptOffset) + "^"
            text += String(repeating: "~", count: min(max(length, 1), room) - 1) + "\n"
        }
        if let hint {
            text += "  hint: \(hint)\n"
        }
        return text
    }
}
