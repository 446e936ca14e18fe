import Configuration
import EventLoop

/// Settings as lines of text, for golden files: what differs from the dump of an empty conf is what
/// a reader looks for, so everything is there.
struct SettingsDump {
    private(set) var lines: [String] = []

    init(_ settings: Settings) {
        lines.append("workers \(settings.workerCount)")
        lines.append("state \(settings.stateDirectory)")
        lines.append(
            "access log \(settings.accessLog.map { "\($0.destination) \($0.format)" } ?? "off")"
        )
        lines.append("error log \(settings.errorLog.destination) \(settings.errorLog.level)")
        lines.append("admin \(settings.admin.map(\.description) ?? "off")")
        lines.append("trusted proxies \(settings.trustedProxies.count)")
        let budget = settings.signatureFailureBudget
        lines.append("budget \(budget.map { "\($0.perSecond) burst \($0.burst)" } ?? "off")")
        let limits = settings.limits
        lines.append(
            "limits head=\(limits.requestHeadSize) fields=\(limits.requestFieldCount) "
                + "target=\(limits.requestTargetSize) token=\(limits.tokenSize) "
                + "response=\(limits.responseHeadSize) connections=\(limits.connectionCount) "
                + "verdicts=\(limits.verdictCacheCount)"
        )
        lines.append(
            "http2 streams=\(limits.http2StreamCount) window=\(limits.http2StreamWindow) "
                + "connection=\(limits.http2ConnectionWindow)"
        )
        let times = settings.timeouts
        lines.append(
            "timeouts head=\(times.head) body=\(times.bodyIdle) keepalive=\(times.keepAliveIdle) "
                + "send=\(times.sendIdle) upgrade=\(times.upgradeIdle) drain=\(times.drain)"
        )
        for listener in settings.listeners { add(listener) }
        for issuer in settings.issuers { add(issuer) }
        if let server = settings.authorizationServer {
            lines += AuthorizationServerDump(server).lines
        }
        for upstream in settings.upstreams { add(upstream) }
        for route in settings.routes { add(route, settings) }
    }

    private mutating func add(_ listener: ListenerSettings) {
        lines.append(
            "listen \(listener.address) \(listener.purpose) plaintext=\(listener.allowsPlaintext) "
                + "sts=\(listener.strictTransportSecurity.map { "\($0)" } ?? "off") "
                + "protocols=\(listener.protocols.map(\.rawValue).joined(separator: ","))"
        )
        guard let tls = listener.tls else { return }
        lines.append("  pair \(tls.certificate.certificatePath) \(tls.certificate.keyPath)")
        for named in tls.named {
            lines.append("  \(named.names) \(named.certificate.certificatePath)")
        }
    }

    private mutating func add(_ issuer: IssuerSettings) {
        lines.append("issuer \(issuer.identifier)")
        lines.append("  keys \(issuer.keys)")
        lines.append("  audiences \(issuer.audiences) algorithms \(issuer.algorithms)")
        lines.append(
            "  skew=\(issuer.clockSkew) type=\(issuer.tokenType ?? "-") "
                + "ignoresHeaderKeys=\(issuer.ignoresHeaderKeys) idTokens=\(issuer.acceptsIDTokens)"
        )
        lines.append(
            "  project=\(issuer.project ?? "-") trusts=\(issuer.trustedClaims) "
                + "prefix='\(issuer.userIDPrefix)'"
        )
        let policy = issuer.keySetPolicy
        lines.append(
            "  soft=\(policy.softLifetime) stale=\(policy.staleLifetime) "
                + "fetch=\(policy.fetchTimeout) size=\(policy.fetchSize)"
        )
    }

    private mutating func add(_ upstream: UpstreamSettings) {
        lines.append("upstream \(upstream.name) \(upstream.balance)")
        for server in upstream.servers {
            lines.append(
                "  server \(server.host) \(server.port) \(server.wireProtocol) tls=\(server.isTLS) "
                    + "backup=\(server.isBackup) weight=\(server.weight)"
            )
        }
        lines.append(
            "  keepalive=\(upstream.keepAliveCount) idle=\(upstream.keepAliveIdle) "
                + "connect=\(upstream.connectTimeout) read=\(upstream.readTimeout) "
                + "silence=\(upstream.idleTimeout)"
        )
        let count = upstream.ejectionFailureCount
        lines.append(
            "  ejection=\(count == Int.max ? "off" : "\(count)") \(upstream.ejectionTime) "
                + "authorities=\(upstream.trustedCertificatesPath ?? "system")"
        )
        guard let check = upstream.healthCheck else { return }
        let probe =
            switch check.probe {
            case .http(let method, let path): "\(method) \(path)"
            case .grpc(let service): "grpc '\(service)'"
            }
        lines.append(
            "  check \(probe) \(check.interval) \(check.timeout) "
                + "fall=\(check.fall) rise=\(check.rise)"
        )
    }

    private mutating func add(_ route: RouteSettings, _ settings: Settings) {
        lines.append(
            "route '\(route.name)' path='\(route.path)' exact=\(route.isExact) \(route.hosts)"
        )
        add(route.rule, of: "rule")
        for methodRule in route.methodRules {
            add(methodRule.rule, of: methodRule.methods.joined(separator: " "))
        }
        switch route.action {
        case .forward(let upstream): lines.append("  forward \(settings.upstreams[upstream].name)")
        case .respond(let status, let body):
            lines.append("  respond \(status) \(body.debugDescription)")
        }
        lines.append(
            "  methods=\(route.methods.map { "\($0)" } ?? "all") shadow=\(route.isShadow) "
                + "log=\(route.isLogged) body=\(route.bodySizeLimit.map { "\($0)" } ?? "off")"
        )
        lines.append(
            "  strip=\(route.strippedPrefix ?? "-") host=\(route.upstreamHost ?? "-") "
                + "anyCase=\(route.ignoresPathCase) merge=\(route.mergesSlashes) "
                + "encodedSlash=\(route.allowsEncodedSlash)"
        )
        let sources = route.tokenSources
        lines.append(
            "  tokens \(sources.headers) cookie=\(sources.cookie ?? "-") "
                + "websocket=\(sources.webSocketProtocol) forward=\(route.forwardsToken)"
        )
        lines.append("  identity \(route.identityHeaderSet)")
        for header in route.identityHeaders {
            lines.append("    \(header.name) \(header.claimPath) '\(header.separator)'")
        }
        for edit in route.responseHeaders { lines.append("  \(edit)") }
        lines.append("  expiry \(route.tokenExpiry)")
        lines.append("  cors \(route.corsOrigins) pass=\(route.passesCORSPreflight)")
    }

    private mutating func add(_ rule: RouteRule, of name: String) {
        lines.append("  \(name): \(rule.access) issuers=\(rule.issuers)")
        for scope in rule.scopes { lines.append("    scope \(scope)") }
        let allowed = [
            rule.allowsAnonymous ? "anonymous" : nil, rule.allowsRestricted ? "restricted" : nil,
        ].compactMap(\.self)
        if !rule.projects.isEmpty || !rule.clients.isEmpty || !allowed.isEmpty {
            lines.append("    projects=\(rule.projects) clients=\(rule.clients) also \(allowed)")
        }
        for claim in rule.claims { lines.append("    claim \(claim.path) \(claim.values)") }
    }
}
