extension DirectiveTable {
    /// Routes: which requests, and where they go.
    static let routeDirectives: [Directive] = [
        Directive(
            "route",
            in: [.main],
            ArgumentShape.words(.one("PATH", .routePath))
                .options(.optional("host", .hostNames))
                .flags("="),
            block: .required(.route),
            isRepeatable: true,
            "What happens to the requests of a path and all below it; with `=`, of that path only.",
            details:
                "A route with `host` comes before those without, an exact path before a prefix, "
                + "a longer prefix before a shorter. `/orders/` and `/orders` mean the same. "
                + "`*.example` is every name below it.",
            example: "route /orders/ host=shop.test { upstream orders; }"
        ),
        Directive(
            "upstream",
            in: [.route],
            .words(.one("NAME", .upstreamName)),
            "The upstream that gets what is let through.",
            example: "upstream orders;"
        ),
        Directive(
            "respond",
            in: [.route],
            .words(.one("STATUS", .status), .optional("TEXT", .text(countMax: 65_536))),
            "Answers here, in place of an upstream.",
            details: "Who may have the answer is decided as for any other route.",
            example: "respond 200 \"fine\\n\";"
        ),
        Directive(
            "methods",
            in: [.route],
            .words(.some("METHOD", .method)),
            "The only methods of the route; others get 405 before any token is looked at.",
            details: "Every method where nothing is said. HEAD follows GET.",
            example: "methods GET HEAD POST;"
        ),
        Directive(
            "method",
            in: [.route],
            .words(.some("METHOD", .method)),
            block: .required(.method),
            isRepeatable: true,
            "Another rule for some methods.",
            details: "It inherits all of the route's rule and replaces what it repeats.",
            example: "method POST PUT { scope orders:write; }"
        ),
        Directive(
            "mode",
            in: [.route],
            .words(.one("MODE", .choice(["enforce", "shadow"]))),
            default: "enforce",
            "`shadow` logs what would be refused, and lets it through.",
            example: "mode shadow;"
        ),
        Directive(
            "log",
            in: [.route],
            .words(.one("on|off", .choice(["on", "off"]))),
            default: "on",
            "Whether the requests of the route leave a line in the access log.",
            example: "log off;"
        ),
    ]

    /// Who may come in.
    static let ruleDirectives: [Directive] = [
        Directive(
            "access",
            in: Context.rule,
            .words(.one("WHO", .choice(AccessMode.allCases.map(\.rawValue)))),
            default: Defaults.access.rawValue,
            "Whether a token is needed.",
            details: "`optional` verifies one when there is one, and refuses a bad one; `public` "
                + "looks at none.",
            example: "access public;"
        ),
        Directive(
            "issuer",
            in: Context.rule,
            .words(.some("self|NAME", .issuerName)),
            isRepeatable: true,
            "The issuers whose tokens are taken; all of the file where nothing is said.",
            details: "`self` is the `authorization_server` of the file: it must be named where the "
                + "file has `issuer` blocks too, and is what is taken where it has none.",
            example: "issuer https://issuer.test;"
        ),
        Directive(
            "project",
            in: Context.rule,
            .words(.some("ID", .segment)),
            isRepeatable: true,
            "Of the tokens that are issued here, only those for users of a project that is named.",
            details: "Needed, or `client`, with `issuer self` where the file has more than one "
                + "project or client. Tokens of other issuers pass by it.",
            example: "project internal;"
        ),
        Directive(
            "client",
            in: Context.rule,
            .words(.some("ID", .clientID)),
            isRepeatable: true,
            "Of the tokens that are issued here, only those for a client that is named.",
            details: "Beside `project`, both must hold.",
            example: "client reporting;"
        ),
        allowRefuse(
            "anonymous",
            "Whether tokens of anonymous users are taken; 401 `subject_anonymous` where not.",
            details: "Those that say `is_anonymous`, and all of the Dressipi dialect."
        ),
        allowRefuse(
            "restricted",
            "Whether tokens of restricted users are taken; 403 `subject_restricted` where not."
        ),
        Directive(
            "scope",
            in: Context.rule,
            .words(.some("NAME|any(NAME...)", .scope)),
            isRepeatable: true,
            "Scopes that the token must have: all, and one of each `any`. Lines add up.",
            example: "scope orders:read any(eu us);"
        ),
        Directive(
            "claim",
            in: Context.rule,
            .words(.one("CLAIM", .claimName), .some("VALUE", .claimValue)),
            isRepeatable: true,
            "A claim that must have one of the values, or be an array that holds one. Lines add up.",
            details:
                "A bare `true`, `false` or number means that JSON type, a quoted word a string. "
                + "Dots in CLAIM walk into objects, unless it is quoted.",
            example: "claim realm_access.roles admin \"42\";"
        ),
    ]

    /// How requests and responses are read and changed on their way.
    static let exchangeDirectives: [Directive] = [
        Directive(
            "strip_prefix",
            in: [.route],
            .words(.one("PATH", .routePath)),
            "The beginning of the path that the upstream does not get.",
            details: "Put back into `Location` and `Content-Location`.",
            example: "strip_prefix /partner;"
        ),
        Directive(
            "upstream_host",
            in: [.route],
            .words(.one("HOST", .hostHeader)),
            "Sent as `Host` in place of the client's.",
            example: "upstream_host legacy.internal;"
        ),
        Directive(
            "path_case",
            in: Context.routeWide,
            .words(.one("CASE", .choice(["sensitive", "insensitive"]))),
            default: "sensitive",
            "Whether upper and lower case differ when a route is chosen.",
            example: "path_case insensitive;"
        ),
        onOff(
            "merge_slashes",
            in: Context.routeWide,
            "Merges `//` in a path, for the match and the upstream alike, rather than refusing it."
        ),
        onOff(
            "allow_encoded_slash",
            in: [.route],
            "Lets `%2F` in a path through to the upstream, which may read it as a slash."
        ),
        Directive(
            "body_limit",
            in: Context.routeWide,
            .words(.one("SIZE", .sizeOrOff(0...1 << 50))),
            default: "off",
            "The most bytes of a request body; 413 beyond.",
            example: "body_limit 10m;"
        ),
        Directive(
            "on_token_expiry",
            in: Context.routeWide,
            ArgumentShape.words(.one("WHAT", .choice(["close", "keep"])))
                .options(.optional("grace", .duration(.zero ... .seconds(3_600)))),
            default: tokenExpiryText,
            "What becomes of a response, stream or WebSocket that still runs when its token expires.",
            details:
                "`close` tells the client, where its protocol can, and ends it after the grace. "
                + "`keep` lets it go on. A session that is revoked ends it either way, at once.",
            example: "on_token_expiry close grace=30s;"
        ),
        Directive(
            "token_header",
            in: [.route],
            .words(.some("NAME", .fieldName)),
            isRepeatable: true,
            "Header fields that carry a bare token, besides `Authorization: Bearer`.",
            details: "They are never forwarded. Where it is not written and the route takes tokens "
                + "that are issued here: `x-stack-access-token` and `x-dressipi-jwt`.",
            example: "token_header x-stack-access-token;"
        ),
        Directive(
            "token_cookie",
            in: [.route],
            .words(.one("NAME", .cookieName)),
            "A cookie that carries a token.",
            details: "Honoured only where the request cannot be cross-site; never forwarded.",
            example: "token_cookie access_token;"
        ),
        onOff(
            "token_websocket_protocol",
            in: [.route],
            "Takes a token from `Sec-WebSocket-Protocol: bearer, TOKEN`."
        ),
        onOff(
            "forward_token",
            in: [.route],
            "Sends a verified bearer token on to the upstream."
        ),
        Directive(
            "identity_headers",
            in: Context.routeWide,
            .words(.one("SET", .choice(IdentityHeaderSet.allCases.map(\.rawValue)))),
            default: Defaults.identityHeaderSet.rawValue,
            "Which headers tell the upstream who calls.",
            details: "`stack`: x-stack-user-id and its kin; `forwarded`: x-forwarded-user; "
                + "`auth_request`: x-auth-request-user; `remote_user`: remote-user.",
            example: "identity_headers remote_user;"
        ),
        Directive(
            "identity_header",
            in: [.route],
            ArgumentShape.words(.one("NAME", .fieldName))
                .options(
                    Parameter(name: "from", kind: .claimName, presence: .one),
                    .optional("separator", .text(countMax: 8))
                ),
            isRepeatable: true,
            "One more header that tells the upstream what a claim says.",
            details: "`separator` joins the members of an array; a comma where it is not written.",
            example: "identity_header x-groups from=groups separator=\" \";"
        ),
        Directive(
            "response_header",
            in: Context.routeWide,
            .words(
                .one("set|remove", .choice(["set", "remove"])),
                .one("NAME", .fieldName),
                .optional("VALUE", .fieldValue)
            ),
            isRepeatable: true,
            "Sets or removes a header of the response. Lines add up, the file's first.",
            example: "response_header set x-frame-options DENY;"
        ),
        Directive(
            "cors",
            in: Context.routeWide,
            .words(.some("ORIGIN", .origin)),
            default: "off",
            "Origins whose scripts may call; the gateway answers their pre-flights.",
            details: "A route's own line replaces the file's. Refusals carry the headers too.",
            example: "cors https://app.example.com;"
        ),
        Directive(
            "cors_preflight",
            in: Context.routeWide,
            .words(.one("HOW", .choice(["answer", "pass"]))),
            default: "answer",
            "`pass` lets a real pre-flight through to the upstream without a token.",
            example: "cors_preflight pass;"
        ),
    ]

    private static var tokenExpiryText: String {
        switch Defaults.tokenExpiry {
        case .close(let grace): "close grace=\(ConfigurationValue.text(of: grace))"
        case .keep: "keep"
        }
    }

    private static func allowRefuse(
        _ name: String,
        _ meaning: String,
        details: String? = nil
    ) -> Directive {
        Directive(
            name,
            in: Context.rule,
            .words(.one("allow|refuse", .choice(["allow", "refuse"]))),
            default: "refuse",
            meaning,
            details: details,
            example: "\(name) allow;"
        )
    }
}
