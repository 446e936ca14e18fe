import Access
import Bytes
import Cryptography
import EventLoop
import JSON
import Storage
import Testing

@testable import AuthorizationServer
@testable import Configuration

struct PasswordCheckTests {
    @Test("An unknown address takes the hasher as a known one does")
    func unknownTakesTheHasher() async throws {
        let driver = try await LocalDriver.make()
        try await driver.addAda()
        let full = PasswordHasher(
            parameters: try Self.cheap(),
            threadCountMax: 0,
            waitingCountMax: 0
        )
        let check = try Self.check(driver, full)
        let address = try #require(IPAddress("203.0.113.7"))
        for key in [LocalDriver.emailKey, "nobody@example.com"] {
            for _ in 0..<10 {
                // Neither right nor wrong: no such try counts.
                let outcome = await check.verify("any password", of: key, from: address)
                guard case .overloaded = outcome else {
                    Issue.record("\(outcome)")
                    continue
                }
            }
        }
        // What nobody can have is not hashed at all.
        let long = String(repeating: "x", count: 257)
        for key in [LocalDriver.emailKey, "nobody@example.com"] {
            guard case .wrong = await check.verify(long, of: key, from: address) else {
                Issue.record("hashed")
                continue
            }
        }
    }

    @Test("A hash of other parameters is made anew with the right password only")
    func rehash() async throws {
        let driver = try await LocalDriver.make()
        let ada = try await driver.addAda()
        let before = try await Self.hash(driver, ada.user.id)
        let other = try #require(
            PasswordHash.Parameters(costExponent: 5, blockSize: 8, parallelism: 1)
        )
        let check = try Self.check(driver, PasswordHasher(parameters: other))
        let address = try #require(IPAddress("203.0.113.7"))
        _ = await check.verify("wrong", of: LocalDriver.emailKey, from: address)
        #expect(try await Self.hash(driver, ada.user.id) == before)
        _ = await check.verify(LocalDriver.password, of: LocalDriver.emailKey, from: address)
        let after = try await Self.hash(driver, ada.user.id)
        #expect(after?.hasPrefix("$scrypt$ln=5,r=8,p=1$") == true)
        guard
            case .right = await check.verify(
                LocalDriver.password,
                of: LocalDriver.emailKey,
                from: address
            )
        else {
            Issue.record("the new hash does not match")
            return
        }
    }

    @Test("The throttle: three for an account, ten times as many for an address, five minutes")
    func throttle() throws {
        let throttle = PasswordThrottle()
        let address = try #require(IPAddress("203.0.113.7"))
        let limits = AuthorizationLimitSettings(
            authorizeRate: RateSettings(perSecond: 1, burst: 1),
            tokenRate: RateSettings(perSecond: 1, burst: 1),
            pendingFlowsPerAddress: 1,
            passwordFailureCount: 3,
            passwordFailureRest: .seconds(300)
        )
        func take(_ account: String, at now: Int64) -> Int64? {
            throttle.take(account: account, address: address, limits: limits, now: now)
        }
        for _ in 0..<3 { #expect(take("a", at: 0) == nil) }
        #expect(take("a", at: 0) == 301)
        #expect(take("a", at: 299_000) == 2)
        #expect(take("a", at: 300_000) == nil)
        // A right one forgets the account's, and takes its own try back from the address.
        throttle.succeeded(account: "a", address: address)
        for number in 0..<30 { #expect(take("b\(number)", at: 700_000) == nil) }
        #expect(take("c", at: 700_000) == 301)
        throttle.undo(account: "b0", address: address)
        #expect(take("c", at: 700_000) == nil)
        #expect(take("c", at: 700_000) == 301)
        // Another address is its own.
        let other = try #require(IPAddress("198.51.100.1"))
        #expect(throttle.take(account: "a", address: other, limits: limits, now: 0) == nil)
    }

    private static func cheap() throws -> PasswordHash.Parameters {
        try #require(PasswordHash.Parameters(costExponent: 4, blockSize: 8, parallelism: 1))
    }

    private static func check(
        _ driver: LocalDriver,
        _ hasher: PasswordHasher
    ) throws -> PasswordCheck {
        let context = driver.context
        return PasswordCheck(
            context: ServerContext(
                settings: context.settings,
                clients: context.clients,
                store: context.store,
                sealing: context.sealing,
                keys: context.keys,
                verifier: context.verifier,
                providers: context.providers,
                revocations: context.revocations,
                guards: AuthorizationGuards(hasher: hasher),
                random: context.random,
                clock: context.clock
            ),
            accounts: try #require(LocalAccounts(driver.project, context.settings))
        )
    }

    private static func hash(_ driver: LocalDriver, _ userID: String) async throws -> String? {
        try await driver.harness.store.read { transaction -> String? in
            try transaction.passwordHash(userID: userID)
        }
    }
}
