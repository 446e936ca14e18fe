import Access
import Configuration
import JSON
import Testing

@testable import AuthorizationServer

@Suite("OAuth 2.1 §3.2: token")
struct TokenEndpointTests {
    @Test("RFC 6749 §5.1: a code gives tokens, true figures and no-store")
    func codeGrant() async throws {
        let kit = try await OAuthKit()
        let answer = try await kit.redeem(try await kit.code())
        #expect(answer.status == 200)
        #expect(answer.value(of: "cache-control") == "no-store")
        #expect(answer.value(of: "pragma") == "no-cache")
        let body = answer.object
        #expect(body["token_type"] == "Bearer")
        #expect(body["expires_in"] == .integer(600))
        #expect(body["scope"] == "openid email orders:read")
        #expect(body["refresh_token"]?.string?.utf8.count == 45)
        let access = try claims(body["access_token"]?.string ?? "")
        #expect(access["iss"] == "https://gate.test")
        #expect(access["aud"] == "orders-api")
        #expect(access["client_id"] == "web")
        let identity = try claims(body["id_token"]?.string ?? "")
        #expect(identity["aud"] == "web")
        #expect(identity["nonce"] == "n-1")
        #expect(identity["sub"] == access["sub"])
        #expect(identity["email"] == "ada@example.test")
    }

    @Test("OpenID Connect Core §3.1.3.3: no ID token without openid")
    func noIdentityToken() async throws {
        let kit = try await OAuthKit()
        let signed = try await kit.signIn(["scope": "orders:read"])
        #expect(signed.answer["id_token"] == nil)
        #expect(signed.answer["scope"] == "orders:read")
    }

    @Test("decision 7: granted is what was asked, cut to what client and user have")
    func scopesAreCut() async throws {
        let kit = try await OAuthKit()
        let signed = try await kit.signIn(["scope": "orders:write orders:read admin"])
        #expect(signed.answer["scope"] == "orders:read")
    }

    @Test("decision 6, RFC 6749 §4.1.2: a code is good once, and a replay ends its session")
    func replay() async throws {
        let kit = try await OAuthKit()
        let code = try await kit.code()
        let first = try await kit.redeem(code).object
        expectError(try await kit.redeem(code), "invalid_grant")
        let access = first["access_token"]?.string ?? ""
        #expect(try await kit.introspect(access)["active"] == false)
        #expect(!kit.harness.published.all.isEmpty)
        expectError(try await kit.refresh(first["refresh_token"]?.string ?? ""), "invalid_grant")
    }

    @Test(
        "RFC 7636 §4.6: no verifier, a wrong one or one that is none uses the code up",
        arguments: [
            nil, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXx", "short",
            ServiceHarness.challenge,
        ] as [String?]
    )
    func wrongVerifier(_ verifier: String?) async throws {
        let kit = try await OAuthKit()
        let code = try await kit.code()
        let answer = try await kit.redeem(code, ["code_verifier": verifier])
        expectError(answer, "invalid_grant")
        expectError(try await kit.redeem(code), "invalid_grant")
    }

    @Test("OAuth 2.1 §10.2: redirect_uri may be left out; said, it must be right")
    func redirectURI() async throws {
        let kit = try await OAuthKit()
        let answer = try await kit.redeem(try await kit.code(), ["redirect_uri": nil])
        #expect(answer.status == 200)
        let other = CookieJar()
        let code = try await kit.code(cookies: other)
        expectError(
            try await kit.redeem(code, ["redirect_uri": "https://web.example.com/x"]),
            "invalid_grant"
        )
    }

    @Test("RFC 6749 §4.1.3: a code is its client's own, and dies with its minute")
    func foreignAndLate() async throws {
        let kit = try await OAuthKit()
        let code = try await kit.code()
        let foreign = try await kit.redeem(code, ["client_id": "desktop"], headers: [])
        expectError(foreign, "invalid_grant")
        let late = try await kit.code()
        kit.harness.advance(seconds: 60)
        expectError(try await kit.redeem(late), "invalid_grant")
        expectError(try await kit.redeem("nothing"), "invalid_grant")
    }

    @Test(
        "RFC 6749 §5.2: what is missing or unknown is said",
        arguments: [
            (["grant_type": nil], "invalid_request"),
            (["grant_type": "password"], "unsupported_grant_type"),
            (
                ["grant_type": "urn:ietf:params:oauth:grant-type:device_code"],
                "unsupported_grant_type"
            ),
            (["code": nil], "invalid_request"),
            (["grant_type": "refresh_token"], "invalid_request"),
            (["resource": "https://other.test"], "invalid_target"),
        ] as [([String: String?], String)]
    )
    func errors(_ changes: [String: String?], _ word: String) async throws {
        let kit = try await OAuthKit()
        let answer = try await kit.redeem("c", changes)
        expectError(answer, word)
        #expect(answer.note.clientID == "web")
    }

    @Test("RFC 6749 §3.2: parameters stand in a form, each once, never in the URL")
    func places() async throws {
        let kit = try await OAuthKit()
        let form = [("grant_type", "client_credentials")]
        let web = OAuthKit.web
        expectError(
            try await kit.harness.send("POST", "/oauth2/token?scope=x", form: form, headers: [web]),
            "invalid_request"
        )
        expectError(
            try await kit.harness.send("POST", "/oauth2/token", form: form + form, headers: [web]),
            "invalid_request"
        )
        expectError(
            try await kit.harness.send(
                "POST",
                "/oauth2/token",
                json: ["grant_type": "client_credentials"],
                headers: [web]
            ),
            "invalid_request"
        )
        expectError(
            try await kit.harness.send("POST", "/oauth2/token", headers: [web]),
            "invalid_request"
        )
    }

    @Test("decision 10: a refresh token rotates, its answer is given again within the grace")
    func rotation() async throws {
        let kit = try await OAuthKit()
        let signed = try await kit.signIn()
        let second = try await kit.refresh(signed.refresh)
        #expect(second.status == 200)
        let next = try #require(second.object["refresh_token"]?.string)
        #expect(next != signed.refresh)
        #expect(second.object["id_token"]?.string != nil)
        kit.harness.advance(seconds: 10)
        let again = try await kit.refresh(signed.refresh).object
        #expect(again["refresh_token"]?.string == next)
        #expect(again["access_token"] == second.object["access_token"])
        #expect(again["expires_in"] == .integer(590))
        kit.harness.advance(seconds: 30)
        expectError(try await kit.refresh(signed.refresh), "invalid_grant")
        // Reuse after the grace ends the whole family.
        expectError(try await kit.refresh(next), "invalid_grant")
    }

    @Test("RFC 6749 §6: a refresh may ask for less, never for more")
    func narrowing() async throws {
        let kit = try await OAuthKit()
        let signed = try await kit.signIn()
        expectError(
            try await kit.refresh(signed.refresh, ["scope": "orders:read orders:write"]),
            "invalid_scope"
        )
        let less = try await kit.refresh(signed.refresh, ["scope": "orders:read"]).object
        #expect(less["scope"] == "orders:read")
        let all = try await kit.refresh(less["refresh_token"]?.string ?? "").object
        #expect(all["scope"] == "openid email orders:read")
    }

    @Test("RFC 6749 §6, §10.4: a refresh token is its client's own")
    func foreignRefresh() async throws {
        let kit = try await OAuthKit()
        let signed = try await kit.signIn()
        let answer = try await kit.refresh(signed.refresh, ["client_id": "spa"], headers: [])
        expectError(answer, "invalid_grant")
        #expect(try await kit.refresh(signed.refresh).status == 200)
    }

    @Test("section 6: grants that the conf does not give are unauthorized_client")
    func grantTypes() async throws {
        let kit = try await OAuthKit()
        let changes: [String: String?] = ["client_id": "desktop"]
        expectError(try await kit.refresh("r", changes, headers: []), "unauthorized_client")
        let none = try await kit.code([
            "client_id": "desktop", "redirect_uri": "http://127.0.0.1:9/callback",
        ])
        let answer = try await kit.redeem(
            none,
            ["client_id": "desktop", "redirect_uri": "http://127.0.0.1:9/callback"],
            headers: []
        )
        #expect(answer.status == 200)
        #expect(answer.object["refresh_token"] == nil)
    }

    @Test("RFC 6749 §4.4: a machine gets a token of its own, without a refresh token")
    func clientCredentials() async throws {
        let kit = try await OAuthKit()
        let answer = try await kit.post(
            "/oauth2/token",
            ["grant_type": "client_credentials", "scope": "orders:read"],
            headers: [OAuthKit.web]
        )
        #expect(answer.status == 200)
        #expect(answer.object["refresh_token"] == nil)
        #expect(answer.object["scope"] == "orders:read")
        let token = try claims(answer.object["access_token"]?.string ?? "")
        #expect(token["sub"] == "web")
        #expect(token["session_id"] == nil)
        expectError(
            try await kit.post(
                "/oauth2/token",
                ["grant_type": "client_credentials", "scope": "admin"],
                headers: [OAuthKit.web]
            ),
            "invalid_scope"
        )
        expectError(
            try await kit.post(
                "/oauth2/token",
                ["grant_type": "client_credentials", "client_id": "spa"]
            ),
            "unauthorized_client"
        )
    }

    @Test("section 8: tokens and secrets travel over https only")
    func transport() async throws {
        let kit = try await OAuthKit()
        let answer = try await kit.post(
            "/oauth2/token",
            ["grant_type": "client_credentials"],
            headers: [OAuthKit.web],
            isConfidential: false
        )
        expectError(answer, "invalid_request")
    }

    @Test("section 8: one client asks no more often than the conf allows, wherever it asks from")
    func clientRate() async throws {
        let kit = try await OAuthKit()
        var last: ControlResponse?
        for index in 0...kit.harness.settings.limits.tokenRate.burst {
            last = try await kit.harness.send(
                "POST",
                "/oauth2/token",
                form: [("client_id", "spa")],
                address: "203.0.113.\(index % 250)"
            )
        }
        #expect(last?.status == 429)
        #expect(last?.value(of: "retry-after") == "1")
        expectError(
            try await kit.post("/oauth2/token", [:], headers: [OAuthKit.web]),
            "invalid_request"
        )
    }
}
