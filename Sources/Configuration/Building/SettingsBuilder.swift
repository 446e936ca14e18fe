import EventLoop

/// Makes settings of a checked conf, and finds what only several directives together make wrong.
///
/// Every value is read from a statement that the checker found sound, or else is the default: the
/// settings of a conf with faults are complete, and are thrown away by the loader.
struct SettingsBuilder {
    private let main: CheckedBlock
    private let ground: BuildGround

    /// Prepares to build from the statements of the file itself.
    init(main: CheckedBlock, ground: BuildGround) {
        self.main = main
        self.ground = ground
    }

    /// The settings.
    func build() -> Settings {
        let listeners = ListenerBuilder(main: main, ground: ground).build()
        let issuers = IssuerBuilder(main: main, ground: ground).build()
        let upstreams = UpstreamBuilder(main: main, ground: ground).build()
        let server = AuthorizationServerBuilder(
            main: main,
            stateDirectory: stateDirectory,
            ground: ground
        ).build()?.settings
        let names = NameTable(main: main, server: server, ground: ground)
        let routes = RouteBuilder(main: main, names: names, ground: ground).build()
        CrossChecker(main: main, names: names, ground: ground).check(routes: routes)
        return Settings(
            workerCount: workerCount,
            stateDirectory: stateDirectory,
            accessLog: accessLog,
            errorLog: errorLog,
            listeners: listeners,
            admin: admin(besides: listeners),
            trustedProxies: trustedProxies,
            issuers: issuers + (server?.issuers ?? []),
            upstreams: upstreams,
            routes: routes.map(\.settings),
            limits: limits,
            timeouts: timeouts,
            signatureFailureBudget: signatureFailureBudget,
            authorizationServer: server
        )
    }

    private var workerCount: Int {
        guard let text = main.first("workers")?.text() else { return ground.processorCount }
        return ConfigurationValue.number(text) ?? ground.processorCount
    }

    private var stateDirectory: String {
        guard let statement = main.first("state_directory"), let text = statement.text() else {
            return ground.absolutePath(Defaults.stateDirectory, at: .start)
        }
        return ground.absolutePath(text, at: statement.span())
    }

    private var accessLog: AccessLogSettings? {
        guard let statement = main.first("access_log"), let argument = statement.positional.first
        else { return Defaults.accessLog }
        if argument.keyword == "off" {
            return nil
        }
        let format = statement.options["format"].flatMap { AccessLogFormat(rawValue: $0.text) }
        return AccessLogSettings(
            destination: destination(argument),
            format: format ?? Defaults.accessLog.format
        )
    }

    private var errorLog: ErrorLogSettings {
        guard let statement = main.first("error_log"), let argument = statement.positional.first
        else { return Defaults.errorLog }
        let level = statement.text(1).flatMap { LogLevel(rawValue: $0) }
        return ErrorLogSettings(
            destination: destination(argument),
            level: level ?? Defaults.errorLog.level
        )
    }

    private func destination(_ argument: Argument) -> LogDestination {
        switch argument.keyword {
        case "stdout": .standardOutput
        case "stderr": .standardError
        default: .file(path: ground.absolutePath(argument.word.text, at: argument.span))
        }
    }

    private func admin(besides listeners: [ListenerSettings]) -> SocketAddress? {
        guard let statement = main.first("admin"), let text = statement.text(),
            let address = SocketAddress(text)
        else { return nil }
        if address.port != 0, listeners.contains(where: { $0.address == address }) {
            ground.findings.error(
                "\(address) is a listener already",
                at: statement.span(),
                hint: "give `admin` a port of its own"
            )
        }
        if !address.isLoopback {
            ground.findings.relaxation(
                "`admin` beyond loopback: anyone who reaches \(address) reads the metrics",
                at: statement.wholeSpan,
                hint: "keep it behind a firewall, or write 127.0.0.1:\(address.port)"
            )
        }
        return address
    }

    private var trustedProxies: [IPNetwork] {
        var networks: [IPNetwork] = []
        for statement in main.all("trusted_proxies") {
            for (index, text) in statement.texts.enumerated() {
                guard let network = IPNetwork(text) else { continue }
                networks.append(network)
                if IPNetwork.hasHostBits(text) {
                    ground.findings.warning(
                        "`\(text)` has bits beyond its prefix: they mean nothing",
                        at: statement.span(index),
                        hint: "write /32 or /128 for one address"
                    )
                }
                if text.hasSuffix("/0") {
                    ground.findings.relaxation(
                        "every peer is a trusted proxy: clients choose their own address",
                        at: statement.span(index),
                        hint: "name the networks of your proxies only"
                    )
                }
            }
        }
        return networks
    }

    private var signatureFailureBudget: RateSettings? {
        guard let statement = main.first("signature_failures_per_second") else {
            return Defaults.signatureFailureBudget
        }
        guard let rate = statement.text().flatMap(ConfigurationValue.number) else {
            ground.findings.relaxation(
                "no budget for failed signature checks: forged tokens may cost all of the processor",
                at: statement.wholeSpan
            )
            return nil
        }
        let burst = statement.options["burst"].flatMap { ConfigurationValue.number($0.text) }
        return RateSettings(perSecond: rate, burst: max(burst ?? rate * 4, 1))
    }

    private var limits: LimitSettings {
        let streamWindow = size("http2_window", Defaults.http2StreamWindow)
        return LimitSettings(
            requestHeadSize: size("head_limit", Defaults.requestHeadSize),
            requestFieldCount: number("field_limit", Defaults.requestFieldCount),
            requestTargetSize: size("target_limit", Defaults.requestTargetSize),
            tokenSize: size("token_limit", Defaults.tokenSize),
            responseHeadSize: size("response_head_limit", Defaults.responseHeadSize),
            connectionCount: number("connection_limit", Defaults.connectionCount),
            verdictCacheCount: number("token_cache", Defaults.verdictCacheCount),
            http2StreamCount: number("http2_streams", Defaults.http2StreamCount),
            http2StreamWindow: streamWindow,
            http2ConnectionWindow: max(Defaults.http2ConnectionWindow, streamWindow),
            http2Budgets: Defaults.http2Budgets
        )
    }

    private var timeouts: TimeoutSettings {
        TimeoutSettings(
            head: duration("head_timeout", Defaults.headTimeout),
            bodyIdle: duration("body_timeout", Defaults.bodyIdleTimeout),
            keepAliveIdle: duration("keepalive_timeout", Defaults.keepAliveIdleTimeout),
            sendIdle: duration("send_timeout", Defaults.sendIdleTimeout),
            upgradeIdle: duration("upgrade_timeout", Defaults.upgradeIdleTimeout),
            drain: duration("drain_timeout", Defaults.drainTimeout)
        )
    }

    private func size(_ name: String, _ value: Int) -> Int {
        main.first(name)?.text().flatMap(ConfigurationValue.size) ?? value
    }

    private func number(_ name: String, _ value: Int) -> Int {
        main.first(name)?.text().flatMap(ConfigurationValue.number) ?? value
    }

    private func duration(_ name: String, _ value: Duration) -> Duration {
        main.duration(name) ?? value
    }
}

extension CheckedBlock {
    /// The duration that the directive of the name says, where it is written and sound.
    func duration(_ name: String) -> Duration? {
        first(name)?.text().flatMap(ConfigurationValue.duration)
    }

    /// Whether the switch of the name is on; `nil` where it is not written.
    func isOn(_ name: String) -> Bool? {
        first(name)?.text().map { $0 == "on" }
    }
}

extension SourceSpan {
    /// The beginning of the first file: where a fault stands that has no better place.
    static let start = SourceSpan(file: 0, start: 0, end: 0)
}
