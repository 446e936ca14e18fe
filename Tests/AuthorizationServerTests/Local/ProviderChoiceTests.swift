import Access
import Configuration
import EventLoop
import JSON
import Storage
import Testing

@testable import AuthorizationServer

struct ProviderChoiceTests {
    @Test("The page lists what the project has")
    func page() async throws {
        let driver = try await LocalDriver.make()
        let state = try await driver.begin(provider: nil)
        let page = try await driver.get("choose", state)
        #expect(page.status == 200)
        #expect(
            Markup(page.text).all("a").map { $0["href"] } == [
                "/oauth2/choose?flow=\(state)&provider=local",
                "/oauth2/choose?flow=\(state)&provider=corp",
            ]
        )
    }

    @Test("Our own provider leads to its page")
    func local() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let state = try await driver.begin(provider: nil)
        let answer = try await driver.get("choose", state, [("provider", "local")])
        #expect(answer.status == 303)
        #expect(answer.value(of: "location") == "https://gate.test/oauth2/sign-in?flow=\(state)")
        #expect(try await driver.signIn(state).status == 303)
    }

    @Test("Another one is asked with a nonce and a challenge of its own each time")
    func outside() async throws {
        let driver = try await LocalDriver.make()
        let state = try await driver.begin(provider: nil)
        var nonces: Set<String> = []
        var challenges: Set<String> = []
        for _ in 0..<3 {
            let answer = try await driver.get("choose", state, [("provider", "corp")])
            #expect(answer.status == 303)
            let query = answer.locationParameters
            #expect(query["state"] == state)
            #expect(query["redirect_uri"] == "https://gate.test/oauth2/callback/corp")
            nonces.insert(query["nonce"] ?? "")
            challenges.insert(query["code_challenge"] ?? "")
        }
        #expect(nonces.count == 3 && challenges.count == 3)
        #expect(driver.jar.names == ["__Host-stack-oauth-inner-\(state)"])
    }

    @Test("A provider that the project does not have is none")
    func unknown() async throws {
        let driver = try await LocalDriver.make()
        let state = try await driver.begin(provider: nil)
        for id in ["github", "LOCAL", "../corp"] {
            expectPage(
                try await driver.get("choose", state, [("provider", id)]),
                400,
                .invalidRequest
            )
        }
    }

    @Test("Applications that chose themselves are not asked again")
    func stack() async throws {
        let driver = try await LocalDriver.make()
        let state = try await driver.begin(ServiceHarness.project, provider: "corp")
        for more in [[], [("provider", "local")]] {
            expectPage(try await driver.get("choose", state, more), 400, .invalidRequest)
        }
    }

    @Test("Nobody else's browser may choose")
    func strangers() async throws {
        let driver = try await LocalDriver.make()
        let state = try await driver.begin(provider: nil)
        let answer = try await driver.stranger.get("choose", state, [("provider", "corp")])
        expectPage(answer, 400, .expired)
    }

    @Test("A browser that goes in circles is stopped")
    func circles() async throws {
        let driver = try await LocalDriver.make()
        let state = try await driver.begin(provider: nil)
        for _ in 0..<20 {
            #expect(try await driver.get("choose", state, [("provider", "local")]).status == 303)
        }
        expectPage(
            try await driver.get("choose", state, [("provider", "local")]),
            400,
            .tooManyRedirects
        )
    }

    @Test("The page of who is signed out, and the style sheet")
    func otherPages() async throws {
        let driver = try await LocalDriver.make()
        let out = try await driver.harness.send("GET", "/oauth2/signed-out")
        #expect(out.status == 200)
        #expect(out.text.contains("You are signed out"))
        #expect(try await driver.harness.send("POST", "/oauth2/signed-out", form: []).status == 405)
        let path = "/oauth2/gatehouse.css"
        let sheet = try await driver.harness.send("GET", StyleSheet.reference)
        #expect(sheet.status == 200)
        #expect(sheet.value(of: "cache-control") == "public, max-age=31536000, immutable")
        let tag = try #require(sheet.value(of: "etag"))
        for known in [tag, "W/" + tag, "\"x\", " + tag, "*"] {
            let again = try await driver.harness.send(
                "GET",
                path,
                headers: [("if-none-match", known)]
            )
            #expect(again.status == 304)
            #expect(again.body.isEmpty)
            #expect(again.value(of: "etag") == tag)
        }
        let changed = try await driver.harness.send(
            "GET",
            path,
            headers: [("if-none-match", "\"x\"")]
        )
        #expect(changed.status == 200)
    }
}
