import EventLoop

/// Makes listeners, and looks into their certificates.
struct ListenerBuilder {
    private let main: CheckedBlock
    private let ground: BuildGround

    /// Prepares to build from the statements of the file itself.
    init(main: CheckedBlock, ground: BuildGround) {
        self.main = main
        self.ground = ground
    }

    /// The listeners in the order of the file.
    func build() -> [ListenerSettings] {
        var listeners: [ListenerSettings] = []
        var places: [SocketAddress: SourceSpan] = [:]
        for statement in main.statements where statement.directive.name == "listen" {
            guard let listener = listener(statement) else { continue }
            if let place = places[listener.address], listener.address.port != 0 {
                ground.findings.error(
                    "\(listener.address) is listened on twice; first at "
                        + ground.findings.place(of: place),
                    at: statement.span()
                )
            }
            places[listener.address] = places[listener.address] ?? statement.span()
            listeners.append(listener)
        }
        if !main.mentions("listen") {
            ground.findings.error(
                "no `listen`: nobody could connect",
                at: .start,
                hint: "write listen 127.0.0.1:8080;"
            )
        }
        return listeners
    }

    private func listener(_ statement: CheckedStatement) -> ListenerSettings? {
        let block = statement.block ?? CheckedBlock(context: .listen)
        let tls = tlsSettings(block, of: statement)
        guard statement.isSound, let address = statement.text().flatMap({ SocketAddress($0) })
        else { return nil }
        let isTLS = tls != nil || Self.mentionsTLS(block)
        let allowsPlaintext = statement.flags.contains("plaintext")
        let isRedirect = block.mentions("redirect")
        if isTLS, isRedirect, let redirect = block.first("redirect") {
            ground.findings.error(
                "a TLS listener cannot redirect to https: the browser would come back for ever",
                at: redirect.wholeSpan,
                hint: "redirect on a plain listener, such as port 80"
            )
        }
        checkPlain(statement, address: address, isTLS: isTLS, isRedirect: isRedirect)
        let transport = strictTransportSecurity(block, isTLS: isTLS)
        return ListenerSettings(
            address: address,
            tls: tls,
            protocols: protocols(block, of: address, isTLS: isTLS),
            purpose: isRedirect ? .redirectToHTTPS : .serve,
            allowsPlaintext: allowsPlaintext,
            strictTransportSecurity: transport
        )
    }

    private static func mentionsTLS(_ block: CheckedBlock) -> Bool {
        block.mentions("tls_certificate") || block.mentions("tls_certificate_key")
            || block.mentions("server_name")
    }

    private func checkPlain(
        _ statement: CheckedStatement,
        address: SocketAddress,
        isTLS: Bool,
        isRedirect: Bool
    ) {
        let findings = ground.findings
        let allowsPlaintext = statement.flags.contains("plaintext")
        if isTLS {
            guard allowsPlaintext else { return }
            findings.error(
                "`plaintext` on a listener with a certificate",
                at: statement.wholeSpan,
                hint: "leave it out: the listener speaks TLS"
            )
        } else if !address.isLoopback, !isRedirect {
            if allowsPlaintext {
                findings.relaxation(
                    "tokens cross the network in the clear to \(address)",
                    at: statement.wholeSpan,
                    hint: "right only where something in front ends TLS on a network of its own"
                )
            } else {
                findings.error(
                    "a plain listener beyond loopback: tokens would cross the network in the clear",
                    at: statement.span(),
                    hint: "give it tls_certificate and tls_certificate_key, or redirect https, "
                        + "or write listen \(address) plaintext;"
                )
            }
        }
    }

    private func protocols(
        _ block: CheckedBlock,
        of address: SocketAddress,
        isTLS: Bool
    ) -> [ListenerProtocol] {
        let usual = isTLS ? Defaults.protocolsOverTLS : Defaults.protocolsInTheClear
        guard let statement = block.first("protocols") else { return usual }
        var protocols: [ListenerProtocol] = []
        for (index, text) in statement.texts.enumerated() {
            guard let word = ListenerProtocol(rawValue: text) else { continue }
            if protocols.contains(word) {
                ground.findings.error("`\(text)` stands here twice", at: statement.span(index))
            } else {
                protocols.append(word)
            }
        }
        guard !protocols.isEmpty else { return usual }
        if !isTLS, block.mentions("redirect"), !protocols.contains(.http11) {
            ground.findings.error(
                "a redirect that no browser would see: without TLS they speak HTTP/1.1 only",
                at: statement.wholeSpan,
                hint: "leave `protocols` out here"
            )
        } else if !isTLS, !address.isLoopback, protocols.contains(.http2) {
            ground.findings.warning(
                "HTTP/2 without TLS: only peers that know it beforehand will speak it, no browser",
                at: statement.wholeSpan,
                hint: "right for a balancer or gRPC clients on a network of their own"
            )
        }
        return protocols
    }

    private func strictTransportSecurity(_ block: CheckedBlock, isTLS: Bool) -> Duration? {
        guard isTLS else {
            if let statement = block.first("strict_transport_security") {
                ground.findings.warning(
                    "`strict_transport_security` has no effect without TLS",
                    at: statement.wholeSpan
                )
            }
            return nil
        }
        guard let statement = block.first("strict_transport_security") else {
            return Defaults.strictTransportSecurity
        }
        if let duration = statement.text().flatMap(ConfigurationValue.duration) { return duration }
        ground.findings.relaxation(
            "no `Strict-Transport-Security`: a browser may be led to plain http",
            at: statement.wholeSpan
        )
        return nil
    }

    private func tlsSettings(_ block: CheckedBlock, of listen: CheckedStatement) -> TLSSettings? {
        let outer = pair(block, owner: listen, isNeeded: block.mentions("server_name"))
        var named: [NamedCertificateSettings] = []
        var known: [String: SourceSpan] = [:]
        for statement in block.statements where statement.directive.name == "server_name" {
            let inner = statement.block ?? CheckedBlock(context: .serverName)
            let pair = pair(inner, owner: statement, isNeeded: true)
            guard statement.isSound else { continue }
            let names = serverNames(of: statement, known: &known)
            guard let pair else { continue }
            checkNames(names, of: statement, against: pair)
            named.append(NamedCertificateSettings(names: names, certificate: pair))
        }
        guard let outer else { return nil }
        return TLSSettings(certificate: outer, named: named)
    }

    private func serverNames(
        of statement: CheckedStatement,
        known: inout [String: SourceSpan]
    ) -> [String] {
        var names: [String] = []
        for (index, text) in statement.texts.enumerated() {
            for part in text.split(separator: ",") {
                guard let name = ConfigurationValue.hostPattern(String(part)) else { continue }
                if let place = known[name] {
                    ground.findings.error(
                        "`\(name)` has a certificate already, at \(ground.findings.place(of: place))",
                        at: statement.span(index)
                    )
                }
                known[name] = known[name] ?? statement.span(index)
                names.append(name)
            }
        }
        return names
    }

    /// The certificate and key of a block, or `nil` where it has none or after a fault was noted.
    private func pair(
        _ block: CheckedBlock,
        owner: CheckedStatement,
        isNeeded: Bool
    ) -> CertificateSettings? {
        let hasCertificate = block.mentions("tls_certificate")
        let hasKey = block.mentions("tls_certificate_key")
        guard hasCertificate, hasKey else {
            if isNeeded || hasCertificate != hasKey {
                reportHalfPair(owner, hasCertificate: hasCertificate, hasKey: hasKey)
            }
            return nil
        }
        guard let certificate = block.first("tls_certificate"), let text = certificate.text(),
            let key = block.first("tls_certificate_key"), let keyText = key.text()
        else { return nil }
        let path = ground.existingFile(text, at: certificate.span())
        let keyPath = ground.existingFile(keyText, at: key.span())
        guard let path, let keyPath else { return nil }
        ground.warnIfWorldReadable(keyPath, holding: "the private key", at: key.span())
        let fault = ground.inspector.certificatePairFault(certificatePath: path, keyPath: keyPath)
        if let fault {
            ground.findings.error(
                "the certificate and its key cannot be used: \(fault)",
                at: key.span(),
                hint: "the certificate is \(path)"
            )
        }
        return CertificateSettings(certificatePath: path, keyPath: keyPath)
    }

    private func reportHalfPair(_ owner: CheckedStatement, hasCertificate: Bool, hasKey: Bool) {
        let lacking = hasCertificate ? "tls_certificate_key" : "tls_certificate"
        let both = hasCertificate || hasKey ? "`\(lacking)`" : "a certificate and its key"
        let isListen = owner.directive.name == "listen"
        ground.findings.error(
            isListen
                ? "this TLS listener lacks \(both)" : "this `server_name` lacks \(both)",
            at: owner.wholeSpan,
            hint: isListen && !hasCertificate && !hasKey
                ? "peers that ask for none of the names need a pair too, outside of `server_name`"
                : "a pair is tls_certificate FILE; and tls_certificate_key FILE;"
        )
    }

    private func checkNames(
        _ names: [String],
        of statement: CheckedStatement,
        against pair: CertificateSettings
    ) {
        let covered = ground.inspector.certificateNames(
            certificatePath: pair.certificatePath,
            keyPath: pair.keyPath
        ).map { $0.lowercased() }
        guard !covered.isEmpty else { return }
        for name in names where !covered.contains(where: { Self.covers($0, name) }) {
            ground.findings.warning(
                "the certificate is not for `\(name)`: clients will refuse it",
                at: statement.wholeSpan,
                hint: "it is for \(covered.joined(separator: ", "))"
            )
        }
    }

    /// Whether a certificate's name stands for `name`: the same, or `*.` and one label less.
    private static func covers(_ certified: String, _ name: String) -> Bool {
        if certified == name { return true }
        guard certified.hasPrefix("*."), !name.hasPrefix("*."), let dot = name.firstIndex(of: ".")
        else { return false }
        return name[dot...] == certified.dropFirst()
    }
}
