import EventLoop
import Testing

@testable import Configuration

/// The conf that the product's owner wrote down loads as it stands, and means what it says.
@Suite
struct IssueConfigurationTests {
    private let loaded = GoldenFiles.load(GoldenFiles.bytes("good/issue.conf"))

    private func settings() throws -> Settings {
        try #require(loaded.settings)
    }

    @Test
    func processMeansWhatItSays() throws {
        let settings = try settings()
        #expect(settings.workerCount == 2)
        #expect(settings.stateDirectory == "/conf/state")
        let log = AccessLogSettings(
            destination: .file(path: "/conf/logs/access.log"),
            format: .json
        )
        #expect(settings.accessLog == log)
        #expect(settings.errorLog == ErrorLogSettings(destination: .standardError, level: .info))
        #expect(settings.admin == SocketAddress("127.0.0.1:9901"))
        #expect(settings.trustedProxies == [IPNetwork("192.0.2.0/24")].compactMap(\.self))
    }

    @Test
    func listenersMeanWhatTheySay() throws {
        let listeners = try settings().listeners
        try #require(listeners.count == 2)
        #expect(listeners[0].address == SocketAddress("127.0.0.1:8443"))
        let pair = CertificateSettings(
            certificatePath: "/conf/tls/server.crt",
            keyPath: "/conf/tls/server.key"
        )
        #expect(listeners[0].tls == TLSSettings(certificate: pair, named: []))
        #expect(listeners[0].purpose == .serve)
        #expect(listeners[0].strictTransportSecurity == .seconds(31_536_000))
        #expect(listeners[1].address == SocketAddress("127.0.0.1:8080"))
        #expect(listeners[1].tls == nil && !listeners[1].allowsPlaintext)
        #expect(listeners[1].strictTransportSecurity == nil)
    }

    @Test
    func issuersMeanWhatTheySay() throws {
        let issuers = try settings().issuers
        try #require(issuers.count == 2)
        #expect(issuers[0].identifier == "https://issuer.test")
        #expect(issuers[0].keys == .file(path: "/conf/keys/issuer.jwks.json"))
        #expect(issuers[0].audiences == ["orders-api"])
        #expect(issuers[0].algorithms == ["RS256", "PS256", "ES256", "EdDSA"])
        #expect(issuers[0].clockSkew == .seconds(60))
        #expect(issuers[1].identifier == "https://login.partner.test")
        #expect(issuers[1].keys == .url("http://127.0.0.1:9100/jwks.json"))
        #expect(issuers[1].audiences == ["orders-api", "partner-api"])
        #expect(issuers[1].algorithms == ["ES256"])
        #expect(issuers[1].tokenType == nil && !issuers[1].acceptsIDTokens)
    }

    @Test
    func upstreamMeansWhatItSays() throws {
        let upstreams = try settings().upstreams
        try #require(upstreams.count == 1 && upstreams[0].servers.count == 2)
        #expect(upstreams[0].name == "orders")
        #expect(
            upstreams[0].servers[0].host == "127.0.0.1" && upstreams[0].servers[0].port == 9_000
        )
        #expect(!upstreams[0].servers[0].isBackup && upstreams[0].servers[1].isBackup)
        #expect(upstreams[0].servers[1].port == 9_001 && !upstreams[0].servers[1].isTLS)
        #expect(upstreams[0].balance == .leastConnections)
        #expect(upstreams[0].keepAliveCount == 64)
        #expect(upstreams[0].connectTimeout == .seconds(2))
        #expect(upstreams[0].readTimeout == .seconds(60))
        #expect(upstreams[0].idleTimeout == .seconds(300))
        let check = try #require(upstreams[0].healthCheck)
        #expect(check.probe == .http(method: "GET", path: "/healthz"))
        #expect(check.interval == .seconds(5))
    }

    @Test
    func routesMeanWhatTheySay() throws {
        let routes = try settings().routes
        try #require(routes.count == 7)
        #expect(
            routes.map(\.path) == [
                "/orders", "/partner", "/shadow", "/public", "/maybe", "/exact", "/hooks",
            ]
        )
        #expect(routes.map(\.isExact) == [false, false, false, false, false, true, false])
        #expect(routes.allSatisfy { $0.action == .forward(upstream: 0) && $0.isLogged })
        #expect(routes.map(\.isShadow) == [false, false, true, false, false, false, false])
        let access = routes.map(\.rule.access)
        let expected: [AccessMode] = [
            .required, .required, .required, .public, .optional, .public, .public,
        ]
        #expect(access == expected)
        #expect(routes[6].hosts == ["hooks.test", "*.hooks.test"])
        #expect(routes[6].name == "/hooks/ host=hooks.test,*.hooks.test")
        #expect(routes[5].name == "= /exact")
    }

    @Test
    func rulesMeanWhatTheySay() throws {
        let routes = try settings().routes
        try #require(routes.count == 7 && routes[0].methodRules.count == 1)
        #expect(routes[0].rule.issuers == [0, 1])
        #expect(routes[0].rule.scopes == [.allOf(["orders:read"])])
        #expect(routes[0].methods == nil)
        #expect(routes[0].methodRules[0].methods == ["POST", "PUT", "PATCH", "DELETE"])
        #expect(routes[0].methodRules[0].rule.scopes == [.allOf(["orders:write"])])
        #expect(routes[0].methodRules[0].rule.issuers == [0, 1])
        #expect(routes[1].rule.issuers == [1])
        let claim = ClaimRequirement(path: ["email_verified"], values: [.boolean(true)])
        #expect(routes[1].rule.claims == [claim])
        let header = IdentityHeaderSettings(
            name: "x-partner-id",
            claimPath: ["sub"],
            separator: ","
        )
        #expect(routes[1].identityHeaders == [header])
        #expect(routes[1].identityHeaderSet == .stack)
        #expect(routes[1].strippedPrefix == "/partner")
        #expect(routes[2].rule.scopes == [.allOf(["admin"])] && routes[2].rule.issuers == [0, 1])
    }

    @Test
    func checkSaysWhatIsOpen() throws {
        #expect(loaded.errorCount == 0 && loaded.warningCount == 5)
        let report = try #require(loaded.report)
        #expect(report.relaxations.count == 5)
        #expect(report.access[1] == "route /partner/: a token of https://login.partner.test")
        #expect(report.outages.contains { $0.contains("login.partner.test") && $0.contains("1d") })
        #expect(loaded.files.contains("/conf/keys/issuer.jwks.json"))
        #expect(loaded.files.first == "/conf/gateway.conf")
    }
}
