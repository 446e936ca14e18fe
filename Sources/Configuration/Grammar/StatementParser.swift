/// Makes statements of the tokens of one file.
///
/// Blocks are kept on a stack of our own, bounded, so that no file can exhaust the thread's. After a
/// fault the parser goes on where a reader would: a directive name at the start of a line begins a
/// statement even when the `;` before it is missing.
struct StatementParser {
    private let tokens: [Token]
    private let findings: Findings
    /// What an `include` stands for; the second argument says in which block it stands.
    private let include: (Statement, Context?) -> [Statement]?
    private var index = 0
    private var open: [OpenBlock] = []
    private var finished: [Statement] = []
    private var name: Word?
    private var arguments: [Argument] = []
    private var lastSpan: SourceSpan
    private var skippedDepth = 0
    private let outerContext: Context?

    /// Prepares to parse `tokens`, which must end with ``Token/Kind/end``.
    ///
    /// `context` is the block that the file is read into, or `nil` where it is unknown.
    init(
        tokens: [Token],
        context: Context?,
        findings: Findings,
        include: @escaping (Statement, Context?) -> [Statement]?
    ) {
        self.tokens = tokens
        self.findings = findings
        self.include = include
        outerContext = context
        lastSpan = tokens.first?.span ?? SourceSpan(file: 0, start: 0, end: 0)
    }

    /// The statements of the file.
    mutating func parse() -> [Statement] {
        while index < tokens.count {
            let token = tokens[index]
            index += 1
            take(token)
            lastSpan = token.span
        }
        return finished
    }

    private mutating func take(_ token: Token) {
        switch token.kind {
        case .closeBrace:
            closeBlock(token)
        case .closeParenthesis:
            findings.error("a `)` without its `(`", at: token.span, hint: Self.quoteHint)
        case .end:
            reportMissingSemicolon()
            while !open.isEmpty {
                popBlock(isClosed: false)
            }
        case .openBrace:
            openBlock(token)
        case .openParenthesis:
            takeForm(token)
        case .semicolon:
            if name == nil {
                findings.error(
                    "a `;` without a directive",
                    at: token.span,
                    hint: "a block ends with `}` alone"
                )
            }
            finishStatement(block: nil)
        case .word(let word):
            takeWord(word, beginsLine: token.beginsLine)
        }
    }

    private mutating func takeWord(_ word: Word, beginsLine: Bool) {
        guard name != nil else {
            name = word
            return
        }
        // With an argument there is a whole statement that may lack its `;`. Without one, the word
        // is more likely the argument, wrapped to the next line.
        let isDirective = DirectiveTable.isName(word.text, in: currentContext)
        if beginsLine, !word.isQuoted, isDirective, !arguments.isEmpty {
            reportMissingSemicolon()
            name = word
        } else {
            arguments.append(Argument(word: word, members: nil, span: word.span))
        }
    }

    /// `any(a b)`: the words up to the `)` belong to the word that the `(` touches.
    private mutating func takeForm(_ opener: Token) {
        var members: [Word] = []
        while case .word(let word) = tokens[index].kind {
            members.append(word)
            index += 1
        }
        guard case .closeParenthesis = tokens[index].kind else {
            findings.error("this `(` is never closed", at: opener.span, hint: Self.quoteHint)
            return
        }
        let closer = tokens[index].span
        index += 1
        guard opener.touchesPrevious, let last = arguments.last, last.members == nil else {
            findings.error(
                "a `(` that belongs to no word",
                at: opener.span,
                hint: "write the name and the parenthesis together, as in any(a b); "
                    + Self.quoteHint
            )
            return
        }
        arguments[arguments.count - 1] = Argument(
            word: last.word,
            members: members,
            span: last.span.joined(to: closer)
        )
    }

    private mutating func openBlock(_ token: Token) {
        guard skippedDepth == 0, open.count < Self.depthMax else {
            if skippedDepth == 0 {
                findings.error("blocks nest deeper than \(Self.depthMax)", at: token.span)
            }
            skippedDepth += 1
            clearStatement()
            return
        }
        if name == nil {
            findings.error("a block without a directive", at: token.span)
        }
        open.append(
            OpenBlock(
                name: name,
                arguments: arguments,
                opener: token.span,
                context: DirectiveTable.blockContext(of: name?.text, in: currentContext),
                outerStatements: finished
            )
        )
        finished = []
        clearStatement()
    }

    private mutating func closeBlock(_ token: Token) {
        reportMissingSemicolon()
        if skippedDepth > 0 {
            skippedDepth -= 1
        } else if open.isEmpty {
            findings.error("a `}` without its `{`", at: token.span)
        } else {
            popBlock(isClosed: true)
        }
    }

    private mutating func popBlock(isClosed: Bool) {
        guard let block = open.popLast() else { return }
        let statements = finished
        finished = block.outerStatements
        guard let name = block.name else { return }
        finished.append(
            Statement(
                name: name,
                arguments: block.arguments,
                block: Block(opener: block.opener, statements: statements, isClosed: isClosed)
            )
        )
    }

    private mutating func reportMissingSemicolon() {
        guard name != nil else { return }
        let place = SourceSpan(file: lastSpan.file, start: lastSpan.end, end: lastSpan.end)
        findings.error(
            "a `;` is missing here",
            at: place,
            hint: "a directive ends with `;`, or has a block in braces"
        )
        finishStatement(block: nil)
    }

    private mutating func finishStatement(block: Block?) {
        guard let name, skippedDepth == 0 else {
            clearStatement()
            return
        }
        let statement = Statement(name: name, arguments: arguments, block: block)
        let context = currentContext
        clearStatement()
        if let included = include(statement, context) {
            finished.append(contentsOf: included)
        } else {
            finished.append(statement)
        }
    }

    private mutating func clearStatement() {
        name = nil
        arguments = []
    }

    /// The block being read, or `nil` inside of one that the table does not know.
    private var currentContext: Context? {
        guard let innermost = open.last else { return outerContext }
        return innermost.context
    }

    private static let quoteHint = "quote a word that has parentheses in it"
    /// Eight: three is the deepest that means anything.
    private static let depthMax = 8
}

/// A block whose `}` is still to come.
private struct OpenBlock {
    var name: Word?
    var arguments: [Argument]
    var opener: SourceSpan
    var context: Context?
    /// What stands before it in the block around it.
    var outerStatements: [Statement]
}
