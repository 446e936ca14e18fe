extension DirectiveTable {
    /// What whom may ask for.
    static let scopeDirectives: [Directive] = [
        Directive(
            "grantable_scopes",
            in: Context.registered,
            .words(.some("NAME", .scopeName)),
            isRepeatable: true,
            "All scopes that can be asked for, in the order in which tokens say them.",
            details:
                "What is granted is what was asked for, cut to these, cut to what the user holds.",
            example: "grantable_scopes openid email orders:read orders:write;"
        ),
        Directive(
            "default_scopes",
            in: Context.registered,
            .words(.some("NAME", .scopeName)),
            isRepeatable: true,
            "Those of `grantable_scopes` that every user holds.",
            details: "All others only users to whom they were granted, by `grant` or by "
                + "`gatehouse users grant`.",
            example: "default_scopes openid email;"
        ),
        Directive(
            "redirect_uri",
            in: Context.registered,
            .words(.some("URI", .redirectURI)),
            isRepeatable: true,
            "Where browsers may be sent back to, compared as it stands.",
            details: "https; http to 127.0.0.1 or [::1], on any port (RFC 8252); or a scheme of an "
                + "application, which holds a dot. In a project it takes the place of `trusted_domain`.",
            example: "redirect_uri https://app.example.com/callback;"
        ),
        Directive(
            "name",
            in: Context.registered,
            .words(.one("TEXT", .text(countMax: 256))),
            "What people are shown; the id where nothing is said.",
            example: "name \"Internal tools\";"
        ),
    ]

    /// Projects: users of their own.
    static let projectDirectives: [Directive] = [
        Directive(
            "project",
            in: [.authorizationServer],
            .words(.one("ID", .segment)),
            block: .required(.project),
            isRepeatable: true,
            "Users of their own and, where it says `dialect stack;`, the endpoints of that dialect.",
            details:
                "`default` is the one of clients that name none; it need not be written, then all "
                + "providers lead to it and new people may come in.",
            example: "project internal { name \"Internal tools\"; }"
        ),
        Directive(
            "dialect",
            in: [.project],
            .words(.one("stack", .choice(["stack"]))),
            "Serves the Stack endpoints for the project, which is then a public client itself.",
            example: "dialect stack;"
        ),
        Directive(
            "publishable_client_key",
            in: [.project],
            .words(.some("KEY", .publishableKey)),
            isRepeatable: true,
            "What clients of the Stack dialect may show as their key; no secret, any is enough.",
            example: "publishable_client_key pck_example0000000000000000000000000000000000000000;"
        ),
        onOff(
            "require_publishable_client_key",
            in: [.project],
            "Whether clients of the Stack dialect must show a key."
        ),
        Directive(
            "trusted_domain",
            in: [.project],
            .words(.some("PATTERN", .trustedDomain)),
            isRepeatable: true,
            "Where browsers may be sent back to in the Stack dialect: any path of a host, over https.",
            details:
                "In the host `*` is any run of characters without dots, `**` any run; `:*` is any "
                + "port. After the last `*` come two labels at least that are no public suffix: of "
                + "those a short list is known, not all.",
            example: "trusted_domain https://app.example.com https://*.preview.example.com;"
        ),
        onOff(
            "allow_localhost",
            in: [.project],
            "Whether browsers may be sent to the machine they run on, on any port, in the Stack dialect.",
            details: "http or https to localhost, *.localhost, 127.0.0.0/8 and [::1]."
        ),
        onOff(
            "native_redirect",
            in: [.project],
            "Whether `stack-auth-mobile-oauth-url:` may be redirected to.",
            details: "All applications of a device share that scheme: any of them may get the code."
        ),
        Directive(
            "providers",
            in: [.project],
            .words(.some("ID", .segment)),
            isRepeatable: true,
            "The providers that users of the project come from; all of the file where nothing is said.",
            example: "providers local corp;"
        ),
        Directive(
            "grant",
            in: [.project],
            ArgumentShape.words(.one("SCOPE", .scopeName))
                .options(
                    Parameter(name: "provider", kind: .segment, presence: .one),
                    Parameter(name: "claim", kind: .claimName, presence: .one),
                    Parameter(name: "value", kind: .text(countMax: 1_024), presence: .one)
                ),
            isRepeatable: true,
            "Gives the scope to users of whom the provider says that a claim is, or holds, the value.",
            details:
                "Looked at anew at each sign-in. Dots in CLAIM walk into objects, unless it is "
                + "quoted.",
            example: "grant orders:write provider=corp claim=groups value=clerks;"
        ),
        onOff(
            "sign_up",
            in: [.project],
            "Whether people who have no account get one by signing in.",
            details: "On in the project `default` where it is not written at all."
        ),
        Directive(
            "account_merge",
            in: [.project],
            .words(.one("HOW", .choice(AccountMerge.allCases.map(\.rawValue)))),
            default: Defaults.accountMerge.rawValue,
            "What happens where a provider names an e-mail that is another account's.",
            details: "`link_method` signs in to that account where both e-mails are verified, "
                + "`raise_error` refuses, `allow_duplicates` makes another account.",
            example: "account_merge raise_error;"
        ),
    ]

    /// Clients of plain OAuth and of the Dressipi dialect.
    static let clientDirectives: [Directive] = [
        Directive(
            "client",
            in: [.authorizationServer],
            .words(.one("ID", .clientID)),
            block: .required(.client),
            isRepeatable: true,
            "An application that may ask for tokens; ID is its `client_id`.",
            example: "client reporting { redirect_uri https://reports.example.com/callback; }"
        ),
        Directive(
            "dialect",
            in: [.client],
            .words(.one("NAME", .choice(ClientDialect.allCases.map(\.rawValue)))),
            default: Defaults.clientDialect.rawValue,
            "Which endpoints the client uses.",
            details: "The Stack dialect has no clients: there the project is the client.",
            example: "dialect dressipi;"
        ),
        Directive(
            "project",
            in: [.client],
            .words(.one("ID", .segment)),
            default: Defaults.projectID,
            "Whose users the client signs in.",
            example: "project internal;"
        ),
        Directive(
            "client_secret_hash",
            in: [.client],
            .words(.one("sha256:HEX", .secretHash)),
            "The SHA-256 of the client's secret, as `gatehouse clients secret` makes it.",
            details: "Without it the client is a public one: it has nothing to prove who it is by.",
            example: "client_secret_hash "
                + "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae;"
        ),
        Directive(
            "grant_types",
            in: [.client],
            .words(.some("NAME", .choice(GrantType.allCases.map(\.rawValue)))),
            default: Defaults.grantTypes.map(\.rawValue).joined(separator: " "),
            "What the client may redeem for tokens.",
            details: "`client_credentials` needs a `client_secret_hash`.",
            example: "grant_types client_credentials;"
        ),
        Directive(
            "post_logout_redirect_uri",
            in: [.client],
            .words(.some("URI", .redirectURI)),
            isRepeatable: true,
            "Where browsers may be sent after they signed out.",
            example: "post_logout_redirect_uri https://reports.example.com/;"
        ),
        Directive(
            "cors_origins",
            in: [.client],
            .words(.some("ORIGIN", .origin)),
            default: "off",
            "Origins whose scripts may call the client's endpoints.",
            example: "cors_origins https://reports.example.com;"
        ),
        Directive(
            "audience",
            in: [.client],
            .words(.one("NAME", .text(countMax: 1_024))),
            "The `aud` of the client's access tokens; the URL of the server where nothing is said.",
            example: "audience orders-api;"
        ),
        Directive(
            "consent",
            in: [.client],
            .words(.one("HOW", .choice(["required", "implicit"]))),
            default: "required",
            "Whether people are asked before the client gets what it asks for.",
            details: "`implicit` is for applications of one's own. Dressipi clients ask nobody.",
            example: "consent implicit;"
        ),
        Directive(
            "introspect",
            in: [.client],
            .words(.one("any", .choice(["any"]))),
            "Lets the client, a resource server, look into tokens of every client.",
            details: "Where it is not written, into its own only.",
            example: "introspect any;"
        ),
    ]
}
