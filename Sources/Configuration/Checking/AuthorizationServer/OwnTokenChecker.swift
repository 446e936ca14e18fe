/// Holds the rules that take our own tokens against what the authorization server can issue.
struct OwnTokenChecker {
    private let names: NameTable
    private let ground: BuildGround

    /// Prepares to check rules.
    init(names: NameTable, ground: BuildGround) {
        self.names = names
        self.ground = ground
    }

    /// Notes what is wrong with the rule of `block`; `subject` names it.
    ///
    /// `heirs` are the rules that inherit from it, and may be what it narrows.
    func check(
        _ rule: RouteRule,
        of block: CheckedBlock,
        at span: SourceSpan,
        subject: String,
        heirs: [RouteRule] = []
    ) {
        // A server whose line is at fault was told of already.
        guard rule.access != .public, names.server != nil || !names.mentionsServer else { return }
        if names.server != nil { checkNames(of: block) }
        let own = rule.issuers.filter(names.ownIssuers.contains)
        if own.isEmpty {
            let isInherited = heirs.contains {
                $0.issuers.contains(where: names.ownIssuers.contains)
            }
            if !isInherited { checkNarrowing(block) }
            return
        }
        guard let server = names.server else { return }
        let hasFault = ["project", "client", "issuer"].contains { name in
            block.statements.contains { $0.directive.name == name && !$0.isSound }
        }
        guard !hasFault else { return }
        if rule.projects.isEmpty, rule.clients.isEmpty, Self.isAmbiguous(server) {
            ground.findings.error(
                "\(subject) takes tokens that are issued here, whoever they are for: the file has "
                    + "more than one project or client",
                at: span,
                hint: "write project ID; or client ID;"
            )
            return
        }
        // Tokens of another issuer may bring what ours cannot.
        if own.count == rule.issuers.count {
            checkScopes(rule, server, block, at: span, subject: subject)
        }
    }

    /// Whether tokens of more than one project or client exist.
    private static func isAmbiguous(_ server: AuthorizationServerSettings) -> Bool {
        let issuing = server.projects.count(where: \.isStack) + server.clients.count
        return issuing > 1 || server.projects.count > 1
    }

    private func checkNames(of block: CheckedBlock) {
        let kinds = [
            ("project", names.server?.projects.map(\.id) ?? []),
            ("client", names.server?.clients.map(\.id) ?? []),
        ]
        for (name, known) in kinds {
            for (id, span) in block.list(name, ground: ground) where !known.contains(id) {
                guard !ground.findings.isFull else { return }
                let list = known.isEmpty ? nil : "defined are \(known.joined(separator: ", "))"
                ground.findings.error(
                    "no `\(name)` of the `authorization_server` has the id `\(id)`",
                    at: span,
                    hint: Spelling.suggestion(for: id, among: known).map { "did you mean `\($0)`?" }
                        ?? list
                )
            }
        }
    }

    private func checkNarrowing(_ block: CheckedBlock) {
        for statement in block.statements
        where ["project", "client"].contains(statement.directive.name) {
            ground.findings.error(
                "`\(statement.directive.name)` narrows tokens that are issued here, and none of them "
                    + "is taken",
                at: statement.wholeSpan,
                hint: names.server == nil
                    ? "the file has no `authorization_server`" : "write issuer self;"
            )
        }
    }

    private func checkScopes(
        _ rule: RouteRule,
        _ server: AuthorizationServerSettings,
        _ block: CheckedBlock,
        at span: SourceSpan,
        subject: String
    ) {
        let sets = Self.grantable(to: rule, server)
        guard !sets.isEmpty else { return }
        let isPossible = sets.contains { set in
            rule.scopes.allSatisfy { $0.isMet(by: set) }
        }
        if isPossible { return }
        let all = sets.reduce(into: Set<String>()) { $0.formUnion($1) }
        let place = block.first("scope")?.wholeSpan ?? span
        if let lacking = rule.scopes.lazy.compactMap({ $0.lacking(from: all) }).first {
            ground.findings.error(
                "\(subject) demands `\(lacking)`, which nobody whose tokens it takes can get",
                at: place,
                hint: Spelling.suggestion(for: lacking, among: all.sorted())
                    .map { "did you mean `\($0)`?" } ?? "add it to `grantable_scopes`"
            )
        } else {
            ground.findings.error(
                "\(subject) demands scopes that no one project or client can grant together",
                at: place,
                hint: "add them to the `grantable_scopes` of one"
            )
        }
    }

    /// What each one whose tokens the rule takes can grant.
    private static func grantable(
        to rule: RouteRule,
        _ server: AuthorizationServerSettings
    ) -> [Set<String>] {
        let isProject = { (id: String) in rule.projects.isEmpty || rule.projects.contains(id) }
        let projects = server.projects.filter { project in
            project.isStack && rule.clients.isEmpty && isProject(project.id)
        }
        let clients = server.clients.filter { client in
            (rule.clients.isEmpty || rule.clients.contains(client.id))
                && server.projects.indices.contains(client.project)
                && isProject(server.projects[client.project].id)
        }
        return projects.map { Set($0.grantableScopes) } + clients.map { Set($0.grantableScopes) }
    }
}

extension ScopeRequirement {
    /// Whether a token with all of the scopes would pass.
    fileprivate func isMet(by scopes: Set<String>) -> Bool {
        lacking(from: scopes) == nil
    }

    /// A scope that is needed and not there.
    fileprivate func lacking(from scopes: Set<String>) -> String? {
        switch self {
        case .allOf(let names): names.first { !scopes.contains($0) }
        case .anyOf(let names): names.contains(where: scopes.contains) ? nil : names.first
        }
    }
}
