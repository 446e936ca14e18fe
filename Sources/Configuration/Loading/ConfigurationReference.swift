/// The reference of all directives, written from the table that also parses them.
public enum ConfigurationReference {
    /// The page as DocC and people read it.
    public static func markdown() -> String {
        var text = """
            # Reference of gateway.conf

            Every directive, by the block it stands in.

            ## How it is written

            A directive is a name, arguments, and `;` or a block in braces. `#` begins a comment. A word \
            with blanks or one of `; { } ( ) #` in it stands in double or single quotes, in which `\\\\`, \
            `\\"`, `\\'`, `\\n`, `\\r` and `\\t` mean what they do elsewhere; a string ends on its line. \
            Durations are a number and `ms`, `s`, `m`, `h` or `d`; sizes are bytes, or a number and `k`, \
            `m` or `g`. Relative paths begin at the directory of the file they stand in. \
            `gatehouse check -c FILE` tells every fault of a file at once.


            """
        for context in Context.allCases {
            text += section(context)
        }
        while text.hasSuffix("\n\n") {
            text.removeLast()
        }
        return text
    }

    private static func section(_ context: Context) -> String {
        let title = context == .main ? "In the file itself" : "In `\(context.rawValue)`"
        let directives = DirectiveTable.all.filter { $0.contexts.contains(context) }
        var text = "## \(title)\n\n"
        for directive in directives where directive.contexts.first == context {
            text += entry(directive)
        }
        let others = directives.filter { $0.contexts.first != context && $0.name != "include" }
        if !others.isEmpty {
            let names = others.map { "`\($0.name)`" }.joined(separator: ", ")
            text += "As above: \(names).\n\n"
        }
        return text
    }

    private static func entry(_ directive: Directive) -> String {
        var text = "### \(directive.name)\n\n\(directive.meaning)"
        if let details = directive.details { text += " \(details)" }
        text += "\n\n- Syntax: `\(directive.syntax)`\n"
        text += "- Default: \(directive.defaultText.map { "`\($0)`" } ?? "none")\n"
        if directive.contexts.count > 1 {
            let places = directive.contexts.map { $0 == .main ? "the file itself" : $0.title }
            text += "- Stands in: \(places.joined(separator: ", "))\n"
        }
        if directive.isRepeatable { text += "- May be repeated\n" }
        return text + "- Example: `\(directive.example)`\n\n"
    }
}
