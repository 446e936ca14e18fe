import Access
import JSON
import Storage
import Testing

@testable import AuthorizationServer

/// Contract, sections 6, 12.3 and 13, as the decisions alter them.
struct StackCallbackTests {
    /// A flow that was begun, and what its provider was told.
    private func begin(
        _ driver: StackDriver,
        _ changes: [String: String?] = [:],
        claims: JSONObject = [:],
        subject: String = "user-1"
    ) async throws -> (state: String, cookies: CookieJar) {
        let cookies = CookieJar()
        let answer = try await driver.authorize(changes, cookies: cookies)
        let query = driver.providerQuery(answer)
        try driver.signInAtProvider(query, subject: subject, claims: claims)
        return (query["state"] ?? "", cookies)
    }

    @Test("6.2: success is 303 with exactly code and state, the application's query kept")
    func success() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let flow = try await begin(
            driver,
            ["redirect_uri": ServiceHarness.redirectURI + "?keep=1&code=old"]
        )
        let answer = try await driver.callback(state: flow.state, cookies: flow.cookies)
        #expect(answer.status == 303)
        #expect(Set(answer.locationParameters.keys) == ["code", "state", "keep"])
        #expect(answer.locationParameters["state"] == "outer-state")
        #expect(answer.locationParameters["code"]?.utf8.count == 64)
        #expect(answer.value(of: "location")?.hasPrefix(ServiceHarness.redirectURI + "?") == true)
        // The cookie is taken back.
        #expect(flow.cookies.names.isEmpty)
    }

    @Test("6.1-1: an unknown state is 400 text, and sets nothing")
    func unknownState() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let answer = try await driver.callback(state: "forged")
        #expect(answer.status == 400)
        #expect(answer.value(of: "content-type")?.hasPrefix("text/plain") == true)
        #expect(answer.value(of: "set-cookie") == nil)
    }

    @Test("6.1-2: a stolen state is worth nothing without the cookie, and its owner goes on")
    func stolenState() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let flow = try await begin(driver)
        let stolen = try await driver.callback(state: flow.state)
        #expect(stolen.status == 400)
        let other = CookieJar()
        _ = try await driver.authorize(cookies: other)
        #expect(try await driver.callback(state: flow.state, cookies: other).status == 400)
        let own = try await driver.callback(state: flow.state, cookies: flow.cookies)
        #expect(own.status == 303)
    }

    @Test("17-9: a state works once, in JSON mode too")
    func oneTimeState() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let flow = try await begin(driver, ["stack_response_mode": "json"])
        #expect(try await driver.callback(state: flow.state).status == 303)
        #expect(try await driver.callback(state: flow.state).status == 400)
    }

    @Test("17-10: the answer of another provider is refused, and the flow stays")
    func mixUp() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let flow = try await begin(driver)
        let mixed = try await driver.callback(
            state: flow.state,
            provider: "local",
            cookies: flow.cookies
        )
        #expect(mixed.status == 400)
        let good = try await driver.callback(state: flow.state, cookies: flow.cookies)
        #expect(good.status == 303)
    }

    @Test("6.1-4, 6.3: a flow that took too long is told to the application")
    func expired() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        let flow = try await begin(driver)
        harness.advance(seconds: 601)
        let answer = try await driver.callback(state: flow.state, cookies: flow.cookies)
        #expect(answer.locationParameters["errorCode"] == "OUTER_OAUTH_TIMEOUT")
    }

    @Test(
        "6.3, decision 2: a provider's no goes to the application, with state and the right error"
    )
    func denied() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let flow = try await begin(driver)
        let answer = try await driver.callback(
            state: flow.state,
            cookies: flow.cookies,
            adding: [("error", "access_denied")]
        )
        #expect(answer.status == 307)
        let parameters = answer.locationParameters
        #expect(parameters["error"] == "access_denied")
        #expect(parameters["errorCode"] == "OAUTH_PROVIDER_ACCESS_DENIED")
        #expect(parameters["state"] == "outer-state")
        #expect(parameters["details"] == "{}")
        #expect(parameters["message"] == parameters["error_description"])
    }

    @Test("12.3: a provider that is down is said to be so, and stops nobody else")
    func providerDown() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        let flow = try await begin(driver)
        harness.provider.fail(Fixtures.tokenPlace)
        let answer = try await driver.callback(state: flow.state, cookies: flow.cookies)
        #expect(answer.locationParameters["error"] == "temporarily_unavailable")
        #expect(
            answer.locationParameters["errorCode"] == "OAUTH_PROVIDER_TEMPORARILY_UNAVAILABLE"
        )
        #expect(try await driver.authorize(provider: "local").status == 302)
    }

    @Test("12.3: invalid_grant of the provider is 400 text, answered directly")
    func providerRefuses() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        let flow = try await begin(driver)
        harness.provider.serve(Fixtures.tokenPlace, status: 400, ["error": "invalid_grant"])
        let answer = try await driver.callback(state: flow.state, cookies: flow.cookies)
        #expect(answer.status == 400)
        #expect(answer.value(of: "location") == nil)
    }

    @Test("decision 2: after a POST every redirect is 303")
    func post() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        let flow = try await begin(driver)
        let answer = try await harness.send(
            "POST",
            StackDriver.callbackPath + "corp",
            form: [("state", flow.state), ("error", "access_denied")],
            cookies: flow.cookies
        )
        #expect(answer.status == 303)
        #expect(answer.locationParameters["error"] == "access_denied")
    }

    @Test("decision 6: nothing is written at the callback")
    func noAccountWrites() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        let code = try await driver.code(claims: ["email": "a@example.com", "email_verified": true])
        let before = try await harness.store.read {
            try $0.users(projectID: ServiceHarness.project, limit: 10, after: nil).count
        }
        #expect(before == 0)
        let answer = try await driver.redeem(code)
        #expect(answer.object["is_new_user"] == true)
        let after = try await harness.store.read {
            try $0.users(projectID: ServiceHarness.project, limit: 10, after: nil).count
        }
        #expect(after == 1)
    }

    @Test("13: the same account is the same user, in a session of its own")
    func sameUser() async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let first = try await driver.signIn()
        let second = try await driver.signIn()
        #expect(first.answer["is_new_user"] == true)
        #expect(second.answer["is_new_user"] == false)
        #expect(first.refresh != second.refresh)
    }

    @Test("13: sign-up that is off is told to the application")
    func signUpOff() async throws {
        let conf = ServiceHarness.conf.replacing(
            "value=clerks;\n        sign_up on;",
            by: "value=clerks;\n        sign_up off;"
        )
        let driver = StackDriver(harness: try await ServiceHarness(conf))
        let flow = try await begin(driver)
        let answer = try await driver.callback(state: flow.state, cookies: flow.cookies)
        #expect(answer.locationParameters["errorCode"] == "SIGN_UP_NOT_ENABLED")
        #expect(answer.locationParameters["error"] == "access_denied")
    }

    @Test(
        "13: link_method attaches verified addresses, and no others",
        arguments: [(true, true), (true, false), (false, true), (false, false)]
    )
    func linkMethod(_ isOwnVerified: Bool, _ isNewVerified: Bool) async throws {
        let driver = StackDriver(harness: try await ServiceHarness())
        let first = try await driver.signIn(
            subject: "user-1",
            claims: ["email": "A@example.com", "email_verified": .boolean(isOwnVerified)]
        )
        let flow = try await begin(
            driver,
            claims: ["email": "a@example.com", "email_verified": .boolean(isNewVerified)],
            subject: "user-2"
        )
        let answer = try await driver.callback(state: flow.state, cookies: flow.cookies)
        guard isOwnVerified, isNewVerified else {
            let parameters = answer.locationParameters
            #expect(
                parameters["errorCode"] == "CONTACT_CHANNEL_ALREADY_USED_FOR_AUTH_BY_SOMEONE_ELSE"
            )
            let details = "\"would_work_if_email_was_verified\":\(!isOwnVerified)"
            #expect(parameters["details"]?.contains(details) == true)
            return
        }
        let tokens = try await driver.redeem(answer.locationParameters["code"] ?? "")
        #expect(tokens.object["is_new_user"] == false)
        _ = first
    }

    @Test("13: raise_error always refuses, allow_duplicates makes another user")
    func otherStrategies() async throws {
        for (strategy, isRefused) in [("raise_error", true), ("allow_duplicates", false)] {
            let conf = ServiceHarness.conf.replacing(
                "dialect stack;",
                by: "dialect stack; account_merge \(strategy);"
            )
            let driver = StackDriver(harness: try await ServiceHarness(conf))
            let claims: JSONObject = ["email": "a@example.com", "email_verified": true]
            _ = try await driver.signIn(subject: "user-1", claims: claims)
            let flow = try await begin(driver, claims: claims, subject: "user-2")
            let answer = try await driver.callback(state: flow.state, cookies: flow.cookies)
            #expect((answer.locationParameters["code"] == nil) == isRefused)
            if !isRefused {
                let tokens = try await driver.redeem(answer.locationParameters["code"] ?? "")
                #expect(tokens.object["is_new_user"] == true)
            }
        }
    }

    @Test("13: a link attaches the account to the user of the token, and refuses another's")
    func links() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        let alice = try await driver.signIn(subject: "alice")
        let changes: [String: String?] = ["type": "link", "token": alice.access]
        let linked = try await driver.redeem(try await driver.code(changes, subject: "alice-2"))
        #expect(linked.object["is_new_user"] == false)
        let me = try await harness.send(
            "GET",
            "/api/v1/users/me",
            headers: StackDriver.client(linked.object["access_token"]?.string)
        )
        #expect(me.object["oauth_providers"]?.array?.count == 2)
        _ = try await driver.signIn(subject: "bob")
        let flow = try await begin(driver, changes, subject: "bob")
        let answer = try await driver.callback(state: flow.state, cookies: flow.cookies)
        #expect(
            answer.locationParameters["errorCode"]
                == "OAUTH_CONNECTION_ALREADY_CONNECTED_TO_ANOTHER_USER"
        )
    }
}

extension StackCallbackTests {
    @Test("5.5, 13: an anonymous user becomes whoever signs in, and keeps their id")
    func upgrade() async throws {
        let harness = try await ServiceHarness()
        let driver = StackDriver(harness: harness)
        let context = harness.service.context
        let now = context.now
        let user = UserRecord(
            id: "6f3f3a54-5b8e-4e11-9d5c-1f2f3c0b9a10",
            projectID: ServiceHarness.project,
            createdAt: now,
            lastActiveAt: now,
            isAnonymous: true
        )
        let session = SessionRecord(
            id: "0d0c2a3e-53a7-4d63-8a6b-0a8a7a6f4b52",
            projectID: ServiceHarness.project,
            clientID: ServiceHarness.project,
            userID: user.id,
            authenticatedAt: now,
            createdAt: now,
            lastUsedAt: now,
            idleExpiresAt: now + 1_000_000,
            expiresAt: now + 1_000_000,
            requestedScopes: ["legacy"],
            grantedScopes: ["openid"]
        )
        try await harness.store.write { transaction in
            try transaction.insertUser(user)
            try transaction.insertSession(session)
        }
        let client = try #require(context.clients.client(ServiceHarness.project))
        let anonymous = try TokenMint(context: context).answer(
            for: Issue(
                client: client,
                user: user,
                session: session,
                scopes: ["openid"],
                issuedAt: now
            )
        ).get()
        // Nobody else lets the anonymous in unasked.
        expectKnown(
            try await harness.send(
                "GET",
                "/api/v1/users/me",
                headers: StackDriver.client(anonymous.accessToken)
            ),
            "ANONYMOUS_AUTHENTICATION_NOT_ALLOWED",
            401
        )
        let code = try await driver.code(
            ["token": anonymous.accessToken],
            claims: ["email": "a@example.com", "email_verified": true]
        )
        let tokens = try await driver.redeem(code)
        #expect(tokens.object["is_new_user"] == true)
        let me = try await harness.send(
            "GET",
            "/api/v1/users/me",
            headers: StackDriver.client(tokens.object["access_token"]?.string)
        )
        #expect(me.object["id"]?.string == user.id)
        #expect(me.object["is_anonymous"] == false)
        #expect(me.object["primary_email"] == "a@example.com")
    }
}
