/// Makes the settings of the authorization server.
struct AuthorizationServerBuilder {
    private let main: CheckedBlock
    private let stateDirectory: String
    private let ground: BuildGround

    /// Prepares to build from the statements of the file itself.
    init(main: CheckedBlock, stateDirectory: String, ground: BuildGround) {
        self.main = main
        self.stateDirectory = stateDirectory
        self.ground = ground
    }

    /// The server, or `nil` where the file has none whose URL can be read.
    func build() -> BuiltAuthorizationServer? {
        guard let statement = main.first("authorization_server"),
            let text = statement.text(),
            let url = ConfigurationValue.origin(RouteTarget.withoutSlash(text))
        else { return nil }
        let block = statement.block ?? CheckedBlock(context: .authorizationServer)
        let providers = ProviderBuilder(server: block, ground: ground).build()
        let projects = ProjectBuilder(server: block, providers: providers, ground: ground)
        let registered = ClientBuilder(server: block, projects: projects, ground: ground).build()
        var server = AuthorizationServerSettings(
            url: url,
            hosts: hosts(statement),
            store: store(block),
            sealingKey: sealingKey(block),
            signingAlgorithm: block.first("signing_algorithm")?.text() ?? Defaults.signingAlgorithm,
            keyRotation: block.duration("key_rotation") ?? Defaults.keyRotation,
            providers: providers.map(\.settings),
            projects: registered.projects.map(\.settings),
            clients: registered.clients.map(\.settings),
            dressipiPrefix: Defaults.dressipiPrefix,
            limits: limits(block)
        )
        if let prefix = dressipiPrefix(block, of: server) { server.dressipiPrefix = prefix }
        RegistrationChecker(server: server, ground: ground).check(
            block,
            of: statement,
            providers: providers,
            projects: registered.projects,
            clients: registered.clients
        )
        return BuiltAuthorizationServer(settings: server, statement: statement)
    }

    private func hosts(_ statement: CheckedStatement) -> [String] {
        var hosts: [String] = []
        if let url = statement.text().flatMap({ URLText($0) }) {
            hosts.append(url.isIPv6 ? "[\(url.host)]" : url.host)
        }
        for part in (statement.options["host"]?.text ?? "").split(separator: ",") {
            guard let host = ConfigurationValue.hostPattern(String(part)) else { continue }
            if host.hasPrefix("*.") {
                ground.findings.error(
                    "`\(host)` names no one host: the endpoints are served on hosts that are named",
                    at: statement.options["host"]?.span ?? statement.wholeSpan,
                    hint: "write host=a.example,b.example"
                )
            } else if !hosts.contains(host) {
                hosts.append(host)
            }
        }
        return hosts
    }

    private func store(_ block: CheckedBlock) -> StoreSettings {
        guard let statement = block.first("store"), let text = statement.text(1) else {
            return .sqlite(path: FilePath.joined(stateDirectory, Defaults.storeName))
        }
        let path = ground.absolutePath(text, at: statement.span(1))
        if ground.files.facts(of: path)?.isDirectory == true {
            ground.findings.error("\(path) is a directory", at: statement.span(1))
        }
        return .sqlite(path: path)
    }

    private func sealingKey(_ block: CheckedBlock) -> SealingKeySource {
        let usual = SealingKeySource.file(
            path: FilePath.joined(stateDirectory, Defaults.sealingKeyName)
        )
        guard let argument = block.first("sealing_key")?.positional.first, let text = argument.text
        else { return usual }
        if text.hasPrefix("env:") {
            let name = String(text.dropFirst("env:".count))
            let bytes = SecretReader(ground: ground).environmentBytes(name, argument)
            if let bytes { checkSealingKey(size: bytes.count, at: argument.span) }
            return .environment(name: name, SecretBytes(bytes ?? []))
        }
        let path = ground.absolutePath(String(text.dropFirst("file:".count)), at: argument.span)
        checkSealingKeyFile(path, at: argument.span)
        return .file(path: path)
    }

    /// The file may be missing, as it is made at the first start.
    private func checkSealingKeyFile(_ path: String, at span: SourceSpan) {
        guard let facts = ground.files.facts(of: path) else { return }
        if facts.isDirectory {
            ground.findings.error("\(path) is a directory", at: span)
            return
        }
        ground.warnIfWorldReadable(path, holding: "the sealing key", at: span)
        do throws(FileFault) {
            let bytes = try ground.files.read(path, sizeMax: Defaults.secretSizeMax)
            checkSealingKey(size: bytes.count, at: span)
        } catch {
            ground.findings.error("cannot read \(path): \(error.reason)", at: span)
        }
    }

    private func checkSealingKey(size: Int, at span: SourceSpan) {
        guard size < Defaults.secretSizeMin else { return }
        ground.findings.error(
            "the sealing key has \(size) bytes, and \(Defaults.secretSizeMin) are the least",
            at: span,
            hint: "make one with: openssl rand -base64 48"
        )
    }

    private func dressipiPrefix(
        _ block: CheckedBlock,
        of server: AuthorizationServerSettings
    ) -> String? {
        guard let statement = block.first("dressipi_prefix"),
            let path = statement.text().flatMap(RoutePath.canonical).map(RouteTarget.withoutSlash)
        else { return nil }
        let others = Endpoint.allCases.filter { $0.family != .dressipi }
            .flatMap { $0.paths(dressipiPrefix: path) }
        for endpoint in Endpoint.allCases where endpoint.family == .dressipi {
            for own in endpoint.paths(dressipiPrefix: path) where others.contains(own) {
                ground.findings.error(
                    "`\(own)` is an endpoint of another dialect",
                    at: statement.span(),
                    hint: "write another prefix, such as \(Defaults.dressipiPrefix)"
                )
            }
        }
        if !server.serves(.dressipiToken) {
            ground.findings.warning(
                "`dressipi_prefix` has no effect: no client says `dialect dressipi`",
                at: statement.wholeSpan
            )
        }
        return path
    }

    private func limits(_ block: CheckedBlock) -> AuthorizationLimitSettings {
        let usual = Defaults.authorizationLimits
        let failures = block.first("password_failures")
        let rest = failures?.options["rest"].flatMap { ConfigurationValue.duration($0.text) }
        let pending = block.first("pending_flows_per_address")
        return AuthorizationLimitSettings(
            authorizeRate: rate("authorize_requests_per_second", block) ?? usual.authorizeRate,
            tokenRate: rate("token_requests_per_second", block) ?? usual.tokenRate,
            pendingFlowsPerAddress: pending?.text().flatMap(ConfigurationValue.number)
                ?? usual.pendingFlowsPerAddress,
            passwordFailureCount: failures?.text().flatMap(ConfigurationValue.number)
                ?? usual.passwordFailureCount,
            passwordFailureRest: rest ?? usual.passwordFailureRest
        )
    }

    private func rate(_ name: String, _ block: CheckedBlock) -> RateSettings? {
        guard let statement = block.first(name),
            let perSecond = statement.text().flatMap(ConfigurationValue.number)
        else { return nil }
        let burst = statement.options["burst"].flatMap { ConfigurationValue.number($0.text) }
        return RateSettings(perSecond: perSecond, burst: burst ?? perSecond * 4)
    }
}

/// The authorization server and where it stands.
struct BuiltAuthorizationServer {
    /// What the gateway gets.
    let settings: AuthorizationServerSettings
    /// Its line.
    let statement: CheckedStatement
}
