/// Makes the providers of identities.
struct ProviderBuilder {
    private let server: CheckedBlock
    private let ground: BuildGround

    /// Prepares to build from the block of the server.
    init(server: CheckedBlock, ground: BuildGround) {
        self.server = server
        self.ground = ground
    }

    /// The providers in the order of the file; the first of two of one id.
    func build() -> [BuiltProvider] {
        var names = RegisteredNames(ground: ground)
        return server.statements.compactMap { statement in
            guard statement.directive.name == "provider", let id = statement.text() else {
                return nil
            }
            guard names.add(id, what: "provider", at: statement.span()) else { return nil }
            let block = statement.block ?? CheckedBlock(context: .provider)
            return BuiltProvider(settings: provider(id, statement, block), span: statement.span())
        }
    }

    private func provider(
        _ id: String,
        _ statement: CheckedStatement,
        _ block: CheckedBlock
    ) -> ProviderSettings {
        let kind = kind(of: id, statement, block)
        if kind == .local {
            block.warnOfNoEffect(
                Self.remoteNames,
                because: "`local` is accounts of our own",
                ground: ground
            )
        } else if statement.isSound {
            checkCredentials(id, statement, block)
            block.warnOfNoEffect(
                ["sign_up"],
                because: "only `local` has a page to sign up at; a project has a `sign_up` too",
                ground: ground
            )
        }
        if kind != .microsoft {
            block.warnOfNoEffect(["tenant"], because: "only Microsoft has tenants", ground: ground)
        }
        noteRelaxations(id, block)
        let scopes = block.list("scope", ground: ground).map(\.text)
        return ProviderSettings(
            id: id,
            kind: kind,
            displayName: block.first("display_name")?.text() ?? Self.usualName(of: kind, id: id),
            clientID: block.first("client_id")?.text() ?? "",
            clientSecret: secret(block),
            discovery: block.first("discovery")?.text(),
            issuer: block.first("issuer")?.text(),
            authorizationEndpoint: block.first("authorization_endpoint")?.text(),
            tokenEndpoint: block.first("token_endpoint")?.text(),
            userInfoEndpoint: block.first("userinfo_endpoint")?.text(),
            keySetURL: block.first("jwks_uri")?.text(),
            scopes: block.mentions("scope") ? scopes : nil,
            tenant: kind == .microsoft
                ? block.first("tenant")?.text() ?? Defaults.microsoftTenant : nil,
            allowsSignUp: block.isOn("sign_up") ?? false,
            emailVerification: block.first("email_verification")?.text()
                .flatMap { EmailVerification(rawValue: $0) } ?? Defaults.emailVerification
        )
    }

    /// The preset that is named, or that has the id; else an OpenID provider, which must be findable.
    private func kind(
        of id: String,
        _ statement: CheckedStatement,
        _ block: CheckedBlock
    ) -> ProviderKind {
        let preset = block.first("preset")
        if id == ProviderKind.local.rawValue {
            block.warnOfNoEffect(
                ["preset"],
                because: "`local` is accounts of our own",
                ground: ground
            )
            return .local
        }
        if let kind = preset?.text().flatMap({ ProviderKind(rawValue: $0) }) { return kind }
        if let kind = ProviderKind(rawValue: id), kind != .openID { return kind }
        let isFindable =
            block.mentions("discovery")
            || Self.endpointNames.allSatisfy { block.mentions($0) } && block.mentions("issuer")
        if statement.isSound, !isFindable, !block.mentions("preset") {
            let meant = Spelling.suggestion(
                for: id,
                among: DirectiveTable.presetNames + [ProviderKind.local.rawValue]
            )
            ground.findings.error(
                "nothing says where provider `\(id)` is",
                at: statement.wholeSpan,
                hint: meant.map { "did you mean `\($0)`?" }
                    ?? "write discovery URL; or issuer, authorization_endpoint, token_endpoint and "
                    + "jwks_uri; or, for one that is known by name, preset NAME;"
            )
        }
        return .openID
    }

    private func checkCredentials(
        _ id: String,
        _ statement: CheckedStatement,
        _ block: CheckedBlock
    ) {
        for name in ["client_id", "client_secret"] where !block.mentions(name) {
            ground.findings.error(
                "provider `\(id)` has no `\(name)`: it would not know us",
                at: statement.wholeSpan,
                hint: name == "client_id"
                    ? "write what the provider calls this gateway: client_id ID;"
                    : "write client_secret file:PATH; or client_secret env:NAME;"
            )
        }
        if let clientID = block.first("client_id"), clientID.text()?.isEmpty == true {
            ground.findings.error("an empty client id", at: clientID.span())
        }
    }

    private func noteRelaxations(_ id: String, _ block: CheckedBlock) {
        if let statement = block.first("email_verification"),
            statement.text() == EmailVerification.assumed.rawValue
        {
            ground.findings.relaxation(
                "every e-mail address that provider `\(id)` names counts as verified",
                at: statement.wholeSpan,
                hint: "right only where nobody can enter an address that is not theirs"
            )
        }
        if id == ProviderKind.local.rawValue, block.isOn("sign_up") == true,
            let statement = block.first("sign_up")
        {
            ground.findings.relaxation(
                "anyone may make an account at the sign-in page",
                at: statement.wholeSpan
            )
        }
    }

    private func secret(_ block: CheckedBlock) -> SecretBytes? {
        guard let argument = block.first("client_secret")?.positional.first,
            let text = argument.text,
            let bytes = SecretReader(ground: ground).bytes(text, argument)
        else { return nil }
        if bytes.isEmpty {
            ground.findings.error("the client secret is empty", at: argument.span)
        }
        return SecretBytes(bytes)
    }

    private static func usualName(of kind: ProviderKind, id: String) -> String {
        switch kind {
        case .apple: "Apple"
        case .bitbucket: "Bitbucket"
        case .discord: "Discord"
        case .facebook: "Facebook"
        case .github: "GitHub"
        case .gitlab: "GitLab"
        case .google: "Google"
        case .linkedin: "LinkedIn"
        case .local: "e-mail and password"
        case .microsoft: "Microsoft"
        case .openID: id
        case .spotify: "Spotify"
        case .twitch: "Twitch"
        case .x: "X"
        }
    }

    /// What only a provider elsewhere has.
    private static let remoteNames =
        ["client_id", "client_secret", "discovery", "issuer", "scope", "userinfo_endpoint"]
        + endpointNames
    /// What an OpenID provider needs where nothing is discovered, its issuer apart.
    private static let endpointNames = ["authorization_endpoint", "jwks_uri", "token_endpoint"]
}

/// A provider and where it stands.
struct BuiltProvider {
    /// What the gateway gets.
    let settings: ProviderSettings
    /// Its id.
    let span: SourceSpan
}
