/// A block whose statements are known directives in their place.
struct CheckedBlock {
    /// Which block it is.
    let context: Context
    /// Its statements in their order; one that is not sound is here too, lest it be missed.
    var statements: [CheckedStatement] = []

    /// The sound statements of the name.
    func all(_ name: String) -> [CheckedStatement] {
        statements.filter { $0.directive.name == name && $0.isSound }
    }

    /// The sound statement of the name, the first where the conf has several.
    func first(_ name: String) -> CheckedStatement? {
        statements.first { $0.directive.name == name && $0.isSound }
    }

    /// Whether the name was written at all, well or badly.
    func mentions(_ name: String) -> Bool {
        statements.contains { $0.directive.name == name }
    }
}

/// One directive with its arguments sorted as its shape says.
struct CheckedStatement {
    /// What it is.
    let directive: Directive
    /// Its name, as written.
    let name: Word
    /// Name and arguments, without the block.
    let wholeSpan: SourceSpan
    /// The arguments in their places.
    var positional: [Argument] = []
    /// The options that were written: name, value as a word of its own.
    var options: [String: Word] = [:]
    /// The flags that were written.
    var flags: Set<String> = []
    /// What stands in its block.
    var block: CheckedBlock?
    /// Whether every argument is right; where one is not, none may be read.
    var isSound = true

    /// The argument in that place, where it is a plain word.
    func text(_ index: Int = 0) -> String? {
        index < positional.count ? positional[index].text : nil
    }

    /// The plain words of all places.
    var texts: [String] { positional.compactMap(\.text) }

    /// Where the argument stands, or the name where there is none.
    func span(_ index: Int = 0) -> SourceSpan {
        index < positional.count ? positional[index].span : name.span
    }
}
