import Access
import Configuration
import EventLoop
import JSON
import Storage
import Testing

@testable import AuthorizationServer

struct ConsentPageTests {
    @Test("An application of someone else's is asked about, and may go on after a yes")
    func allow() async throws {
        let (driver, state) = try await asked()
        let page = try await driver.get("consent", state)
        #expect(page.status == 200)
        let text = Markup(page.text).text
        for words in ["diary", "diary.example.net", "Ada@Example.com", "orders:read"] {
            #expect(text.contains(words), "\(words)")
        }
        // What Ada does not hold, she is not asked about.
        #expect(!text.contains("orders:write"))
        let answer = try await driver.post("consent", state, ["decision": "allow"])
        #expect(answer.status == 303)
        #expect(
            answer.value(of: "location")?.hasPrefix("https://diary.example.net/callback?") == true
        )
        #expect(answer.locationParameters["code"]?.count == 64)
        #expect(driver.jar.names == ["__Host-gatehouse_session"])
        // It is over then.
        expectPage(try await driver.get("consent", state), 400, .expired)
    }

    @Test("After a no the application hears of it")
    func deny() async throws {
        let (driver, state) = try await asked()
        let answer = try await driver.post("consent", state, ["decision": "deny"])
        #expect(answer.status == 303)
        #expect(answer.locationParameters["error"] == "access_denied")
        #expect(answer.locationParameters["state"] == "outer-state")
        #expect(answer.locationParameters["iss"] == "https://gate.test")
        #expect(answer.locationParameters["code"] == nil)
        expectPage(try await driver.get("consent", state), 400, .expired)
    }

    @Test("A stale form, or an answer that is none, asks once more")
    func stale() async throws {
        let (driver, state) = try await asked()
        let token = LocalDriver.token(try await driver.get("sign-in", state))
        for csrf in ["", token] {
            let answer = try await driver.post(
                "consent",
                state,
                ["decision": "allow", "csrf": csrf]
            )
            #expect(answer.status == 403)
            #expect(answer.note.error == "stale_form")
            #expect(answer.value(of: "location") == nil)
        }
        #expect(try await driver.post("consent", state, ["decision": "maybe"]).status == 400)
        #expect(try await driver.post("consent", state, [:]).status == 400)
        let allowed = try await driver.post("consent", state, ["decision": "allow"])
        #expect(allowed.status == 303)
    }

    @Test("Nobody else's browser may answer, and nobody before signing in")
    func strangers() async throws {
        let (driver, state) = try await asked()
        let token = LocalDriver.token(try await driver.get("consent", state))
        let stolen = try await driver.stranger.post(
            "consent",
            state,
            ["decision": "allow", "csrf": token]
        )
        expectPage(stolen, 400, .expired)
        let fresh = try await driver.begin("diary")
        expectPage(try await driver.get("consent", fresh), 400, .expired)
        let early = try await driver.post(
            "consent",
            fresh,
            ["decision": "allow", "csrf": token]
        )
        expectPage(early, 400, .expired)
    }

    @Test("A flow that is left for ten minutes is over")
    func expired() async throws {
        let (driver, state) = try await asked()
        driver.harness.advance(seconds: 601)
        expectPage(try await driver.get("consent", state), 400, .expired)
    }

    @Test("Of a yes and a no at once, one counts")
    func race() async throws {
        let (driver, state) = try await asked()
        let token = LocalDriver.token(try await driver.get("consent", state))
        async let yes = driver.post("consent", state, ["decision": "allow", "csrf": token])
        async let no = driver.post("consent", state, ["decision": "deny", "csrf": token])
        let statuses = [try await yes.status, try await no.status]
        #expect(statuses.sorted() == [303, 400])
    }

    @Test("A user who was disabled meanwhile gets no code")
    func disabledMeanwhile() async throws {
        let (driver, state) = try await asked()
        _ = try await driver.administration.disable(LocalDriver.emailKey)
        let answer = try await driver.post("consent", state, ["decision": "allow"])
        #expect(answer.locationParameters["code"] == nil)
        #expect(answer.locationParameters["error"] == "access_denied")
    }

    @Test("Somebody else may choose anew, and nothing of the first stays")
    func switchAccount() async throws {
        let (driver, state) = try await asked()
        let page = try await driver.get("consent", state)
        #expect(
            Markup(page.text).all("a").map { $0["href"] } == ["/oauth2/choose?flow=\(state)"]
        )
        #expect(try await driver.get("choose", state, [("provider", "local")]).status == 303)
        expectPage(try await driver.get("consent", state), 400, .expired)
        let bea = try await driver.administration.add(
            email: "bea@example.com",
            password: LocalDriver.password
        )
        let answer = try await driver.signIn(state, email: bea.user.email ?? "")
        #expect(answer.value(of: "location") == "https://gate.test/oauth2/consent?flow=\(state)")
        #expect(try await driver.get("consent", state).text.contains("bea@example.com"))
    }

    /// Ada has signed in to an application that must ask.
    private func asked() async throws -> (driver: LocalDriver, state: String) {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let state = try await driver.begin("diary")
        let answer = try await driver.signIn(state)
        #expect(answer.status == 303)
        #expect(answer.value(of: "location") == "https://gate.test/oauth2/consent?flow=\(state)")
        return (driver, state)
    }
}
