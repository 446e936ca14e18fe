/// Makes routes.
struct RouteBuilder {
    private let main: CheckedBlock
    private let names: NameTable
    private let rules: RuleBuilder
    private let ownTokens: OwnTokenChecker
    private let exchanges: ExchangeBuilder
    private let ground: BuildGround

    /// Prepares to build from the statements of the file itself.
    init(main: CheckedBlock, names: NameTable, ground: BuildGround) {
        self.main = main
        self.names = names
        self.ground = ground
        rules = RuleBuilder(names: names, ground: ground)
        ownTokens = OwnTokenChecker(names: names, ground: ground)
        exchanges = ExchangeBuilder(main: main, ground: ground)
    }

    /// The routes in the order of the file.
    func build() -> [BuiltRoute] {
        exchanges.noteFileWide()
        if !main.mentions("route") {
            ground.findings.warning(
                "no `route`: every request will be answered 404",
                at: .start,
                hint: "write route / { upstream NAME; }"
            )
        }
        return main.statements.compactMap { statement in
            statement.directive.name == "route" ? route(statement) : nil
        }
    }

    private func route(_ statement: CheckedStatement) -> BuiltRoute {
        let block = statement.block ?? CheckedBlock(context: .route)
        let target = RouteTarget(statement)
        let rule = rules.rule(block, replacing: rules.usualRule)
        let methods = closedMethods(block)
        let methodRules = methodRules(block, of: rule, target: target, methods: methods)
        let action = action(block, of: statement)
        ownTokens.check(
            rule,
            of: block,
            at: statement.wholeSpan,
            subject: "route \(target.name)",
            heirs: methodRules.map(\.rule)
        )
        checkRule(block, rule: rule, methodRules: methodRules, action: action, target: target)
        let isShadow = block.first("mode")?.text() == "shadow"
        if isShadow, let mode = block.first("mode") {
            ground.findings.relaxation(
                "route \(target.name) refuses nobody: refusals are only logged",
                at: mode.wholeSpan
            )
        }
        checkEncodedSlash(block, statement, target: target)
        let settings = RouteSettings(
            name: target.name,
            path: target.path,
            isExact: target.isExact,
            hosts: target.hosts,
            rule: rule,
            methodRules: methodRules,
            methods: methods,
            action: action,
            isShadow: isShadow,
            isLogged: block.isOn("log") ?? true,
            strippedPrefix: strippedPrefix(block, target: target),
            upstreamHost: block.first("upstream_host")?.text(),
            ignoresPathCase: exchanges.ignoresPathCase(block),
            mergesSlashes: exchanges.mergesSlashes(block),
            allowsEncodedSlash: exchanges.allowsEncodedSlash(block, of: target.name),
            bodySizeLimit: exchanges.bodySizeLimit(block),
            tokenExpiry: exchanges.tokenExpiry(
                block,
                of: target.name,
                looksAtTokens: rule.access != .public
                    || methodRules.contains { $0.rule.access != .public }
            ),
            tokenSources: exchanges.tokenSources(
                block,
                takesOwn: takesOwnTokens([rule] + methodRules.map(\.rule))
            ),
            forwardsToken: block.isOn("forward_token") ?? false,
            identityHeaderSet: exchanges.identityHeaderSet(block),
            identityHeaders: exchanges.identityHeaders(block),
            responseHeaders: exchanges.responseHeaders(block),
            corsOrigins: exchanges.corsOrigins(block),
            passesCORSPreflight: exchanges.passesCORSPreflight(block, of: target.name)
        )
        return BuiltRoute(
            settings: settings,
            span: statement.wholeSpan,
            isSound: statement.isSound,
            hasIssuerFault: hasIssuerFault(block),
            hasUpstreamFault: hasUpstreamFault(block)
        )
    }

    private func takesOwnTokens(_ rules: [RouteRule]) -> Bool {
        rules.contains { rule in
            rule.access != .public && rule.issuers.contains(where: names.ownIssuers.contains)
        }
    }

    private func closedMethods(_ block: CheckedBlock) -> [String]? {
        guard let statement = block.first("methods") else { return nil }
        var methods: [String] = []
        for (index, method) in statement.texts.enumerated() {
            if methods.contains(method) {
                ground.findings.error("`\(method)` stands here twice", at: statement.span(index))
            } else {
                methods.append(method)
            }
        }
        return methods
    }

    private func methodRules(
        _ block: CheckedBlock,
        of rule: RouteRule,
        target: RouteTarget,
        methods: [String]?
    ) -> [MethodRule] {
        var methodRules: [MethodRule] = []
        var seen: [String: SourceSpan] = [:]
        for statement in block.statements where statement.directive.name == "method" {
            let inner = statement.block ?? CheckedBlock(context: .method)
            let replaced = rules.rule(inner, replacing: rule)
            rules.checkDemands(inner, access: replaced.access)
            let subject = "\(statement.texts.joined(separator: " ")) of route \(target.name)"
            if rules.demands(inner) {
                ownTokens.check(replaced, of: inner, at: statement.wholeSpan, subject: subject)
            }
            rules.noteAccess(inner, of: subject)
            for (index, method) in statement.texts.enumerated() where statement.isSound {
                checkMethod(method, at: statement.span(index), seen: &seen, methods: methods)
            }
            methodRules.append(MethodRule(methods: statement.texts, rule: replaced))
        }
        return methodRules
    }

    private func checkMethod(
        _ method: String,
        at span: SourceSpan,
        seen: inout [String: SourceSpan],
        methods: [String]?
    ) {
        if let first = seen[method] {
            ground.findings.error(
                "`\(method)` has a rule already, at \(ground.findings.place(of: first))",
                at: span,
                hint: "a method stands in one `method` block of a route"
            )
        }
        seen[method] = seen[method] ?? span
        guard let methods, !methods.contains(method) else { return }
        if method == "HEAD", methods.contains("GET") { return }
        ground.findings.error(
            "`\(method)` is not among the `methods` of the route, so this rule holds for nothing",
            at: span,
            hint: "add it to `methods`, or remove it here"
        )
    }

    private func action(_ block: CheckedBlock, of route: CheckedStatement) -> RouteAction {
        let none = RouteAction.respond(status: 404, body: "")
        if block.mentions("upstream"),
            let respond = block.statements.first(where: { $0.directive.name == "respond" })
        {
            ground.findings.error(
                "`respond` beside `upstream`: a request is answered here or forwarded",
                at: respond.wholeSpan,
                hint: "remove one of them"
            )
        }
        if let statement = block.first("upstream"), let name = statement.text() {
            guard let index = names.upstreamIndex(of: name) else {
                reportUnknownUpstream(name, at: statement.span())
                return none
            }
            return .forward(upstream: index)
        }
        if let statement = block.first("respond") { return respond(statement) }
        if route.block != nil, !block.mentions("upstream"), !block.mentions("respond") {
            ground.findings.error(
                "this route goes nowhere",
                at: route.wholeSpan,
                hint: "write upstream NAME; or respond STATUS;"
            )
        }
        return none
    }

    private func respond(_ statement: CheckedStatement) -> RouteAction {
        let status = statement.text(0).flatMap(ConfigurationValue.number) ?? 200
        let body = statement.text(1) ?? ""
        if !body.isEmpty, [204, 205, 304].contains(status) {
            ground.findings.error("a response \(status) has no body", at: statement.span(1))
        }
        return .respond(status: status, body: body)
    }

    private func reportUnknownUpstream(_ name: String, at span: SourceSpan) {
        guard !ground.findings.isFull else { return }
        let known = names.upstreams.map(\.name)
        let meant = Spelling.suggestion(for: name, among: known)
        let list = known.isEmpty ? nil : "defined are \(known.joined(separator: ", "))"
        ground.findings.error(
            "no `upstream` block defines `\(name)`",
            at: span,
            hint: meant.map { "did you mean `\($0)`?" } ?? list
        )
    }

    private func checkRule(
        _ block: CheckedBlock,
        rule: RouteRule,
        methodRules: [MethodRule],
        action: RouteAction,
        target: RouteTarget
    ) {
        // With a method that needs a token, the route's demands are that method's, by inheritance.
        if methodRules.allSatisfy({ $0.rule.access == .public }) {
            rules.checkDemands(block, access: rule.access)
        }
        if case .respond = action {
            if !block.mentions("access"), let respond = block.first("respond") {
                ground.findings.warning(
                    "this answer needs a token, as every route that does not say otherwise",
                    at: respond.wholeSpan,
                    hint: "write access public; or, to say that it is meant, access required;"
                )
            }
        } else {
            rules.noteAccess(block, of: "route \(target.name)")
        }
    }

    private func checkEncodedSlash(
        _ block: CheckedBlock,
        _ statement: CheckedStatement,
        target: RouteTarget
    ) {
        guard target.path.contains("%2F"), block.isOn("allow_encoded_slash") != true else { return }
        ground.findings.error(
            "`%2F` in the path: requests with one are refused here",
            at: statement.span(),
            hint: "write allow_encoded_slash on;"
        )
    }

    private func strippedPrefix(_ block: CheckedBlock, target: RouteTarget) -> String? {
        guard let statement = block.first("strip_prefix"),
            let prefix = statement.text().flatMap(RoutePath.canonical).map(RouteTarget.withoutSlash)
        else { return nil }
        if target.isSound, prefix != target.path, !target.path.hasPrefix(prefix + "/") {
            ground.findings.error(
                "`\(prefix)` is not the beginning of the route's path",
                at: statement.span(),
                hint:
                    "requests of the route begin with `\(target.path.isEmpty ? "/" : target.path)`"
            )
        }
        return prefix.isEmpty ? nil : prefix
    }

    private func hasIssuerFault(_ block: CheckedBlock) -> Bool {
        rules.hasIssuerFault(block)
            || block.statements.contains { $0.block.map(rules.hasIssuerFault) ?? false }
    }

    private func hasUpstreamFault(_ block: CheckedBlock) -> Bool {
        block.statements.contains { statement in
            guard statement.directive.name == "upstream" else { return false }
            return !statement.isSound
                || statement.text().flatMap(names.upstreamIndex) == nil
        }
    }
}

/// A route and what the checks across routes need to know of it.
struct BuiltRoute {
    /// What the gateway gets.
    let settings: RouteSettings
    /// Its first line.
    let span: SourceSpan
    /// Whether its path and hosts could be read.
    let isSound: Bool
    /// Whether one of its issuers is nobody's.
    let hasIssuerFault: Bool
    /// Whether its upstream is nobody's.
    let hasUpstreamFault: Bool
}

/// Which requests a route is for.
struct RouteTarget {
    /// As written.
    let name: String
    /// As ``RouteSettings/path`` says.
    let path: String
    /// Whether only that path is meant.
    let isExact: Bool
    /// In lower case.
    let hosts: [String]
    /// Whether all of it could be read.
    let isSound: Bool

    /// Reads the line of a route.
    init(_ statement: CheckedStatement) {
        isSound = statement.isSound
        isExact = statement.flags.contains("=")
        let text = statement.text() ?? "/"
        let canonical = RoutePath.canonical(text) ?? "/"
        path = isExact ? canonical : Self.withoutSlash(canonical)
        let hostText = statement.options["host"]?.text ?? ""
        var hosts: [String] = []
        for part in hostText.split(separator: ",") {
            if let host = ConfigurationValue.hostPattern(String(part)), !hosts.contains(host) {
                hosts.append(host)
            }
        }
        self.hosts = hosts
        name = (isExact ? "= " : "") + text + (hostText.isEmpty ? "" : " host=\(hostText)")
    }

    /// The path without the slash at its end.
    static func withoutSlash(_ path: String) -> String {
        path.hasSuffix("/") ? String(path.dropLast()) : path
    }
}
