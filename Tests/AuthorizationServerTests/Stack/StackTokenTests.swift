import Access
import Bytes
import JSON
import Testing

@testable import AuthorizationServer

/// Contract, section 7, as the decisions alter it.
struct StackTokenTests {
    @Test("7.2: the fields of a code grant")
    func codeGrant() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let code = try await driver.code([
            "after_callback_redirect_url": "https://app.example.com/next"
        ])
        let answer = try await driver.redeem(code)
        #expect(answer.status == 200)
        let body = answer.object
        #expect(body["token_type"] == "Bearer")
        // Decision 9: true.
        #expect(body["expires_in"] == 600)
        #expect(body["refresh_token"]?.string?.utf8.count == 45)
        // Decision 7: the true list, in the project's order.
        #expect(body["scope"] == "openid email orders:read")
        #expect(body["is_new_user"] == true)
        #expect(body["newUser"] == true)
        #expect(body["after_callback_redirect_url"] == "https://app.example.com/next")
        #expect(body["afterCallbackRedirectUrl"] == "https://app.example.com/next")
        #expect(body["id_token"] == nil)
        #expect(answer.value(of: "cache-control") == "no-store")
        #expect(answer.value(of: "pragma") == "no-cache")
    }

    @Test("7.2, 15.1-1: the fields of a refresh grant; the token stays")
    func refreshGrant() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let tokens = try await driver.signIn()
        let answer = try await driver.refresh(tokens.refresh)
        #expect(answer.status == 200)
        #expect(answer.object["access_token"]?.string != tokens.access)
        #expect(answer.object["refresh_token"] == nil)
        #expect(answer.object["is_new_user"] == nil)
        #expect(answer.object["after_callback_redirect_url"] == .null)
        #expect(answer.object["scope"] == "openid email orders:read")
        #expect(try await driver.refresh(tokens.refresh).status == 200)
    }

    @Test("decision 8: the documented form, JSON with project headers")
    func documentedForm() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        let headers = [
            ("X-Stack-Project-Id", ServiceHarness.project),
            ("X-Stack-Publishable-Client-Key", ServiceHarness.key),
        ]
        let code = try await driver.code()
        let answer = try await harness.send(
            "POST",
            StackDriver.tokenPath,
            json: [
                "grant_type": "authorization_code", "code": .string(code),
                "code_verifier": .string(ServiceHarness.verifier),
                "redirect_uri": .string(ServiceHarness.redirectURI),
            ],
            headers: headers
        )
        #expect(answer.status == 200, "\(answer.text)")
        let refreshed = try await harness.send(
            "POST",
            StackDriver.tokenPath,
            json: [
                "grant_type": "refresh_token",
                "refresh_token": answer.object["refresh_token"] ?? .null,
            ],
            headers: headers
        )
        #expect(refreshed.status == 200)
    }

    @Test("decision 8: Basic, and two places that agree or do not")
    func credentialPlaces() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let pair = Array("\(ServiceHarness.project):\(ServiceHarness.key)".utf8)
        let basic = ("authorization", "Basic " + Base64URL.encode(pair.span).span.text())
        let none: [String: String?] = ["client_id": String?.none, "client_secret": String?.none]
        let alone = try await driver.redeem(try await driver.code(), none, headers: [basic])
        #expect(alone.status == 200)
        let both = try await driver.redeem(try await driver.code(), headers: [basic])
        #expect(both.status == 200)
        let differing = try await driver.redeem(
            try await driver.code(),
            ["client_secret": "pck_other"],
            headers: [basic]
        )
        expectKnown(differing, "INVALID_OAUTH_CLIENT_ID_OR_SECRET", 400)
        #expect(differing.object["error"] == "invalid_request")
    }

    @Test(
        "7.1: bad clients",
        arguments: [
            ["client_id": "nobody"], ["client_id": nil], ["client_secret": "pck_wrong"],
        ] as [[String: String?]]
    )
    func badClients(_ changes: [String: String?]) async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let answer = try await driver.redeem("x", changes)
        expectKnown(answer, "INVALID_OAUTH_CLIENT_ID_OR_SECRET", 400)
        #expect(answer.object["error"] == "invalid_client")
        #expect(answer.object["details"]?.object?["client_id"] == .null)
        #expect(answer.value(of: "www-authenticate") == nil)
    }

    @Test("7: the secret may be left out of a code grant, not of a refresh")
    func missingSecret() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let none: [String: String?] = ["client_secret": String?.none]
        let answer = try await driver.redeem(try await driver.code(), none)
        #expect(answer.status == 200)
        let token = answer.object["refresh_token"]?.string ?? ""
        expectKnown(
            try await driver.refresh(token, none),
            "INVALID_OAUTH_CLIENT_ID_OR_SECRET",
            400
        )
        let sentinel = try await driver.refresh(token, ["client_secret": "__stack_public_client__"])
        #expect(sentinel.status == 200)
    }

    @Test("15.2: the Swift SDK's refresh: project header, key without access type")
    func swiftRefresh() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let tokens = try await driver.signIn()
        let none: [String: String?] = ["client_id": String?.none, "client_secret": String?.none]
        let answer = try await driver.refresh(
            tokens.refresh,
            none,
            headers: [
                ("x-stack-project-id", ServiceHarness.project),
                ("x-stack-publishable-client-key", ServiceHarness.key),
            ]
        )
        #expect(answer.status == 200)
    }

    @Test("7.1: a project that demands its key says so")
    func demandedKey() async throws {
        let conf = ServiceHarness.conf.replacing(
            "allow_localhost on;",
            by: "allow_localhost on; require_publishable_client_key on;"
        )
        let driver = StackDriver(harness: try await ServiceHarness(conf))
        for secret in [String?.none, "__stack_public_client__"] {
            expectKnown(
                try await driver.redeem("x", ["client_secret": secret]),
                "PUBLISHABLE_CLIENT_KEY_REQUIRED_FOR_PROJECT",
                401
            )
        }
    }

    @Test("7.1, 15.1-4: codes that are none, with the hybrid body")
    func badCodes() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        let unknown = try await driver.redeem(String(repeating: "0", count: 64))
        expectKnown(unknown, "INVALID_AUTHORIZATION_CODE", 400)
        #expect(unknown.object["error"] == "invalid_grant")
        #expect(unknown.object["error_description"]?.string?.isEmpty == false)
        let late = try await driver.code()
        harness.advance(seconds: 61)
        expectKnown(try await driver.redeem(late), "INVALID_AUTHORIZATION_CODE", 400)
    }

    @Test(
        "decision 6: a code is consumed by its first presentation, right or wrong",
        arguments: [
            ["code_verifier": "x" + ServiceHarness.verifier.dropFirst()],
            ["code_verifier": nil], ["code_verifier": "short"],
            ["redirect_uri": "https://app.example.com/other"], ["redirect_uri": nil],
        ] as [[String: String?]]
    )
    func consumedByTheFirst(_ changes: [String: String?]) async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let code = try await driver.code()
        expectKnown(try await driver.redeem(code, changes), "INVALID_AUTHORIZATION_CODE", 400)
        expectKnown(try await driver.redeem(code), "INVALID_AUTHORIZATION_CODE", 400)
    }

    @Test("decision 4: a token request without a verifier is told so")
    func verifierMissing() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let answer = try await driver.redeem(
            try await driver.code(),
            ["code_verifier": String?.none]
        )
        #expect(answer.object["error_description"]?.string?.contains("code_verifier") == true)
    }

    @Test("decision 6: a replay with the right verifier ends what the code issued")
    func replay() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        let code = try await driver.code()
        let first = try await driver.redeem(code)
        let refresh = first.object["refresh_token"]?.string ?? ""
        let wrong = try await driver.redeem(
            code,
            ["code_verifier": "x" + ServiceHarness.verifier.dropFirst()]
        )
        #expect(wrong.status == 400)
        #expect(try await driver.refresh(refresh).status == 200)
        #expect(harness.published.all.isEmpty)
        #expect(try await driver.redeem(code).status == 400)
        #expect(harness.published.all.count == 1)
        expectKnown(
            try await driver.refresh(refresh),
            "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED",
            401
        )
    }

    @Test("7.1, 15.1-2: dead refresh tokens, exactly as the SDK reads them")
    func deadRefreshTokens() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        let answer = try await driver.refresh("nothing")
        expectKnown(answer, "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED", 401)
        #expect(answer.object["error"] == "invalid_grant")
        #expect(answer.value(of: "www-authenticate") == nil)
        let tokens = try await driver.signIn()
        // 30 days without use.
        harness.advance(seconds: 30 * 86_400)
        expectKnown(
            try await driver.refresh(tokens.refresh),
            "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED",
            401
        )
    }

    @Test("7: what the body may not be")
    func badBodies() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        for grant in ["password", "client_credentials", String?.none] {
            let answer = try await driver.redeem("x", ["grant_type": grant])
            expectKnown(answer, "SCHEMA_ERROR", 400)
            #expect(
                answer.object["error"]?.string
                    == (grant == nil ? "invalid_request" : "unsupported_grant_type")
            )
        }
        let missing = try await driver.redeem("x", ["code": String?.none])
        #expect(missing.status == 400)
        #expect(missing.object["error"] == "invalid_request")
        let text = try await harness.send(
            "POST",
            StackDriver.tokenPath,
            json: [:],
            headers: [("content-type", "text/xml")]
        )
        #expect(text.status == 400)
        let twice = try await harness.send(
            "POST",
            StackDriver.tokenPath,
            form: [("grant_type", "refresh_token"), ("grant_type", "refresh_token")]
        )
        expectKnown(twice, "SCHEMA_ERROR", 400)
    }

    @Test("decision 7: a refresh may narrow its scopes, never widen them")
    func scopes() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let code = try await driver.code(["scope": "email orders:read orders:write"])
        let answer = try await driver.redeem(code)
        #expect(answer.object["scope"] == "email orders:read")
        let token = answer.object["refresh_token"]?.string ?? ""
        let narrowed = try await driver.refresh(token, ["scope": "email"])
        #expect(narrowed.object["scope"] == "email")
        let cut = try await driver.refresh(token, ["scope": "email orders:read orders:write"])
        #expect(cut.object["scope"] == "email orders:read")
        expectKnown(try await driver.refresh(token, ["scope": "openid"]), "INVALID_SCOPE", 400)
        #expect(try await driver.refresh(token, ["scope": "legacy"]).status == 200)
    }

    @Test("decision 7: a claim of the provider grants a scope, and its loss ends the sessions")
    func grantedByClaim() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        let clerk = try await driver.signIn(claims: ["groups": .array(["clerks", "staff"])])
        #expect(clerk.answer["scope"] == "openid email orders:read orders:write")
        let left = try await driver.signIn(claims: ["groups": .array(["staff"])])
        #expect(left.answer["scope"] == "openid email orders:read")
        #expect(harness.published.all.count == 1)
        expectKnown(
            try await driver.refresh(clerk.refresh),
            "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED",
            401
        )
    }
}
