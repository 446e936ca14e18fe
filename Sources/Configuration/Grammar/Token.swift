/// A word of a conf, its quotes and escapes resolved.
struct Word: Hashable, Sendable {
    /// What it says.
    var text: String
    /// Whether it began with a quote: then it is text, never a keyword, a number or an option.
    var isQuoted: Bool
    /// Whether a quote followed its `=` (`separator=", "`).
    var isValueQuoted = false
    /// Where it stands, quotes included.
    var span: SourceSpan

    /// What a keyword must be compared with: the text of a bare word, and nothing of a quoted one.
    var keyword: String? { isQuoted ? nil : text }
}

/// One argument of a directive: a word, or a form such as `any(a b)`.
struct Argument: Hashable, Sendable {
    /// The word, or the name before the parenthesis.
    var word: Word
    /// The words between the parentheses, or `nil` for a plain word.
    var members: [Word]?
    /// All of it.
    var span: SourceSpan

    /// The text of a plain word, or `nil` for a form with parentheses.
    var text: String? { members == nil ? word.text : nil }

    /// The text of a plain word without quotes.
    var keyword: String? { members == nil ? word.keyword : nil }
}

/// One piece of the grammar.
struct Token: Sendable {
    /// What it is.
    enum Kind: Sendable {
        case closeBrace
        case closeParenthesis
        case end
        case openBrace
        case openParenthesis
        case semicolon
        case word(Word)
    }

    /// What it is.
    var kind: Kind
    /// Where it stands.
    var span: SourceSpan
    /// Whether nothing but blanks stands before it on its line.
    var beginsLine: Bool
    /// Whether nothing stands between it and the token before.
    var touchesPrevious: Bool
}

/// One directive as it was written: a name, arguments, and perhaps a block.
struct Statement: Sendable {
    /// Its first word.
    var name: Word
    /// The words after it.
    var arguments: [Argument]
    /// What stands between its braces, or `nil` where it ended with `;`.
    var block: Block?
}

/// What stands between two braces.
struct Block: Sendable {
    /// The `{`.
    var opener: SourceSpan
    /// What is in it, includes resolved.
    var statements: [Statement]
    /// Whether its `}` was found.
    var isClosed: Bool
}
