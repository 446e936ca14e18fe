/// Makes text from a log safe to show: a sender must not steer the operator's terminal.
internal enum TerminalText {
    /// The text on one line, at most `width` letters wide; a longer one ends in an ellipsis.
    ///
    /// Controls of both sets, separators of lines, and the letters that are not seen or turn the
    /// direction of writing become `\u{...}`.
    internal static func safe(_ text: String, width: Int = .max) -> String {
        var result = ""
        var count = 0
        for scalar in text.unicodeScalars {
            let shown = isUnsafe(scalar) ? escaped(scalar) : String(Character(scalar))
            let size = shown.unicodeScalars.count
            guard count + size <= width else {
                return cut(result, to: width - 1) + "\u{2026}"
            }
            result += shown
            count += size
        }
        return result
    }

    /// Filled up with blanks to `width`, on the left for numbers.
    internal static func padded(_ text: String, to width: Int, onLeft: Bool = false) -> String {
        let blanks = String(repeating: " ", count: max(0, width - text.unicodeScalars.count))
        return onLeft ? blanks + text : text + blanks
    }

    /// `1 234 567`.
    internal static func grouped(_ number: Int) -> String {
        var result = ""
        let digits = String(number)
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 {
                result += " "
            }
            result.append(digit)
        }
        return result
    }

    private static func cut(_ text: String, to count: Int) -> String {
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: text.unicodeScalars.prefix(max(0, count)))
        return String(scalars)
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
            .unassigned:
            true
        default:
            // Marks that are drawn over the letter before could pile up over other lines.
            scalar.properties.canonicalCombiningClass != .notReordered
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        "\\u{" + String(scalar.value, radix: 16) + "}"
    }
}
