import Access
import Configuration
import JSON
import Testing

@testable import AuthorizationServer

@Suite("OAuth 2.1 §4.1.1: authorize")
struct AuthorizeEndpointTests {
    @Test("section 1: a sign-in goes to the one provider, back, and gives code, state and iss")
    func codeComesBack() async throws {
        let kit = try await OAuthKit()
        let cookies = CookieJar()
        let started = try await kit.authorize(cookies: cookies)
        #expect(started.status == 302)
        #expect(started.value(of: "location")?.hasPrefix("https://id.test/authorize?") == true)
        #expect(started.value(of: "referrer-policy") == "no-referrer")
        #expect(
            started.locationParameters["redirect_uri"] == "https://gate.test/oauth2/callback/corp"
        )
        let answer = try await kit.returns(from: started, cookies: cookies)
        #expect(answer.status == 303)
        #expect(answer.value(of: "location")?.hasPrefix(OAuthKit.webURI + "?") == true)
        #expect(answer.locationParameters["state"] == "st-1")
        #expect(answer.locationParameters["iss"] == "https://gate.test")
        #expect(answer.locationParameters["code"]?.utf8.count == 64)
        #expect(cookies.names == ["__Host-gatehouse_session"])
    }

    @Test("RFC 9207: an application that sent no state gets none, and iss all the same")
    func stateIsOptional() async throws {
        let kit = try await OAuthKit()
        let cookies = CookieJar()
        let started = try await kit.authorize(["state": nil], cookies: cookies)
        let answer = try await kit.returns(from: started, cookies: cookies)
        #expect(Set(answer.locationParameters.keys) == ["code", "iss"])
        #expect(answer.value(of: "location")?.contains("state=") == false)
    }

    @Test(
        "section 17-4, RFC 6749 §4.1.2.1: client and redirect_uri are told to the person only",
        arguments: [
            ["client_id": "nobody"], ["client_id": nil], ["redirect_uri": nil],
            ["redirect_uri": "https://web.example.com/callback/"],
            ["redirect_uri": "https://web.example.com/callback?x=1"],
            ["redirect_uri": "https://web.example.com.evil.test/callback"],
            ["redirect_uri": "https://web.example.com@evil.test/callback"],
            ["redirect_uri": #"https://web.example.com\@evil.test/callback"#],
            ["redirect_uri": "javascript:alert(1)"], ["redirect_uri": "data:text/html,x"],
            ["redirect_uri": "https://web.example.com/callback#f"],
            ["redirect_uri": "urn:ietf:wg:oauth:2.0:oob"],
            ["redirect_uri": "urn:ietf:wg:oauth:2.0:oob:auto"],
            ["client_id": "fashion-app", "redirect_uri": "urn:ietf:wg:oauth:2.0:oob:auto"],
            ["client_id": "desktop", "redirect_uri": "http://localhost/callback"],
            ["client_id": "desktop", "redirect_uri": "http://127.0.0.1:5000/other"],
            ["client_id": "desktop", "redirect_uri": "https://127.0.0.1/callback"],
            ["client_id": "desktop", "redirect_uri": "http://127.0.0.1@evil.test/callback"],
        ] as [[String: String?]]
    )
    func neverRedirects(_ changes: [String: String?]) async throws {
        let kit = try await OAuthKit()
        let json = try await kit.authorize(changes)
        #expect(json.status == 400)
        #expect(json.value(of: "location") == nil)
        #expect(["invalid_client", "invalid_request"].contains(json.object["error"]?.string ?? ""))
        let page = try await kit.authorize(changes, headers: [("sec-fetch-mode", "navigate")])
        #expect(page.status == 400)
        #expect(page.value(of: "content-type") == "text/html; charset=utf-8")
    }

    @Test("RFC 6749 §3.1: a client_id or redirect_uri that stands twice is no redirect")
    func duplicateTarget() async throws {
        let kit = try await OAuthKit()
        for pair in [("client_id", "web"), ("redirect_uri", OAuthKit.webURI)] {
            let answer = try await kit.authorize(adding: [pair])
            expectError(answer, "invalid_request")
        }
        expectError(
            try await kit.harness.send("GET", "/oauth2/authorize?client_id=%ff"),
            "invalid_request"
        )
    }

    @Test(
        "RFC 6749 §4.1.2.1: everything else is told to the application",
        arguments: [
            (["response_type": nil], "invalid_request"),
            (["response_type": "token"], "unsupported_response_type"),
            (["response_type": "code id_token"], "unsupported_response_type"),
            (["response_mode": "fragment"], "invalid_request"),
            (["response_mode": "form_post"], "invalid_request"),
            (["code_challenge": nil], "invalid_request"),
            (["code_challenge_method": nil], "invalid_request"),
            (["code_challenge_method": "plain"], "invalid_request"),
            (["code_challenge": "short"], "invalid_request"),
            (["scope": "admin"], "invalid_scope"),
            (["scope": "orders:read \"x\""], "invalid_scope"),
            (["request": "eyJ"], "request_not_supported"),
            (["request_uri": "https://x.test"], "request_uri_not_supported"),
            (["registration": "{}"], "registration_not_supported"),
            (["max_age": "soon"], "invalid_request"),
            (["max_age": "-1"], "invalid_request"),
            (["prompt": "none login"], "invalid_request"),
            (["resource": "https://other.test"], "invalid_target"),
            (["nonce": "\u{e9}"], "invalid_request"),
            (["prompt": "none"], "login_required"),
        ] as [([String: String?], String)]
    )
    func redirectsErrors(_ changes: [String: String?], _ word: String) async throws {
        let kit = try await OAuthKit()
        let answer = try await kit.authorize(changes)
        #expect(answer.status == 303)
        #expect(answer.value(of: "location")?.hasPrefix(OAuthKit.webURI + "?") == true)
        let parameters = answer.locationParameters
        #expect(parameters["error"] == word)
        #expect(parameters["error_description"]?.isEmpty == false)
        #expect(parameters["state"] == "st-1")
        #expect(parameters["iss"] == "https://gate.test")
        #expect(parameters["code"] == nil)
        #expect(answer.note.error == word)
        #expect(answer.note.clientID == "web")
    }

    @Test("RFC 6749 §3.1: any other parameter that stands twice is told to the application")
    func duplicates() async throws {
        let kit = try await OAuthKit()
        let answer = try await kit.authorize(adding: [("scope", "openid")])
        #expect(answer.locationParameters["error"] == "invalid_request")
    }

    @Test("section 8: a state beyond 2 KiB, or not ASCII, is refused and not echoed")
    func stateIsBounded() async throws {
        let kit = try await OAuthKit()
        let most = String(repeating: "s", count: 2048)
        #expect(try await kit.authorize(["state": most]).status == 302)
        for state in [most + "s", "\u{e9}"] {
            let parameters = try await kit.authorize(["state": state]).locationParameters
            #expect(parameters["error"] == "invalid_request")
            #expect(parameters["state"] == nil)
        }
    }

    @Test("RFC 8707: the client's own audience may be said")
    func ownAudience() async throws {
        let kit = try await OAuthKit()
        #expect(try await kit.authorize(["resource": "orders-api"]).status == 302)
    }

    @Test("section 6: a client without the grant is told so")
    func grantTypes() async throws {
        let conf = OAuthKit.conf.replacing(
            "client_credentials authorization_code refresh_token",
            with: "client_credentials refresh_token"
        )
        let kit = try await OAuthKit(conf)
        let answer = try await kit.authorize()
        #expect(answer.locationParameters["error"] == "unauthorized_client")
    }

    @Test("RFC 8252 §7.3: any port of a registered loopback address, §7.1: an own scheme")
    func nativeApplications() async throws {
        let kit = try await OAuthKit()
        for uri in [
            "http://127.0.0.1/callback", "http://127.0.0.1:51004/callback", "com.example.app:/cb",
        ] {
            let cookies = CookieJar()
            let changes: [String: String?] = ["client_id": "desktop", "redirect_uri": uri]
            let started = try await kit.authorize(changes, cookies: cookies)
            let answer = try await kit.returns(from: started, cookies: cookies)
            #expect(answer.value(of: "location")?.hasPrefix(uri + "?code=") == true)
        }
    }

    @Test("OpenID Connect Core §3.1.2.1: POST as a form, never beside a query")
    func post() async throws {
        let kit = try await OAuthKit()
        let form = OAuthKit.query([:])
        // Another site's form comes without our cookie, the GET that follows with it.
        let first = try await kit.harness.send("POST", "/oauth2/authorize", form: form)
        #expect(first.status == 303)
        let own = try #require(first.value(of: "location"))
        #expect(own == "https://gate.test/oauth2/authorize?" + FormCoding.query(form))
        let cookies = CookieJar()
        _ = try await kit.code(cookies: cookies)
        let signedIn = try await kit.harness.send(
            "POST",
            "/oauth2/authorize",
            form: form,
            cookies: cookies
        )
        #expect(signedIn.locationParameters["code"] != nil)
        let twice = try await kit.harness.send(
            "POST",
            "/oauth2/authorize",
            form: form + [("scope", "openid")]
        )
        #expect(twice.locationParameters["error"] == "invalid_request")
        let both = try await kit.harness.send("POST", "/oauth2/authorize?a=b", form: form)
        expectError(both, "invalid_request")
    }

    @Test("section 6: a signed-in browser gets its code at once, without the provider")
    func singleSignOn() async throws {
        let kit = try await OAuthKit()
        let cookies = CookieJar()
        _ = try await kit.code(cookies: cookies)
        for prompt in [nil, "none"] {
            let again = try await kit.authorize(["prompt": prompt], cookies: cookies)
            #expect(again.status == 303)
            #expect(again.locationParameters["code"] != nil)
        }
        kit.harness.advance(seconds: 60)
        let other = try await kit.authorize(["max_age": "3600"], cookies: cookies)
        let code = try #require(other.locationParameters["code"])
        let answer = try await kit.redeem(code).object
        let token = try claims(answer["id_token"]?.string ?? "")
        #expect(token["auth_time"] == .integer(Fixtures.now))
    }

    @Test("OpenID Connect Core §3.1.2.1: login, select_account and max_age ask anew")
    func demandsLogin() async throws {
        let kit = try await OAuthKit()
        let cookies = CookieJar()
        _ = try await kit.code(cookies: cookies)
        kit.harness.advance(seconds: 100)
        for changes in [
            ["prompt": "login"], ["prompt": "select_account"], ["max_age": "99"],
            ["max_age": "0"],
        ] as [[String: String?]] {
            let answer = try await kit.authorize(changes, cookies: cookies)
            #expect(answer.value(of: "location")?.hasPrefix("https://id.test/") == true)
        }
        let silent = try await kit.authorize(["prompt": "none", "max_age": "9"], cookies: cookies)
        #expect(silent.locationParameters["error"] == "login_required")
    }

    @Test("OpenID Connect Core §3.1.2.1: id_token_hint of somebody else asks anew")
    func identityTokenHint() async throws {
        let kit = try await OAuthKit()
        let cookies = CookieJar()
        let ours = try await kit.signIn(cookies: cookies)
        let theirs = try await kit.signIn(subject: "user-2")
        let same: [String: String?] = ["prompt": "none", "id_token_hint": ours.identity]
        #expect(try await kit.authorize(same, cookies: cookies).locationParameters["code"] != nil)
        let other: [String: String?] = ["prompt": "none", "id_token_hint": theirs.identity]
        let answer = try await kit.authorize(other, cookies: cookies)
        #expect(answer.locationParameters["error"] == "login_required")
    }

    @Test("section 6: consent is asked for, and with prompt=none it is an error")
    func consent() async throws {
        let kit = try await OAuthKit()
        let cookies = CookieJar()
        let spa: [String: String?] = [
            "client_id": "spa", "redirect_uri": "https://spa.example.com/cb",
        ]
        let started = try await kit.authorize(spa, cookies: cookies)
        let answer = try await kit.returns(from: started, cookies: cookies)
        #expect(answer.status == 303)
        #expect(
            answer.value(of: "location")?.hasPrefix("https://gate.test/oauth2/consent?flow=")
                == true
        )
        let silent = try await kit.authorize(
            spa.merging(["prompt": "none"]) { $1 },
            cookies: cookies
        )
        #expect(silent.locationParameters["error"] == "consent_required")
        #expect(silent.locationParameters["iss"] == "https://gate.test")
    }

    @Test("section 12.3: a sign-in that the provider declines is told to the application")
    func declined() async throws {
        let kit = try await OAuthKit()
        let cookies = CookieJar()
        let started = try await kit.authorize(cookies: cookies)
        let state = started.locationParameters["state"] ?? ""
        let answer = try await kit.harness.send(
            "GET",
            "/oauth2/callback/corp?"
                + FormCoding.query([("state", state), ("error", "access_denied")]),
            cookies: cookies
        )
        #expect(answer.locationParameters["error"] == "access_denied")
        #expect(answer.locationParameters["state"] == "st-1")
        #expect(answer.locationParameters["iss"] == "https://gate.test")
    }

    @Test("RFC 9700 §4.4, §4.7: another browser, another provider or a used state gets nowhere")
    func callbackIsBound() async throws {
        let kit = try await OAuthKit()
        let cookies = CookieJar()
        let started = try await kit.authorize(cookies: cookies)
        let stolen = try await kit.returns(from: started, cookies: CookieJar())
        #expect(stolen.status == 400)
        #expect(stolen.value(of: "location") == nil)
        let mixed = try await kit.returns(
            from: started,
            cookies: cookies,
            path: "/oauth2/callback/other"
        )
        #expect(mixed.status == 400)
        let good = try await kit.returns(from: started, cookies: cookies)
        #expect(good.locationParameters["code"] != nil)
        #expect(try await kit.returns(from: started, cookies: cookies).status == 400)
        let unknown = try await kit.harness.send("GET", "/oauth2/callback/corp?code=x")
        expectError(unknown, "invalid_request")
    }

    @Test("section 1: other methods are 405 with Allow, HEAD is as GET")
    func methods() async throws {
        let kit = try await OAuthKit()
        let answer = try await kit.harness.send("DELETE", "/oauth2/authorize")
        #expect(answer.status == 405)
        #expect(answer.value(of: "allow") == "GET, HEAD, POST")
        #expect(try await kit.harness.send("OPTIONS", "/oauth2/authorize").status == 405)
        let head = try await kit.harness.send(
            "HEAD",
            "/oauth2/authorize?" + FormCoding.query(OAuthKit.query([:]))
        )
        #expect(head.status == 302)
        #expect(
            try await kit.harness.send("GET", "/oauth2/token").value(of: "allow") == "POST, OPTIONS"
        )
    }

    @Test("section 8: one address asks no more often than the conf allows")
    func rates() async throws {
        let kit = try await OAuthKit()
        var last: ControlResponse?
        for _ in 0...kit.harness.settings.limits.authorizeRate.burst {
            last = try await kit.harness.send("GET", "/oauth2/authorize")
        }
        let limited = try #require(last)
        #expect(limited.status == 429)
        #expect(limited.value(of: "retry-after") == "1")
        #expect(
            try await kit.harness.send("GET", "/oauth2/authorize", address: "203.0.113.8").status
                == 400
        )
    }
}
