import Access
import Configuration
import EventLoop
import JSON
import Storage
import Testing

@testable import AuthorizationServer

struct SignUpPageTests {
    @Test("A new person is written at the page, unverified, and goes on to the application")
    func good() async throws {
        let driver = try await LocalDriver.make()
        let state = try await driver.begin(ServiceHarness.project)
        let page = try await driver.get("sign-up", state)
        #expect(page.status == 200)
        #expect(Markup(page.text).all("a").map { $0["href"] } == ["/oauth2/sign-in?flow=\(state)"])
        let answer = try await driver.signUp(state, name: " Ada Lovelace ")
        #expect(answer.status == 303)
        #expect(driver.jar.names.isEmpty)
        let user = try #require(try await driver.users().first)
        #expect(user.email == "Ada@Example.com")
        #expect(user.emailKey == "ada@example.com")
        #expect(user.displayName == "Ada Lovelace")
        #expect(!user.isEmailVerified && !user.signsInByEmail && !user.isAnonymous)
        let code = try #require(answer.locationParameters["code"])
        let tokens = try await StackDriver(harness: driver.harness).redeem(code)
        #expect(tokens.object["is_new_user"] == true)
        #expect(try await driver.userID(tokens) == user.id)
        // And from then on by the password.
        let again = try await driver.signIn(try await driver.begin())
        #expect(again.status == 303)
    }

    @Test("Where verification is assumed, the address signs its user in")
    func assumed() async throws {
        let conf = LocalDriver.conf(local: "sign_up on; email_verification assumed;")
        let driver = try await LocalDriver.make(conf)
        #expect(try await driver.signUp(try await driver.begin()).status == 303)
        let user = try #require(try await driver.users().first)
        #expect(user.isEmailVerified && user.signsInByEmail)
    }

    @Test(
        "Wrong fields are named, each with what would do",
        arguments: [
            ("", "long enough", "", FieldFault.emailMissing),
            ("ada", "long enough", "", .emailInvalid),
            ("ada@", "long enough", "", .emailInvalid),
            ("a b@example.com", "long enough", "", .emailInvalid),
            ("ada@example.com", "", "", .passwordMissing),
            ("ada@example.com", "too short", "", .passwordTooShort(min: 10)),
            ("ada@example.com", String(repeating: "x", count: 257), "", .passwordTooLong(max: 256)),
            ("ada@example.com", "with a \u{7} bell", "", .passwordHasControls),
            (
                "ada@example.com", "long enough", String(repeating: "A", count: 101),
                .displayNameTooLong(max: 100)
            ),
            ("ada@example.com", "long enough", "Ada\u{0}", .displayNameHasControls),
        ]
    )
    func wrongFields(email: String, password: String, name: String, fault: FieldFault) async throws
    {
        let driver = try await LocalDriver.make()
        let state = try await driver.begin()
        let answer = try await driver.signUp(state, email: email, password: password, name: name)
        expectPage(answer, 400, .fieldsWrong)
        #expect(answer.text.contains(fault.sentence))
        #expect(password.isEmpty || !answer.text.contains(password))
        #expect(try await driver.users().isEmpty)
    }

    @Test("Ten characters and a name of a hundred will do")
    func limits() async throws {
        let driver = try await LocalDriver.make()
        let answer = try await driver.signUp(
            try await driver.begin(),
            password: "0123456789",
            name: String(repeating: "\u{1F469}\u{200D}\u{1F680}", count: 100)
        )
        #expect(answer.status == 303)
    }

    @Test("A taken address is said to be, three times")
    func taken() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let state = try await driver.begin()
        for _ in 0..<3 {
            let answer = try await driver.signUp(state)
            #expect(answer.status == 409)
            #expect(answer.text.contains(FieldFault.emailTaken.sentence))
        }
        let resting = try await driver.signUp(state)
        expectPage(resting, 429, .tooManyAttempts)
        #expect(resting.value(of: "retry-after") == "301")
        #expect(try await driver.users().count == 1)
    }

    @Test("Of two who take one address at once, one has it")
    func race() async throws {
        let driver = try await LocalDriver.make()
        var tokens: [(state: String, csrf: String)] = []
        for _ in 0..<8 {
            let state = try await driver.begin()
            tokens.append((state, LocalDriver.token(try await driver.get("sign-up", state))))
        }
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for (index, token) in tokens.enumerated() {
                group.addTask {
                    try await driver.post(
                        "sign-up",
                        token.state,
                        [
                            "email": LocalDriver.email, "password": LocalDriver.password,
                            "csrf": token.csrf,
                        ],
                        address: "203.0.113.\(index)"
                    ).status
                }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 303 } == 1)
        #expect(statuses.count { $0 == 409 } == 7)
        #expect(try await driver.users().count == 1)
    }

    @Test("One flow makes one account, however often its form is sent")
    func sameFlow() async throws {
        let driver = try await LocalDriver.make()
        let state = try await driver.begin()
        let csrf = LocalDriver.token(try await driver.get("sign-up", state))
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<8 {
                group.addTask {
                    try await driver.post(
                        "sign-up",
                        state,
                        [
                            "email": "person\(number)@example.com",
                            "password": LocalDriver.password, "csrf": csrf,
                        ]
                    ).status
                }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 303 } == 1)
        #expect(statuses.count { $0 == 400 } == 7)
        #expect(try await driver.users().count == 1)
    }

    @Test(
        "Where sign-up is off, the page says so",
        arguments: [
            ("sign_up off;", "sign_up on;"), ("sign_up on;", "sign_up off;"),
        ]
    )
    func signUpOff(local: String, project: String) async throws {
        let driver = try await LocalDriver.make(LocalDriver.conf(local: local, project: project))
        let state = try await driver.begin()
        expectPage(try await driver.get("sign-up", state), 403, .signUpOff)
        let token = LocalDriver.token(try await driver.get("sign-in", state))
        let answer = try await driver.post(
            "sign-up",
            state,
            ["email": LocalDriver.email, "password": LocalDriver.password, "csrf": token]
        )
        expectPage(answer, 403, .signUpOff)
        #expect(try await driver.users().isEmpty)
    }

    @Test("An account is not made where one is to be linked")
    func noSignUpForLinks() async throws {
        let driver = try await LocalDriver.make()
        let state = try await driver.begin(ServiceHarness.project) { $0.isLink = true }
        let page = try await driver.get("sign-in", state)
        #expect(Markup(page.text).all("a").isEmpty)
        expectPage(try await driver.get("sign-up", state), 403, .signUpOff)
    }

    @Test("A stale form makes nobody")
    func staleForm() async throws {
        let driver = try await LocalDriver.make()
        let state = try await driver.begin()
        let token = LocalDriver.token(try await driver.get("sign-in", state))
        let answer = try await driver.post(
            "sign-up",
            state,
            ["email": LocalDriver.email, "password": LocalDriver.password, "csrf": token]
        )
        expectPage(answer, 403, .formStale)
        #expect(try await driver.users().isEmpty)
    }

    @Test("An unverified local address keeps nobody out who has verified it, and never merges")
    func unverifiedNeverBlocks() async throws {
        let driver = try await LocalDriver.make()
        #expect(try await driver.signUp(try await driver.begin()).status == 303)
        let stack = StackDriver(harness: driver.harness)
        let tokens = try await stack.signIn(
            claims: ["email": "ada@example.com", "email_verified": true]
        )
        #expect(tokens.answer["is_new_user"] == true)
        let users = try await driver.users()
        #expect(users.count == 2)
        let owner = users.first(where: \.signsInByEmail)
        #expect(owner?.isEmailVerified == true)
        // The password still signs the first one in, and only them.
        let state = try await driver.begin(ServiceHarness.project)
        let answer = try await driver.signIn(state)
        let mine = try await stack.redeem(try #require(answer.locationParameters["code"]))
        let id = try await driver.userID(mine)
        #expect(id != owner?.id)
        // Verifying it does not take the address from who has it.
        _ = try await driver.administration.verify(id)
        #expect(try await driver.users().count(where: \.signsInByEmail) == 1)
    }

    @Test(
        "An address that signs somebody in elsewhere is taken, whatever is assumed",
        arguments: [
            "email_verification claimed; sign_up on;", "email_verification assumed; sign_up on;",
        ]
    )
    func ownedAddress(local: String) async throws {
        let driver = try await LocalDriver.make(LocalDriver.conf(local: local))
        _ = try await StackDriver(harness: driver.harness).signIn(
            claims: ["email": "ada@example.com", "email_verified": true]
        )
        let answer = try await driver.signUp(try await driver.begin())
        #expect(answer.status == 409)
        #expect(try await driver.users().count == 1)
    }
}
