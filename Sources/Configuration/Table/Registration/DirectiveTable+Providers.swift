extension DirectiveTable {
    /// Where users come from.
    static let providerDirectives: [Directive] = [
        Directive(
            "provider",
            in: [.authorizationServer],
            .words(.one("ID", .segment)),
            block: .optional(.provider),
            isRepeatable: true,
            "Where users can come from; ID stands in the paths of sign-ins.",
            details: "`local` is accounts of our own, with e-mail and password. Of "
                + "\(presetNames.map { "`\($0)`" }.joined(separator: ", ")) the endpoints are known; "
                + "any other OpenID provider is found by `discovery`. Its redirect URIs are "
                + "URL`/api/v1/auth/oauth/callback/`ID and URL`/oauth2/callback/`ID.",
            example: "provider corp { discovery https://id.test/.well-known/openid-configuration; "
                + "client_id gatehouse; client_secret env:CORP_SECRET; }"
        ),
        Directive(
            "preset",
            in: [.provider],
            .words(.one("NAME", .choice(presetNames))),
            "Which of the known providers it is, where its ID does not say so.",
            example: "preset google;"
        ),
        providerURL(
            "discovery",
            "The metadata of an OpenID provider, which name all of its endpoints.",
            example: "https://id.test/.well-known/openid-configuration"
        ),
        Directive(
            "client_id",
            in: [.provider],
            .words(.one("TEXT", .text(countMax: 1_024))),
            "What the provider calls us.",
            example: "client_id gatehouse;"
        ),
        Directive(
            "client_secret",
            in: [.provider],
            .words(.one("TEXT|file:PATH|env:NAME", .secret)),
            "Our secret with the provider.",
            details: "One line end at the end of the file is left out.",
            example: "client_secret env:CORP_SECRET;"
        ),
        Directive(
            "scope",
            in: [.provider],
            .words(.some("NAME", .scopeName)),
            isRepeatable: true,
            "The scopes that are asked for, in place of the usual ones.",
            details:
                "Where nothing is said, those of the preset; `openid email profile` of any other "
                + "OpenID provider.",
            example: "scope openid email profile;"
        ),
        providerURL(
            "authorization_endpoint",
            "Where browsers are sent, in place of what preset or discovery say.",
            example: "https://id.test/authorize"
        ),
        providerURL(
            "token_endpoint",
            "Where codes are redeemed, in place of what preset or discovery say.",
            example: "https://id.test/token"
        ),
        providerURL(
            "userinfo_endpoint",
            "Where users are described, in place of what preset or discovery say.",
            example: "https://id.test/userinfo"
        ),
        providerURL(
            "jwks_uri",
            "Where the keys of ID tokens are, in place of what preset or discovery say.",
            example: "https://id.test/jwks.json"
        ),
        Directive(
            "issuer",
            in: [.provider],
            .words(.one("NAME", .issuerName)),
            "The exact `iss` of ID tokens, in place of what preset or discovery say.",
            example: "issuer https://id.test;"
        ),
        Directive(
            "tenant",
            in: [.provider],
            .words(.one("NAME", .segment)),
            default: Defaults.microsoftTenant,
            "The tenant at Microsoft: a domain, an id, `common`, `organizations` or `consumers`.",
            example: "tenant contoso.onmicrosoft.com;"
        ),
        Directive(
            "display_name",
            in: [.provider],
            .words(.one("TEXT", .text(countMax: 128))),
            "What the provider is called where a person chooses one; its usual name, or its ID.",
            example: "display_name \"Staff sign-in\";"
        ),
        onOff(
            "sign_up",
            in: [.provider],
            "Whether the sign-in page of `local` lets new people in.",
            details: "The `sign_up` of the project must let them in too."
        ),
        Directive(
            "email_verification",
            in: [.provider],
            .words(.one("HOW", .choice(EmailVerification.allCases.map(\.rawValue)))),
            default: Defaults.emailVerification.rawValue,
            "Which e-mail addresses of the provider are verified ones.",
            details: "`claimed`: those of which the provider says so, of `local` those that the "
                + "operator verified. `assumed`: all, for closed installations. `never`: none. Only "
                + "verified ones ever lead to an account that exists.",
            example: "email_verification never;"
        ),
    ]

    /// The providers that are known by name.
    static let presetNames = ProviderKind.allCases.filter { $0 != .local && $0 != .openID }
        .map(\.rawValue)

    private static func providerURL(
        _ name: String,
        _ meaning: String,
        example: String
    ) -> Directive {
        Directive(
            name,
            in: [.provider],
            .words(.one("URL", .url)),
            meaning,
            details: "Plain http on loopback only.",
            example: "\(name) \(example);"
        )
    }
}
