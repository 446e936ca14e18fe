import Configuration
import HTTP
import Testing

@testable import Access

/// Which paths of which hosts are the authorization server's.
@Suite
struct EndpointTableTests {
    private func find(
        _ host: String,
        _ path: String,
        in table: EndpointTable = EndpointTable(Kit.authorizationServer())
    ) -> String? {
        let host = Array(host.utf8)
        let bytes = Array(path.utf8)
        guard let match = table.find(host: host.span, path: bytes.span) else { return nil }
        let parameter = String(decoding: bytes[match.parameter], as: UTF8.self)
        return parameter.isEmpty
            ? match.endpoint.rawValue : "\(match.endpoint.rawValue) \(parameter)"
    }

    @Test(arguments: [
        ("/api/v1/auth/oauth/authorize/corp", "stackAuthorize corp"),
        ("/api/latest/auth/oauth/authorize/corp", "stackAuthorize corp"),
        ("/api/v1/auth/oauth/authorize/a%20b", "stackAuthorize a%20b"),
        ("/api/v1/auth/oauth/authorize/", nil), ("/api/v1/auth/oauth/authorize", nil),
        ("/api/v1/auth/oauth/authorize/a/b", nil), ("/api/v1/auth/oauth/authorize/a/", nil),
        ("/api/v1/auth/oauth/token", "stackToken"), ("/api/v1/auth/oauth/token/", nil),
        ("/API/v1/auth/oauth/token", nil), ("/api/v2/auth/oauth/token", nil),
        ("/api/v1/auth/sessions", "stackSessions"),
        ("/api/v1/auth/sessions/current", "stackCurrentSession"),
        ("/api/v1/auth/sessions/current/refresh", "stackSessionRefresh"),
        ("/api/v1/auth/sessions/currents", "stackSession currents"),
        ("/api/v1/auth/sessions/x", "stackSession x"),
        ("/api/v1/auth/sessions/x/refresh", nil),
        ("/api/v1/projects/p1/.well-known/jwks.json", "stackKeySet p1"),
        ("/api/v1/projects//.well-known/jwks.json", nil),
        ("/api/v1/projects/a/b/.well-known/jwks.json", nil),
        ("/api/v1/projects/.well-known/jwks.json", nil),
        ("/api/v1/projects/current", "stackCurrentProject"),
        ("/oauth/token", "dressipiToken"), ("/oauth2/token", "token"),
        ("/oauth2/callback/corp", "callback corp"), ("/.well-known/jwks.json", "keySet"),
        ("/oauth2/gatehouse.css", "styleSheet"), ("/", nil), ("", nil), ("/oauth2", nil),
    ])
    func paths(path: String, expected: String?) {
        #expect(find("auth.test", path) == expected)
    }

    @Test
    func everyPathOfEveryEndpointIsFound() {
        for endpoint in Endpoint.allCases {
            for path in endpoint.paths(dressipiPrefix: "/oauth") {
                let asked = path.replacing("*", with: "one")
                let expected = path == asked ? endpoint.rawValue : "\(endpoint.rawValue) one"
                #expect(find("auth.test", asked) == expected)
            }
        }
    }

    @Test(arguments: [
        ("auth.test", true), ("alias.test", true), ("other.test", false), ("", false),
        ("x.auth.test", false), ("auth.tes", false),
    ])
    func hosts(host: String, isOurs: Bool) {
        #expect((find(host, "/oauth2/token") != nil) == isOurs)
    }

    @Test
    func whatNobodyUsesIsNotThere() {
        let stack = EndpointTable(Kit.authorizationServer(dialects: []))
        #expect(find("auth.test", "/api/v1/auth/oauth/token", in: stack) == "stackToken")
        #expect(find("auth.test", "/oauth2/token", in: stack) == nil)
        #expect(find("auth.test", "/oauth/token", in: stack) == nil)
        let dressipi = EndpointTable(
            Kit.authorizationServer(isStack: false, dialects: [.dressipi])
        )
        #expect(find("auth.test", "/oauth/token", in: dressipi) == "dressipiToken")
        #expect(find("auth.test", "/.well-known/jwks.json", in: dressipi) == "keySet")
        #expect(find("auth.test", "/api/v1/auth/oauth/token", in: dressipi) == nil)
        #expect(find("auth.test", "/oauth2/sign-in", in: dressipi) == nil)
    }

    @Test(arguments: [
        ("GET", "auth.test", "/oauth2/token", "endpoint", nil),
        ("GET", "gate.test", "/oauth2/token", "route 0", nil),
        ("GET", "auth.test", "/oauth2/x", "route 0", nil),
        ("GET", "auth.test", "/oauth2/%74oken", "endpoint", nil),
        ("GET", "auth.test", "//oauth2/token", "endpoint", "path.ambiguous"),
        ("GET", "auth.test", "/oauth2/callback/a%2Fb", "endpoint", "path.ambiguous"),
        ("GET", "auth.test", "/a//b", "route 0", "path.ambiguous"),
        ("GET", "auth.test", "/merged//b", "route 1", nil),
        ("GET", "auth.test", "/%", "none", "path.malformed"),
        ("CONNECT", "auth.test", "/oauth2/token", "none", ""),
        ("TRACE", "auth.test", "/oauth2/token", "none", "method.trace"),
        ("OPTIONS", "auth.test", "*", "none", ""),
    ])
    func destinations(
        method: String,
        host: String,
        path: String,
        expected: String,
        detail: String?
    ) throws {
        var settings = try Kit.settings(
            Kit.preamble
                + """
                route / { upstream one; access public; }
                route /merged/ { upstream one; access public; merge_slashes on; }
                """
        )
        settings.authorizationServer = Kit.authorizationServer()
        let snapshot = AccessSnapshot(settings, issuers: [])
        let (method, raw, host) = (Array(method.utf8), Array(path.utf8), Array(host.utf8))
        var canonical = CanonicalPath()
        let found = snapshot.findDestination(
            method: Method(method.span),
            rawPath: raw.span,
            host: host.span,
            path: &canonical
        )
        let text =
            switch found.destination {
            case .endpoint: "endpoint"
            case .route(let index): "route \(index)"
            case nil: "none"
            }
        #expect(text == expected)
        #expect(found.refusal?.detail == detail)
    }
}
