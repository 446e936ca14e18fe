import Access
import JSON
import Testing

@testable import AuthorizationServer

@Suite("OpenID Connect RP-Initiated Logout 1.0")
struct LogoutTests {
    private static let bye = "https://web.example.com/bye?from=gate"

    private func logout(
        _ kit: OAuthKit,
        _ parameters: [(String, String)],
        cookies: CookieJar,
        headers: [(String, String)] = []
    ) async throws -> ControlResponse {
        try await kit.harness.send(
            "GET",
            "/oauth2/logout?" + FormCoding.query(parameters),
            headers: headers,
            cookies: cookies
        )
    }

    @Test("§2: an ID token of who is signed in ends session and browser session, and leads back")
    func withHint() async throws {
        let kit = try await OAuthKit()
        let cookies = CookieJar()
        let signed = try await kit.signIn(cookies: cookies)
        // Its time may be over.
        kit.harness.advance(seconds: 700)
        let answer = try await logout(
            kit,
            [
                ("id_token_hint", signed.identity), ("client_id", "web"),
                ("post_logout_redirect_uri", Self.bye), ("state", "x y"),
            ],
            cookies: cookies
        )
        #expect(answer.status == 303)
        #expect(answer.value(of: "location") == Self.bye + "&state=x%20y")
        #expect(cookies.names.isEmpty)
        let session = try claims(signed.access)["session_id"]?.string
        #expect(kit.harness.published.all == [session])
        expectError(try await kit.refresh(signed.refresh), "invalid_grant")
        let again = try await kit.authorize(["prompt": "none"], cookies: cookies)
        #expect(again.locationParameters["error"] == "login_required")
    }

    @Test("§2: by POST as well, with the cookie that only the GET after it brings")
    func post() async throws {
        let kit = try await OAuthKit()
        let cookies = CookieJar()
        let signed = try await kit.signIn(cookies: cookies)
        let form = [("id_token_hint", signed.identity), ("post_logout_redirect_uri", Self.bye)]
        let first = try await kit.harness.send("POST", "/oauth2/logout", form: form)
        #expect(first.status == 303)
        let own = try #require(first.value(of: "location"))
        let path = String(own.dropFirst("https://gate.test".count))
        let second = try await kit.harness.send("GET", path, cookies: cookies)
        #expect(second.value(of: "location") == Self.bye)
        #expect(cookies.names.isEmpty)
    }

    @Test("§2: without a hint the person is asked, and only their own yes signs out")
    func confirms() async throws {
        let kit = try await OAuthKit()
        let cookies = CookieJar()
        _ = try await kit.code(cookies: cookies)
        let asked = try await logout(
            kit,
            [("client_id", "web"), ("post_logout_redirect_uri", Self.bye)],
            cookies: cookies
        )
        #expect(asked.status == 200)
        #expect(asked.text.contains("ada@example.test"))
        #expect(cookies.names == ["__Host-gatehouse_session"])
        let token = try #require(asked.text.firstMatch(of: /name="csrf" value="([^"]+)"/)?.1)
        let form = [("csrf", String(token))]
        // Another browser, and no browser at all.
        let other = CookieJar()
        _ = try await kit.code(cookies: other)
        for jar in [other, CookieJar()] {
            let refused = try await kit.harness.send(
                "POST",
                "/oauth2/logout",
                form: form,
                cookies: jar
            )
            expectError(refused, "invalid_request")
        }
        let done = try await kit.harness.send(
            "POST",
            "/oauth2/logout",
            form: form,
            cookies: cookies
        )
        #expect(done.status == 303)
        #expect(done.value(of: "location") == Self.bye)
        #expect(cookies.names.isEmpty)
        let old = try await kit.authorize(["prompt": "none"], cookies: cookies)
        #expect(old.locationParameters["error"] == "login_required")
    }

    @Test("section 8: a question that is ten minutes old is asked again")
    func staleQuestion() async throws {
        let kit = try await OAuthKit()
        let cookies = CookieJar()
        _ = try await kit.code(cookies: cookies)
        let asked = try await logout(kit, [], cookies: cookies)
        let token = try #require(asked.text.firstMatch(of: /name="csrf" value="([^"]+)"/)?.1)
        kit.harness.advance(seconds: 600)
        let late = try await kit.harness.send(
            "POST",
            "/oauth2/logout",
            form: [("csrf", String(token))],
            cookies: cookies
        )
        expectError(late, "invalid_request")
    }

    @Test("§2: a hint of somebody else signs nobody out unasked")
    func foreignHint() async throws {
        let kit = try await OAuthKit()
        let other = try await kit.signIn(subject: "user-2")
        let cookies = CookieJar()
        _ = try await kit.code(cookies: cookies)
        let answer = try await logout(
            kit,
            [("id_token_hint", other.identity)],
            cookies: cookies
        )
        #expect(answer.status == 200)
        #expect(answer.text.contains("Sign out?"))
        #expect(cookies.names == ["__Host-gatehouse_session"])
    }

    @Test("§3: redirects go to what the client has registered, exactly, or nowhere")
    func redirects() async throws {
        let kit = try await OAuthKit()
        for parameters in [
            [("client_id", "web"), ("post_logout_redirect_uri", "https://evil.test/")],
            [("client_id", "web"), ("post_logout_redirect_uri", Self.bye + "&x=1")],
            [("client_id", "spa"), ("post_logout_redirect_uri", Self.bye)],
            [("post_logout_redirect_uri", Self.bye)], [("client_id", "nobody")],
            [("client_id", "web"), ("client_id", "web")],
        ] {
            let answer = try await logout(kit, parameters, cookies: CookieJar())
            #expect(answer.status == 400)
            #expect(answer.value(of: "location") == nil)
        }
        let page = try await logout(
            kit,
            [("post_logout_redirect_uri", Self.bye)],
            cookies: CookieJar(),
            headers: [("sec-fetch-mode", "navigate")]
        )
        #expect(page.value(of: "content-type") == "text/html; charset=utf-8")
    }

    @Test("§2: nobody is signed in: the page says so, a client's browser goes back")
    func nobody() async throws {
        let kit = try await OAuthKit()
        let page = try await logout(kit, [], cookies: CookieJar())
        #expect(page.status == 200)
        #expect(page.text.contains("signed out"))
        let back = try await logout(
            kit,
            [("client_id", "web"), ("post_logout_redirect_uri", Self.bye)],
            cookies: CookieJar()
        )
        #expect(back.value(of: "location") == Self.bye)
    }

    @Test("§2: a hint that is none of ours, or an access token, proves nothing")
    func badHints() async throws {
        let kit = try await OAuthKit()
        let cookies = CookieJar()
        let signed = try await kit.signIn(cookies: cookies)
        for hint in [signed.access, "a.b.c", signed.identity + "x"] {
            let answer = try await logout(kit, [("id_token_hint", hint)], cookies: cookies)
            #expect(answer.text.contains("Sign out?"))
        }
        let mixed = try await logout(
            kit,
            [("id_token_hint", signed.identity), ("client_id", "spa")],
            cookies: cookies
        )
        expectError(mixed, "invalid_request")
        #expect(kit.harness.published.all.isEmpty)
    }
}
