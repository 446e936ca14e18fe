import Access
import Bytes
import Configuration
import JOSE
import JSON
import Storage
import Testing

@testable import AuthorizationServer

@Suite("20: Dressipi")
struct DressipiTests {
    private static let redirectURI = "urn:ietf:wg:oauth:2.0:oob:auto"
    private static let verifier = "1tBnEmtSImyCykPHxHYBdzpSFhKEj0Q1LuiHd4fdDlY"
    private static let challenge = "p7CN1Zi4o5ARn1mYNvNFvj2r5cKkr2k6y7a573eHJXQ"

    private func authorize(
        _ kit: OAuthKit,
        _ changes: [String: String?] = [:],
        adding: [(String, String)] = [],
        headers: [(String, String)] = []
    ) async throws -> ControlResponse {
        var all: [String: String] = [
            "redirect_uri": Self.redirectURI, "response_type": "code",
            "client_id": "fashion-app", "state": "st-1", "code_challenge": Self.challenge,
            "code_challenge_method": "S256",
        ]
        for (name, value) in changes { all[name] = value }
        let query = all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } + adding
        return try await kit.harness.send(
            "GET",
            "/oauth/authorize?" + FormCoding.query(query),
            headers: headers
        )
    }

    private func fields(
        _ code: String,
        _ changes: [String: String?] = [:]
    ) -> [String: String] {
        var all: [String: String] = [
            "redirect_uri": Self.redirectURI, "grant_type": "authorization_code",
            "client_id": "fashion-app", "code": code, "code_verifier": Self.verifier,
        ]
        for (name, value) in changes { all[name] = value }
        return all
    }

    private func code(_ kit: OAuthKit, client: String = "fashion-app") async throws -> String {
        let answer = try await authorize(kit, ["client_id": client])
        return try #require(answer.object["code"]?.string, "\(answer.text)")
    }

    private func refresh(
        _ kit: OAuthKit,
        _ token: String,
        _ changes: [String: String?] = [:]
    ) async throws -> ControlResponse {
        let form: [String: String?] = [
            "redirect_uri": Self.redirectURI, "grant_type": "refresh_token",
            "client_id": "fashion-app", "refresh_token": token,
        ]
        return try await kit.post("/oauth/token", form.merging(changes) { $1 })
    }

    @Test("20.1: the test vector")
    func vector() {
        #expect(ProofKey.challenge(of: Self.verifier) == Self.challenge)
    }

    @Test("20.1: authorize answers code and state in the body, makes no profile, and is not kept")
    func authorizeAnswers() async throws {
        let kit = try await OAuthKit()
        let answer = try await authorize(kit)
        #expect(answer.status == 200)
        #expect(answer.value(of: "location") == nil)
        #expect(answer.value(of: "set-cookie") == nil)
        #expect(answer.value(of: "cache-control") == "no-store")
        #expect(answer.object.members.map(\.name) == ["code", "state"])
        #expect(answer.object["state"] == "st-1")
        let users = try await kit.harness.store.read { transaction in
            try transaction.users(projectID: nil, limit: 10, after: nil).count
        }
        #expect(users == 0)
    }

    @Test(
        "20.1: what authorize refuses, it refuses with 400",
        arguments: [
            (["redirect_uri": nil], "invalid_request"),
            (["redirect_uri": "urn:ietf:wg:oauth:2.0:oob"], "invalid_request"),
            (["redirect_uri": "https://app.test/"], "invalid_request"),
            (["response_type": nil], "invalid_request"),
            (["response_type": "token"], "unsupported_response_type"),
            (["client_id": nil], "invalid_request"), (["client_id": "web"], "invalid_client"),
            (["client_id": "nobody"], "invalid_client"), (["state": nil], "invalid_request"),
            (["state": "\u{e9}"], "invalid_request"),
            (["code_challenge": nil], "invalid_request"),
            (["code_challenge": "short"], "invalid_request"),
            (["code_challenge_method": nil], "invalid_request"),
            (["code_challenge_method": "plain"], "invalid_request"),
        ] as [([String: String?], String)]
    )
    func authorizeRefuses(_ changes: [String: String?], _ word: String) async throws {
        let kit = try await OAuthKit()
        expectError(try await authorize(kit, changes), word)
    }

    @Test("20.1: a parameter that stands twice is refused")
    func duplicates() async throws {
        let kit = try await OAuthKit()
        expectError(try await authorize(kit, adding: [("state", "x")]), "invalid_request")
    }

    @Test("20.1: a form and JSON give tokens", arguments: [true, false])
    func codeGrant(_ isForm: Bool) async throws {
        let kit = try await OAuthKit()
        let fields = fields(try await code(kit)).sorted { $0.key < $1.key }
        var json = JSONObject()
        for (name, value) in fields { json[name] = .string(value) }
        let answer = try await kit.harness.send(
            "POST",
            "/oauth/token",
            form: isForm ? fields.map { ($0.key, $0.value) } : nil,
            json: isForm ? nil : json
        )
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.value(of: "cache-control") == "no-store")
        let body = answer.object
        #expect(body["token_type"] == "Bearer")
        #expect(body["expires_in"] == .integer(86_400))
        #expect(body["refresh_token"]?.string?.isEmpty == false)
        let text = body["access_token"]?.string ?? ""
        // 20.2: the client decodes with `atob`, which knows neither `-` nor `_`.
        let middle = text.split(separator: ".")[1]
        #expect(!middle.contains("-") && !middle.contains("_"))
        let token = try claims(text)
        #expect(token["is_anonymous"] == true)
        #expect(token["iss"] == "https://gate.test")
        let users = try await kit.harness.store.read { transaction in
            try transaction.users(projectID: nil, limit: 10, after: nil)
        }
        #expect(users.map(\.isAnonymous) == [true])
    }

    @Test("20.1: the query, with an empty body, only where the conf says so")
    func query() async throws {
        let kit = try await OAuthKit()
        func send(_ client: String, form: [(String, String)]? = nil) async throws -> ControlResponse
        {
            let code = try await code(kit, client: client)
            let query = fields(code, ["client_id": client]).map { ($0.key, $0.value) }
            return try await kit.harness.send(
                "POST",
                "/oauth/token?" + FormCoding.query(query),
                form: form
            )
        }
        #expect(try await send("fashion-old").status == 200)
        expectError(try await send("fashion-app"), "invalid_request")
        expectError(
            try await send("fashion-old", form: [("client_id", "fashion-old")]),
            "invalid_request"
        )
    }

    @Test(
        "20.1: every fault of token is 400 with error and error_description",
        arguments: [
            (["client_id": nil], "invalid_request"), (["client_id": "nobody"], "invalid_client"),
            (["client_id": "web"], "invalid_client"), (["grant_type": nil], "invalid_request"),
            (["grant_type": "client_credentials"], "unsupported_grant_type"),
            (["grant_type": "password"], "unsupported_grant_type"),
            (["redirect_uri": nil], "invalid_request"),
            (["redirect_uri": "https://app.test/"], "invalid_grant"),
            (["code": nil], "invalid_request"), (["code": "x"], "invalid_grant"),
            (["code_verifier": nil], "invalid_grant"),
            (["code_verifier": ServiceHarness.verifier], "invalid_grant"),
            (["client_id": "fashion-old"], "invalid_grant"),
        ] as [([String: String?], String)]
    )
    func tokenRefuses(_ changes: [String: String?], _ word: String) async throws {
        let kit = try await OAuthKit()
        let form = fields(try await code(kit), changes)
        expectError(try await kit.post("/oauth/token", form.mapValues { $0 as String? }), word)
    }

    @Test("20.1: a refresh demands the redirect_uri as well, and rotates")
    func refreshes() async throws {
        let kit = try await OAuthKit()
        let form = fields(try await code(kit)).mapValues { $0 as String? }
        let first = try await kit.post("/oauth/token", form).object
        let token = first["refresh_token"]?.string ?? ""
        expectError(try await refresh(kit, token, ["redirect_uri": nil]), "invalid_request")
        expectError(
            try await refresh(kit, token, ["redirect_uri": "https://app.test/"]),
            "invalid_request"
        )
        expectError(try await refresh(kit, token, ["client_id": "fashion-old"]), "invalid_grant")
        expectError(try await refresh(kit, token, ["refresh_token": nil]), "invalid_request")
        let second = try await refresh(kit, token)
        #expect(second.status == 200)
        let next = second.object["refresh_token"]?.string ?? ""
        #expect(next != token)
        #expect(
            try claims(second.object["access_token"]?.string ?? "")["sub"]
                == claims(first["access_token"]?.string ?? "")["sub"]
        )
        kit.harness.advance(seconds: 31)
        expectError(try await refresh(kit, token), "invalid_grant")
        expectError(try await refresh(kit, next), "invalid_grant")
    }

    @Test("20.1: without rotation the answer still holds the refresh token")
    func refreshTokenStays() async throws {
        let conf = OAuthKit.conf.replacing(
            "cors_origins https://shop.example.com;",
            with: "cors_origins https://shop.example.com; refresh_rotation off;"
        )
        let kit = try await OAuthKit(conf)
        let form = fields(try await code(kit)).mapValues { $0 as String? }
        let token = try await kit.post("/oauth/token", form).object["refresh_token"]?.string ?? ""
        #expect(try await refresh(kit, token).object["refresh_token"]?.string == token)
    }

    @Test("20.1: a code is good once, and a replay ends what it gave")
    func replay() async throws {
        let kit = try await OAuthKit()
        let form = fields(try await code(kit)).mapValues { $0 as String? }
        let first = try await kit.post("/oauth/token", form).object
        expectError(try await kit.post("/oauth/token", form), "invalid_grant")
        expectError(try await refresh(kit, first["refresh_token"]?.string ?? ""), "invalid_grant")
        #expect(kit.harness.published.all.count == 1)
    }

    @Test("section 6: a resource server with `introspect any;` sees Dressipi's tokens too")
    func introspected() async throws {
        let kit = try await OAuthKit()
        let form = fields(try await code(kit)).mapValues { $0 as String? }
        let token = try await kit.post("/oauth/token", form).object["access_token"]?.string ?? ""
        let resource = OAuthKit.basic("resource", "resource")
        let answer = try await kit.introspect(token, headers: [resource])
        #expect(answer["active"] == true)
        #expect(answer["client_id"] == "fashion-app")
        #expect(answer["is_anonymous"] == true)
        #expect(try await kit.introspect(token) == ["active": false])
    }

    @Test("decision 12: x-api-key is ignored, and noted as a fingerprint")
    func apiKey() async throws {
        let kit = try await OAuthKit()
        let answer = try await authorize(kit, headers: [("x-api-key", "sEcReT")])
        #expect(answer.status == 200)
        let key = [UInt8]("sEcReT".utf8)
        let mark = TokenFingerprint.text(of: key.span).span.text()
        #expect(answer.note.detail == "api_key:" + mark)
        #expect(!answer.note.detail.contains("sEcReT"))
    }

    @Test("decision 12: scripts of the client's origins may read both")
    func crossOrigin() async throws {
        let kit = try await OAuthKit()
        let shop = ("origin", "https://shop.example.com")
        let answer = try await authorize(kit, headers: [shop])
        #expect(answer.value(of: "access-control-allow-origin") == shop.1)
        let other = try await authorize(kit, ["client_id": "fashion-old"], headers: [shop])
        #expect(other.value(of: "access-control-allow-origin") == nil)
        let preflight = try await kit.harness.send("OPTIONS", "/oauth/token", headers: [shop])
        #expect(preflight.status == 204)
        #expect(preflight.value(of: "access-control-allow-methods") == "POST")
        #expect(preflight.value(of: "access-control-allow-origin") == shop.1)
        #expect(try await kit.harness.send("DELETE", "/oauth/token").status == 405)
        #expect(try await kit.harness.send("POST", "/oauth/authorize").status == 405)
    }

    @Test("20.4: every call makes a code, so that they are bounded by client and by address")
    func rates() async throws {
        let kit = try await OAuthKit()
        var last: ControlResponse?
        for _ in 0...kit.harness.settings.limits.authorizeRate.burst {
            last = try await kit.harness.send("GET", "/oauth/authorize")
        }
        #expect(last?.status == 429)
        #expect(last?.value(of: "retry-after") == "1")
    }
}
