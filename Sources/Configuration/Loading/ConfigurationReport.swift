/// What a conf amounts to, for `gatehouse check` and for the first lines of the log.
public struct ConfigurationReport: Sendable, Hashable {
    /// For each route, whose tokens it accepts.
    public let access: [String]
    /// For each thing that the gateway depends on: what is served without it, how long, what then.
    public let outages: [String]
    /// Every setting less strict than the default, with its place.
    public let relaxations: [String]

    /// Says what the settings amount to.
    init(of settings: Settings, relaxations: [String]) {
        access = settings.routes.map { Self.access(of: $0, settings) }
        outages =
            settings.issuers.compactMap { Self.outage(of: $0, settings) }
            + Self.serverOutages(settings)
            + settings.upstreams.map(Self.outage)
            + Self.logOutages(settings)
        self.relaxations = relaxations
    }

    /// All of it, under three headings.
    public var lines: [String] {
        Self.section("Who may come in:", access)
            + Self.section("When something is down:", outages)
            + Self.section("Relaxed settings:", relaxations.isEmpty ? ["none"] : relaxations)
    }

    private static func section(_ title: String, _ lines: [String]) -> [String] {
        [title] + lines.map { "  " + $0 }
    }

    private static func access(of route: RouteSettings, _ settings: Settings) -> String {
        var text = "route \(route.name): \(words(for: route.rule, settings))"
        for methodRule in route.methodRules {
            let methods = methodRule.methods.joined(separator: " ")
            text += "; \(methods): \(words(for: methodRule.rule, settings))"
        }
        if route.isShadow { text += " (shadow: refusals are only logged)" }
        return text
    }

    private static func words(for rule: RouteRule, _ settings: Settings) -> String {
        let issuers = issuerNames(rule, settings).joined(separator: ", ")
        return switch rule.access {
        case .optional: "anyone, or a token of \(issuers)"
        case .public: "anyone"
        case .required: "a token of \(issuers)"
        }
    }

    /// Our own are many and mean one thing: who it is that tokens are taken of.
    private static func issuerNames(_ rule: RouteRule, _ settings: Settings) -> [String] {
        var names: [String] = []
        for index in rule.issuers {
            let issuer = settings.issuers[index]
            guard case .own = issuer.keys else {
                names.append(issuer.identifier)
                continue
            }
            let name = ownName(rule)
            if names.last != name { names.append(name) }
        }
        return names
    }

    private static func ownName(_ rule: RouteRule) -> String {
        var text = "this gateway"
        if !rule.projects.isEmpty {
            text += " for project \(rule.projects.joined(separator: " or "))"
        }
        if !rule.clients.isEmpty { text += " for client \(rule.clients.joined(separator: " or "))" }
        let others = [
            rule.allowsAnonymous ? "anonymous" : nil, rule.allowsRestricted ? "restricted" : nil,
        ].compactMap(\.self)
        if !others.isEmpty { text += ", \(others.joined(separator: " and ")) users too" }
        return text
    }

    private static func serverOutages(_ settings: Settings) -> [String] {
        guard let server = settings.authorizationServer else { return [] }
        let store =
            switch server.store {
            case .sqlite(let path): path
            }
        let lines = [
            "authorization server: needs nobody to verify its own tokens; while its store "
                + "\(store) cannot be written, no token is issued or refreshed, and nothing is "
                + "answered that was not kept; what was issued stays good"
        ]
        return lines
            + server.providers.filter { $0.kind != .local }.map { provider in
                "provider \(provider.id): while it is down nobody signs in through it; sessions "
                    + "and other providers go on"
            }
    }

    private static func outage(of issuer: IssuerSettings, _ settings: Settings) -> String? {
        let name = "issuer \(issuer.identifier)"
        switch issuer.keys {
        case .own: return nil
        case .secret: return "\(name): needs nobody; its secret is read when the conf is loaded"
        case .file(let path):
            return "\(name): while \(path) is missing or broken, the last good keys stay in use "
                + "without end; at a start without it the conf is refused"
        case .discovery, .url:
            let policy = issuer.keySetPolicy
            let stale = ConfigurationValue.text(of: policy.staleLifetime)
            let half = ConfigurationValue.text(of: policy.softLifetime / 2)
            return
                "\(name): keys are asked for every \(half); while that fails, the last good keys "
                + "stay in use up to \(stale) after they were fetched, restarts included (kept in "
                + "\(settings.stateDirectory)); then its tokens get 503 keys_unavailable with "
                + "Retry-After. The gateway starts without it"
        }
    }

    private static func outage(of upstream: UpstreamSettings) -> String {
        let connect = ConfigurationValue.text(of: upstream.connectTimeout)
        let read = ConfigurationValue.text(of: upstream.readTimeout)
        var text =
            "upstream \(upstream.name): nothing is served stale; a server that refuses, or "
            + "does not connect within \(connect), is passed over for the next"
        if upstream.ejectionFailureCount < Int.max {
            let time = ConfigurationValue.text(of: upstream.ejectionTime)
            text +=
                ", and left out for \(time) after \(upstream.ejectionFailureCount) failures in "
                + "a row"
        }
        if upstream.servers.contains(where: \.isBackup) {
            text += "; backups serve while no other can"
        }
        return text + "; then 502 or 503, and 504 where no answer begins within \(read)"
    }

    private static func logOutages(_ settings: Settings) -> [String] {
        guard settings.accessLog != nil else { return [] }
        return [
            "access log: while it cannot be written, lines are dropped and counted, requests go on"
        ]
    }
}
