import Access
import Configuration
import EventLoop
import JSON
import Storage
import Testing

@testable import AuthorizationServer

struct BrowserSessionTests {
    @Test("A browser is remembered for an hour of rest and twelve in all")
    func lifetime() async throws {
        let driver = try await signedIn()
        let sessions = BrowserSessions(context: driver.context)
        let request = try driver.sessionRequest()
        let begun = driver.context.now
        for _ in 0..<12 {
            driver.harness.advance(seconds: 3_599)
            let login = await sessions.current(request, project: driver.project)
            #expect(login?.identity.accountID == LocalDriver.emailKey)
            #expect(login?.authenticatedAt == begun)
        }
        driver.harness.advance(seconds: 12)
        #expect(await sessions.current(request, project: driver.project) == nil)
    }

    @Test("A browser that rests longer is nobody's")
    func idle() async throws {
        let driver = try await signedIn()
        driver.harness.advance(seconds: 3_600)
        let login = await BrowserSessions(context: driver.context)
            .current(try driver.sessionRequest(), project: driver.project)
        #expect(login == nil)
    }

    @Test("Signing out deletes it, and takes the cookie back")
    func end() async throws {
        let driver = try await signedIn()
        let sessions = BrowserSessions(context: driver.context)
        let request = try driver.sessionRequest()
        let field = await sessions.end(request)
        #expect(field.value.hasPrefix("__Host-gatehouse_session=; Path=/; Max-Age=0; "))
        #expect(await sessions.current(request, project: driver.project) == nil)
        // Without a cookie there is nothing to end.
        #expect(await sessions.end(try driver.stranger.sessionRequest()) == field)
    }

    @Test("A value that nobody gave out, or another project's, is nobody")
    func strangers() async throws {
        let driver = try await signedIn()
        let sessions = BrowserSessions(context: driver.context)
        var other = driver.project
        other.id = "other"
        let request = try driver.sessionRequest()
        #expect(await sessions.current(request, project: other) == nil)
        var twice = request
        twice.fields.append(ControlField("cookie", "__Host-gatehouse_session=planted"))
        #expect(await sessions.current(twice, project: driver.project) == nil)
        let planted = driver.stranger
        planted.jar.take(
            ControlResponse(
                status: 200,
                fields: [
                    ControlField(
                        "set-cookie",
                        "__Host-gatehouse_session=" + String(repeating: "A", count: 43)
                    )
                ]
            )
        )
        #expect(
            await sessions.current(try planted.sessionRequest(), project: driver.project) == nil
        )
    }

    @Test("A disabled user, a new password and a provider that is gone end it")
    func ends() async throws {
        let driver = try await signedIn()
        let sessions = BrowserSessions(context: driver.context)
        let request = try driver.sessionRequest()
        var without = driver.project
        without.providers = [1]
        #expect(await sessions.current(request, project: without) == nil)
        #expect(await sessions.current(request, project: driver.project) != nil)
        _ = try await driver.administration.setPassword(LocalDriver.emailKey, "another long one")
        #expect(await sessions.current(request, project: driver.project) == nil)
        let state = try await driver.begin()
        _ = try await driver.signIn(state, password: "another long one")
        let next = try driver.sessionRequest()
        #expect(await sessions.current(next, project: driver.project) != nil)
        _ = try await driver.administration.disable(LocalDriver.emailKey)
        _ = try await driver.administration.enable(LocalDriver.emailKey)
        #expect(await sessions.current(next, project: driver.project) == nil)
    }

    private func signedIn() async throws -> LocalDriver {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let answer = try await driver.signIn(try await driver.begin())
        #expect(answer.status == 303)
        return driver
    }
}

extension LocalDriver {
    /// A request of this browser to authorize.
    func sessionRequest() throws -> ControlRequest {
        ControlRequest(
            endpoint: .authorize,
            method: "GET",
            path: "/oauth2/authorize",
            fields: jar.field.map { [$0] } ?? [],
            clientAddress: try #require(IPAddress("203.0.113.7")),
            isConfidential: true,
            requestID: "r"
        )
    }
}
