/// Makes projects.
struct ProjectBuilder {
    private let server: CheckedBlock
    private let providers: [BuiltProvider]
    private let ground: BuildGround

    /// Prepares to build from the block of the server.
    init(server: CheckedBlock, providers: [BuiltProvider], ground: BuildGround) {
        self.server = server
        self.providers = providers
        self.ground = ground
    }

    /// The projects in the order of the file; the first of two of one id.
    func build() -> [BuiltProject] {
        var names = RegisteredNames(ground: ground)
        return server.statements.compactMap { statement in
            guard statement.directive.name == "project", let id = statement.text() else {
                return nil
            }
            guard names.add(id, what: "project", at: statement.span()) else { return nil }
            let block = statement.block ?? CheckedBlock(context: .project)
            return BuiltProject(
                settings: project(id, statement, block),
                span: statement.wholeSpan,
                block: block,
                hasProviderFault: hasProviderFault(block)
            )
        }
    }

    /// The project of clients that name none: every provider leads to it.
    func usualProject() -> BuiltProject {
        let settings = ProjectSettings(
            id: Defaults.projectID,
            name: Defaults.projectID,
            isStack: false,
            publishableClientKeys: [],
            requiresPublishableClientKey: false,
            trustedDomains: [],
            allowsLocalhost: false,
            redirectURIs: [],
            allowsNativeRedirect: false,
            providers: Array(providers.indices),
            grantableScopes: [],
            defaultScopes: [],
            grants: [],
            allowsSignUp: true,
            accountMerge: Defaults.accountMerge,
            tokens: TokenSettingsBuilder([server], usual: Defaults.plainTokens).build()
        )
        return BuiltProject(settings: settings, span: nil, block: nil, hasProviderFault: false)
    }

    private func project(
        _ id: String,
        _ statement: CheckedStatement,
        _ block: CheckedBlock
    ) -> ProjectSettings {
        let isStack = block.mentions("dialect")
        let scopes = ScopeBuilder(block, ground: ground)
        let redirectURIs = scopes.redirectURIs()
        let keys = block.list("publishable_client_key", ground: ground)
        let providers = providerIndexes(block)
        var tokens = TokenSettingsBuilder(
            [block, server],
            usual: isStack ? Defaults.stackTokens : Defaults.plainTokens
        ).build()
        // Only Dressipi's token endpoint reads a query.
        tokens.takesParametersInQuery = false
        let settings = ProjectSettings(
            id: id,
            name: block.first("name")?.text() ?? id,
            isStack: isStack,
            publishableClientKeys: keys.map { SecretBytes(Array($0.text.utf8)) },
            requiresPublishableClientKey: block.isOn("require_publishable_client_key") ?? false,
            trustedDomains: block.list("trusted_domain", ground: ground)
                .compactMap { TrustedDomainText.parse($0.text) },
            allowsLocalhost: block.isOn("allow_localhost") ?? false,
            redirectURIs: redirectURIs,
            allowsNativeRedirect: block.isOn("native_redirect") ?? false,
            providers: providers,
            grantableScopes: scopes.grantable,
            defaultScopes: scopes.defaults,
            grants: grants(block, scopes: scopes, providers: providers),
            allowsSignUp: block.isOn("sign_up")
                ?? (id == Defaults.projectID && !block.mentions("sign_up")),
            accountMerge: block.first("account_merge")?.text()
                .flatMap { AccountMerge(rawValue: $0) } ?? Defaults.accountMerge,
            tokens: tokens
        )
        TokenSettingsBuilder.check(block, readsQuery: true, ground: ground)
        if isStack {
            checkStack(settings, statement, block)
        } else {
            block.warnOfNoEffect(
                Self.stackNames,
                because: "the project does not say `dialect stack;`",
                ground: ground
            )
        }
        noteRelaxations(settings, block)
        return settings
    }

    private func providerIndexes(_ block: CheckedBlock) -> [Int] {
        guard block.mentions("providers") else { return Array(providers.indices) }
        var indexes: [Int] = []
        for (id, span) in block.list("providers", ground: ground) {
            if let index = providers.firstIndex(where: { $0.settings.id == id }) {
                indexes.append(index)
            } else {
                reportUnknownProvider(id, at: span)
            }
        }
        return indexes
    }

    private func reportUnknownProvider(_ id: String, at span: SourceSpan) {
        guard !ground.findings.isFull else { return }
        let known = providers.map(\.settings.id)
        let list = known.isEmpty ? nil : "defined are \(known.joined(separator: ", "))"
        ground.findings.error(
            "no `provider` block defines `\(id)`",
            at: span,
            hint: Spelling.suggestion(for: id, among: known).map { "did you mean `\($0)`?" } ?? list
        )
    }

    private func hasProviderFault(_ block: CheckedBlock) -> Bool {
        block.statements.contains { statement in
            guard statement.directive.name == "providers" else { return false }
            return !statement.isSound
                || statement.texts.contains { id in
                    !providers.contains { $0.settings.id == id }
                }
        }
    }

    private func grants(
        _ block: CheckedBlock,
        scopes: ScopeBuilder,
        providers indexes: [Int]
    ) -> [ScopeGrantRule] {
        block.all("grant").compactMap { statement in
            guard let scope = statement.text(), let provider = statement.options["provider"],
                let claim = statement.options["claim"], let value = statement.options["value"],
                let path = ConfigurationValue.claimPath(claim)
            else { return nil }
            if !scopes.grantable.contains(scope) {
                ground.findings.error(
                    "`\(scope)` is not among the `grantable_scopes`",
                    at: statement.span(),
                    hint: Spelling.suggestion(for: scope, among: scopes.grantable)
                        .map { "did you mean `\($0)`?" } ?? "nobody could ask for it"
                )
            }
            checkGrant(of: provider, indexes)
            return ScopeGrantRule(
                scope: scope,
                provider: provider.text,
                claimPath: path,
                value: value.text
            )
        }
    }

    private func checkGrant(of provider: Word, _ indexes: [Int]) {
        let known = providers.firstIndex { $0.settings.id == provider.text }
        guard let known else {
            reportUnknownProvider(provider.text, at: provider.span)
            return
        }
        if providers[known].settings.kind == .local {
            ground.findings.error(
                "`\(provider.text)` says nothing of its users that could be held against this",
                at: provider.span,
                hint: "grant it with: gatehouse users grant USER SCOPE"
            )
        } else if !indexes.contains(known) {
            ground.findings.error(
                "`\(provider.text)` is not among the `providers` of the project",
                at: provider.span
            )
        }
    }

    private func checkStack(
        _ project: ProjectSettings,
        _ statement: CheckedStatement,
        _ block: CheckedBlock
    ) {
        let leads = ["trusted_domain", "redirect_uri"].contains { block.mentions($0) }
        if !leads, !project.allowsLocalhost, !project.allowsNativeRedirect {
            ground.findings.error(
                "no redirect of this project is trusted: nobody who signs in could come back",
                at: statement.wholeSpan,
                hint: "write trusted_domain https://HOST; or redirect_uri URI;"
            )
        }
        if block.mentions("redirect_uri") {
            block.warnOfNoEffect(
                ["trusted_domain"],
                because: "with `redirect_uri`, redirects are compared as they stand",
                ground: ground
            )
        }
        if project.requiresPublishableClientKey, !block.mentions("publishable_client_key"),
            let demand = block.first("require_publishable_client_key")
        {
            ground.findings.error(
                "a key is demanded, and the project has none",
                at: demand.wholeSpan,
                hint: "write publishable_client_key KEY;"
            )
        }
        if project.tokens.rotatesRefreshTokens {
            let rotation = (block.first("refresh_rotation") ?? server.first("refresh_rotation"))
            ground.findings.warning(
                "Stack's clients keep their first refresh token: after one refresh those of project "
                    + "`\(project.id)` are signed out",
                at: rotation?.wholeSpan ?? statement.wholeSpan,
                hint: "write refresh_rotation off; in the project"
            )
        }
    }

    private func noteRelaxations(_ project: ProjectSettings, _ block: CheckedBlock) {
        let notes = [
            ("allow_localhost", "may be sent to whatever listens on the machine of the browser"),
            ("native_redirect", "may be sent to any application of a device"),
        ]
        for (name, text) in notes where project.isStack && block.isOn(name) == true {
            guard let statement = block.first(name) else { continue }
            ground.findings.relaxation(
                "codes of project `\(project.id)` \(text)",
                at: statement.wholeSpan
            )
        }
        if block.isOn("sign_up") == true, let statement = block.first("sign_up") {
            ground.findings.relaxation(
                "project `\(project.id)` takes in whoever its providers let through",
                at: statement.wholeSpan
            )
        }
    }

    private static let stackNames = [
        "allow_localhost", "native_redirect", "publishable_client_key", "redirect_uri",
        "require_publishable_client_key", "trusted_domain",
    ]
}

/// A project and what the checks across blocks need to know of it.
struct BuiltProject {
    /// What the gateway gets.
    let settings: ProjectSettings
    /// Its first line; `nil` of the one that need not be written.
    let span: SourceSpan?
    /// Its block.
    let block: CheckedBlock?
    /// Whether one of its providers is nobody.
    let hasProviderFault: Bool
}
