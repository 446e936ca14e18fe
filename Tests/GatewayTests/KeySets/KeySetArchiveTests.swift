import EventLoop
import Testing

@testable import Configuration
@testable import Gateway

struct KeySetArchiveTests {
    private let url = "https://issuer.test/keys"

    @Test
    func aRestartDuringAnOutageServes() async throws {
        try await withTemporaryDirectory { directory in
            let scene = KeeperScene()
            scene.issuer.serve(url, try scene.ring.set("a", "b"))
            let keeper = scene.keeper([issuer()], directory: directory)
            await keeper.start()
            let path = KeySetArchive.path(
                in: directory + "/key-sets",
                issuer: "https://issuer.test"
            )
            #expect(await eventually { (try? FileSystem.status(of: path)) != nil })
            await keeper.stop()
            let status = try FileSystem.status(of: path)
            #expect(status.mode & 0o777 == 0o600)
            #expect(try FileSystem.status(of: directory + "/key-sets").mode & 0o777 == 0o700)

            scene.issuer.fail(url)
            scene.clock.advance(by: 3_600)
            let asked = scene.issuer.requests.count
            let next = scene.keeper([issuer()], directory: directory)
            await next.start()
            #expect(await next.heldIDs() == ["a", "b"])
            #expect(await next.versions().first?.generation == 1)
            #expect(await next.status().first?.age == .seconds(3_600))
            #expect(scene.witness.events.contains(.restored(keyCount: 2, ageSeconds: 3_600)))
            // Old enough to be refreshed: asked for, in vain, and still held.
            #expect(await eventually { scene.issuer.requests.count > asked })
            #expect(await next.heldIDs() == ["a", "b"])
            await next.stop()

            // A day later it is too old to begin with.
            scene.clock.advance(by: 86_400)
            let late = scene.keeper([issuer()], directory: directory)
            await late.start()
            #expect(await late.heldIDs() == nil)
            await late.stop()
        }
    }

    @Test
    func whatCannotBeTrustedIsLeftAlone() async throws {
        try await withTemporaryDirectory { directory in
            let scene = KeeperScene()
            let path = KeySetArchive.path(
                in: directory + "/key-sets",
                issuer: "https://issuer.test"
            )
            let archive = KeySetArchive(stateDirectory: directory)
            let keys = try scene.ring.set("a")
            let saved = scene.clock.now().wallTime
            let source = "url \(url)"
            try await archive.save(
                keys,
                issuer: "https://issuer.test",
                source: source,
                fetchedAt: saved
            )
            let whole = try FileSystem.read(path: path, limit: 1 << 20)

            func held() async -> [String]? {
                let keeper = scene.keeper([issuer()], directory: directory)
                await keeper.start()
                let ids = await keeper.heldIDs()
                await keeper.stop()
                return ids
            }
            #expect(await held() == ["a"])

            // Cut at every byte: the set, or nothing, never a trap.
            for count in 0..<whole.count {
                try FileSystem.replace(path: path, with: Array(whole.prefix(count)), mode: 0o600)
                #expect(await held() == nil, "cut at \(count)")
            }
            try FileSystem.replace(path: path, with: whole, mode: 0o666)
            #expect(await held() == nil)
            #expect(
                scene.witness.events.contains(
                    .archiveFailed(detail: "\(path): others than its owner may write it")
                )
            )
            for (issuer, place) in [
                ("https://other.test", source), ("https://issuer.test", "url x"),
            ] {
                let file = KeySetArchive.Saved(keys: keys, fetchedAt: saved)
                let bytes = file.file(issuer: issuer, source: place)
                try FileSystem.replace(path: path, with: bytes, mode: 0o600)
                #expect(await held() == nil)
            }
            // From the future, by a clock that was set: used, and due.
            let future = WallTime(
                nanosecondsSince1970: saved.nanosecondsSince1970 + 1_000_000_000_000
            )
            try await archive.save(
                keys,
                issuer: "https://issuer.test",
                source: source,
                fetchedAt: future
            )
            #expect(await held() == ["a"])
            try FileSystem.replace(path: path, with: whole, mode: 0o600)
            #expect(await held() == ["a"])
        }
    }

    @Test
    func aFullDiskIsALineInTheLog() async throws {
        let scene = KeeperScene()
        scene.issuer.serve(url, try scene.ring.set("a"))
        let keeper = scene.keeper([issuer()], directory: "/proc/nonexistent")
        await keeper.start()
        #expect(await eventually { await keeper.heldIDs() == ["a"] })
        #expect(
            await eventually {
                scene.witness.events.contains { event in
                    if case .archiveFailed = event { true } else { false }
                }
            }
        )
        await keeper.stop()
    }

    @Test
    func namesOfFilesAreSafeAndApart() {
        let path = KeySetArchive.path(in: "/d", issuer: "https://../../etc/passwd?x=\n")
        #expect(path.hasPrefix("/d/https___..-") == false)
        #expect(path.dropFirst(3).contains("/") == false)
        let long = String(repeating: "a", count: 5_000)
        #expect(KeySetArchive.path(in: "/d", issuer: long).utf8.count < 120)
        let names = ["a", "b", "a/", "a_", "A", long, long + "b"].map {
            KeySetArchive.path(in: "/d", issuer: $0)
        }
        #expect(Set(names).count == names.count)
    }
}

struct WatchedKeyFileTests {
    @Test
    func aFileIsFollowed() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/keys.json"
            let scene = KeeperScene()
            try FileSystem.replace(path: path, with: try scene.ring.set("a"), mode: 0o600)
            let keeper = scene.keeper([issuer(keys: .file(path: path))])
            await keeper.start()
            #expect(await keeper.heldIDs() == ["a"])

            func change(_ bytes: [UInt8]) async throws {
                try FileSystem.replace(path: path, with: bytes, mode: 0o600)
                scene.clock.advance(by: 1.1)
            }
            try await change(try scene.ring.set("b"))
            #expect(await eventually { await keeper.heldIDs() == ["b"] })
            #expect(await eventually { scene.witness.versions.last?.version.generation == 2 })

            try await change(Array("{ broken".utf8))
            #expect(await eventually { scene.witness.failures == ["keys_unusable"] })
            #expect(await keeper.heldIDs() == ["b"])
            // Looked at again and again, said once.
            for _ in 0..<5 {
                #expect(await eventually { scene.clock.sleeperCount == 1 })
                scene.clock.advance(by: 1.1)
            }
            #expect(await eventually { scene.clock.sleeperCount == 1 })
            #expect(scene.witness.failures == ["keys_unusable"])

            try FileSystem.remove(path: path)
            scene.clock.advance(by: 1.1)
            #expect(
                await eventually { scene.witness.failures == ["keys_unusable", "file_unreadable"] }
            )
            #expect(await keeper.heldIDs() == ["b"])
            scene.clock.advance(by: 100_000)
            #expect(await eventually { scene.clock.sleeperCount == 1 })
            #expect(await keeper.heldIDs() == ["b"])

            try await change(try scene.ring.set("c"))
            #expect(await eventually { await keeper.heldIDs() == ["c"] })
            #expect(scene.witness.failures.count == 2)
            await keeper.stop()
        }
    }

    @Test
    func anUnknownKeyOfAFileIsLookedForAtOnce() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/keys.json"
            let scene = KeeperScene()
            try FileSystem.replace(path: path, with: try scene.ring.set("a"), mode: 0o600)
            let keeper = scene.keeper([issuer(keys: .file(path: path))])
            await keeper.start()
            try FileSystem.replace(path: path, with: try scene.ring.set("a", "b"), mode: 0o600)
            guard case .refreshed = await keeper.resolve(issuer: 0, keyID: "b"),
                case .unknown = await keeper.resolve(issuer: 0, keyID: "c")
            else {
                Issue.record("the file was not looked at")
                return
            }
            await keeper.stop()
        }
    }

    @Test
    func aFileThatAppearsLaterIsTaken() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/keys.json"
            let scene = KeeperScene()
            let keeper = scene.keeper([issuer(keys: .file(path: path))])
            await keeper.start()
            #expect(await keeper.heldIDs() == nil)
            #expect(scene.witness.failures == ["file_unreadable"])
            try FileSystem.replace(path: path, with: try scene.ring.set("a"), mode: 0o600)
            scene.clock.advance(by: 1.1)
            #expect(await eventually { await keeper.heldIDs() == ["a"] })
            await keeper.stop()
        }
    }
}
