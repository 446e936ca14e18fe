/// All directives: the one place that parsing, checking, the reference and the example read.
enum DirectiveTable {
    /// Every directive, block by block, in the order of the reference.
    static let all: [Directive] =
        processDirectives + limitDirectives + listenDirectives + issuerDirectives
        + authorizationServerDirectives + tokenDirectives + scopeDirectives + providerDirectives
        + projectDirectives + clientDirectives + upstreamDirectives + routeDirectives
        + ruleDirectives + exchangeDirectives

    /// The directive of that name in that block, or `nil`.
    static func directive(_ name: String, in context: Context) -> Directive? {
        byName[name]?.first { $0.contexts.contains(context) }
    }

    /// All directives of the name, whatever block they stand in.
    static func directives(_ name: String) -> [Directive] {
        byName[name] ?? []
    }

    /// The names that may stand in the block.
    static func names(in context: Context) -> [String] {
        all.filter { $0.contexts.contains(context) }.map(\.name)
    }

    /// Whether the word is a directive of the block, or of any block where that is unknown.
    static func isName(_ word: String, in context: Context?) -> Bool {
        guard let context else { return byName[word] != nil }
        return directive(word, in: context) != nil
    }

    /// What the block of a directive is, or `nil` where it is unknown.
    static func blockContext(of name: String?, in context: Context?) -> Context? {
        guard let name else { return nil }
        if let context, let directive = directive(name, in: context) {
            return directive.block.context
        }
        return byName[name]?.lazy.compactMap(\.block.context).first
    }

    private static let byName = Dictionary(grouping: all, by: \.name)

    /// From nothing to ten years: sums of such times stay far from any overflow.
    static let anyDuration: ClosedRange<Duration> = .zero ... .seconds(3_650 * 86_400)
    /// Times of a connection: below ten milliseconds nothing would ever succeed.
    static let waitDuration: ClosedRange<Duration> = .milliseconds(10) ... .seconds(30 * 86_400)
}

extension Context {
    /// Blocks whose settings the file can give for all.
    static let routeWide: [Context] = [.main, .route]
    /// Blocks that say who may come in.
    static let rule: [Context] = [.route, .method]
    /// Blocks that say how long what is issued lives; the innermost wins.
    static let tokenWide: [Context] = [.authorizationServer, .project, .client]
    /// Blocks of whom tokens are issued to.
    static let registered: [Context] = [.project, .client]
}
