extension DirectiveTable {
    /// The process, its logs, and what it trusts.
    static let processDirectives: [Directive] = [
        Directive(
            "include",
            in: Context.allCases,
            .words(.one("FILE", .path)),
            isRepeatable: true,
            "Reads another file in its place.",
            details: "`*` and `?` match names, taken in their order; a pattern may match none. "
                + "Includes nest sixteen deep at most.",
            example: "include conf.d/*.conf;"
        ),
        Directive(
            "workers",
            in: [.main],
            .words(.one("N", .numberOr("auto", 1...256))),
            default: "auto",
            "How many threads carry traffic; `auto` is one for each processor.",
            example: "workers auto;"
        ),
        Directive(
            "state_directory",
            in: [.main],
            .words(.one("PATH", .path)),
            default: Defaults.stateDirectory,
            "Where the last good key sets are kept.",
            details: "Made with mode 0700 when missing.",
            example: "state_directory /var/lib/gatehouse;"
        ),
        Directive(
            "access_log",
            in: [.main],
            ArgumentShape.words(.one("PATH|stdout|stderr", .destinationOrOff))
                .options(.optional("format", .choice(AccessLogFormat.allCases.map(\.rawValue)))),
            default: "stdout format=\(Defaults.accessLog.format.rawValue)",
            "Where one line for each request goes, and in which form.",
            details:
                "Opened again on SIGUSR1. Lines that cannot be written are dropped and counted.",
            example: "access_log logs/access.log format=json;"
        ),
        Directive(
            "error_log",
            in: [.main],
            .words(
                .one("PATH|stdout|stderr", .destination),
                .optional("LEVEL", .choice(LogLevel.allCases.map(\.rawValue)))
            ),
            default: "stderr \(Defaults.errorLog.level.rawValue)",
            "Where the gateway's own messages go, and the least grave that is written.",
            example: "error_log stderr info;"
        ),
        Directive(
            "admin",
            in: [.main],
            .words(.one("ADDRESS", .addressOrOff)),
            default: "off",
            "The address of `/healthz`, `/readyz` and `/metrics`.",
            details: "Plain HTTP without any check of who asks: keep it on loopback or behind a "
                + "firewall.",
            example: "admin 127.0.0.1:9901;"
        ),
        Directive(
            "trusted_proxies",
            in: [.main],
            .words(.some("NETWORK", .network)),
            isRepeatable: true,
            "The peers whose `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Request-Id` are believed.",
            details: "The client is then the rightmost address that is not itself trusted. "
                + "`X-Forwarded-Host` never decides anything.",
            example: "trusted_proxies 192.0.2.0/24 2001:db8::/32;"
        ),
        Directive(
            "signature_failures_per_second",
            in: [.main],
            ArgumentShape.words(.one("N", .numberOr("off", 1...1_000_000)))
                .options(.optional("burst", .number(1...1_000_000))),
            default: "\(Defaults.signatureFailureBudget.perSecond) "
                + "burst=\(Defaults.signatureFailureBudget.burst)",
            "How many failed signature checks one client address may cause.",
            details: "Beyond it, tokens that are not already known as good get 429 from there. "
                + "An IPv6 client counts by its /64. Without `burst`, four times the number.",
            example: "signature_failures_per_second 50 burst=200;"
        ),
    ]

    /// Bounds of what peers may send and how long they may take.
    static let limitDirectives: [Directive] = [
        size(
            "head_limit",
            Defaults.requestHeadSize,
            1_024...1 << 20,
            "a request head, start line and fields together"
        ),
        count(
            "field_limit",
            Defaults.requestFieldCount,
            8...10_000,
            "The most header fields of one request."
        ),
        size("target_limit", Defaults.requestTargetSize, 256...1 << 20, "a request target"),
        size("token_limit", Defaults.tokenSize, 512...256 << 10, "a token"),
        size(
            "response_head_limit",
            Defaults.responseHeadSize,
            1_024...1 << 20,
            "a response head of an upstream"
        ),
        count(
            "connection_limit",
            Defaults.connectionCount,
            16...10_000_000,
            "The most connections of all listeners together."
        ),
        count(
            "token_cache",
            Defaults.verdictCacheCount,
            0...1_000_000,
            "How many verified tokens each worker remembers."
        ),
        count(
            "http2_streams",
            Defaults.http2StreamCount,
            1...1_000,
            "How many streams of one HTTP/2 connection may be open at once."
        ),
        Directive(
            "http2_window",
            in: [.main],
            .words(.one("SIZE", .size(64 << 10...16 << 20))),
            default: ConfigurationValue.text(ofSize: Defaults.http2StreamWindow),
            "How much of a request body an HTTP/2 client may send ahead on one stream.",
            details: "On all streams of a connection together "
                + "\(ConfigurationValue.text(ofSize: Defaults.http2ConnectionWindow)), or as much as "
                + "on one where that is more.",
            example: "http2_window 256k;"
        ),
        time(
            "head_timeout",
            Defaults.headTimeout,
            "The longest time for a whole request head, and for a TLS handshake."
        ),
        time(
            "body_timeout",
            Defaults.bodyIdleTimeout,
            "The longest pause between two reads of a request body."
        ),
        time(
            "keepalive_timeout",
            Defaults.keepAliveIdleTimeout,
            "How long a connection is kept between two requests."
        ),
        time(
            "send_timeout",
            Defaults.sendIdleTimeout,
            "The longest pause in which a slow reader takes nothing."
        ),
        time(
            "upgrade_timeout",
            Defaults.upgradeIdleTimeout,
            "The longest silence on an upgraded connection, a WebSocket."
        ),
        time(
            "drain_timeout",
            Defaults.drainTimeout,
            "How long what runs may go on after the signal to stop."
        ),
    ]

    private static func size(
        _ name: String,
        _ value: Int,
        _ range: ClosedRange<Int>,
        _ subject: String
    ) -> Directive {
        let text = ConfigurationValue.text(ofSize: value)
        return Directive(
            name,
            in: [.main],
            .words(.one("SIZE", .size(range))),
            default: text,
            "The most bytes of \(subject).",
            example: "\(name) \(text);"
        )
    }

    private static func count(
        _ name: String,
        _ value: Int,
        _ range: ClosedRange<Int>,
        _ meaning: String
    ) -> Directive {
        Directive(
            name,
            in: [.main],
            .words(.one("N", .number(range))),
            default: "\(value)",
            meaning,
            example: "\(name) \(value);"
        )
    }

    private static func time(_ name: String, _ value: Duration, _ meaning: String) -> Directive {
        let text = ConfigurationValue.text(of: value)
        return Directive(
            name,
            in: [.main],
            .words(.one("DURATION", .duration(waitDuration))),
            default: text,
            meaning,
            example: "\(name) \(text);"
        )
    }
}
