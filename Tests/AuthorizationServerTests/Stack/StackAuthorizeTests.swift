import Access
import JSON
import Testing

@testable import AuthorizationServer

/// Contract, sections 4 and 5, as the decisions alter them.
struct StackAuthorizeTests {
    @Test("5.4: redirect mode answers 302 to the provider, with a cookie that binds the browser")
    func redirects() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let cookies = CookieJar()
        let answer = try await driver.authorize(cookies: cookies)
        #expect(answer.status == 302)
        #expect(answer.value(of: "location")?.hasPrefix("https://id.test/authorize?") == true)
        let query = answer.locationParameters
        #expect(query["state"]?.utf8.count == 43)
        #expect(query["redirect_uri"] == "https://gate.test/api/v1/auth/oauth/callback/corp")
        #expect(query["code_challenge_method"] == "S256")
        #expect(query["nonce"]?.isEmpty == false)
        let cookie = try #require(answer.value(of: "set-cookie"))
        #expect(cookie.hasPrefix("__Host-stack-oauth-inner-\(query["state"] ?? "")="))
        for part in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=600"] {
            #expect(cookie.contains(part))
        }
    }

    @Test("5.4: JSON mode answers 200 with the location, and no cookie")
    func answersJSON() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let answer = try await driver.authorize(["stack_response_mode": "json"])
        #expect(answer.status == 200)
        #expect(answer.object["location"]?.string?.hasPrefix("https://id.test/authorize?") == true)
        #expect(answer.value(of: "set-cookie") == nil)
    }

    @Test(
        "5.2-1: a missing parameter is a schema error",
        arguments: [
            "client_id", "client_secret", "redirect_uri", "scope", "state", "grant_type",
            "code_challenge", "code_challenge_method", "response_type",
        ]
    )
    func missing(_ name: String) async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let answer = try await driver.authorize([name: String?.none])
        expectKnown(answer, "SCHEMA_ERROR", 400)
        let message = answer.object["details"]?.object?["message"]?.string
        #expect(message?.contains("query.\(name)") == true)
        #expect(answer.object["error"]?.string == message)
    }

    @Test(
        "5.1: what a parameter may not be",
        arguments: [
            ("grant_type", "implicit"), ("response_type", "token"), ("type", "merge"),
            ("stack_response_mode", "fragment"), ("code_challenge_method", "plain"),
            ("code_challenge", "short"), ("code_challenge", ""),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw_cM="),
            ("state", "n\u{F6}"), ("redirect_uri", "not a url"),
        ]
    )
    func malformed(_ name: String, _ value: String) async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        expectKnown(try await driver.authorize([name: value]), "SCHEMA_ERROR", 400)
    }

    @Test("2.4, decision 2: a parameter that stands twice is refused")
    func duplicates() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let answer = try await driver.authorize(adding: [("state", "other")])
        expectKnown(answer, "SCHEMA_ERROR", 400)
    }

    @Test("5.2: unknown parameters are let pass, those of bot challenges ignored")
    func unknownParameters() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let answer = try await driver.authorize([
            "utm_source": "mail", "bot_challenge_token": "x", "bot_challenge_phase": "visible",
            "bot_challenge_unavailable": "true",
        ])
        #expect(answer.status == 302)
    }

    @Test("5.2-2: an unknown project is a bad client, with its id in the details")
    func unknownClient() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        for id in ["nobody", ServiceHarness.project + "#dev"] {
            let answer = try await driver.authorize(["client_id": id])
            expectKnown(answer, "INVALID_OAUTH_CLIENT_ID_OR_SECRET", 400)
            #expect(answer.object["details"]?.object?["client_id"]?.string == id)
        }
    }

    @Test("3: the branch main may be named")
    func mainBranch() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let answer = try await driver.authorize(["client_id": ServiceHarness.project + "#main"])
        #expect(answer.status == 302)
    }

    @Test("5.2-3: a wrong key is refused, the sentinel passes where no key is demanded")
    func keys() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let wrong = try await driver.authorize(["client_secret": "pck_wrong"])
        expectKnown(wrong, "INVALID_PUBLISHABLE_CLIENT_KEY", 401)
        #expect(wrong.object["details"]?.object?["project_id"]?.string == ServiceHarness.project)
        let none = try await driver.authorize(["client_secret": "__stack_public_client__"])
        #expect(none.status == 302)
    }

    @Test("3: a project that demands its key refuses the sentinel")
    func demandedKey() async throws {
        let conf = ServiceHarness.conf.replacing(
            "allow_localhost on;",
            by: "allow_localhost on; require_publishable_client_key on;"
        )
        let driver = StackDriver(harness: try await ServiceHarness(conf))
        let answer = try await driver.authorize(["client_secret": "__stack_public_client__"])
        expectKnown(answer, "PUBLISHABLE_CLIENT_KEY_REQUIRED_FOR_PROJECT", 401)
    }

    @Test("5.2-4: an unknown provider, or one that differs in case")
    func unknownProvider() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        for provider in ["google", "Corp"] {
            let answer = try await driver.authorize(provider: provider)
            expectKnown(answer, "OAUTH_PROVIDER_NOT_FOUND_OR_NOT_ENABLED", 400)
        }
    }

    @Test("5.2-5, decision 6: a link needs a token, and never goes by JSON mode")
    func linking() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let plain = try await driver.authorize(["type": "link"])
        #expect(plain.status == 400)
        #expect(plain.value(of: "content-type")?.hasPrefix("text/plain") == true)
        let tokens = try await driver.signIn()
        let json = try await driver.authorize([
            "type": "link", "token": tokens.access, "stack_response_mode": "json",
        ])
        expectKnown(json, "SCHEMA_ERROR", 400)
        let good = try await driver.authorize(["type": "link", "token": tokens.access])
        #expect(good.status == 302)
    }

    @Test("5.2-9: a token that is none, or expired, is refused for either type")
    func badTokens() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        expectKnown(
            try await driver.authorize(["token": "abc"]),
            "UNPARSABLE_ACCESS_TOKEN",
            401
        )
        let tokens = try await driver.signIn()
        harness.advance(seconds: 601)
        expectKnown(
            try await driver.authorize(["token": tokens.access]),
            "ACCESS_TOKEN_EXPIRED",
            401
        )
    }

    @Test(
        "4: what is redirected to",
        arguments: [
            ("https://app.example.com/any/path?x=1", true), ("https://app.example.com:443/", true),
            ("https://APP.example.com/", true), ("https://a.preview.example.com/", true),
            ("http://localhost:3000/cb", true), ("https://x.localhost/", true),
            ("http://127.9.8.7:1/", true), ("http://[::1]:9/", true),
            ("https://a.b.preview.example.com/", false), ("https://preview.example.com/", false),
            ("http://app.example.com/", false), ("https://app.example.com:8443/", false),
            ("https://app.example.com.evil.test/", false),
            ("https://evil.test/app.example.com", false),
            ("stack-auth-mobile-oauth-url://success", false),
            ("javascript://localhost/%0aalert(1)", false),
            ("http://127.0.0.1.evil.test/", false), ("http://127.1/", false),
        ]
    )
    func trustedDomains(_ redirectURI: String, _ isTrusted: Bool) async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let answer = try await driver.authorize(["redirect_uri": redirectURI])
        if isTrusted {
            #expect(answer.status == 302, "\(answer.text)")
        } else {
            expectKnown(answer, "REDIRECT_URL_NOT_WHITELISTED", 400)
        }
    }

    @Test(
        "4: what no browser reads as we do is no URL",
        arguments: [
            "https://app.example.com@evil.test/", #"https://app.example.com\@evil.test/"#,
            "https:app.example.com/", "https://app.example.com%2eevil.test/", "//app.example.com/",
            "/relative", "https://",
        ]
    )
    func unreadableRedirects(_ redirectURI: String) async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let answer = try await driver.authorize(["redirect_uri": redirectURI])
        expectKnown(answer, "SCHEMA_ERROR", 400)
    }

    @Test("5.1: the fragment of the redirect is cut off")
    func fragment() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        let code = try await driver.code(["redirect_uri": ServiceHarness.redirectURI + "#part"])
        #expect(try await driver.redeem(code).status == 200)
    }

    @Test("decision 5: after_callback_redirect_url outside the list is refused")
    func afterCallback() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let answer = try await driver.authorize([
            "after_callback_redirect_url": "https://evil.test/"
        ])
        expectKnown(answer, "REDIRECT_URL_NOT_WHITELISTED", 400)
        let ignored = try await driver.authorize(["error_redirect_uri": "https://evil.test/"])
        #expect(ignored.status == 302)
    }

    @Test("decision 7: a scope that can never be granted is refused at once")
    func impossibleScope() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        expectKnown(try await driver.authorize(["scope": "admin"]), "INVALID_SCOPE", 400)
        #expect(try await driver.authorize(["scope": "openid email"]).status == 302)
    }

    @Test("7 of the issue: a browser gets a page, with the same status and code")
    func pages() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let answer = try await driver.authorize(
            ["redirect_uri": "https://evil.test/"],
            headers: [("accept", "text/html,application/xhtml+xml")]
        )
        #expect(answer.status == 400)
        #expect(answer.value(of: "content-type")?.hasPrefix("text/html") == true)
        #expect(answer.value(of: "x-stack-known-error") == "REDIRECT_URL_NOT_WHITELISTED")
        #expect(answer.text.contains("0123456789abcdef0123456789abcdef"))
    }

    @Test("2: /api/latest is the same")
    func latest() async throws {
        let harness = try await ServiceHarness()
        let query = FormCoding.query(StackDriver.query())
        let answer = try await harness.send(
            "GET",
            "/api/latest/auth/oauth/authorize/corp?" + query
        )
        #expect(answer.status == 302)
    }

    @Test("what comes in the clear is refused before anything is looked at")
    func plainTransport() async throws {
        let harness = try await ServiceHarness()
        let answer = try await harness.send(
            "POST",
            StackDriver.tokenPath,
            form: [("grant_type", "refresh_token")],
            isConfidential: false
        )
        #expect(answer.status == 400)
        #expect(answer.object["error_description"]?.string?.contains("https") == true)
    }

    @Test("8 of the issue: one address that asks too often waits")
    func limits() async throws {
        let conf = ServiceHarness.conf.replacing(
            "provider local",
            by: "authorize_requests_per_second 1 burst=2; provider local"
        )
        let harness = try await ServiceHarness(conf)
        let driver = StackDriver(harness: harness)
        #expect(try await driver.authorize().status == 302)
        #expect(try await driver.authorize().status == 302)
        let answer = try await driver.authorize()
        #expect(answer.status == 429)
        #expect(answer.value(of: "retry-after") == "1")
        harness.advance(seconds: 1)
        #expect(try await driver.authorize().status == 302)
    }
}

extension String {
    /// The text with the first occurrence of another replaced.
    func replacing(_ part: String, by other: String) -> String {
        guard let range = firstRange(of: part) else { return self }
        return String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }
}
