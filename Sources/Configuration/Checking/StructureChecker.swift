/// Holds statements against the table: known, in their place, with the arguments they take.
///
/// It knows no directive by name. What only several directives together can make wrong is found by
/// the builders.
struct StructureChecker {
    private let findings: Findings

    /// Prepares to note what is wrong.
    init(findings: Findings) {
        self.findings = findings
    }

    /// The statements of the file itself.
    func check(_ statements: [Statement]) -> CheckedBlock {
        var lifted: [Statement] = []
        let block = check(statements, in: .main, around: [], lifted: &lifted)
        return block
    }

    /// Checks one block.
    ///
    /// While it lacks its `}`, `around` holds the blocks around it, and `lifted` gets what stands
    /// here but belongs to one of those.
    private func check(
        _ statements: [Statement],
        in context: Context,
        around: [Context],
        lifted: inout [Statement]
    ) -> CheckedBlock {
        var block = CheckedBlock(context: context)
        var firsts: [String: Word] = [:]
        var waiting = statements[...]
        while let statement = waiting.popFirst() {
            let name = statement.name
            let known = DirectiveTable.directive(name.text, in: context)
            if Self.belongs(statement, toOneOf: around, ratherThan: known) {
                lifted.append(statement)
                continue
            }
            guard let directive = known else {
                reportMisplaced(name, in: context)
                continue
            }
            if !directive.isRepeatable, let first = firsts[name.text] {
                let place = findings.place(of: first.span)
                findings.error(
                    "`\(name.text)` stands here twice; it was first written at \(place)",
                    at: name.span,
                    hint: "one of them must go"
                )
            }
            var escaped: [Statement] = []
            let checked = check(
                statement,
                as: directive,
                in: context,
                around: around,
                escaped: &escaped
            )
            if directive.isRepeatable || firsts[name.text] == nil {
                block.statements.append(checked)
            }
            firsts[name.text] = firsts[name.text] ?? name
            waiting.insert(contentsOf: escaped, at: waiting.startIndex)
        }
        return block
    }

    /// Whether a statement in a block without its `}` was meant for a block around that one.
    private static func belongs(
        _ statement: Statement,
        toOneOf around: [Context],
        ratherThan known: Directive?
    ) -> Bool {
        if let known, statement.block == nil || known.block.context != nil { return false }
        return around.contains { context in
            guard let other = DirectiveTable.directive(statement.name.text, in: context) else {
                return false
            }
            return known == nil || other.block.context != nil
        }
    }

    private func check(
        _ statement: Statement,
        as directive: Directive,
        in context: Context,
        around: [Context],
        escaped: inout [Statement]
    ) -> CheckedStatement {
        let name = statement.name
        let last = statement.arguments.last?.span ?? name.span
        var checked = CheckedStatement(
            directive: directive,
            name: name,
            wholeSpan: name.span.joined(to: last)
        )
        sortArguments(of: statement, into: &checked)
        checkCount(&checked)
        for (index, argument) in checked.positional.enumerated() {
            guard let parameter = directive.shape.parameter(at: index) else { break }
            checkValue(argument, parameter.kind, of: &checked)
        }
        guard let block = statement.block else {
            if case .required = directive.block {
                findings.error(
                    "`\(directive.name)` needs a block in braces",
                    at: statement.name.span,
                    hint: "write \(directive.example)"
                )
                checked.isSound = false
            }
            return checked
        }
        guard let inner = directive.block.context else {
            findings.error(
                "`\(directive.name)` has no block",
                at: block.opener,
                hint: "end it with `;`: \(directive.syntax)"
            )
            checked.isSound = false
            return checked
        }
        let outer = block.isClosed ? [] : around + [context]
        checked.block = check(block.statements, in: inner, around: outer, lifted: &escaped)
        if !block.isClosed {
            reportUnclosed(block, of: directive, firstLifted: escaped.first)
        }
        return checked
    }

    private func sortArguments(of statement: Statement, into checked: inout CheckedStatement) {
        let shape = checked.directive.shape
        for argument in statement.arguments {
            if let keyword = argument.keyword, shape.flags.contains(keyword) {
                if !checked.flags.insert(keyword).inserted {
                    findings.error("`\(keyword)` stands here twice", at: argument.span)
                    checked.isSound = false
                }
            } else if let option = Self.option(of: argument, in: shape) {
                take(option, of: argument, into: &checked)
            } else {
                checked.positional.append(argument)
            }
        }
        for option in shape.options where option.presence == .one {
            guard checked.options[option.name] == nil, checked.isSound else { continue }
            findings.error(
                "`\(checked.directive.name)` lacks `\(option.optionSyntax)`",
                at: checked.wholeSpan,
                hint: "write \(checked.directive.example)"
            )
            checked.isSound = false
        }
    }

    private func take(
        _ option: Word,
        of argument: Argument,
        into checked: inout CheckedStatement
    ) {
        let shape = checked.directive.shape
        let name = String(argument.word.text.prefix { $0 != "=" })
        guard let parameter = shape.options.first(where: { $0.name == name }) else {
            let meant = Spelling.suggestion(for: name, among: shape.options.map(\.name))
            let known = shape.options.map { "`\($0.name)=`" }.joined(separator: ", ")
            findings.error(
                "`\(checked.directive.name)` has no option `\(name)`",
                at: argument.span,
                hint: meant.map { "did you mean `\($0)=`?" } ?? "its options are \(known)"
            )
            checked.isSound = false
            return
        }
        if checked.options[name] != nil {
            findings.error("`\(name)=` stands here twice", at: argument.span)
            checked.isSound = false
            return
        }
        checked.options[name] = option
        let value = Argument(word: option, members: nil, span: argument.span)
        checkValue(value, parameter.kind, of: &checked)
    }

    /// The value of `NAME=VALUE`, where the shape has options and the word looks like one.
    private static func option(of argument: Argument, in shape: ArgumentShape) -> Word? {
        guard !shape.options.isEmpty, let text = argument.keyword,
            let equals = text.firstIndex(of: "="), equals != text.startIndex
        else { return nil }
        let isName = text[..<equals].utf8.allSatisfy {
            (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_")
        }
        guard isName else { return nil }
        return Word(
            text: String(text[text.index(after: equals)...]),
            isQuoted: argument.word.isValueQuoted,
            span: argument.span
        )
    }

    private func checkCount(_ checked: inout CheckedStatement) {
        let shape = checked.directive.shape
        let count = checked.positional.count
        if count < shape.countMin {
            let lacking = shape.parameter(at: count)?.name ?? "an argument"
            findings.error(
                "`\(checked.directive.name)` lacks \(lacking)",
                at: checked.wholeSpan,
                hint: "write \(checked.directive.syntax)"
            )
            checked.isSound = false
        } else if let most = shape.countMax, count > most {
            let extra = checked.positional[most]
            // What is over may be the rest of a secret that lacks its quotes.
            if shape.positional.contains(where: \.kind.isSecret) {
                findings.error(
                    "`\(checked.directive.name)` takes one argument",
                    at: extra.span,
                    hint: "quote what has blanks in it"
                )
                checked.isSound = false
                return
            }
            let choices = shape.flags + shape.options.map { $0.name + "=" }
            let meant = Spelling.suggestion(for: extra.word.text, among: choices)
            findings.error(
                "`\(checked.directive.name)` takes no `\(extra.word.text)` here",
                at: extra.span,
                hint: meant.map { "did you mean `\($0)`?" } ?? "write \(checked.directive.syntax)"
            )
            checked.isSound = false
        }
    }

    private func checkValue(
        _ argument: Argument,
        _ kind: ValueKind,
        of checked: inout CheckedStatement
    ) {
        guard let fault = kind.fault(of: argument) else { return }
        findings.error(fault.message, at: argument.span, hint: fault.hint)
        checked.isSound = false
    }

    private func reportMisplaced(_ name: Word, in context: Context) {
        guard !findings.isFull else {
            findings.error("unknown directive", at: name.span)
            return
        }
        let homes = DirectiveTable.directives(name.text).flatMap(\.contexts)
        if !homes.isEmpty {
            let places = homes.map(\.title).joined(separator: ", ")
            findings.error(
                "`\(name.text)` cannot stand in \(context.title)",
                at: name.span,
                hint: "it may stand in \(places)"
            )
            return
        }
        let here = Spelling.suggestion(for: name.text, among: DirectiveTable.names(in: context))
        var hint = here.map { "did you mean `\($0)`?" }
        if hint == nil,
            let meant = Spelling.suggestion(for: name.text, among: DirectiveTable.all.map(\.name))
        {
            let places = DirectiveTable.directives(meant).flatMap(\.contexts).map(\.title)
            hint = "did you mean `\(meant)`? it may stand in \(places.joined(separator: ", "))"
        }
        findings.error("unknown directive `\(name.text)`", at: name.span, hint: hint)
    }

    private func reportUnclosed(_ block: Block, of directive: Directive, firstLifted: Statement?) {
        let hint = firstLifted.map { statement in
            "`\(statement.name.text)` at \(findings.place(of: statement.name.span)) cannot stand in "
                + "it: the `}` is probably missing before"
        }
        findings.error(
            "this `{` of `\(directive.name)` is never closed",
            at: block.opener,
            hint: hint ?? "it is still open at the end of the file"
        )
    }
}
