import Access
import JSON
import Testing

@testable import AuthorizationServer

@Suite("RFC 7009 and RFC 7662: revoke and introspect")
struct RevokedTokenTests {
    private func revoke(
        _ kit: OAuthKit,
        _ token: String?,
        _ more: [String: String?] = [:],
        headers: [(String, String)] = [OAuthKit.web]
    ) async throws -> ControlResponse {
        let form: [String: String?] = ["token": token]
        return try await kit.post(
            "/oauth2/revoke",
            form.merging(more) { $1 },
            headers: headers
        )
    }

    @Test("RFC 7009 §2.1: either token of a session ends the session", arguments: [true, false])
    func endsSession(_ usesAccessToken: Bool) async throws {
        let kit = try await OAuthKit()
        let signed = try await kit.signIn()
        let session = try claims(signed.access)["session_id"]?.string
        let answer = try await revoke(kit, usesAccessToken ? signed.access : signed.refresh)
        #expect(answer.status == 200)
        #expect(answer.body.isEmpty)
        #expect(kit.harness.published.all == [session])
        #expect(try await kit.introspect(signed.access) == ["active": false])
        #expect(try await kit.introspect(signed.refresh) == ["active": false])
        expectError(try await kit.refresh(signed.refresh), "invalid_grant")
        #expect(try await revoke(kit, signed.refresh).status == 200)
    }

    @Test("RFC 7009 §2.1: a refresh token that was exchanged already ends it as well")
    func rotated() async throws {
        let kit = try await OAuthKit()
        let signed = try await kit.signIn()
        let next = try await kit.refresh(signed.refresh).object["refresh_token"]?.string ?? ""
        #expect(try await kit.introspect(signed.refresh) == ["active": false])
        #expect(try await kit.introspect(next)["active"] == true)
        #expect(try await revoke(kit, signed.refresh).status == 200)
        #expect(try await kit.introspect(next) == ["active": false])
    }

    @Test("RFC 7009 §2.2: what is unknown or dead is answered with 200")
    func unknown() async throws {
        let kit = try await OAuthKit()
        for token in ["nothing", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
            #expect(try await revoke(kit, token, ["token_type_hint": "odd"]).status == 200)
        }
        let signed = try await kit.signIn()
        kit.harness.advance(seconds: 600)
        #expect(try await revoke(kit, signed.access).status == 200)
        #expect(kit.harness.published.all.isEmpty)
    }

    @Test("RFC 7009 §2.1: another client's token is refused and lives on")
    func foreign() async throws {
        let kit = try await OAuthKit()
        let signed = try await kit.signIn()
        let answer = try await revoke(kit, signed.refresh, ["client_id": "spa"], headers: [])
        expectError(answer, "invalid_grant")
        #expect(try await kit.introspect(signed.access)["active"] == true)
        expectError(try await revoke(kit, nil), "invalid_request")
        expectError(try await revoke(kit, "x", headers: []), "invalid_client", 401)
        #expect(try await kit.harness.send("GET", "/oauth2/revoke").status == 405)
    }

    @Test("section 4: a machine's token is revoked by its jti")
    func machine() async throws {
        let kit = try await OAuthKit()
        let token = try await kit.machine()
        let other = try await kit.machine()
        #expect(try await kit.introspect(token)["active"] == true)
        #expect(try await revoke(kit, token).status == 200)
        #expect(kit.harness.published.all == [try claims(token)["jti"]?.string])
        #expect(try await kit.introspect(token) == ["active": false])
        #expect(try await kit.introspect(other)["active"] == true)
    }

    @Test("RFC 7662 §2.2: what a token says, and nothing of the person")
    func describes() async throws {
        let kit = try await OAuthKit()
        let signed = try await kit.signIn(["scope": "openid email orders:read"])
        let answer = try await kit.post(
            "/oauth2/introspect",
            ["token": signed.access, "token_type_hint": "access_token"],
            headers: [OAuthKit.web]
        )
        #expect(answer.value(of: "cache-control") == "no-store")
        let body = answer.object
        let token = try claims(signed.access)
        #expect(body["active"] == true)
        #expect(body["token_type"] == "Bearer")
        for name in ["iss", "sub", "aud", "client_id", "scope", "iat", "exp", "jti"] {
            #expect(body[name] == token[name], "\(name)")
        }
        #expect(body["email"] == nil)
        let refresh = try await kit.introspect(signed.refresh)
        #expect(refresh["active"] == true)
        #expect(refresh["client_id"] == "web")
        #expect(refresh["sub"] == token["sub"])
        #expect(refresh["exp"] == .integer(Fixtures.now + 30 * 86_400))
    }

    @Test("RFC 7662 §4: clients with a secret, of their own tokens; of any where the conf says so")
    func whoAsks() async throws {
        let kit = try await OAuthKit()
        let signed = try await kit.signIn()
        let resource = OAuthKit.basic("resource", "resource")
        let example = OAuthKit.basic("s6BhdRkqt3", "gX1fBat3bV")
        #expect(try await kit.introspect(signed.access, headers: [resource])["active"] == true)
        #expect(try await kit.introspect(signed.refresh, headers: [resource])["active"] == true)
        #expect(
            try await kit.introspect(signed.access, headers: [example]) == ["active": false]
        )
        let form: [String: String?] = ["token": signed.access]
        let open = form.merging(["client_id": "spa"]) { $1 }
        expectError(try await kit.post("/oauth2/introspect", open), "invalid_client", 401)
        expectError(try await kit.post("/oauth2/introspect", form), "invalid_client", 401)
        expectError(
            try await kit.post("/oauth2/introspect", [:], headers: [resource]),
            "invalid_request"
        )
    }

    @Test("RFC 7662 §2.2: expired, damaged and ID tokens are inactive")
    func inactive() async throws {
        let kit = try await OAuthKit()
        let signed = try await kit.signIn()
        for token in [signed.access + "x", "x", "a.b.c", signed.identity] {
            #expect(try await kit.introspect(token) == ["active": false])
        }
        kit.harness.advance(seconds: 600)
        #expect(try await kit.introspect(signed.access) == ["active": false])
    }
}
