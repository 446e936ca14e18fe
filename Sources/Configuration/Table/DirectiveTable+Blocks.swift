extension DirectiveTable {
    /// Listeners and their certificates.
    static let listenDirectives: [Directive] = [
        Directive(
            "listen",
            in: [.main],
            ArgumentShape.words(.one("ADDRESS", .address)).flags("plaintext"),
            block: .optional(.listen),
            isRepeatable: true,
            "An address that peers connect to; over TLS where the block names a certificate.",
            details: "Without TLS only on loopback, unless the line says `plaintext`.",
            example:
                "listen 0.0.0.0:443 { tls_certificate tls/server.crt; tls_certificate_key tls/server.key; }"
        ),
        Directive(
            "tls_certificate",
            in: [.listen, .serverName],
            .words(.one("FILE", .path)),
            "The certificate chain in PEM, the server's own first.",
            details: "Read again on SIGHUP and when the file changes.",
            example: "tls_certificate tls/server.crt;"
        ),
        Directive(
            "tls_certificate_key",
            in: [.listen, .serverName],
            .words(.one("FILE", .path)),
            "The private key of the certificate, in PEM: RSA, ECDSA or Ed25519.",
            details: "No other user should be able to read it.",
            example: "tls_certificate_key tls/server.key;"
        ),
        Directive(
            "server_name",
            in: [.listen],
            .words(.some("HOST", .hostNames)),
            block: .required(.serverName),
            isRepeatable: true,
            "Another certificate for peers that ask for one of the names (SNI).",
            details:
                "`*.example` is every name one label below. The pair outside of such blocks is "
                + "for all others.",
            example:
                "server_name a.test *.b.test { tls_certificate tls/b.crt; tls_certificate_key tls/b.key; }"
        ),
        Directive(
            "protocols",
            in: [.listen],
            .words(.some("PROTOCOL", .listenerProtocol)),
            default: Defaults.protocolsOverTLS.map(\.rawValue).joined(separator: " "),
            "What peers may speak, the preferred one first.",
            details: "`h2` is HTTP/2: chosen by ALPN over TLS; without TLS for peers that know it "
                + "beforehand, as no browser does. `http/1.1` takes HTTP/1.0 too, and is all that is "
                + "spoken without TLS where nothing is said.",
            example: "protocols h2 http/1.1;"
        ),
        Directive(
            "redirect",
            in: [.listen],
            .words(.one("https", .choice(["https"]))),
            "Answers every request with 308 to the same target under https.",
            example: "redirect https;"
        ),
        Directive(
            "strict_transport_security",
            in: [.listen],
            .words(.one("DURATION", .durationOrOff(anyDuration))),
            default: ConfigurationValue.text(of: Defaults.strictTransportSecurity),
            "How long browsers must come back over TLS only.",
            example: "strict_transport_security 365d;"
        ),
    ]

    /// Token issuers.
    static let issuerDirectives: [Directive] = [
        Directive(
            "issuer",
            in: [.main],
            .words(.one("NAME", .issuerName)),
            block: .required(.issuer),
            isRepeatable: true,
            "A token issuer: NAME is compared with the `iss` of a token byte for byte.",
            details: "Without `jwks_file`, `jwks_uri` or `secret` its keys are discovered at "
                + "`/.well-known/openid-configuration`, then as RFC 8414 says.",
            example:
                "issuer https://issuer.test { jwks_file keys/issuer.jwks.json; audience orders-api; }"
        ),
        Directive(
            "jwks_file",
            in: [.issuer],
            .words(.one("FILE", .path)),
            "The issuer's keys, a JSON Web Key Set; read again when the file changes.",
            example: "jwks_file keys/issuer.jwks.json;"
        ),
        Directive(
            "jwks_uri",
            in: [.issuer],
            .words(.one("URL", .url)),
            "Where the issuer's keys are fetched; plain http on loopback only.",
            example: "jwks_uri https://issuer.test/jwks.json;"
        ),
        Directive(
            "discovery",
            in: [.issuer],
            .words(.optional("URL", .url)),
            "Where the issuer's metadata is, which names its keys.",
            details:
                "Without URL, the well-known places below the issuer's name, as where nothing is said.",
            example: "discovery https://issuer.test/.well-known/openid-configuration;"
        ),
        Directive(
            "secret",
            in: [.issuer],
            .words(.one("TEXT|file:PATH|env:NAME", .secret)),
            "A secret shared with the issuer, 32 bytes or more, for HS256 and nothing else.",
            details: "One line end at the end of the file is left out.",
            example: "secret file:secrets/issuer.hs256;"
        ),
        Directive(
            "audience",
            in: [.issuer],
            .words(.some("NAME", .text(countMax: 1_024))),
            isRepeatable: true,
            "What the `aud` of a token must name; any of them is enough.",
            details: "Without it, every token that the issuer made for anyone would be good here.",
            example: "audience orders-api;"
        ),
        Directive(
            "algorithms",
            in: [.issuer],
            .words(.some("NAME", .algorithm)),
            default: Defaults.algorithms.joined(separator: " "),
            "The signature algorithms that the issuer's tokens may use.",
            details: "`HS256`, and only that, where a `secret` is given.",
            example: "algorithms RS256 ES256;"
        ),
        Directive(
            "clock_skew",
            in: [.issuer],
            .words(.one("DURATION", .duration(.zero ... .seconds(900)))),
            default: ConfigurationValue.text(of: Defaults.clockSkew),
            "How far the issuer's clock and ours may differ.",
            example: "clock_skew 60s;"
        ),
        Directive(
            "token_type",
            in: [.issuer],
            .words(.one("TYPE", .tokenType)),
            "The `typ` that a token must have.",
            details: "Where nothing is said: absent, `JWT` or `at+jwt`.",
            example: "token_type at+jwt;"
        ),
        onOff(
            "ignore_header_keys",
            in: [.issuer],
            "Ignores `jwk`, `jku`, `x5u` and `x5c` in a token header rather than refusing the token.",
            details: "They are never used. For issuers that put them into every token."
        ),
        onOff(
            "accept_id_tokens",
            in: [.issuer],
            "Takes an ID token for an access token.",
            details: "An ID token says who signed in somewhere, not what its bearer may do here."
        ),
        Directive(
            "project",
            in: [.issuer],
            .words(.one("ID", .text(countMax: 256))),
            "What `x-stack-project-id` says for tokens of the issuer.",
            example: "project internal;"
        ),
        Directive(
            "trust_claims",
            in: [.issuer],
            .words(.some("CLAIM", .choice(["project_id", "branch_id", "session_id"]))),
            isRepeatable: true,
            "Claims of the issuer that are passed on as `x-stack-` headers.",
            example: "trust_claims project_id branch_id;"
        ),
        Directive(
            "user_id_prefix",
            in: [.issuer],
            .words(.one("TEXT", .text(countMax: 64))),
            "Stands before every user id of the issuer, so that those of two issuers never meet.",
            example: "user_id_prefix corp:;"
        ),
        Directive(
            "keys_refresh",
            in: [.issuer],
            .words(.one("DURATION", .duration(.seconds(10) ... .seconds(86_400)))),
            default: ConfigurationValue.text(of: Defaults.keySetPolicy.softLifetime),
            "The age at which a fetched key set is due; it is asked for at half of it.",
            example: "keys_refresh 10m;"
        ),
        Directive(
            "keys_stale",
            in: [.issuer],
            .words(.one("DURATION", .duration(.seconds(10) ... .seconds(30 * 86_400)))),
            default: ConfigurationValue.text(of: Defaults.keySetPolicy.staleLifetime),
            "The age up to which a fetched key set is used while the issuer is down.",
            example: "keys_stale 24h;"
        ),
        Directive(
            "keys_timeout",
            in: [.issuer],
            .words(.one("DURATION", .duration(.milliseconds(100) ... .seconds(60)))),
            default: ConfigurationValue.text(of: Defaults.keySetPolicy.fetchTimeout),
            "The longest time of one fetch of keys or metadata.",
            example: "keys_timeout 5s;"
        ),
        Directive(
            "keys_limit",
            in: [.issuer],
            .words(.one("SIZE", .size(1_024...16 << 20))),
            default: ConfigurationValue.text(ofSize: Defaults.keySetPolicy.fetchSize),
            "The most bytes of one fetch of keys or metadata.",
            example: "keys_limit 512k;"
        ),
    ]

    /// Upstreams.
    static let upstreamDirectives: [Directive] = [
        Directive(
            "upstream",
            in: [.main],
            .words(.one("NAME", .upstreamName)),
            block: .required(.upstream),
            isRepeatable: true,
            "A named group of servers that requests are forwarded to.",
            example: "upstream orders { server 127.0.0.1:9000; }"
        ),
        Directive(
            "server",
            in: [.upstream],
            ArgumentShape.words(.one("HOST:PORT|https://HOST[:PORT]|h2://...|h2c://...", .server))
                .options(.optional("weight", .number(1...1_000)))
                .flags("backup"),
            isRepeatable: true,
            "One server; names are looked up again as their records expire.",
            details:
                "`https://` is verified against HOST. `h2://` is HTTP/2 over TLS, verified alike; "
                + "`h2c://` is HTTP/2 without TLS; gRPC needs one of them. `weight`, 1 where nothing is said, is its "
                + "share relative to its neighbours; a `backup` serves while no other can.",
            example: "server 127.0.0.1:9001 weight=2 backup;"
        ),
        Directive(
            "balance",
            in: [.upstream],
            .words(.one("HOW", .balance)),
            default: "round_robin",
            "How a server is chosen.",
            details: "`hash(sub)` keeps a user with a server, by the subject of the token, or by "
                + "address where there is none.",
            example: "balance least_conn;"
        ),
        Directive(
            "keepalive",
            in: [.upstream],
            .words(.one("N", .number(0...100_000))),
            default: "\(Defaults.keepAliveCount)",
            "How many idle connections to the servers are kept.",
            example: "keepalive 64;"
        ),
        upstreamTime(
            "keepalive_timeout",
            Defaults.upstreamKeepAliveIdle,
            "How long an idle connection to a server is kept."
        ),
        upstreamTime(
            "connect_timeout",
            Defaults.connectTimeout,
            "The longest wait for a connection, TLS included, and for a server of HTTP/2 to allow a "
                + "stream on it."
        ),
        upstreamTime(
            "read_timeout",
            Defaults.readTimeout,
            "The longest wait for the first byte of the response."
        ),
        upstreamTime(
            "idle_timeout",
            Defaults.idleTimeout,
            "The longest silence after the first byte of the response."
        ),
        Directive(
            "health_check",
            in: [.upstream],
            ArgumentShape.words(
                .one("HOW", .choice(["GET", "HEAD", "grpc"])),
                .optional("PATH", .healthPath)
            )
            .options(
                .optional("service", .text(countMax: 256)),
                .optional("interval", .duration(.milliseconds(100) ... .seconds(3_600))),
                .optional("timeout", .duration(.milliseconds(10) ... .seconds(60))),
                .optional("fall", .number(1...100)),
                .optional("rise", .number(1...100))
            ),
            "Asks every server now and then how it is.",
            details: "`GET` and `HEAD` ask for PATH; 2xx and 3xx are healthy. `grpc` calls "
                + "`grpc.health.v1.Health/Check` over HTTP/2 for the `service`, or for the server as a "
                + "whole; `SERVING` is healthy. Where an option is not written: interval="
                + ConfigurationValue.text(of: Defaults.healthInterval)
                + ", timeout=" + ConfigurationValue.text(of: Defaults.healthTimeout)
                + " (or the interval, if shorter), fall=\(Defaults.healthFall) failures to leave, "
                + "rise=\(Defaults.healthRise) successes to come back.",
            example: "health_check GET /healthz interval=5s timeout=2s fall=3 rise=2;"
        ),
        Directive(
            "ejection",
            in: [.upstream],
            ArgumentShape.words(.optional("off", .choice(["off"])))
                .options(
                    .optional("failures", .number(1...1_000_000)),
                    .optional("time", .duration(waitDuration))
                ),
            default: "failures=\(Defaults.ejectionFailureCount) "
                + "time=\(ConfigurationValue.text(of: Defaults.ejectionTime))",
            "How many failures in a row take a server out of choice, and for how long.",
            example: "ejection failures=5 time=10s;"
        ),
        Directive(
            "trusted_certificates",
            in: [.upstream],
            .words(.one("FILE", .path)),
            "The authorities, in PEM, that `https://` and `h2://` servers are verified by; else the system's.",
            example: "trusted_certificates tls/backend-ca.crt;"
        ),
    ]

    /// A switch that is off where nothing is said.
    static func onOff(
        _ name: String,
        in contexts: [Context],
        _ meaning: String,
        details: String? = nil
    ) -> Directive {
        Directive(
            name,
            in: contexts,
            .words(.one("on|off", .choice(["on", "off"]))),
            default: "off",
            meaning,
            details: details,
            example: "\(name) on;"
        )
    }

    private static func upstreamTime(
        _ name: String,
        _ value: Duration,
        _ meaning: String
    ) -> Directive {
        let text = ConfigurationValue.text(of: value)
        return Directive(
            name,
            in: [.upstream],
            .words(.one("DURATION", .duration(waitDuration))),
            default: text,
            meaning,
            example: "\(name) \(text);"
        )
    }
}
