@testable import Configuration

/// Settings of the authorization server as lines of text, for golden files; no secret among them.
struct AuthorizationServerDump {
    private(set) var lines: [String] = []

    init(_ server: AuthorizationServerSettings) {
        lines.append("authorization server \(server.url) \(server.hosts)")
        lines.append("  store \(server.store) sealing \(server.sealingKey)")
        lines.append(
            "  signs \(server.signingAlgorithm) rotates=\(Self.text(server.keyRotation)) "
                + "dressipi=\(server.dressipiPrefix)"
        )
        let limits = server.limits
        lines.append(
            "  authorize=\(Self.text(limits.authorizeRate)) token=\(Self.text(limits.tokenRate)) "
                + "flows=\(limits.pendingFlowsPerAddress) "
                + "passwords=\(limits.passwordFailureCount) rest=\(Self.text(limits.passwordFailureRest))"
        )
        for provider in server.providers { add(provider) }
        for project in server.projects { add(project, server) }
        for client in server.clients { add(client, server) }
    }

    private mutating func add(_ provider: ProviderSettings) {
        lines.append("  provider \(provider.id) \(provider.kind) '\(provider.displayName)'")
        lines.append(
            "    client='\(provider.clientID)' secret=\(provider.clientSecret?.description ?? "-") "
                + "scopes=\(provider.scopes.map { "\($0)" } ?? "-") tenant=\(provider.tenant ?? "-") "
                + "signUp=\(provider.allowsSignUp) email=\(provider.emailVerification)"
        )
        lines.append(
            "    discovery=\(provider.discovery ?? "-") issuer=\(provider.issuer ?? "-") "
                + "authorize=\(provider.authorizationEndpoint ?? "-") "
                + "token=\(provider.tokenEndpoint ?? "-") "
                + "userinfo=\(provider.userInfoEndpoint ?? "-") keys=\(provider.keySetURL ?? "-")"
        )
    }

    private mutating func add(_ project: ProjectSettings, _ server: AuthorizationServerSettings) {
        lines.append("  project \(project.id) '\(project.name)' stack=\(project.isStack)")
        lines.append(
            "    keys=\(project.publishableClientKeys.count) "
                + "demanded=\(project.requiresPublishableClientKey) "
                + "localhost=\(project.allowsLocalhost) native=\(project.allowsNativeRedirect) "
                + "exact=\(project.redirectURIs)"
        )
        for domain in project.trustedDomains {
            let port = domain.port.map { "\($0)" } ?? "any"
            lines.append(
                "    trusts \(domain.text): \(domain.scheme) \(domain.hostPattern) \(port)"
            )
        }
        lines.append(
            "    providers=\(project.providers.map { server.providers[$0].id }) "
                + "signUp=\(project.allowsSignUp) merge=\(project.accountMerge)"
        )
        lines.append("    scopes=\(project.grantableScopes) held=\(project.defaultScopes)")
        for grant in project.grants {
            lines.append(
                "    grant \(grant.scope) \(grant.provider) \(grant.claimPath) '\(grant.value)'"
            )
        }
        add(project.tokens)
    }

    private mutating func add(_ client: ClientSettings, _ server: AuthorizationServerSettings) {
        lines.append(
            "  client \(client.id) '\(client.name)' \(client.dialect) "
                + "of \(server.projects[client.project].id)"
        )
        lines.append(
            "    secret=\(client.secretHash.map { "\($0.count) bytes" } ?? "-") "
                + "grants=\(client.grantTypes.map(\.rawValue)) audience=\(client.audience ?? "-") "
                + "consent=\(client.requiresConsent) introspectsAny=\(client.introspectsAny)"
        )
        lines.append(
            "    redirects=\(client.redirectURIs) logout=\(client.postLogoutRedirectURIs) "
                + "cors=\(client.corsOrigins)"
        )
        lines.append("    scopes=\(client.grantableScopes) held=\(client.defaultScopes)")
        add(client.tokens)
    }

    private mutating func add(_ tokens: TokenSettings) {
        lines.append(
            "    tokens access=\(Self.text(tokens.accessTokenLifetime)) idle=\(Self.text(tokens.refreshTokenIdle)) "
                + "session=\(Self.text(tokens.refreshTokenLifetime)) rotates=\(tokens.rotatesRefreshTokens) "
                + "grace=\(Self.text(tokens.refreshReuseGrace)) query=\(tokens.takesParametersInQuery)"
        )
    }

    private static func text(_ duration: Duration) -> String {
        ConfigurationValue.text(of: duration)
    }

    private static func text(_ rate: RateSettings) -> String {
        "\(rate.perSecond) burst \(rate.burst)"
    }
}
