import Dispatch
import Storage
import Synchronization
import Testing

@testable import AuthorizationServer

/// One code, many hands (decision 6).
@Suite
struct CodeRaceTests {
    @Test(arguments: [true, false])
    func oneOfAHundredRedemptionsSucceedsAndItsTokensAreDead(isRotating: Bool) async throws {
        let stand = try await RaceStand()
        let client = try isRotating ? stand.rotatingClient : stand.stackClient
        let code = try await stand.code(for: client)
        let results = try await sideBySide(100) { _ in await stand.redeem(code, by: client) }
        let issued = results.compactMap(\.value)
        #expect(issued.count == 1)
        #expect(
            results.compactMap(\.fault).filter { $0 == .codeInvalid(.replayed) }.count == 99
        )
        let answer = try #require(issued.first)
        let session = try stand.session(of: answer)
        #expect(stand.published.holds(session))
        let refreshed = try await stand.refresh(answer.refreshToken, by: client)
        #expect(refreshed.fault == .refreshTokenInvalid(.revoked))
        let record = try await stand.store.read { try $0.session(id: session) }
        #expect(record?.revokedAt != nil)
        await stand.close()
    }

    /// A wrong verifier among them uses the code up as well, and ends nothing.
    @Test
    func aWrongVerifierMayConsumeTheCodeAndNeverEndsASession() async throws {
        let stand = try await RaceStand()
        let client = try stand.rotatingClient
        for _ in 0..<20 {
            let code = try await stand.code(for: client)
            let results = try await sideBySide(20) { index in
                await stand.redeem(
                    code,
                    by: client,
                    verifier: index == 0 ? RaceStand.verifier : "x" + RaceStand.verifier
                )
            }
            let issued = results.compactMap(\.value)
            #expect(issued.count <= 1)
            for answer in issued {
                #expect(!stand.published.holds(try stand.session(of: answer)))
                #expect(try await stand.refresh(answer.refreshToken, by: client).value != nil)
            }
        }
        await stand.close()
    }

    /// A hundred codes redeemed at once share few commits, and so few waits for the disk.
    @Test
    func redemptionsShareTheirCommits() async throws {
        let stand = try await RaceStand()
        let client = try stand.rotatingClient
        let codes = try await sideBySide(100) { _ in try await stand.code(for: client) }
        let commits = stand.store.counters.commitCount
        let writes = stand.store.counters.writeCount
        // The writer waits until all have come, so that how busy the machine is counts for nothing.
        let gate = DispatchSemaphore(value: 0)
        let isReached = Mutex(false)
        async let held: Void = stand.store.write { _ in
            isReached.withLock { $0 = true }
            gate.wait()
        }
        let end = ContinuousClock.now + .seconds(60)
        while !isReached.withLock({ $0 }), ContinuousClock.now < end {
            await Task.yield()
        }
        async let redeemed = sideBySide(100) { index in
            await stand.redeem(codes[index], by: client)
        }
        while stand.store.waitingCount < 100, ContinuousClock.now < end {
            await Task.yield()
        }
        gate.signal()
        try await held
        let answers = try await redeemed
        #expect(answers.compactMap(\.value).count == 100)
        #expect(stand.store.counters.writeCount - writes == 101)
        #expect(stand.store.counters.commitCount - commits < 50)
        await stand.close()
    }
}
