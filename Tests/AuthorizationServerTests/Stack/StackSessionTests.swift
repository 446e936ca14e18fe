import Access
import Bytes
import JOSE
import JSON
import Testing

@testable import AuthorizationServer

/// Contract, sections 2, 8, 10 and 11, as the decisions alter them.
struct StackSessionTests {
    @Test("2.6, 2.7: the fields of every answer")
    func fields() async throws {
        let harness = try await ServiceHarness()
        let answer = try await harness.send("GET", "/api/v1/projects/current")
        expectKnown(answer, "ACCESS_TYPE_REQUIRED", 400)
        #expect(answer.value(of: "x-stack-request-id") == "0123456789abcdef0123456789abcdef")
        #expect(answer.value(of: "cache-control") == "no-store, max-age=0")
        #expect(answer.value(of: "content-type") == "application/json; charset=utf-8")
        #expect(answer.value(of: "x-content-type-options") == "nosniff")
        #expect(answer.value(of: "access-control-allow-origin") == "*")
        let options = try await harness.send("OPTIONS", "/api/v1/auth/oauth/token")
        #expect(options.status == 200)
        #expect(options.body.isEmpty)
        let allowed = options.value(of: "access-control-allow-headers") ?? ""
        #expect(allowed.contains("x-stack-allow-restricted-user"))
        #expect(options.value(of: "access-control-allow-credentials") == nil)
        #expect(try await harness.send("PUT", "/api/v1/auth/oauth/token", form: []).status == 405)
    }

    @Test("2.6: x-stack-override-error-status hides a 4xx, and nothing else")
    func overriddenStatus() async throws {
        let harness = try await ServiceHarness()
        let answer = try await harness.send(
            "GET",
            "/api/v1/projects/current",
            headers: [("x-stack-override-error-status", "true")]
        )
        #expect(answer.status == 200)
        #expect(answer.value(of: "x-stack-actual-status") == "400")
        #expect(answer.value(of: "x-stack-known-error") == "ACCESS_TYPE_REQUIRED")
    }

    @Test(
        "2.3: header mistakes, in their order",
        arguments: [
            ([("x-stack-publishable-client-key", "k")], "PROJECT_KEY_WITHOUT_ACCESS_TYPE", 400),
            ([("x-stack-access-type", "root")], "INVALID_ACCESS_TYPE", 400),
            ([("x-stack-access-type", "client")], "ACCESS_TYPE_WITHOUT_PROJECT_ID", 400),
            (
                [("x-stack-access-type", "client"), ("x-stack-project-id", "no")],
                "CURRENT_PROJECT_NOT_FOUND", 400
            ),
            (
                StackDriver.client(nil, [("x-stack-publishable-client-key", "wrong")]),
                "INVALID_PUBLISHABLE_CLIENT_KEY", 401
            ),
            (StackDriver.client(nil, [("x-stack-branch-id", "dev")]), "BRANCH_DOES_NOT_EXIST", 400),
            (StackDriver.client("junk"), "UNPARSABLE_ACCESS_TOKEN", 401),
            (
                [
                    ("x-stack-access-type", "server"),
                    ("x-stack-project-id", ServiceHarness.project),
                ],
                "SERVER_AUTHENTICATION_REQUIRED", 401
            ),
            (
                [
                    ("x-stack-access-type", "server"),
                    ("x-stack-project-id", ServiceHarness.project),
                    ("x-stack-secret-server-key", "x"),
                ], "INVALID_SECRET_SERVER_KEY", 401
            ),
            (
                [
                    ("x-stack-access-type", "admin"),
                    ("x-stack-project-id", ServiceHarness.project),
                    ("x-stack-super-secret-admin-key", "x"),
                ], "INVALID_SUPER_SECRET_ADMIN_KEY", 401
            ),
        ]
    )
    func headerMistakes(
        _ headers: [(String, String)],
        _ code: String,
        _ status: Int
    ) async throws {
        let harness = try await ServiceHarness()
        expectKnown(
            try await harness.send("GET", "/api/v1/projects/current", headers: headers),
            code,
            status
        )
    }

    @Test("projects/current: what the SDK fetches when it is constructed")
    func currentProject() async throws {
        let harness = try await ServiceHarness()
        let answer = try await harness.send(
            "GET",
            "/api/v1/projects/current",
            headers: StackDriver.client()
        )
        #expect(answer.object["id"]?.string == ServiceHarness.project)
        #expect(answer.object["display_name"] == "Internal tools")
        let config = answer.object["config"]?.object
        #expect(config?["credential_enabled"] == false)
        #expect(config?["oauth_providers"]?.array?.count == 2)
    }

    @Test("users/me: the user of the token, and nobody without one")
    func currentUser() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        let tokens = try await driver.signIn(
            claims: ["email": "a@example.com", "email_verified": true, "name": "Ann"]
        )
        let me = try await harness.send(
            "GET",
            "/api/v1/users/me",
            headers: StackDriver.client(tokens.access)
        )
        #expect(me.object["primary_email"] == "a@example.com")
        #expect(me.object["primary_email_verified"] == true)
        #expect(me.object["display_name"] == "Ann")
        #expect(me.object["is_anonymous"] == false)
        #expect(me.object.contains("selected_team_id"))
        expectKnown(
            try await harness.send("GET", "/api/v1/users/me", headers: StackDriver.client()),
            "USER_AUTHENTICATION_REQUIRED",
            401
        )
    }

    @Test("11: the claims of an access token, and a key that everyone can check it by")
    func claims() async throws {
        let harness = try await ServiceHarness()
        let tokens = try await StackDriver(harness: harness).signIn()
        let bytes = Array(tokens.access.utf8)
        let token = try CompactToken(bytes.span, sizeMax: 8192)
        let claims = try Claims(token).object
        for name in [
            "iss", "aud", "sub", "iat", "exp", "project_id", "branch_id", "refresh_token_id",
            "role", "name", "email", "email_verified", "selected_team_id", "is_anonymous",
            "is_restricted", "restricted_reason", "signed_up_at", "requires_totp_mfa", "jti",
            "client_id", "scope",
        ] {
            #expect(claims.contains(name), "\(name)")
        }
        #expect(claims["aud"]?.string == ServiceHarness.project)
        #expect(
            claims["iss"]?.string == "https://gate.test/api/v1/projects/\(ServiceHarness.project)"
        )
        let answer = try await harness.send(
            "GET",
            "/api/v1/projects/\(ServiceHarness.project)/.well-known/jwks.json"
        )
        #expect(answer.value(of: "cache-control") == "public, max-age=3600")
        let keys = try KeySet(
            parsing: answer.body.span,
            limits: JSONLimits(size: 65_536, depth: 8)
        )
        let header = try TokenHeader(token, ignoringHeaderKeys: false)
        try SignatureCheck.verify(token, header, try keys.key(for: header))
        let key = answer.object["keys"]?.array?.first?.object
        #expect(key?["use"] == "sig")
        #expect(key?["alg"] == "ES256")
    }

    @Test("11, decision 12: restricted and anonymous keys only where they are asked for")
    func keySets() async throws {
        let harness = try await ServiceHarness()
        let path = "/api/v1/projects/\(ServiceHarness.project)/.well-known/jwks.json"
        var counts: [Int] = []
        for query in ["", "?include_restricted=true", "?include_anonymous=true"] {
            let answer = try await harness.send("GET", path + query)
            counts.append(answer.object["keys"]?.array?.count ?? 0)
        }
        #expect(counts == [1, 2, 3])
        let other = try await harness.send("GET", "/api/v1/projects/no/.well-known/jwks.json")
        #expect(other.status == 404)
    }

    @Test("10: sign-out ends the session at once, for every endpoint")
    func signOut() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        let tokens = try await driver.signIn()
        let headers = StackDriver.client(tokens.access)
        let path = "/api/v1/auth/sessions/current"
        let answer = try await harness.send("DELETE", path, json: [:], headers: headers)
        #expect(answer.status == 200)
        #expect(answer.object["success"] == true)
        #expect(harness.published.all.count == 1)
        expectKnown(
            try await harness.send("DELETE", path, json: [:], headers: headers),
            "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED",
            401
        )
        expectKnown(
            try await harness.send("GET", "/api/v1/users/me", headers: headers),
            "ACCESS_TOKEN_EXPIRED",
            401
        )
        expectKnown(
            try await driver.refresh(tokens.refresh),
            "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED",
            401
        )
        expectKnown(
            try await harness.send("DELETE", path, headers: StackDriver.client()),
            "ACCESS_TOKEN_EXPIRED",
            401
        )
    }

    @Test("10: sessions/current/refresh")
    func sessionRefresh() async throws {
        let harness = try await ServiceHarness()
        let tokens = try await StackDriver(harness: harness).signIn()
        let path = "/api/v1/auth/sessions/current/refresh"
        let good = try await harness.send(
            "POST",
            path,
            headers: StackDriver.client(nil, [("x-stack-refresh-token", tokens.refresh)])
        )
        #expect(good.object["access_token"]?.string?.isEmpty == false)
        for headers in [
            StackDriver.client(), StackDriver.client(nil, [("x-stack-refresh-token", "no")]),
        ] {
            expectKnown(
                try await harness.send("POST", path, headers: headers),
                "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED",
                401
            )
        }
    }

    @Test("10: a user lists and ends sessions of their own")
    func sessions() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        let one = try await driver.signIn()
        let two = try await driver.signIn()
        let stranger = try await driver.signIn(subject: "stranger")
        let headers = StackDriver.client(one.access)
        let list = try await harness.send("GET", "/api/v1/auth/sessions", headers: headers)
        let items = list.object["items"]?.array?.compactMap(\.object) ?? []
        #expect(items.count == 2)
        let current = try #require(items.first { $0["is_current_session"] == true })
        let other = try #require(items.first { $0["is_current_session"] == false })
        let path = "/api/v1/auth/sessions/"
        expectKnown(
            try await harness.send(
                "DELETE",
                path + (current["id"]?.string ?? ""),
                headers: headers
            ),
            "CANNOT_DELETE_CURRENT_SESSION",
            400
        )
        let foreign = try await harness.send(
            "DELETE",
            path + (other["id"]?.string ?? ""),
            headers: StackDriver.client(stranger.access)
        )
        #expect(foreign.status == 404)
        let ended = try await harness.send(
            "DELETE",
            path + (other["id"]?.string ?? ""),
            headers: headers
        )
        #expect(ended.status == 200)
        #expect(try await driver.refresh(two.refresh).status == 401)
        let spying = try await harness.send(
            "GET",
            "/api/v1/auth/sessions?user_id=other",
            headers: headers
        )
        #expect(spying.status == 403)
    }

    @Test("8: a session is handed to another domain, and ends with its parent")
    func crossDomain() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        let tokens = try await driver.signIn()
        let path = "/api/v1/auth/oauth/cross-domain/authorize"
        let body: JSONObject = [
            "redirect_uri": "https://x.preview.example.com/in", "state": "s",
            "code_challenge": .string(ServiceHarness.challenge), "code_challenge_method": "S256",
        ]
        let refresh = ("x-stack-refresh-token", tokens.refresh)
        let headers = StackDriver.client(tokens.access, [refresh])
        let answer = try await harness.send("POST", path, json: body, headers: headers)
        #expect(answer.status == 200, "\(answer.text)")
        let address = try #require(WebAddress(answer.object["redirect_url"]?.string ?? ""))
        let query = Array((address.query ?? "").utf8)
        let code = try #require(try Parameters(form: query.span)["code"])
        let handed = try await driver.redeem(
            code,
            ["redirect_uri": "https://x.preview.example.com/in"]
        )
        #expect(handed.status == 200, "\(handed.text)")
        expectKnown(
            try await harness.send(
                "POST",
                path,
                json: body,
                headers: StackDriver.client(nil, [refresh])
            ),
            "USER_AUTHENTICATION_REQUIRED",
            401
        )
        let missing = try await harness.send(
            "POST",
            path,
            json: body,
            headers: StackDriver.client(tokens.access)
        )
        #expect(missing.status == 400)
        let foreign = try await driver.signIn(subject: "stranger")
        let wrong = try await harness.send(
            "POST",
            path,
            json: body,
            headers: StackDriver.client(tokens.access, [("x-stack-refresh-token", foreign.refresh)])
        )
        #expect(wrong.status == 401)
        var evil = body
        evil["redirect_uri"] = "https://evil.test/"
        expectKnown(
            try await harness.send("POST", path, json: evil, headers: headers),
            "REDIRECT_URL_NOT_WHITELISTED",
            400
        )
        _ = try await harness.send(
            "DELETE",
            "/api/v1/auth/sessions/current",
            headers: StackDriver.client(tokens.access)
        )
        #expect(harness.published.all.count == 2)
        #expect(
            try await driver.refresh(handed.object["refresh_token"]?.string ?? "").status == 401
        )
    }
}

extension StackSessionTests {
    @Test("architecture 5: whoever is told that a session is over was not told too early")
    func endedByAnother() async throws {
        let harness = try await ServiceHarness()
        let ending = SessionEnding(context: harness.service.context)
        // Another request has committed, and its word is still on its way.
        await ending.publish([], of: "session-1")
        #expect(harness.published.all == ["session-1"])
    }
}
