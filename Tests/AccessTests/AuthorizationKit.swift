import JOSE
import JSON

@testable import Access
@testable import Configuration

extension Kit {
    /// An authorization server that serves every dialect, under one host and an alias.
    static func authorizationServer(
        isStack: Bool = true,
        dialects: [ClientDialect] = ClientDialect.allCases
    ) -> AuthorizationServerSettings {
        let tokens = TokenSettings(
            accessTokenLifetime: .seconds(600),
            refreshTokenIdle: .seconds(600),
            refreshTokenLifetime: .seconds(600),
            rotatesRefreshTokens: true,
            refreshReuseGrace: .zero,
            takesParametersInQuery: false
        )
        let project = ProjectSettings(
            id: "p1",
            name: "",
            isStack: isStack,
            publishableClientKeys: [],
            requiresPublishableClientKey: false,
            trustedDomains: [],
            allowsLocalhost: false,
            redirectURIs: [],
            allowsNativeRedirect: false,
            providers: [],
            grantableScopes: [],
            defaultScopes: [],
            grants: [],
            allowsSignUp: false,
            accountMerge: .linkMethod,
            tokens: tokens
        )
        let clients = dialects.map { dialect in
            ClientSettings(
                id: dialect.rawValue,
                name: "",
                dialect: dialect,
                project: 0,
                secretHash: nil,
                grantTypes: [],
                redirectURIs: [],
                postLogoutRedirectURIs: [],
                corsOrigins: [],
                audience: nil,
                grantableScopes: [],
                defaultScopes: [],
                requiresConsent: false,
                introspectsAny: false,
                tokens: tokens
            )
        }
        let rate = RateSettings(perSecond: 1, burst: 1)
        return AuthorizationServerSettings(
            url: "https://auth.test",
            hosts: ["auth.test", "alias.test"],
            store: .sqlite(path: "/x"),
            sealingKey: .file(path: "/x"),
            signingAlgorithm: "ES256",
            keyRotation: .seconds(1),
            providers: [],
            projects: [project],
            clients: clients,
            dressipiPrefix: "/oauth",
            limits: AuthorizationLimitSettings(
                authorizeRate: rate,
                tokenRate: rate,
                pendingFlowsPerAddress: 1,
                passwordFailureCount: 1,
                passwordFailureRest: .seconds(1)
            )
        )
    }

    /// A verified token of our own, signed for a realm.
    static func own(_ claims: JSONObject, _ realm: KeyRealm = .server) throws -> VerifiedToken {
        var settings = try issuers()[0].settings
        settings.keys = .own(realm)
        let bytes = try sign(claims)
        var assessment = TokenAssessment(
            TokenAssessment.Context(
                issuers: [Issuer(settings, keySet: keySet, generation: 1)],
                accepted: [0],
                now: now,
                tokenSizeMax: 4096
            ),
            verifier: TokenSignatureVerifier()
        )
        try assessment.performCheap(on: bytes.span)
        return try assessment.performSignature(on: bytes.span)
    }
}
