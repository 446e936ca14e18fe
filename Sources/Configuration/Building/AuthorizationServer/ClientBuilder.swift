/// Makes the registered clients, and the project of those that name none.
struct ClientBuilder {
    private let server: CheckedBlock
    private let written: ProjectBuilder
    private let ground: BuildGround

    /// Prepares to build from the block of the server.
    init(server: CheckedBlock, projects: ProjectBuilder, ground: BuildGround) {
        self.server = server
        written = projects
        self.ground = ground
    }

    /// The clients in the order of the file, the first of two of one id; and all projects.
    func build() -> BuiltClients {
        var projects = written.build()
        let isUsualNeeded = server.statements.contains { statement in
            statement.directive.name == "client" && statement.block?.mentions("project") == false
        }
        if isUsualNeeded, !projects.contains(where: { $0.settings.id == Defaults.projectID }) {
            projects.append(written.usualProject())
        }
        var names = RegisteredNames(ground: ground)
        for project in projects {
            guard let span = project.span else { continue }
            // What a token of a Stack project says as its client is the project.
            _ = names.add(project.settings.id, what: "project", at: span)
        }
        let clients = server.statements.compactMap { statement -> BuiltClient? in
            guard statement.directive.name == "client", let id = statement.text() else {
                return nil
            }
            guard names.add(id, what: "client", at: statement.span()) else { return nil }
            let block = statement.block ?? CheckedBlock(context: .client)
            let (index, isKnown) = project(of: block, among: projects)
            return BuiltClient(
                settings: client(id, statement, block, project: index, projects),
                span: statement.wholeSpan,
                hasProjectFault: !isKnown
            )
        }
        return BuiltClients(projects: projects, clients: clients)
    }

    private func project(
        of block: CheckedBlock,
        among projects: [BuiltProject]
    ) -> (index: Int, isKnown: Bool) {
        guard block.mentions("project") else {
            return (projects.firstIndex { $0.settings.id == Defaults.projectID } ?? 0, true)
        }
        guard let statement = block.first("project"), let id = statement.text() else {
            return (0, false)
        }
        if let index = projects.firstIndex(where: { $0.settings.id == id }) { return (index, true) }
        let known = projects.filter { $0.span != nil }.map(\.settings.id)
        let list = known.isEmpty ? nil : "defined are \(known.joined(separator: ", "))"
        ground.findings.error(
            "no `project` block defines `\(id)`",
            at: statement.span(),
            hint: Spelling.suggestion(for: id, among: known).map { "did you mean `\($0)`?" } ?? list
        )
        return (0, false)
    }

    private func client(
        _ id: String,
        _ statement: CheckedStatement,
        _ block: CheckedBlock,
        project: Int,
        _ projects: [BuiltProject]
    ) -> ClientSettings {
        let dialect =
            block.first("dialect")?.text().flatMap { ClientDialect(rawValue: $0) }
            ?? Defaults.clientDialect
        let scopes = ScopeBuilder(block, ground: ground)
        let outer = projects.indices.contains(project) ? projects[project].block : nil
        var tokens = TokenSettingsBuilder(
            [block, outer, server].compactMap(\.self),
            usual: dialect == .dressipi ? Defaults.dressipiTokens : Defaults.plainTokens
        ).build()
        if dialect == .oauth { tokens.takesParametersInQuery = false }
        let client = ClientSettings(
            id: id,
            name: block.first("name")?.text() ?? id,
            dialect: dialect,
            project: project,
            secretHash: block.first("client_secret_hash")?.text()
                .flatMap(ConfigurationValue.secretHash),
            grantTypes: grantTypes(block),
            redirectURIs: scopes.redirectURIs(),
            postLogoutRedirectURIs: scopes.redirectURIs("post_logout_redirect_uri"),
            corsOrigins: corsOrigins(block),
            audience: block.first("audience")?.text(),
            grantableScopes: scopes.grantable,
            defaultScopes: scopes.defaults,
            requiresConsent: dialect == .oauth && block.first("consent")?.text() != "implicit",
            introspectsAny: block.mentions("introspect"),
            tokens: tokens
        )
        TokenSettingsBuilder.check(block, readsQuery: dialect == .dressipi, ground: ground)
        let checker = ClientChecker(client: client, statement: statement, block: block)
        checker.check(ground: ground)
        return client
    }

    private func grantTypes(_ block: CheckedBlock) -> [GrantType] {
        guard let statement = block.first("grant_types") else { return Defaults.grantTypes }
        var types: [GrantType] = []
        for (index, text) in statement.texts.enumerated() {
            guard let type = GrantType(rawValue: text) else { continue }
            if types.contains(type) {
                ground.findings.error("`\(text)` stands here twice", at: statement.span(index))
            } else {
                types.append(type)
            }
        }
        return types
    }

    private func corsOrigins(_ block: CheckedBlock) -> [String] {
        guard let statement = block.first("cors_origins") else { return [] }
        if statement.positional.count > 1,
            statement.positional.contains(where: { $0.keyword == "off" })
        {
            ground.findings.error("`off` beside origins", at: statement.wholeSpan)
        }
        var origins: [String] = []
        for text in statement.texts {
            if let origin = ConfigurationValue.origin(text), !origins.contains(origin) {
                origins.append(origin)
            }
        }
        return origins
    }
}

/// A client and where it stands.
struct BuiltClient {
    /// What the gateway gets.
    let settings: ClientSettings
    /// Its first line.
    let span: SourceSpan
    /// Whether its project is nobody's, or could not be read.
    let hasProjectFault: Bool
}

/// All that users and tokens are for.
struct BuiltClients {
    /// The projects of the file, and the usual one where a client names none.
    let projects: [BuiltProject]
    /// The clients.
    let clients: [BuiltClient]
}
