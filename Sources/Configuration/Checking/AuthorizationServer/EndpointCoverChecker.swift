/// Finds routes of which the authorization server takes requests away.
struct EndpointCoverChecker {
    private let server: AuthorizationServerSettings
    private let ground: BuildGround
    private let paths: [String]

    /// Prepares to check against the endpoints that the server has.
    init(server: AuthorizationServerSettings, ground: BuildGround) {
        self.server = server
        self.ground = ground
        paths = Endpoint.allCases.filter(server.serves)
            .flatMap { $0.paths(dressipiPrefix: server.dressipiPrefix) }
    }

    /// Warns of each such route, once.
    func check(_ routes: [BuiltRoute]) {
        for route in routes where route.isSound {
            let hosts = server.hosts.filter { Self.takes(route.settings, host: $0) }
            guard let host = hosts.first else { continue }
            let covered = paths.filter { Self.takes(route.settings, path: $0) }
            guard let path = covered.first else { continue }
            let others = covered.count > 1 ? " and \(covered.count - 1) more" : ""
            ground.findings.warning(
                "on \(host) the authorization server answers \(path)\(others) itself: "
                    + "route \(route.settings.name) never gets such requests",
                at: route.span
            )
        }
    }

    private static func takes(_ route: RouteSettings, host: String) -> Bool {
        route.hosts.isEmpty
            || route.hosts.contains { pattern in
                pattern == host || pattern.hasPrefix("*.") && host.hasSuffix(pattern.dropFirst())
            }
    }

    /// `*` in the path of an endpoint stands for any segment.
    private static func takes(_ route: RouteSettings, path: String) -> Bool {
        let wanted = segments(route.path, route)
        let endpoint = segments(path, route)
        guard wanted.count <= endpoint.count else { return false }
        if route.isExact, wanted.count != endpoint.count { return false }
        return zip(wanted, endpoint).allSatisfy { $0 == $1 || $1 == "*" }
    }

    private static func segments(_ path: String, _ route: RouteSettings) -> [Substring] {
        let text = route.ignoresPathCase ? path.lowercased() : path
        return text.split(separator: "/", omittingEmptySubsequences: false)
    }
}
