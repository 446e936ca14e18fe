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
    /// The line it stands in; a secret in it reads as stars.
    public let excerpt: String

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
            let (shown, caretColumn) = window()
            text += "  \(shown)\n"
            text += "  " + String(repeating: " ", count: caretColumn) + "^"
            let tail = min(max(length, 1), max(shown.unicodeScalars.count - caretColumn, 1)) - 1
            text += String(repeating: "~", count: tail) + "\n"
        }
        if let hint {
            text += "  hint: \(hint)\n"
        }
        return text
    }

    /// The same place, with other words and no hint.
    func replacing(message: String) -> Diagnostic {
        Diagnostic(
            severity: severity,
            file: file,
            line: line,
            column: column,
            length: length,
            message: message,
            hint: nil,
            excerpt: excerpt
        )
    }

    /// The part of a long line that the caret is in.
    private func window() -> (shown: String, caretColumn: Int) {
        let scalars = Array(excerpt.unicodeScalars)
        guard scalars.count > Self.widthMax else { return (excerpt, column - 1) }
        let first = max(0, min(column - 1 - Self.widthMax / 4, scalars.count - Self.widthMax))
        var shown = String.UnicodeScalarView()
        shown.append(contentsOf: scalars[first..<min(first + Self.widthMax, scalars.count)])
        return (String(shown), column - 1 - first)
    }

    /// As wide as a wide terminal.
    private static let widthMax = 160
}
