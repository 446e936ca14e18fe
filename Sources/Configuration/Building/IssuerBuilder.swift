/// Makes issuers, and reads their secrets.
struct IssuerBuilder {
    private let main: CheckedBlock
    private let ground: BuildGround

    /// Prepares to build from the statements of the file itself.
    init(main: CheckedBlock, ground: BuildGround) {
        self.main = main
        self.ground = ground
    }

    /// The issuers in the order of the file: one for each `issuer` whose name can be read.
    func build() -> [IssuerSettings] {
        main.statements.compactMap { statement in
            guard statement.directive.name == "issuer", let name = statement.text() else {
                return nil
            }
            return issuer(name, statement, statement.block ?? CheckedBlock(context: .issuer))
        }
    }

    private func issuer(
        _ name: String,
        _ statement: CheckedStatement,
        _ block: CheckedBlock
    ) -> IssuerSettings {
        let keys = keySource(block, of: name, statement)
        let audiences = block.all("audience").flatMap(\.texts)
        if statement.block != nil, !block.mentions("audience") {
            ground.findings.error(
                "this issuer names no `audience`: tokens that it made for anyone would be good here",
                at: statement.wholeSpan,
                hint: "write audience NAME; with what its tokens for this gateway say in `aud`"
            )
        }
        for statement in block.all("audience") {
            for (index, text) in statement.texts.enumerated() where text.isEmpty {
                ground.findings.error("an empty audience", at: statement.span(index))
            }
        }
        relaxations(block)
        return IssuerSettings(
            identifier: name,
            keys: keys,
            audiences: audiences,
            algorithms: algorithms(block, keys: keys),
            clockSkew: clockSkew(block),
            tokenType: block.first("token_type")?.text().flatMap(ConfigurationValue.tokenType),
            ignoresHeaderKeys: block.isOn("ignore_header_keys") ?? false,
            acceptsIDTokens: block.isOn("accept_id_tokens") ?? false,
            project: block.first("project")?.text(),
            trustedClaims: trustedClaims(block),
            userIDPrefix: block.first("user_id_prefix")?.text() ?? "",
            keySetPolicy: keySetPolicy(block, keys: keys)
        )
    }

    private func keySource(
        _ block: CheckedBlock,
        of name: String,
        _ issuer: CheckedStatement
    ) -> KeySource {
        let sources = block.statements.filter { Self.sourceNames.contains($0.directive.name) }
        for extra in sources.dropFirst() {
            ground.findings.error(
                "`\(extra.directive.name)` beside `\(sources[0].directive.name)`: "
                    + "an issuer has its keys from one place",
                at: extra.name.span,
                hint: "remove one of them"
            )
        }
        guard let source = sources.first, source.isSound else {
            if sources.isEmpty, issuer.isSound { checkDiscoverable(name, issuer) }
            return .discovery(url: nil)
        }
        switch source.directive.name {
        case "jwks_file": return file(source)
        case "jwks_uri": return .url(source.text() ?? "")
        case "secret": return secret(source)
        default:
            if source.text() == nil, issuer.isSound { checkDiscoverable(name, issuer) }
            return .discovery(url: source.text())
        }
    }

    /// What is discovered below its name must be named by a URL that can be trusted.
    private func checkDiscoverable(_ name: String, _ issuer: CheckedStatement) {
        let hint = "write jwks_file, jwks_uri, secret or discovery URL;"
        guard let url = URLText(name), !name.contains("?") else {
            ground.findings.error(
                "the keys of `\(name)` cannot be discovered: it is no https URL",
                at: issuer.span(),
                hint: hint
            )
            return
        }
        guard url.scheme == "http", !url.isLoopback else { return }
        ground.findings.error(
            "keys would be discovered over plain http beyond loopback",
            at: issuer.span(),
            hint: hint
        )
    }

    private func file(_ statement: CheckedStatement) -> KeySource {
        guard let text = statement.text() else { return .discovery(url: nil) }
        guard let path = ground.existingFile(text, at: statement.span()) else {
            return .file(path: ground.absolutePath(text, at: statement.span()))
        }
        if let fault = ground.inspector.keySetFault(path: path) {
            ground.findings.error("\(path) is no usable key set: \(fault)", at: statement.span())
        }
        return .file(path: path)
    }

    private func algorithms(_ block: CheckedBlock, keys: KeySource) -> [String] {
        var isSecret = block.mentions("secret")
        if case .secret = keys { isSecret = true }
        guard let statement = block.first("algorithms") else {
            return isSecret ? [Algorithms.sharedSecret] : Defaults.algorithms
        }
        var names: [String] = []
        for (index, name) in statement.texts.enumerated() {
            if names.contains(name) {
                ground.findings.error("`\(name)` stands here twice", at: statement.span(index))
            }
            if isSecret, name != Algorithms.sharedSecret {
                ground.findings.error(
                    "an issuer with a `secret` signs by HS256 and nothing else",
                    at: statement.span(index),
                    hint:
                        "remove `\(name)`, or name the issuer's public keys in place of the secret"
                )
            }
            if !isSecret, name == Algorithms.sharedSecret {
                ground.findings.error(
                    "HS256 needs a `secret`; with public keys it would let anyone sign",
                    at: statement.span(index)
                )
            }
            names.append(name)
        }
        return names
    }

    private func clockSkew(_ block: CheckedBlock) -> Duration {
        guard let skew = block.duration("clock_skew") else { return Defaults.clockSkew }
        if skew > Self.usualSkewMax, let statement = block.first("clock_skew") {
            ground.findings.relaxation(
                "expired tokens are good for \(ConfigurationValue.text(of: skew)) more",
                at: statement.wholeSpan,
                hint: "clocks that are set by NTP differ by less than a second"
            )
        }
        return skew
    }

    private func trustedClaims(_ block: CheckedBlock) -> [String] {
        var claims: [String] = []
        for text in block.all("trust_claims").flatMap(\.texts) where !claims.contains(text) {
            claims.append(text)
        }
        if claims.contains("project_id"), let project = block.first("project") {
            ground.findings.error(
                "`project` beside `trust_claims project_id`: which of them is the project?",
                at: project.wholeSpan,
                hint: "remove one of them"
            )
        }
        return claims
    }

    private func relaxations(_ block: CheckedBlock) {
        if block.isOn("ignore_header_keys") == true,
            let statement = block.first("ignore_header_keys")
        {
            ground.findings.relaxation(
                "keys in token headers are passed over, not refused; they are never used",
                at: statement.wholeSpan
            )
        }
        if block.isOn("accept_id_tokens") == true, let statement = block.first("accept_id_tokens") {
            ground.findings.relaxation(
                "ID tokens are taken for access tokens: they say who signed in, not what for",
                at: statement.wholeSpan
            )
        }
    }

    private func keySetPolicy(_ block: CheckedBlock, keys: KeySource) -> KeySetPolicySettings {
        let usual = Defaults.keySetPolicy
        let policy = KeySetPolicySettings(
            softLifetime: block.duration("keys_refresh") ?? usual.softLifetime,
            staleLifetime: block.duration("keys_stale") ?? usual.staleLifetime,
            fetchTimeout: block.duration("keys_timeout") ?? usual.fetchTimeout,
            fetchSize: block.first("keys_limit")?.text().flatMap(ConfigurationValue.size)
                ?? usual.fetchSize
        )
        let bounds = block.statements.filter { $0.directive.name.hasPrefix("keys_") }
        switch keys {
        case .file, .own, .secret:
            for bound in bounds {
                ground.findings.warning(
                    "`\(bound.directive.name)` has no effect: these keys are not fetched",
                    at: bound.wholeSpan
                )
            }
            return policy
        case .discovery, .url: break
        }
        if policy.staleLifetime < policy.softLifetime, let last = bounds.last {
            ground.findings.error(
                "`keys_stale` is shorter than `keys_refresh`: keys would die before they are due",
                at: last.wholeSpan
            )
        }
        if policy.staleLifetime > usual.staleLifetime, let stale = block.first("keys_stale") {
            let text = ConfigurationValue.text(of: policy.staleLifetime)
            ground.findings.relaxation(
                "a key that the issuer withdrew is good for \(text) while the issuer is down",
                at: stale.wholeSpan
            )
        }
        return policy
    }

    private static let sourceNames: Set<String> = ["discovery", "jwks_file", "jwks_uri", "secret"]
    /// Five minutes: what the most careless of clocks need.
    private static let usualSkewMax = Duration.seconds(300)
}

extension IssuerBuilder {
    private func secret(_ statement: CheckedStatement) -> KeySource {
        let none = KeySource.secret(SecretBytes([]))
        guard let argument = statement.positional.first, let text = argument.text else {
            return none
        }
        guard let bytes = SecretReader(ground: ground).bytes(text, argument) else { return none }
        if bytes.count < Defaults.secretSizeMin {
            ground.findings.error(
                "the secret has \(bytes.count) bytes, and \(Defaults.secretSizeMin) are the least",
                at: argument.span,
                hint: "a short secret is guessed from any one token; "
                    + "make one with: openssl rand -base64 48"
            )
        }
        return .secret(SecretBytes(bytes))
    }
}
