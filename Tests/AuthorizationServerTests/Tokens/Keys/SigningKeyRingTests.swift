import Configuration
import Cryptography
import JOSE
import JSON
import Storage
import Synchronization
import Testing

@testable import AuthorizationServer

struct SigningKeyRingTests {
    @Test
    func theFirstStartMakesAKeyForEachRealm() async throws {
        let settings = TokenKit.settings(projects: ["one", "two"])
        let ring = try await TokenKit.ring(settings: settings)
        let keys = ring.list()
        #expect(keys.map(\.realm) == settings.realms.map(\.storedName))
        #expect(keys.count == 7)
        #expect(Set(keys.map(\.id)).count == 7)
        #expect(keys.allSatisfy { $0.state == .signing && $0.algorithm == "ES256" })
        #expect(keys.allSatisfy { $0.id.utf8.count == 12 })
        for realm in settings.realms {
            #expect(ring.keySet(of: realm).keys.count == 1)
        }
        #expect(ring.keySet(of: .project(id: "three", .normal)).isEmpty)
        #expect(throws: SigningKeyFault.self) {
            try ring.signer(for: .project(id: "three", .normal), type: "JWT")
        }
    }

    @Test(arguments: ["ES256", "EdDSA", "RS256"])
    func publishesWhatTheContractWants(algorithm: String) async throws {
        let ring = try await TokenKit.ring(
            settings: TokenKit.settings(algorithm: algorithm, projects: [])
        )
        let key = try #require(ring.keySet(of: .server).keys.first?.json())
        #expect(key["use"] == "sig")
        #expect(key["alg"] == .string(algorithm))
        #expect(key["kid"] == .string(try #require(ring.list().first).id))
        #expect(key["d"] == nil)
        let token = try TokenKit.minter(ring).machine(
            client: TokenKit.client(),
            projectID: "default",
            scopes: [],
            now: TokenKit.time(TokenKit.start)
        )
        _ = try TokenKit.verified(token, by: ring.keySet(of: .server))
    }

    @Test
    func theNextStartHasTheSameKeys() async throws {
        let store = try Store.inMemory()
        let first = try await TokenKit.ring(store: store)
        let second = try await TokenKit.ring(store: store, at: TokenKit.start + TokenKit.day)
        #expect(first.list() == second.list())
        for realm in TokenKit.settings().realms {
            #expect(first.keySet(of: realm) == second.keySet(of: realm))
        }
    }

    @Test
    func keysAreStoredSealed() async throws {
        let store = try Store.inMemory()
        _ = try await TokenKit.ring(store: store)
        let records = try await store.read { transaction in
            try transaction.signingKeys()
        }
        #expect(records.count == 4)
        for record in records {
            #expect((try? PrivateKey(pem: record.sealedKey.span)) == nil)
            #expect(!String(decoding: record.sealedKey, as: UTF8.self).contains("PRIVATE"))
        }
    }

    @Test
    func anotherSealingKeyIsNamed() async throws {
        let store = try Store.inMemory()
        _ = try await TokenKit.ring(store: store)
        let other = try TokenKit.sealingKey(2)
        let fault = await #expect(throws: SigningKeyFault.self) {
            try await SigningKeyRing(
                store: store,
                sealing: other,
                settings: TokenKit.settings(),
                now: TokenKit.time(TokenKit.start)
            )
        }
        let text = try #require(fault).description
        #expect(text.contains("sealing_key file:state/sealing.key"))
        #expect(text.contains("another key"))
        // And nothing was changed by the attempt.
        _ = try await TokenKit.ring(store: store)
    }

    @Test
    func aDamagedStoreIsNoWrongKey() async throws {
        let store = try Store.inMemory()
        let ring = try await TokenKit.ring(store: store)
        let id = try #require(ring.list().first).id
        try await store.write { transaction in
            let records = try transaction.signingKeys()
            guard var record = records.first(where: { $0.id == id }) else { return }
            record.sealedKey[40] ^= 1
            try transaction.deleteSigningKey(id: id)
            try transaction.insertSigningKey(record)
        }
        let fault = await #expect(throws: SigningKeyFault.self) {
            try await TokenKit.ring(store: store)
        }
        #expect(try #require(fault).description.contains("\(id) cannot be read"))
    }

    @Test
    func aDamagedCheckValueIsNoWrongKey() async throws {
        let store = try Store.inMemory()
        _ = try await TokenKit.ring(store: store)
        try await store.write { transaction in
            try transaction.setValue("sealing_check", [1, 2, 3])
        }
        let fault = await #expect(throws: SigningKeyFault.self) {
            try await TokenKit.ring(store: store)
        }
        #expect(try #require(fault).description.contains("check value"))
    }

    /// Ninety days, an hour at a time, with keys of ten: whatever is minted verifies with the set of
    /// that time and with every set until it is dead, and a set that was fetched an hour before
    /// knows the key that signs.
    @Test
    func rotatesWithOverlap() async throws {
        let lifetime: Int64 = 5 * TokenKit.hour
        let ring = try await TokenKit.ring(
            settings: TokenKit.settings(
                rotation: .seconds(10 * 86_400),
                lifetime: .milliseconds(lifetime),
                projects: [TokenKit.projectID]
            )
        )
        let realm = KeyRealm.project(id: TokenKit.projectID, .normal)
        let minter = TokenKit.minter(ring)
        var alive: [(token: MintedToken, expiresAt: Int64)] = []
        var kids: [String] = []
        var setBefore = ring.keySet(of: realm)
        for hour in 0..<(90 * 24) as Range<Int64> {
            let now = TokenKit.start + hour * TokenKit.hour
            let before = ring.generation
            let isChanged = try await ring.rotateIfDue(now: TokenKit.time(now))
            #expect(isChanged == (ring.generation != before))
            let token = try minter.stack(
                TokenKit.user(),
                session: TokenKit.session(),
                clientID: TokenKit.projectID,
                lifetime: .milliseconds(lifetime),
                now: TokenKit.time(now)
            )
            let header = try TokenKit.verified(token, by: setBefore).header
            if kids.last != header.keyID {
                kids.append(try #require(header.keyID))
            }
            alive.append((token, now + lifetime))
            alive.removeAll { $0.expiresAt <= now }
            let set = ring.keySet(of: realm)
            for old in alive {
                _ = try TokenKit.verified(old.token, by: set)
            }
            #expect((1...3).contains(set.keys.count))
            setBefore = set
        }
        #expect(kids.count == 9)
        #expect(Set(kids).count == 9)
    }

    @Test
    func anotherAlgorithmSignsAfterTheLead() async throws {
        let store = try Store.inMemory()
        _ = try await TokenKit.ring(store: store, settings: TokenKit.settings(projects: []))
        let settings = TokenKit.settings(algorithm: "EdDSA", projects: [])
        let later = TokenKit.start + TokenKit.day
        let ring = try await TokenKit.ring(store: store, settings: settings, at: later)
        #expect(ring.list().map(\.state) == [.signing, .next])
        #expect(ring.list().map(\.algorithm) == ["ES256", "EdDSA"])
        #expect(try ring.signer(for: .server, type: "JWT").algorithm == .es256)
        #expect(try await ring.rotateIfDue(now: TokenKit.time(later + TokenKit.hour)))
        #expect(ring.list().map(\.state) == [.retired, .signing])
        #expect(try ring.signer(for: .server, type: "JWT").algorithm == .eddsa)
        #expect(ring.keySet(of: .server).keys.count == 2)
    }

    @Test
    func aRetiredKeyOutlivesTokensOfOldSettings() async throws {
        let store = try Store.inMemory()
        let long = TokenKit.settings(lifetime: .seconds(7 * 86_400))
        _ = try await TokenKit.ring(store: store, settings: long)
        let ring = try await TokenKit.ring(store: store)
        let realm = KeyRealm.project(id: TokenKit.projectID, .normal)
        try await ring.rotate(realm: realm, now: TokenKit.time(TokenKit.start))
        let retired = try #require(ring.list().first { $0.state == .retired })
        #expect(retired.publishedUntil == TokenKit.start + 7 * TokenKit.day + 300_000)
    }

    @Test
    func byHandANewKeyIsAnnouncedBeforeItSigns() async throws {
        let ring = try await TokenKit.ring()
        let before = try #require(ring.list().first).id
        let seen = Mutex<[(published: Int, signing: String?)]>([])
        let generation = ring.generation
        try await ring.rotate(realm: .server, now: TokenKit.time(TokenKit.start + 1)) {
            let signing = ring.list().first { $0.state == .signing && $0.realm == "server" }?.id
            seen.withLock { $0.append((ring.keySet(of: .server).keys.count, signing)) }
            #expect(ring.generation > generation)
        }
        let announced = seen.withLock { $0 }
        #expect(announced.map(\.published) == [2])
        #expect(announced.map(\.signing) == [before])
        let keys = ring.list().filter { $0.realm == "server" }
        #expect(keys.map(\.state) == [.retired, .signing])
        #expect(keys.first?.id == before)
        await #expect(throws: SigningKeyFault.self) {
            try await ring.rotate(
                realm: .project(id: "nobody", .normal),
                now: TokenKit.time(TokenKit.start)
            )
        }
    }

    @Test
    func newProjectsGetKeysWithoutARestart() async throws {
        let ring = try await TokenKit.ring(settings: TokenKit.settings(projects: ["one"]))
        let old = ring.list()
        let now = TokenKit.time(TokenKit.start + 1)
        try await ring.reconfigure(TokenKit.settings(projects: ["two"]), now: now)
        #expect(ring.list().count == 7)
        #expect(ring.list().prefix(4) == old[...])
        #expect(!ring.keySet(of: .project(id: "two", .anonymous)).isEmpty)
        #expect(!ring.keySet(of: .project(id: "one", .anonymous)).isEmpty)
    }

    @Test
    func changesAtOnceFollowOneAnother() async throws {
        let store = try Store.inMemory()
        let ring = try await TokenKit.ring(store: store, settings: TokenKit.settings(projects: []))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for step in 1...20 as ClosedRange<Int64> {
                group.addTask {
                    try await ring.rotate(
                        realm: .server,
                        now: TokenKit.time(TokenKit.start + step)
                    )
                }
            }
            try await group.waitForAll()
        }
        #expect(ring.list().count == 21)
        #expect(ring.list().filter { $0.state == .signing }.count == 1)
        let stored = try await store.read { transaction in
            try transaction.signingKeys()
        }
        #expect(stored.filter { $0.signsUntil == nil }.count == 1)
        #expect(Set(stored.map(\.id)) == Set(ring.list().map(\.id)))
    }
}
