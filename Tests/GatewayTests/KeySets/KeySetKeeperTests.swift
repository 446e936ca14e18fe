import EventLoop
import JOSE
import Outbound
import Testing

@testable import Configuration
@testable import Gateway

struct KeySetKeeperTests {
    private let url = "https://issuer.test/keys"

    @Test
    func keysAreFetchedBeforeTheyAreAskedFor() async throws {
        let scene = KeeperScene()
        scene.issuer.serve(url, try scene.ring.set("a", "b"))
        let keeper = scene.keeper([issuer()])
        await keeper.start()
        #expect(await eventually { await keeper.heldIDs() == ["a", "b"] })
        #expect(await eventually { scene.witness.versions.count == 1 })
        #expect(scene.witness.versions.first?.version.generation == 1)
        let request = try #require(scene.issuer.requests.first)
        #expect(request.responseSizeMax == 524_288)
        #expect(request.timeout <= .seconds(5))
        #expect(
            scene.witness.events == [
                .fetched(keyCount: 2, skippedCount: 0, isChanged: true, isForUnknownKey: false)
            ]
        )
        await keeper.stop()
    }

    @Test
    func aSetIsRefreshedAtHalfOfItsLife() async throws {
        let scene = KeeperScene()
        scene.issuer.serve(url, try scene.ring.set("a"))
        let keeper = scene.keeper([issuer()])
        await keeper.start()
        #expect(await eventually { await keeper.heldIDs() == ["a"] })
        scene.issuer.serve(url, try scene.ring.set("b"))
        scene.clock.advance(by: 230)
        #expect(await eventually { scene.clock.sleeperCount == 1 })
        #expect(scene.issuer.requests.count == 1)
        scene.clock.advance(by: 71)
        #expect(await eventually { await keeper.heldIDs() == ["b"] })
        #expect(await eventually { scene.witness.versions.map(\.version.generation) == [1, 2] })
        await keeper.stop()
    }

    @Test
    func anOutageTakesNothingAwayForADayThenEverything() async throws {
        let scene = KeeperScene()
        scene.issuer.serve(url, try scene.ring.set("a"))
        let keeper = scene.keeper([issuer()])
        await keeper.start()
        #expect(await eventually { await keeper.heldIDs() == ["a"] })
        scene.issuer.fail(url)
        scene.clock.advance(by: 86_000)
        #expect(await eventually { scene.issuer.requests.count >= 2 })
        #expect(await keeper.heldIDs() == ["a"])
        let status = try #require(await keeper.status().first)
        #expect(status.age == .seconds(86_000))
        #expect(status.timeUntilDropped == .seconds(400))
        scene.clock.advance(by: 400)
        #expect(await eventually { await keeper.heldIDs() == nil })
        #expect(await eventually { scene.witness.versions.count == 2 })
        #expect(scene.witness.versions.last?.version.keySet == nil)
        #expect(scene.witness.versions.last?.version.generation == 2)
        #expect(scene.witness.events.contains(.dropped(ageSeconds: 86_400)))
        await keeper.stop()
    }

    /// All that an issuer may answer in place of a set, and none of it costs a key.
    @Test
    func aBadSetIsAFailedFetch() async throws {
        let scene = KeeperScene()
        scene.issuer.serve(url, try scene.ring.set("a"))
        let keeper = scene.keeper([issuer()])
        await keeper.start()
        #expect(await eventually { await keeper.heldIDs() == ["a"] })
        let bad: [(label: String, set: (FakeIssuer) -> Void)] = [
            ("keys_unusable", { $0.serve(self.url, text: "{\"keys\":[]}") }),
            ("keys_unusable", { $0.serve(self.url, text: "<html>maintenance</html>") }),
            ("keys_unusable", { $0.serve(self.url, text: "") }),
            (
                "keys_unusable",
                { $0.serve(self.url, text: "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}") }
            ),
            ("keys_unusable", { $0.serve(self.url, text: "{\"keys\":[],\"keys\":[]}") }),
            ("response_too_large", { $0.fail(self.url, .responseTooLarge(limit: 524_288)) }),
            ("timeout", { $0.fail(self.url, .peerTooSlow(detail: "5 s")) }),
            ("status", { $0.serve(self.url, text: "{}", status: 500) }),
            ("status", { $0.serve(self.url, text: "", status: 302) }),
        ]
        var expected: [String] = []
        for (label, set) in bad {
            set(scene.issuer)
            expected.append(label)
            scene.clock.advance(by: 301)
            #expect(await eventually { scene.witness.failures == expected }, "\(label)")
            #expect(await keeper.heldIDs() == ["a"])
            #expect(await keeper.status().first?.failureCount == expected.count)
            #expect(await keeper.status().first?.lastFault?.isEmpty == false)
        }
        scene.issuer.serve(url, try scene.ring.set("b"))
        scene.clock.advance(by: 31)
        #expect(await eventually { await keeper.heldIDs() == ["b"] })
        #expect(await keeper.status().first?.lastFault == nil)
        await keeper.stop()
    }

    @Test
    func anUnknownKeyIsFetched() async throws {
        let scene = KeeperScene()
        scene.issuer.serve(url, try scene.ring.set("a"))
        let keeper = scene.keeper([issuer()])
        await keeper.start()
        #expect(await eventually { await keeper.heldIDs() == ["a"] })
        scene.issuer.serve(url, try scene.ring.set("a", "b"))
        guard case .refreshed(let version) = await keeper.resolve(issuer: 0, keyID: "b") else {
            Issue.record("not refreshed")
            return
        }
        #expect(version.generation == 2)
        #expect(version.keySet?.keys.count == 2)
        guard case .unknown = await keeper.resolve(issuer: 0, keyID: "c") else {
            Issue.record("c is known")
            return
        }
        #expect(scene.issuer.requests.count == 3)
        // Remembered: no fetch for it again.
        guard case .unknown = await keeper.resolve(issuer: 0, keyID: "c") else {
            Issue.record("c is known")
            return
        }
        #expect(scene.issuer.requests.count == 3)
        #expect(await keeper.status().first?.fetchCount == 3)
        await keeper.stop()
    }

    @Test
    func tenThousandUnknownKeysCostTwoFetches() async throws {
        let scene = KeeperScene()
        scene.issuer.serve(url, try scene.ring.set("a"))
        let keeper = scene.keeper([issuer()])
        await keeper.start()
        #expect(await eventually { await keeper.heldIDs() == ["a"] })
        let answered = await withTaskGroup(of: Bool.self, returning: Int.self) { group in
            for number in 0..<10_000 {
                group.addTask {
                    if case .unknown = await keeper.resolve(issuer: 0, keyID: "x\(number)") {
                        return true
                    }
                    return false
                }
            }
            // Those who wait for the last fetch in the bucket are turned away by the clock.
            let turner = Task {
                while !Task.isCancelled {
                    scene.clock.advance(by: 0.05)
                    try? await Task.sleep(for: .milliseconds(5))
                }
            }
            var count = 0
            for await isUnknown in group where isUnknown {
                count += 1
            }
            turner.cancel()
            return count
        }
        #expect(answered == 10_000)
        let elapsed = scene.clock.now().instant.nanoseconds / 1_000_000_000
        #expect(scene.issuer.requests.count <= 4 + Int(elapsed) / 30 + 1)
        #expect(await keeper.heldIDs() == ["a"])
        #expect(await keeper.status().first?.waitingCount == 0)
        await keeper.stop()
    }

    @Test
    func withoutKeysTheAnswerIsToComeBack() async throws {
        let scene = KeeperScene()
        scene.issuer.hold()
        let keeper = scene.keeper([issuer()])
        await keeper.start()
        let asked = Task { await keeper.resolve(issuer: 0, keyID: "a") }
        #expect(await eventually { await keeper.status().first?.waitingCount == 1 })
        scene.clock.advance(by: 2)
        guard case .unavailable(let wait) = await asked.value else {
            Issue.record("not unavailable")
            return
        }
        #expect(wait >= .seconds(1))
        scene.issuer.serve(url, try scene.ring.set("a"))
        scene.issuer.release()
        #expect(await eventually { await keeper.heldIDs() == ["a"] })
        await keeper.stop()
    }

    @Test
    func stoppingAnswersWhoeverWaits() async throws {
        let scene = KeeperScene()
        scene.issuer.hold()
        let keeper = scene.keeper([issuer()])
        await keeper.start()
        let asked = Task { await keeper.resolve(issuer: 0, keyID: "a") }
        #expect(await eventually { await keeper.status().first?.waitingCount == 1 })
        await keeper.stop()
        guard case .unavailable = await asked.value else {
            Issue.record("not unavailable")
            return
        }
        scene.issuer.serve(url, try scene.ring.set("a"))
        scene.issuer.release()
        guard case .unavailable = await keeper.resolve(issuer: 0, keyID: "a") else {
            Issue.record("a stopped keeper knows keys")
            return
        }
        #expect(await keeper.heldIDs() == nil)
        #expect(scene.witness.versions.isEmpty)
    }

    @Test
    func whatDoesNotExistHasNoKeys() async throws {
        let scene = KeeperScene()
        let secret = issuer(keys: .secret(SecretBytes([UInt8](repeating: 7, count: 32))))
        let keeper = scene.keeper([secret])
        await keeper.start()
        guard case .unknown = await keeper.resolve(issuer: 0, keyID: "a"),
            case .unavailable = await keeper.resolve(issuer: 1, keyID: "a"),
            case .unavailable = await keeper.resolve(issuer: -1, keyID: "a")
        else {
            Issue.record("wrong answer")
            return
        }
        #expect(scene.issuer.requests.isEmpty)
        #expect(scene.clock.sleeperCount == 0)
        await keeper.stop()
    }

    /// A slow publisher gets the latest state, not every one in between.
    @Test
    func changesAreHandedOverInOrderTheLatestOfEach() async throws {
        let scene = KeeperScene()
        scene.issuer.serve(url, try scene.ring.set("a"))
        scene.witness.block(true)
        let keeper = scene.keeper([issuer()])
        await keeper.start()
        #expect(await eventually { scene.witness.versions.count == 1 })
        for id in ["b", "c", "d"] {
            scene.issuer.serve(url, try scene.ring.set(id))
            scene.clock.advance(by: 301)
            #expect(await eventually { await keeper.heldIDs() == [id] })
        }
        #expect(scene.witness.versions.count == 1)
        scene.witness.block(false)
        #expect(await eventually { scene.witness.versions.count == 2 })
        #expect(scene.witness.versions.map(\.version.generation) == [1, 4])
        await keeper.stop()
    }

    @Test
    func theNextKeeperInherits() async throws {
        let scene = KeeperScene()
        scene.issuer.serve(url, try scene.ring.set("a"))
        let other = issuer("https://other.test", keys: .url("https://other.test/keys"))
        let keeper = scene.keeper([issuer(), other])
        await keeper.start()
        #expect(await eventually { await keeper.heldIDs() == ["a"] })
        #expect(await eventually { scene.witness.failures.count == 1 })
        let asked = scene.issuer.requests.count
        // The order changes, one place changes, one issuer is new.
        let moved = issuer("https://issuer.test", keys: .url("https://issuer.test/elsewhere"))
        let next = scene.keeper([other, issuer(), moved], inheriting: await keeper.inheritance())
        await next.start()
        await keeper.stop()
        #expect(await next.heldIDs(1) == ["a"])
        #expect(await next.versions().map(\.generation) == [0, 1, 0])
        #expect(await next.heldIDs(0) == nil)
        #expect(await next.heldIDs(2) == nil)
        #expect(await eventually { scene.issuer.requests.count == asked + 2 })
        #expect(scene.issuer.requests.filter { $0.url == self.url }.count == 1)
        await next.stop()
    }
}
