/// Finds what is wrong between blocks that are each right.
struct CrossChecker {
    private let main: CheckedBlock
    private let names: NameTable
    private let ground: BuildGround

    /// Prepares to check a conf whose names are known.
    init(main: CheckedBlock, names: NameTable, ground: BuildGround) {
        self.main = main
        self.names = names
        self.ground = ground
    }

    /// Notes routes that hide one another, and what no route uses.
    func check(routes: [BuiltRoute]) {
        checkShadows(routes)
        checkIssuers(routes)
        checkUpstreams(routes)
        if let server = names.server {
            EndpointCoverChecker(server: server, ground: ground).check(routes)
        }
    }

    /// Two routes for the same path and host: one would never be reached.
    private func checkShadows(_ routes: [BuiltRoute]) {
        var known: [String: [BuiltRoute]] = [:]
        for route in routes where route.isSound {
            let settings = route.settings
            let hosts = settings.hosts.isEmpty ? [""] : settings.hosts
            for host in hosts {
                let kind = settings.isExact ? "=" : ""
                let key = "\(host) \(kind) \(settings.path.lowercased())"
                let rivals = known[key] ?? []
                if let rival = rivals.first(where: { Self.meetAlike($0.settings, settings) }) {
                    reportShadow(route, by: rival, host: host)
                    break
                }
                known[key] = rivals + [route]
            }
        }
    }

    private static func meetAlike(_ first: RouteSettings, _ second: RouteSettings) -> Bool {
        first.path == second.path || first.ignoresPathCase || second.ignoresPathCase
    }

    private func reportShadow(_ route: BuiltRoute, by rival: BuiltRoute, host: String) {
        let isSameText = route.settings.name == rival.settings.name
        let place = ground.findings.place(of: rival.span)
        let limit = route.settings.hosts.count > 1 ? " for host \(host)" : ""
        ground.findings.error(
            "this route is never reached\(limit): the one at \(place) takes the same requests",
            at: route.span,
            hint: isSameText
                ? "rules of one path by method belong into one route, in `method` blocks"
                : "`\(rival.settings.name)` and `\(route.settings.name)` are two spellings of one"
        )
    }

    private func checkIssuers(_ routes: [BuiltRoute]) {
        let protected = routes.filter { Self.needsIssuer($0.settings) }
        if names.issuers.isEmpty, !main.mentions("issuer"), !names.mentionsServer,
            let first = protected.first
        {
            ground.findings.error(
                "this route needs a token, and the file has no `issuer` whose tokens could be good",
                at: first.span,
                hint: "write issuer NAME { jwks_uri URL; audience NAME; }, or access public;"
            )
        }
        if routes.contains(where: \.hasIssuerFault) { return }
        var used: Set<Int> = []
        for route in protected {
            for rule in Self.rules(of: route.settings) where rule.access != .public {
                used.formUnion(rule.issuers)
            }
        }
        for (index, issuer) in names.issuers.enumerated() where !used.contains(index) {
            // One that is defined twice was told already.
            guard names.issuerIndex(of: issuer.name) == index else { continue }
            ground.findings.error(
                "no route accepts tokens of this issuer",
                at: issuer.span,
                hint: "name it in the `issuer` of a route, or remove the block"
            )
        }
    }

    private func checkUpstreams(_ routes: [BuiltRoute]) {
        if routes.contains(where: \.hasUpstreamFault) { return }
        var used: Set<Int> = []
        for route in routes {
            if case .forward(let upstream) = route.settings.action { used.insert(upstream) }
        }
        for (index, upstream) in names.upstreams.enumerated() where !used.contains(index) {
            guard names.upstreamIndex(of: upstream.name) == index else { continue }
            ground.findings.warning("no route forwards to this upstream", at: upstream.span)
        }
    }

    private static func needsIssuer(_ route: RouteSettings) -> Bool {
        rules(of: route).contains { $0.access != .public }
    }

    /// A `methods` list does not narrow it: a rule that holds for nothing is a fault of its own.
    private static func rules(of route: RouteSettings) -> [RouteRule] {
        [route.rule] + route.methodRules.map(\.rule)
    }
}
