import Access
import JSON
import Testing

@testable import AuthorizationServer

@Suite("OpenID Connect Core §5.3: userinfo")
struct UserInfoTests {
    private func userInfo(
        _ kit: OAuthKit,
        _ token: String,
        method: String = "GET"
    ) async throws -> ControlResponse {
        try await kit.harness.send(
            method,
            "/oauth2/userinfo",
            headers: [("authorization", "Bearer " + token)]
        )
    }

    @Test("§5.4: claims by scopes", arguments: ["GET", "POST"])
    func claimsByScope(_ method: String) async throws {
        let kit = try await OAuthKit()
        let signed = try await kit.signIn(["scope": "openid"])
        let sub = try claims(signed.access)["sub"]
        #expect(
            try await userInfo(kit, signed.access, method: method).object == ["sub": sub ?? .null]
        )
        let more = try await kit.signIn(["scope": "openid profile email"])
        let body = try await userInfo(kit, more.access, method: method).object
        #expect(body["sub"] == sub)
        #expect(body["email"] == "ada@example.test")
        #expect(body["email_verified"] == true)
        #expect(body["name"] == "Ada")
    }

    @Test("RFC 6750 §2.2: the token may stand in a posted form, not in two places, not in the URL")
    func places() async throws {
        let kit = try await OAuthKit()
        let signed = try await kit.signIn()
        let form = [("access_token", signed.access)]
        #expect(try await kit.harness.send("POST", "/oauth2/userinfo", form: form).status == 200)
        let both = try await kit.harness.send(
            "POST",
            "/oauth2/userinfo",
            form: form,
            headers: [("authorization", "Bearer " + signed.access)]
        )
        expectError(both, "invalid_request")
        #expect(both.value(of: "www-authenticate")?.contains("error=\"invalid_request\"") == true)
        let url = try await kit.harness.send(
            "GET",
            "/oauth2/userinfo?" + FormCoding.query(form)
        )
        #expect(url.status == 401)
    }

    @Test("RFC 6750 §3: without a token the challenge has no error")
    func noToken() async throws {
        let kit = try await OAuthKit()
        let answer = try await kit.harness.send("GET", "/oauth2/userinfo")
        #expect(answer.status == 401)
        #expect(answer.value(of: "www-authenticate") == "Bearer realm=\"userinfo\"")
    }

    @Test("decision 11: a token of a revoked session is invalid_token at once")
    func revoked() async throws {
        let kit = try await OAuthKit()
        let signed = try await kit.signIn()
        #expect(try await userInfo(kit, signed.access).status == 200)
        _ = try await kit.post(
            "/oauth2/revoke",
            ["token": signed.refresh],
            headers: [OAuthKit.web]
        )
        for token in [signed.access, signed.identity, signed.refresh, "x"] {
            let answer = try await userInfo(kit, token)
            expectError(answer, "invalid_token", 401)
            #expect(
                answer.value(of: "www-authenticate")?.contains("error=\"invalid_token\"") == true
            )
        }
    }

    @Test("section 6: a machine is nobody to tell about")
    func machine() async throws {
        let kit = try await OAuthKit()
        let narrow = try await kit.machine()
        expectError(try await userInfo(kit, narrow), "insufficient_scope", 403)
        let answer = try await kit.post(
            "/oauth2/token",
            ["grant_type": "client_credentials", "scope": "openid"],
            headers: [OAuthKit.web]
        )
        let token = answer.object["access_token"]?.string ?? ""
        expectError(try await userInfo(kit, token), "invalid_token", 401)
    }

    @Test("RFC 6750 §3.1: without openid it is insufficient_scope, and the scope is named")
    func insufficientScope() async throws {
        let kit = try await OAuthKit()
        let signed = try await kit.signIn(["scope": "orders:read"])
        let answer = try await userInfo(kit, signed.access)
        expectError(answer, "insufficient_scope", 403)
        #expect(answer.value(of: "www-authenticate")?.contains("scope=\"openid\"") == true)
    }
}
