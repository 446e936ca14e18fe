/// Finds what only several directives of one `client` together make wrong.
struct ClientChecker {
    /// What was read.
    let client: ClientSettings
    /// Its line.
    let statement: CheckedStatement
    /// Its block.
    let block: CheckedBlock

    /// Notes it.
    func check(ground: BuildGround) {
        switch client.dialect {
        case .dressipi: checkDressipi(ground)
        case .oauth: checkPlain(ground)
        }
        noteRelaxations(ground)
    }

    private func checkPlain(_ ground: BuildGround) {
        let isPublic = !block.mentions("client_secret_hash")
        if client.grantTypes.contains(.authorizationCode), !block.mentions("redirect_uri"),
            statement.isSound
        {
            ground.findings.error(
                "client `\(client.id)` has no `redirect_uri`: nobody who signs in could come back",
                at: statement.wholeSpan,
                hint: "write redirect_uri https://HOST/PATH; or, for a machine, "
                    + "grant_types client_credentials;"
            )
        }
        if isPublic, client.grantTypes.contains(.clientCredentials),
            let types = block.first("grant_types")
        {
            ground.findings.error(
                "`client_credentials` without a secret: anyone who knows the id would get tokens",
                at: types.wholeSpan,
                hint: "make one with: gatehouse clients secret; and write client_secret_hash"
            )
        }
        if isPublic, client.introspectsAny, let introspect = block.first("introspect") {
            ground.findings.error(
                "`introspect any` without a secret: anyone who knows the id could ask",
                at: introspect.wholeSpan,
                hint: "make one with: gatehouse clients secret; and write client_secret_hash"
            )
        }
        if block.isOn("token_parameters_in_query") == true,
            let query = block.first("token_parameters_in_query")
        {
            ground.findings.error(
                "plain OAuth never takes secrets from a URL (RFC 6749, section 2.3.1)",
                at: query.wholeSpan,
                hint: "it is for dialect dressipi"
            )
        }
    }

    private func checkDressipi(_ ground: BuildGround) {
        if !block.mentions("access_token_lifetime"),
            client.tokens.accessTokenLifetime < Defaults.dressipiTokens.accessTokenLifetime
        {
            let inherited = ConfigurationValue.text(of: client.tokens.accessTokenLifetime)
            let usual = ConfigurationValue.text(of: Defaults.dressipiTokens.accessTokenLifetime)
            ground.findings.warning(
                "access tokens of client `\(client.id)` live \(inherited), as is said around it: "
                    + "Dressipi's client takes another only when it is started",
                at: statement.wholeSpan,
                hint: "write access_token_lifetime \(usual); in the client"
            )
        }
        block.warnOfNoEffect(
            ["consent", "introspect", "post_logout_redirect_uri"],
            because: "the Dressipi dialect has none",
            ground: ground
        )
        if let hash = block.first("client_secret_hash") {
            ground.findings.error(
                "clients of the Dressipi dialect have no secret, and would show none",
                at: hash.wholeSpan
            )
        }
        if let redirect = block.first("redirect_uri") {
            ground.findings.error(
                "the Dressipi dialect has one redirect URI, which every client shows",
                at: redirect.wholeSpan,
                hint: "leave it out"
            )
        }
        if client.grantTypes.contains(.clientCredentials), let types = block.first("grant_types") {
            ground.findings.error(
                "`client_credentials` needs a secret, and the Dressipi dialect knows none",
                at: types.wholeSpan
            )
        }
    }

    private func noteRelaxations(_ ground: BuildGround) {
        guard client.dialect == .oauth else { return }
        if !client.requiresConsent, let consent = block.first("consent") {
            ground.findings.relaxation(
                "client `\(client.id)` gets what it asks for without its users being asked",
                at: consent.wholeSpan,
                hint: "right for applications of one's own"
            )
        }
        if client.introspectsAny, let introspect = block.first("introspect") {
            ground.findings.relaxation(
                "client `\(client.id)` may look into tokens of every client",
                at: introspect.wholeSpan
            )
        }
        if block.isOn("refresh_rotation") == false, client.secretHash == nil,
            client.grantTypes.contains(.refreshToken),
            let rotation = block.first("refresh_rotation")
        {
            ground.findings.relaxation(
                "a refresh token that was stolen from client `\(client.id)` is good for as long as "
                    + "its session, and nobody sees it",
                at: rotation.wholeSpan,
                hint: "a client without a secret should rotate (RFC 9700, section 2.2.2)"
            )
        }
    }
}
