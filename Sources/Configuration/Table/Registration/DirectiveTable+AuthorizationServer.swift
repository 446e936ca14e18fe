extension DirectiveTable {
    /// The authorization server itself.
    static let authorizationServerDirectives: [Directive] = [
        Directive(
            "authorization_server",
            in: [.main],
            ArgumentShape.words(.one("URL", .serverURL))
                .options(.optional("host", .hostNames)),
            block: .required(.authorizationServer),
            "Serves OAuth and OpenID endpoints at URL, and issues tokens.",
            details:
                "URL is the beginning of every URL that is written, and the `iss` of plain and "
                + "Dressipi clients; plain http on loopback only. The endpoints are exact paths on "
                + "its host, and on those of `host`, on every listener; there they win over routes.",
            example: "authorization_server https://localhost:8443 { provider local; client app "
                + "{ redirect_uri https://app.test/cb; } }"
        ),
        Directive(
            "store",
            in: [.authorizationServer],
            .words(.one("sqlite", .choice(["sqlite"])), .one("PATH", .path)),
            default: "sqlite \(Defaults.stateDirectory)/\(Defaults.storeName)",
            "Where users, sessions and keys are kept: one file, of one process.",
            details: "Where nothing is said, `\(Defaults.storeName)` in the `state_directory`.",
            example: "store sqlite /var/lib/gatehouse/gatehouse.db;"
        ),
        Directive(
            "sealing_key",
            in: [.authorizationServer],
            .words(.one("file:PATH|env:NAME", .sealingKey)),
            default: "file:\(Defaults.stateDirectory)/\(Defaults.sealingKeyName)",
            "What signing keys, tokens of providers and pending sign-ins are sealed with: 32 bytes or more.",
            details:
                "The file is made, readable by its owner only, at the first start. Where nothing "
                + "is said, `\(Defaults.sealingKeyName)` in the `state_directory`. Without it, what is "
                + "sealed is lost: keep a copy elsewhere than that of the store.",
            example: "sealing_key env:SEALING_KEY;"
        ),
        Directive(
            "signing_algorithm",
            in: [.authorizationServer],
            .words(.one("NAME", .choice(Defaults.ownAlgorithms))),
            default: Defaults.signingAlgorithm,
            "What new signing keys sign by.",
            example: "signing_algorithm ES256;"
        ),
        Directive(
            "key_rotation",
            in: [.authorizationServer],
            .words(.one("DURATION", .duration(.seconds(3_600) ... .seconds(3_650 * 86_400)))),
            default: ConfigurationValue.text(of: Defaults.keyRotation),
            "How long a signing key signs before the next one does.",
            details: "The old one is published until its last token is dead.",
            example: "key_rotation 90d;"
        ),
        Directive(
            "dressipi_prefix",
            in: [.authorizationServer],
            .words(.one("PATH", .routePath)),
            default: Defaults.dressipiPrefix,
            "Where the endpoints of the Dressipi dialect begin.",
            example: "dressipi_prefix /api/oauth;"
        ),
        rate(
            "authorize_requests_per_second",
            Defaults.authorizationLimits.authorizeRate,
            "How many sign-ins one client address may begin."
        ),
        rate(
            "token_requests_per_second",
            Defaults.authorizationLimits.tokenRate,
            "How many token requests one client address, and one client, may make."
        ),
        Directive(
            "pending_flows_per_address",
            in: [.authorizationServer],
            .words(.one("N", .number(1...100_000))),
            default: "\(Defaults.authorizationLimits.pendingFlowsPerAddress)",
            "How many sign-ins one client address may have under way; the oldest is dropped.",
            example: "pending_flows_per_address 64;"
        ),
        Directive(
            "password_failures",
            in: [.authorizationServer],
            ArgumentShape.words(.one("N", .number(1...1_000)))
                .options(.optional("rest", .duration(.seconds(1) ... .seconds(86_400)))),
            default: "\(Defaults.authorizationLimits.passwordFailureCount) rest="
                + ConfigurationValue.text(of: Defaults.authorizationLimits.passwordFailureRest),
            "How many wrong passwords make a local account rest, and how long.",
            details: "Failures are remembered for the same time.",
            example: "password_failures 5 rest=10m;"
        ),
    ]

    /// How long what is issued lives.
    static let tokenDirectives: [Directive] = [
        lifetime(
            "access_token_lifetime",
            .seconds(1) ... .seconds(30 * 86_400),
            { $0.accessTokenLifetime },
            "How long an access token is good.",
            details: "A session that is revoked ends them at once here, elsewhere not before this."
        ),
        lifetime(
            "refresh_token_idle",
            .seconds(1) ... .seconds(3_650 * 86_400),
            { $0.refreshTokenIdle },
            "How long a refresh token may lie unused."
        ),
        lifetime(
            "refresh_token_lifetime",
            .seconds(1) ... .seconds(3_650 * 86_400),
            { $0.refreshTokenLifetime },
            "How long a session may live, however often its tokens are refreshed."
        ),
        Directive(
            "refresh_rotation",
            in: Context.tokenWide,
            .words(.one("on|off", .choice(["on", "off"]))),
            "Whether each refresh brings another refresh token.",
            details: "Where nothing is said: off for the Stack dialect, whose clients keep their "
                + "first one, on for all others.",
            example: "refresh_rotation on;"
        ),
        Directive(
            "refresh_reuse_grace",
            in: Context.tokenWide,
            .words(.one("DURATION", .duration(.zero ... .seconds(600)))),
            default: ConfigurationValue.text(of: Defaults.refreshReuseGrace),
            "How long a refresh token that was replaced gets the same answer again; 0s for not at all.",
            details:
                "For answers that were lost and for refreshes that race. After it, a second use "
                + "ends the session.",
            example: "refresh_reuse_grace 30s;"
        ),
        onOff(
            "token_parameters_in_query",
            in: Context.tokenWide,
            "Takes the parameters of token requests of Dressipi clients from the query too.",
            details: "For clients in the field that send nothing else; secrets then stand in URLs."
        ),
    ]

    private static func lifetime(
        _ name: String,
        _ range: ClosedRange<Duration>,
        _ value: (TokenSettings) -> Duration,
        _ meaning: String,
        details: String? = nil
    ) -> Directive {
        let stack = ConfigurationValue.text(of: value(Defaults.stackTokens))
        let dressipi = ConfigurationValue.text(of: value(Defaults.dressipiTokens))
        let plain = ConfigurationValue.text(of: value(Defaults.plainTokens))
        let usual =
            "Where nothing is said: \(stack) in the Stack dialect, \(dressipi) in Dressipi's, "
            + "\(plain) for plain OAuth."
        return Directive(
            name,
            in: Context.tokenWide,
            .words(.one("DURATION", .duration(range))),
            meaning,
            details: details.map { "\($0) \(usual)" } ?? usual,
            example: "\(name) \(plain);"
        )
    }

    private static func rate(_ name: String, _ value: RateSettings, _ meaning: String) -> Directive
    {
        Directive(
            name,
            in: [.authorizationServer],
            ArgumentShape.words(.one("N", .number(1...1_000_000)))
                .options(.optional("burst", .number(1...1_000_000))),
            default: "\(value.perSecond) burst=\(value.burst)",
            meaning,
            details:
                "Beyond it, 429. An IPv6 client counts by its /64. Without `burst`, four times "
                + "the number.",
            example: "\(name) \(value.perSecond) burst=\(value.burst);"
        )
    }
}
