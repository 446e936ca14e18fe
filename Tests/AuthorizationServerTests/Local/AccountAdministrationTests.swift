import Access
import Configuration
import EventLoop
import JSON
import Storage
import Testing

@testable import AuthorizationServer

struct AccountAdministrationTests {
    @Test("An account is added once, with a password that will do")
    func add() async throws {
        let driver = try await LocalDriver.make()
        let administration = driver.administration
        let ada = try await driver.addAda()
        #expect(ada.user.displayName == "Ada")
        #expect(ada.hasPassword && !ada.user.isEmailVerified)
        #expect(ada.providerIDs == ["local"])
        await #expect(throws: AdministrationFault.emailTaken) {
            try await administration.add(email: " ADA@example.com", password: LocalDriver.password)
        }
        await #expect(throws: AdministrationFault.emailInvalid) {
            try await administration.add(email: "ada", password: LocalDriver.password)
        }
        await #expect(throws: AdministrationFault.projectUnknown("x")) {
            try await administration.add(
                email: "b@example.com",
                password: LocalDriver.password,
                projectID: "x"
            )
        }
        let short = FieldFault.passwordTooShort(min: 10).sentence
        await #expect(throws: AdministrationFault.passwordRefused(sentence: short)) {
            try await administration.add(email: "b@example.com", password: "short")
        }
        #expect(try await driver.users().count == 1)
    }

    @Test("Users are found by id or address, and listed page by page")
    func find() async throws {
        let driver = try await LocalDriver.make()
        let administration = driver.administration
        let ada = try await driver.addAda()
        #expect(try await administration.find(ada.user.id).user == ada.user)
        #expect(try await administration.find(ada.user.id.uppercased()).user == ada.user)
        #expect(try await administration.find("ADA@EXAMPLE.COM").user == ada.user)
        await #expect(throws: AdministrationFault.accountUnknown("nobody")) {
            try await administration.find("nobody")
        }
        let bea = try await administration.add(
            email: "bea@example.com",
            password: LocalDriver.password
        )
        let ids = [ada.user.id, bea.user.id].sorted()
        let first = try await administration.list(limit: 1)
        #expect(first.map(\.user.id) == [ids[0]])
        let second = try await administration.list(limit: 1, after: ids[0])
        #expect(second.map(\.user.id) == [ids[1]])
        #expect(try await administration.list(after: ids[1]).isEmpty)
        // Another provider's user of the same address.
        _ = try await StackDriver(harness: driver.harness).signIn(
            claims: ["email": "ada@example.com", "email_verified": true]
        )
        await #expect(throws: AdministrationFault.self) {
            try await administration.find("ada@example.com")
        }
    }

    @Test("Disabling ends every session: committed, published, answered")
    func disable() async throws {
        let driver = try await LocalDriver.make()
        let ada = try await driver.addAda()
        let session = try await driver.stackTokens()
        let change = try await driver.administration.disable(LocalDriver.email)
        #expect(change.hasChanged && change.account.user.isDisabled)
        #expect(change.endedSessions.count == 1)
        #expect(driver.harness.published.all == change.endedSessions)
        let dead = try await driver.harness.send(
            "GET",
            "/api/v1/users/me",
            headers: StackDriver.client(session.access)
        )
        #expect(dead.status == 401)
        let refresh = try await StackDriver(harness: driver.harness).refresh(session.refresh)
        #expect(refresh.status == 401)
        let again = try await driver.administration.disable(ada.user.id)
        #expect(!again.hasChanged && again.endedSessions.isEmpty)
        let enabled = try await driver.administration.enable(ada.user.id)
        #expect(enabled.hasChanged && !enabled.account.user.isDisabled)
        _ = try await driver.stackTokens()
    }

    @Test("Another password signs out whoever knew the old one")
    func setPassword() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let session = try await driver.stackTokens()
        let change = try await driver.administration.setPassword(
            LocalDriver.email,
            "entirely different"
        )
        #expect(driver.harness.published.all == change.endedSessions)
        #expect(change.endedSessions.count == 1)
        let refresh = try await StackDriver(harness: driver.harness).refresh(session.refresh)
        #expect(refresh.status == 401)
        let state = try await driver.begin()
        expectPage(try await driver.signIn(state), 403, .credentialsWrong)
        #expect(try await driver.signIn(state, password: "entirely different").status == 303)
    }

    @Test("What was begun with the old password comes to nothing")
    func begunBefore() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let stack = StackDriver(harness: driver.harness)
        let answer = try await driver.signIn(try await driver.begin(ServiceHarness.project))
        let code = try #require(answer.locationParameters["code"])
        driver.harness.advance(seconds: 1)
        _ = try await driver.administration.setPassword(LocalDriver.email, "entirely different")
        let tokens = try await stack.redeem(code)
        #expect(tokens.status == 400)
        #expect(tokens.note.detail == "code.session_ended")
        let again = try await driver.signIn(
            try await driver.begin(ServiceHarness.project),
            password: "entirely different"
        )
        let next = try #require(again.locationParameters["code"])
        #expect(try await stack.redeem(next).status == 200)
    }

    @Test("Who signs in elsewhere has no password to set")
    func noPassword() async throws {
        let driver = try await LocalDriver.make()
        _ = try await StackDriver(harness: driver.harness).signIn(claims: ["email": "c@example.com"]
        )
        await #expect(throws: AdministrationFault.noPassword) {
            try await driver.administration.setPassword("c@example.com", LocalDriver.password)
        }
    }

    @Test("A verified address signs its user in")
    func verify() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let change = try await driver.administration.verify(LocalDriver.email)
        #expect(change.hasChanged)
        #expect(change.account.user.isEmailVerified && change.account.user.signsInByEmail)
        #expect(try await driver.administration.verify(LocalDriver.email).hasChanged == false)
        // From now on a provider that verified it means the same person.
        let tokens = try await StackDriver(harness: driver.harness).signIn(
            claims: ["email": "ada@example.com", "email_verified": true]
        )
        #expect(tokens.answer["is_new_user"] == false)
        let both = try await driver.administration.find(LocalDriver.email).providerIDs
        #expect(Set(both) == ["local", "corp"])
    }

    @Test("A granted scope comes with the next token; taking it back ends who carries it")
    func scopes() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let administration = driver.administration
        let stack = StackDriver(harness: driver.harness)
        let before = try await driver.stackTokens()
        await #expect(throws: AdministrationFault.self) {
            try await administration.grant("orders:delete", to: LocalDriver.email)
        }
        let granted = try await administration.grant("orders:write", to: LocalDriver.email)
        #expect(granted.hasChanged && granted.endedSessions.isEmpty)
        #expect(granted.account.grants.map(\.scope) == ["orders:write"])
        #expect(
            try await administration.grant("orders:write", to: LocalDriver.email).hasChanged
                == false
        )
        let refreshed = try await stack.refresh(before.refresh)
        #expect(refreshed.object["scope"]?.string == "openid email orders:read orders:write")
        let revoked = try await administration.revoke("orders:write", from: LocalDriver.email)
        #expect(revoked.hasChanged && revoked.account.grants.isEmpty)
        #expect(revoked.endedSessions.count == 1)
        #expect(driver.harness.published.all == revoked.endedSessions)
        #expect(try await stack.refresh(before.refresh).status == 401)
        // What everyone holds is not taken away.
        let after = try await driver.stackTokens()
        let none = try await administration.revoke("orders:read", from: LocalDriver.email)
        #expect(!none.hasChanged && none.endedSessions.isEmpty)
        #expect(try await stack.refresh(after.refresh).status == 200)
    }
}

extension LocalDriver {
    /// Signs Ada in to the Stack application.
    func stackTokens() async throws -> (access: String, refresh: String) {
        let answer = try await signIn(try await begin(ServiceHarness.project))
        let code = try #require(answer.locationParameters["code"], "\(answer.text)")
        let tokens = try await StackDriver(harness: harness).redeem(code).object
        return (
            try #require(tokens["access_token"]?.string),
            try #require(tokens["refresh_token"]?.string)
        )
    }
}
