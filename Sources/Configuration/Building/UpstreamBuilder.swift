/// Makes upstreams.
struct UpstreamBuilder {
    private let main: CheckedBlock
    private let ground: BuildGround

    /// Prepares to build from the statements of the file itself.
    init(main: CheckedBlock, ground: BuildGround) {
        self.main = main
        self.ground = ground
    }

    /// The upstreams in the order of the file: one for each `upstream` whose name can be read.
    func build() -> [UpstreamSettings] {
        main.statements.compactMap { statement in
            guard statement.directive.name == "upstream", let name = statement.text() else {
                return nil
            }
            return upstream(name, statement, statement.block ?? CheckedBlock(context: .upstream))
        }
    }

    private func upstream(
        _ name: String,
        _ statement: CheckedStatement,
        _ block: CheckedBlock
    ) -> UpstreamSettings {
        let servers = block.all("server").compactMap(server)
        checkServers(servers, of: name, statement, block)
        let ejection = ejection(block)
        return UpstreamSettings(
            name: name,
            servers: servers,
            balance: balance(block),
            keepAliveCount: block.first("keepalive")?.text().flatMap(ConfigurationValue.number)
                ?? Defaults.keepAliveCount,
            keepAliveIdle: block.duration("keepalive_timeout") ?? Defaults.upstreamKeepAliveIdle,
            connectTimeout: block.duration("connect_timeout") ?? Defaults.connectTimeout,
            readTimeout: block.duration("read_timeout") ?? Defaults.readTimeout,
            idleTimeout: block.duration("idle_timeout") ?? Defaults.idleTimeout,
            healthCheck: block.first("health_check").flatMap { healthCheck($0, of: block) },
            ejectionFailureCount: ejection.count,
            ejectionTime: ejection.time,
            trustedCertificatesPath: trustedCertificates(block, servers: servers)
        )
    }

    private func server(_ statement: CheckedStatement) -> UpstreamServerSettings? {
        guard let server = statement.text().flatMap({ ConfigurationValue.server($0) }) else {
            return nil
        }
        let weight = statement.options["weight"].flatMap { ConfigurationValue.number($0.text) }
        return UpstreamServerSettings(
            host: server.host,
            port: server.port,
            isTLS: server.isTLS,
            wireProtocol: server.wireProtocol,
            isBackup: statement.flags.contains("backup"),
            weight: weight ?? Defaults.serverWeight
        )
    }

    private func checkServers(
        _ servers: [UpstreamServerSettings],
        of name: String,
        _ statement: CheckedStatement,
        _ block: CheckedBlock
    ) {
        guard statement.block != nil else { return }
        if !block.mentions("server") {
            ground.findings.error(
                "upstream `\(name)` has no `server`",
                at: statement.wholeSpan,
                hint: "write server HOST:PORT;"
            )
        } else if !servers.isEmpty, servers.allSatisfy(\.isBackup),
            servers.count == block.statements.count(where: { $0.directive.name == "server" })
        {
            ground.findings.error(
                "every server of `\(name)` is a backup",
                at: statement.wholeSpan,
                hint: "one at least must serve while all is well"
            )
        }
    }

    private func balance(_ block: CheckedBlock) -> Balance {
        guard let argument = block.first("balance")?.positional.first else {
            return Defaults.balance
        }
        if argument.members != nil { return .hashOfSubject }
        return argument.text == "least_conn" ? .leastConnections : .roundRobin
    }

    private func healthCheck(
        _ statement: CheckedStatement,
        of block: CheckedBlock
    ) -> HealthCheckSettings? {
        guard let probe = healthProbe(statement, of: block) else { return nil }
        let duration = { (name: String) in
            statement.options[name].flatMap { ConfigurationValue.duration($0.text) }
        }
        let number = { (name: String) in
            statement.options[name].flatMap { ConfigurationValue.number($0.text) }
        }
        let interval = duration("interval") ?? Defaults.healthInterval
        let timeout = duration("timeout") ?? min(Defaults.healthTimeout, interval)
        if timeout > interval {
            ground.findings.error(
                "a health check may take longer than the time between two",
                at: statement.wholeSpan,
                hint: "make timeout= as long as interval= at most"
            )
        }
        return HealthCheckSettings(
            probe: probe,
            interval: interval,
            timeout: timeout,
            fall: number("fall") ?? Defaults.healthFall,
            rise: number("rise") ?? Defaults.healthRise
        )
    }

    private func healthProbe(
        _ statement: CheckedStatement,
        of block: CheckedBlock
    ) -> HealthProbe? {
        guard statement.isSound, let how = statement.text(0) else { return nil }
        let findings = ground.findings
        guard how == "grpc" else {
            if statement.options["service"] != nil {
                findings.error(
                    "`service=` beside `\(how)`: services are gRPC's",
                    at: statement.wholeSpan,
                    hint: "write health_check grpc service=NAME;"
                )
            }
            guard let path = statement.text(1) else {
                findings.error(
                    "`health_check \(how)` lacks PATH",
                    at: statement.wholeSpan,
                    hint: "write health_check \(how) /healthz;"
                )
                return nil
            }
            return .http(method: how, path: path)
        }
        if let path = statement.text(1) {
            findings.error(
                "a gRPC check takes no path",
                at: statement.span(1),
                hint: "write service=NAME where `\(path)` is meant as one, else leave it out"
            )
        }
        for server in block.all("server") {
            guard let text = server.text(), let place = ConfigurationValue.server(text),
                place.wireProtocol != .http2
            else { continue }
            let scheme = place.isTLS ? "h2" : "h2c"
            let host = place.host.contains(":") ? "[\(place.host)]" : place.host
            findings.error(
                "a gRPC check of a server that is spoken to in HTTP/1.1",
                at: server.span(),
                hint: "write server \(scheme)://\(host):\(place.port)"
            )
        }
        return .grpc(service: statement.options["service"]?.text ?? "")
    }

    private func ejection(_ block: CheckedBlock) -> (count: Int, time: Duration) {
        let usual = (count: Defaults.ejectionFailureCount, time: Defaults.ejectionTime)
        guard let statement = block.first("ejection") else { return usual }
        let count = statement.options["failures"].flatMap { ConfigurationValue.number($0.text) }
        let time = statement.options["time"].flatMap { ConfigurationValue.duration($0.text) }
        guard statement.positional.isEmpty else {
            if count != nil || time != nil {
                ground.findings.error("`off` beside other settings", at: statement.wholeSpan)
            }
            // As many failures as can be counted: the one number that means never.
            return (Int.max, usual.time)
        }
        if count == nil, time == nil {
            ground.findings.error(
                "`ejection` says nothing",
                at: statement.wholeSpan,
                hint: "write \(statement.directive.example)"
            )
        }
        return (count ?? usual.count, time ?? usual.time)
    }

    private func trustedCertificates(
        _ block: CheckedBlock,
        servers: [UpstreamServerSettings]
    ) -> String? {
        guard let statement = block.first("trusted_certificates"), let text = statement.text(),
            let path = ground.existingFile(text, at: statement.span())
        else { return nil }
        if let fault = ground.inspector.trustedCertificatesFault(path: path) {
            ground.findings.error(
                "\(path) holds no usable certificates: \(fault)",
                at: statement.span()
            )
        }
        if !servers.contains(where: \.isTLS) {
            ground.findings.warning(
                "`trusted_certificates` has no effect: no server is https or h2",
                at: statement.wholeSpan
            )
        }
        return path
    }
}
