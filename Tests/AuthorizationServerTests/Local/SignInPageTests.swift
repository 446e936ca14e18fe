import Access
import Configuration
import Cryptography
import EventLoop
import JSON
import Storage
import Testing

@testable import AuthorizationServer

struct SignInPageTests {
    @Test("The page asks for e-mail and password, and says where else one may go")
    func page() async throws {
        let driver = try await LocalDriver.make()
        let state = try await driver.begin()
        let page = try await driver.get("sign-in", state)
        #expect(page.status == 200)
        #expect(page.value(of: "set-cookie") == nil)
        #expect(page.value(of: "cache-control") == "no-store")
        #expect(
            page.value(of: "content-security-policy")?
                .contains("form-action 'self' https://gate.test https:;") == true
        )
        let links = Markup(page.text).all("a").compactMap { $0["href"] }
        #expect(
            links == [
                "/oauth2/choose?flow=\(state)&provider=corp", "/oauth2/sign-up?flow=\(state)",
            ]
        )
    }

    @Test("Applications of the Stack dialect say themselves where to sign in")
    func pageOfStack() async throws {
        let driver = try await LocalDriver.make(LocalDriver.conf(project: "sign_up off;"))
        let state = try await driver.begin(ServiceHarness.project)
        let page = try await driver.get("sign-in", state)
        #expect(page.status == 200)
        #expect(Markup(page.text).all("a").isEmpty)
    }

    @Test("The right password leads to the application with a code, and the browser is remembered")
    func good() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let state = try await driver.begin()
        let answer = try await driver.signIn(state, email: " ADA@example.com ")
        #expect(answer.status == 303)
        #expect(
            answer.value(of: "location")?.hasPrefix("https://shop.example.com/callback?") == true
        )
        #expect(answer.locationParameters["code"]?.count == 64)
        #expect(answer.locationParameters["state"] == "outer-state")
        #expect(answer.locationParameters["iss"] == "https://gate.test")
        #expect(driver.jar.names == ["__Host-gatehouse_session"])
        let cookie = answer.fields.last { $0.name == "set-cookie" }?.value ?? ""
        #expect(cookie.hasSuffix("; Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Lax"))
    }

    @Test("A Stack application gets tokens for the local account, and leaves no session behind")
    func goodForStack() async throws {
        let driver = try await LocalDriver.make()
        let ada = try await driver.addAda()
        let state = try await driver.begin(ServiceHarness.project)
        let answer = try await driver.signIn(state)
        #expect(answer.status == 303)
        #expect(driver.jar.names.isEmpty)
        let code = try #require(answer.locationParameters["code"])
        let tokens = try await StackDriver(harness: driver.harness).redeem(code)
        #expect(tokens.object["is_new_user"] == false)
        #expect(tokens.object["scope"]?.string == "openid email orders:read")
        let users = try await driver.users()
        #expect(users.map(\.id) == [ada.user.id])
        #expect(users.first?.isEmailVerified == false)
    }

    @Test("A form of another flow, page, browser or nobody is shown once more, and does nothing")
    func staleForms() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let state = try await driver.begin()
        let other = try await driver.begin()
        let fields = ["email": LocalDriver.email, "password": LocalDriver.password]
        let tokens = [
            "", "x", LocalDriver.token(try await driver.get("sign-in", other)),
            LocalDriver.token(try await driver.get("sign-up", state)),
            CSRF.token(
                form: .signIn,
                flow: state,
                browser: "",
                key: [UInt8](repeating: 7, count: 32)
            ),
        ]
        for token in tokens {
            let answer = try await driver.post(
                "sign-in",
                state,
                fields.merging(["csrf": token]) { $1 }
            )
            expectPage(answer, 403, .formStale)
            // What was typed stays, the password does not.
            #expect(answer.text.contains(LocalDriver.email))
            #expect(!answer.text.contains(LocalDriver.password))
        }
        #expect(try await driver.signIn(state).status == 303)
    }

    @Test("Somebody with the state and without the cookie gets nowhere, and ends nothing")
    func stolenState() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let state = try await driver.begin()
        let thief = driver.stranger
        let token = LocalDriver.token(try await driver.get("sign-in", state))
        expectPage(try await thief.get("sign-in", state), 400, .expired)
        let fields = [
            "email": LocalDriver.email, "password": LocalDriver.password, "csrf": token,
        ]
        expectPage(try await thief.post("sign-in", state, fields), 400, .expired)
        // A cookie of his own for the same flow.
        thief.jar.take(
            ControlResponse(
                status: 200,
                fields: [
                    BrowserCookie.flow(state: state, settings: driver.harness.settings)
                        .setting("made-up", maxAgeSeconds: 60)
                ]
            )
        )
        expectPage(try await thief.post("sign-in", state, fields), 400, .expired)
        expectPage(try await thief.get("sign-up", state), 400, .expired)
        expectPage(try await thief.get("choose", state), 400, .expired)
        expectPage(try await thief.get("consent", state), 400, .expired)
        #expect(try await driver.signIn(state).status == 303)
    }

    @Test("A flow that is too old, unknown, finished or not named is over")
    func flowsThatAreOver() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let state = try await driver.begin()
        let token = LocalDriver.token(try await driver.get("sign-in", state))
        driver.harness.advance(seconds: 601)
        expectPage(try await driver.get("sign-in", state), 400, .expired)
        let fields = [
            "email": LocalDriver.email, "password": LocalDriver.password, "csrf": token,
        ]
        expectPage(try await driver.post("sign-in", state, fields), 400, .expired)
        expectPage(try await driver.get("sign-in", "unknown"), 400, .expired)
        expectPage(try await driver.harness.send("GET", "/oauth2/sign-in"), 400, .expired)
        let next = try await driver.begin()
        let nextToken = LocalDriver.token(try await driver.get("sign-in", next))
        #expect(try await driver.signIn(next).status == 303)
        expectPage(
            try await driver.post("sign-in", next, fields.merging(["csrf": nextToken]) { $1 }),
            400,
            .expired
        )
    }

    @Test("What browsers do not send from our pages is refused")
    func requestsThatAreNone() async throws {
        let driver = try await LocalDriver.make()
        let state = try await driver.begin()
        expectPage(try await driver.get("sign-in", state, [("flow", state)]), 400, .invalidRequest)
        let json = try await driver.harness.send(
            "POST",
            "/oauth2/sign-in",
            json: ["flow": .string(state)],
            cookies: driver.jar
        )
        expectPage(json, 400, .invalidRequest)
        let put = try await driver.harness.send("PUT", "/oauth2/sign-in?flow=\(state)")
        #expect(put.status == 405)
        #expect(put.value(of: "allow") == "GET, POST")
    }

    @Test("A password that came in the clear is refused, with words that say why")
    func plainConnection() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let state = try await driver.begin()
        for page in ["sign-in", "sign-up", "choose", "consent"] {
            let answer = try await driver.harness.send(
                "GET",
                "/oauth2/\(page)?flow=\(state)",
                headers: [("accept", "text/html")],
                cookies: driver.jar,
                isConfidential: false
            )
            #expect(answer.status == 400)
            #expect(answer.text.contains(PageFault.insecureConnection.sentence))
        }
        let token = LocalDriver.token(try await driver.get("sign-in", state))
        let answer = try await driver.post(
            "sign-in",
            state,
            ["email": LocalDriver.email, "password": LocalDriver.password, "csrf": token],
            isConfidential: false
        )
        #expect(answer.status == 400)
        #expect(answer.value(of: "location") == nil)
    }

    @Test("Fields that are missing are named")
    func missingFields() async throws {
        let driver = try await LocalDriver.make()
        let state = try await driver.begin()
        let empty = try await driver.post("sign-in", state, [:])
        expectPage(empty, 400, .fieldsWrong)
        #expect(empty.text.contains(FieldFault.emailMissing.sentence))
        #expect(empty.text.contains(FieldFault.passwordMissing.sentence))
        let wrong = try await driver.post("sign-in", state, ["email": "ada", "password": "x"])
        #expect(wrong.text.contains(FieldFault.emailInvalid.sentence))
    }

    @Test("An unknown address is answered as a wrong password is")
    func unknownAddress() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let state = try await driver.begin()
        let wrong = try await driver.signIn(state, password: "not the password")
        expectPage(wrong, 403, .credentialsWrong)
        let unknown = try await driver.signIn(state, email: "Bea@Example.com")
        expectPage(unknown, 403, .credentialsWrong)
        let same = unknown.text.replacing("Bea@Example.com", with: LocalDriver.email)
        #expect(same == wrong.text)
        let long = try await driver.signIn(
            state,
            email: "eve@example.com",
            password: String(repeating: "x", count: 257)
        )
        expectPage(long, 403, .credentialsWrong)
    }

    @Test("A disabled user hears of it only with the right password")
    func disabled() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        _ = try await driver.administration.disable(LocalDriver.emailKey)
        let state = try await driver.begin()
        expectPage(try await driver.signIn(state, password: "wrong"), 403, .credentialsWrong)
        expectPage(try await driver.signIn(state), 403, .accountDisabled)
        _ = try await driver.administration.enable(LocalDriver.emailKey)
        #expect(try await driver.signIn(state).status == 303)
    }

    @Test("After three wrong passwords the account rests, from that address")
    func throttled() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let state = try await driver.begin()
        for _ in 0..<3 {
            expectPage(try await driver.signIn(state, password: "wrong"), 403, .credentialsWrong)
        }
        let resting = try await driver.signIn(state)
        expectPage(resting, 429, .tooManyAttempts)
        #expect(resting.value(of: "retry-after") == "301")
        let elsewhere = try await driver.signIn(state, password: "wrong", address: "198.51.100.9")
        expectPage(elsewhere, 403, .credentialsWrong)
        driver.harness.advance(seconds: 301)
        #expect(try await driver.signIn(state).status == 303)
    }

    @Test("Guesses at once are counted before any of them is answered")
    func guessesAtOnce() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let state = try await driver.begin()
        let token = LocalDriver.token(try await driver.get("sign-in", state))
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<30 {
                group.addTask {
                    try await driver.post(
                        "sign-in",
                        state,
                        ["email": LocalDriver.email, "password": "guess \(number)", "csrf": token]
                    ).status
                }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 403 } == 3)
        #expect(statuses.count { $0 == 429 } == 27)
    }

    @Test("Of two tabs that finish one flow at once, one has it")
    func sameFlowTwice() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let state = try await driver.begin()
        let token = LocalDriver.token(try await driver.get("sign-in", state))
        let fields = [
            "email": LocalDriver.email, "password": LocalDriver.password, "csrf": token,
        ]
        async let first = driver.post("sign-in", state, fields)
        async let second = driver.post("sign-in", state, fields)
        let statuses = [try await first.status, try await second.status]
        #expect(statuses.sorted() == [303, 400])
    }

    @Test("Tabs with flows of their own do not disturb each other")
    func severalTabs() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let states = [try await driver.begin(), try await driver.begin("diary")]
        #expect(try await driver.signIn(states[1]).status == 303)
        #expect(try await driver.signIn(states[0]).status == 303)
    }

    @Test("A flow that began in JSON mode belongs to the first browser that comes")
    func jsonMode() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let state = try await driver.begin(ServiceHarness.project) { $0.isJSONMode = true }
        #expect(driver.jar.names.isEmpty)
        let page = try await driver.get("sign-in", state)
        #expect(page.status == 200)
        #expect(driver.jar.names == ["__Host-stack-oauth-inner-\(state)"])
        expectPage(try await driver.stranger.get("sign-in", state), 400, .expired)
        let answer = try await driver.signIn(state)
        #expect(answer.status == 303)
        #expect(answer.locationParameters["code"] != nil)
        #expect(driver.jar.names.isEmpty)
    }

    @Test("A form for a flow that no browser has yet is shown, not taken")
    func jsonModeWithoutPage() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let state = try await driver.begin(ServiceHarness.project) { $0.isJSONMode = true }
        let fields = [
            "email": LocalDriver.email, "password": LocalDriver.password, "csrf": "made-up",
        ]
        expectPage(try await driver.post("sign-in", state, fields), 403, .formStale)
    }

    @Test("A flow that was sent to another provider is not signed in to with a password")
    func otherProvider() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let stack = try await driver.begin(ServiceHarness.project, provider: "corp")
        expectPage(try await driver.get("sign-in", stack), 400, .invalidRequest)
        let plain = try await driver.begin(provider: "corp")
        let token = CSRF.token(form: .signIn, flow: plain, browser: "", key: [])
        let early = try await driver.post(
            "sign-in",
            plain,
            ["email": LocalDriver.email, "password": LocalDriver.password, "csrf": token]
        )
        expectPage(early, 400, .invalidRequest)
        // Where people choose for themselves, coming back to the page is choosing it.
        #expect(try await driver.signIn(plain).status == 303)
    }

    @Test("An unverified address never passes for a verified one")
    func verification() async throws {
        for (local, isVerified) in [
            ("email_verification claimed;", false), ("email_verification assumed;", true),
            ("email_verification never;", false),
        ] {
            let driver = try await LocalDriver.make(LocalDriver.conf(local: local))
            try await driver.addAda()
            let state = try await driver.begin()
            _ = try await driver.signIn(state)
            let request = try driver.sessionRequest()
            let login = await BrowserSessions(context: driver.context)
                .current(request, project: driver.project)
            #expect(login?.identity.isEmailVerified == isVerified)
            #expect((login?.identity.claims["email"] != nil) == isVerified)
        }
    }
}
