import Bytes
import Configuration
import HTTP
import Testing

@testable import Access

/// Where a token is found, and where two are.
@Suite
struct TokenSearchTests {
    /// `none`, `ambiguous`, or the source with the token.
    private func search(_ lines: [(String, String)], _ sources: String = "") throws -> String {
        let route = try Kit.route(sources)
        let fields = Kit.fields(lines)
        switch TokenSearch.run(fields, route.settings.tokenSources) {
        case .none: return "none"
        case .ambiguous: return "ambiguous"
        case .found(let place):
            return "\(place.source) \(fields.value(at: place.field, part: place.range).text())"
        }
    }

    @Test(arguments: [
        ("Bearer t", "authorization t"), ("bearer t", "authorization t"),
        ("BEARER   t", "authorization t"), ("Bearer", "none"), ("Bearer ", "none"),
        ("Bearert", "none"), ("Bearer\tt", "none"), ("Basic t", "none"), ("", "none"),
        ("Bearer a b", "authorization a b"),
    ])
    func bearerForms(value: String, found: String) throws {
        #expect(try search([("Authorization", value)]) == found)
    }

    @Test
    func twoAuthorizationFieldsAreAmbiguous() throws {
        #expect(
            try search([("authorization", "Bearer t"), ("AUTHORIZATION", "Bearer t")])
                == "ambiguous"
        )
        #expect(
            try search([("authorization", "Basic t"), ("authorization", "Bearer t")])
                == "ambiguous"
        )
    }

    @Test
    func headersCarryBareTokens() throws {
        let sources = "token_header x-a x-b;"
        #expect(try search([("X-A", "t")], sources) == "header t")
        #expect(try search([("x-a", ""), ("x-b", "t")], sources) == "header t")
        #expect(try search([("x-a", "t"), ("x-b", "t")], sources) == "ambiguous")
        #expect(try search([("x-a", "t"), ("X-a", "t")], sources) == "ambiguous")
        #expect(try search([("x-a", "t"), ("authorization", "Bearer t")], sources) == "ambiguous")
        #expect(try search([("x-c", "t")], sources) == "none")
    }

    @Test
    func headerWinsOverCookie() throws {
        let sources = "token_cookie access; token_header x-a;"
        #expect(try search([("cookie", "access=c"), ("x-a", "t")], sources) == "header t")
        #expect(
            try search([("cookie", "access=c"), ("authorization", "Bearer t")], sources)
                == "authorization t"
        )
        #expect(try search([("cookie", "a=1; access=c; b=2")], sources) == "cookie c")
        #expect(try search([("cookie", "access=")], sources) == "none")
        #expect(try search([("cookie", "access=c; access=c")], sources) == "ambiguous")
        #expect(
            try search([("cookie", "access=c"), ("cookie", "access=c")], sources)
                == "ambiguous"
        )
        #expect(try search([("cookie", "xaccess=c; Access=d")], sources) == "none")
        #expect(try search([("cookie", "access=c")]) == "none")
    }

    @Test
    func webSocketProtocolCarriesToken() throws {
        let sources = "token_websocket_protocol on;"
        func found(_ value: String) throws -> String {
            try search([("Sec-WebSocket-Protocol", value)], sources)
        }
        #expect(try found("bearer, t") == "webSocketProtocol t")
        #expect(try found("Bearer ,\tt , chat") == "webSocketProtocol t")
        #expect(try found("bearer") == "none" && found("bearer,") == "none")
        #expect(try found("bearer, , x") == "none" && found("chat, t") == "none")
        #expect(try search([("Sec-WebSocket-Protocol", "bearer, t")]) == "none")
        let both = [("Sec-WebSocket-Protocol", "bearer, t"), ("authorization", "Bearer t")]
        #expect(try search(both, sources) == "ambiguous")
    }
}

/// When a cookie's token counts.
@Suite
struct CrossSiteTests {
    @Test(arguments: [
        ("GET", [], true), ("HEAD", [], true), ("OPTIONS", [], true), ("POST", [], false),
        ("DELETE", [], false), ("PURGE", [], false),
        ("POST", ["Sec-Fetch-Site: same-origin"], true), ("POST", ["Sec-Fetch-Site: none"], true),
        ("POST", ["Sec-Fetch-Site: same-site"], false),
        ("POST", ["Sec-Fetch-Site: cross-site"], false),
        ("POST", ["Sec-Fetch-Site: Same-Origin"], false),
        ("POST", ["Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: same-origin"], false),
        ("POST", ["Origin: https://gate.test"], true),
        ("POST", ["Origin: https://GATE.test"], true),
        ("POST", ["Origin: http://gate.test"], false), ("POST", ["Origin: null"], false),
        ("POST", ["Origin: https://gate.test.evil"], false),
        ("POST", ["Origin: https://evil.test"], false),
        ("POST", ["Origin: https://gate.test", "Origin: https://evil.test"], false),
        ("POST", ["Origin: https://gate.test:8443"], false),
        ("GET", ["Connection: upgrade", "Upgrade: websocket"], false),
        (
            "GET",
            ["Connection: upgrade", "Upgrade: websocket", "Origin: https://gate.test"], true
        ),
        (
            "GET",
            ["Connection: upgrade", "Upgrade: websocket", "Origin: https://evil.test"], false
        ),
    ])
    func table(method: String, lines: [String], isAllowed: Bool) throws {
        let head = try Kit.head("\(method) / HTTP/1.1", lines)
        let allows = CrossSiteCheck.allows(head, scheme: "https", host: head.host)
        #expect(allows == isAllowed)
    }
}
