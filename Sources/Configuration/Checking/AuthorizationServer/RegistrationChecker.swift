/// Finds what is wrong between the blocks of the authorization server that are each right.
struct RegistrationChecker {
    /// What was read.
    let server: AuthorizationServerSettings
    /// Where faults are noted.
    let ground: BuildGround

    /// Notes it.
    func check(
        _ block: CheckedBlock,
        of statement: CheckedStatement,
        providers: [BuiltProvider],
        projects: [BuiltProject],
        clients: [BuiltClient]
    ) {
        let readsQuery = clients.contains { $0.settings.dialect == .dressipi }
        TokenSettingsBuilder.check(block, readsQuery: readsQuery, ground: ground)
        checkSignIn(statement, projects, clients)
        checkUse(of: providers, projects, clients)
        let mentionsAnyone = block.mentions("project") || block.mentions("client")
        if statement.block != nil, !mentionsAnyone {
            ground.findings.warning(
                "nobody can ask for a token: there is neither a `project` nor a `client`",
                at: statement.wholeSpan
            )
        }
        if !readsQuery {
            block.warnOfNoEffect(
                ["token_parameters_in_query"],
                because: "no client says `dialect dressipi`",
                ground: ground
            )
        }
    }

    private func checkUse(
        of providers: [BuiltProvider],
        _ projects: [BuiltProject],
        _ clients: [BuiltClient]
    ) {
        let used = Set(projects.flatMap(\.settings.providers))
        for (index, provider) in providers.enumerated()
        where !projects.isEmpty && !used.contains(index) {
            ground.findings.warning(
                "no project takes users of provider `\(provider.settings.id)`",
                at: provider.span,
                hint: "name it in the `providers` of a project"
            )
        }
        guard !clients.contains(where: \.hasProjectFault) else { return }
        for (index, project) in projects.enumerated() where !project.settings.isStack {
            guard let span = project.span,
                !clients.contains(where: { $0.settings.project == index })
            else { continue }
            ground.findings.warning(
                "nobody signs in to project `\(project.settings.id)`",
                at: span,
                hint: "write dialect stack; in it, or name it in the `project` of a client"
            )
        }
    }

    /// Whoever has a browser sent to us must have a way in.
    private func checkSignIn(
        _ statement: CheckedStatement,
        _ projects: [BuiltProject],
        _ clients: [BuiltClient]
    ) {
        for (index, project) in projects.enumerated() where project.settings.providers.isEmpty {
            guard !project.hasProviderFault else { continue }
            let client = clients.first { client in
                client.settings.project == index && !client.hasProjectFault
                    && client.settings.dialect == .oauth
                    && client.settings.grantTypes.contains(.authorizationCode)
            }
            guard project.settings.isStack || client != nil else { continue }
            let why =
                project.settings.isStack
                ? "" : ", and client `\(client?.settings.id ?? "")` sends its users there"
            ground.findings.error(
                "no provider can sign in to project `\(project.settings.id)`\(why)",
                at: project.span ?? client?.span ?? statement.wholeSpan,
                hint: server.providers.isEmpty
                    ? "write provider local { sign_up on; } beside it, or another provider"
                    : "name one in `providers`"
            )
        }
    }
}
