import EventLoop
import Testing

@testable import Storage

/// The files of a store: who may have them, and what becomes of those that are not ours.
struct FileTests {
    @Test("Nobody else may read a store, and one process owns it")
    func ownership() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/state/gatehouse.db"
            let settings = SQLiteSettings(path: path)
            let store = try Store.open(settings)
            try await store.write { try $0.setValue("v", [1]) }
            #expect(try FileSystem.status(of: directory + "/state").mode == 0o700)
            for suffix in ["", "-wal", "-shm", ".lock"] {
                #expect(try FileSystem.status(of: path + suffix).mode == 0o600, "\(suffix)")
            }
            let own = try #require(
                Int32(
                    String(
                        decoding: FileSystem.read(path: path + ".lock", limit: 16).dropLast(),
                        as: UTF8.self
                    )
                )
            )
            #expect(throws: StorageFault.heldBy(processID: own)) { _ = try Store.open(settings) }
            // By another name, too.
            #expect(throws: StorageFault.heldBy(processID: own)) {
                _ = try Store.open(SQLiteSettings(path: directory + "/state/../state/gatehouse.db"))
            }
            #expect(try await store.read { try $0.value("v") } == [1])
            await store.close()
            let again = try Store.open(settings)
            #expect(try await again.read { try $0.value("v") } == [1])
            await again.close()
        }
    }

    @Test("A store of a newer version is refused and left alone")
    func newerVersion() async throws {
        try await withTemporaryDirectory { directory in
            let settings = SQLiteSettings(path: directory + "/gatehouse.db")
            try await Store.open(settings).close()
            do {
                let connection = try SQLiteConnection(path: settings.path, busyTimeout: 0)
                _ = try connection.run(
                    "INSERT INTO store_version (version) VALUES ($1)",
                    [.integer(99)]
                )
            }
            #expect(throws: StorageFault.newerVersion(found: 99, known: Migration.known)) {
                _ = try Store.open(settings)
            }
        }
    }

    @Test("A database of something else is refused and left alone")
    func foreignDatabase() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/other.db"
            FileSystem.testWrite([], to: path)
            do {
                let connection = try SQLiteConnection(path: path, busyTimeout: 0)
                _ = try connection.run("CREATE TABLE other (id TEXT)", [])
            }
            let before = try FileSystem.read(path: path, limit: 1 << 20)
            #expect(throws: StorageFault.notAStore(path: path)) {
                _ = try Store.open(SQLiteSettings(path: path))
            }
            #expect(try FileSystem.read(path: path, limit: 1 << 20) == before)
        }
    }

    @Test(
        "A path that cannot be is said so",
        arguments: ["", "/", "/proc/none/gatehouse.db", "a\u{0}b"]
    )
    func impossiblePath(path: String) {
        #expect(throws: StorageFault.self) { _ = try Store.open(SQLiteSettings(path: path)) }
    }

    @Test("A file that is no database is said so")
    func garbage() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/gatehouse.db"
            FileSystem.testWrite([UInt8](repeating: 0x41, count: 10_000), to: path)
            let fault = #expect(throws: StorageFault.self) {
                _ = try Store.open(SQLiteSettings(path: path))
            }
            guard case .corrupt(let detail) = fault else {
                Issue.record("\(String(describing: fault))")
                return
            }
            #expect(detail.contains(path))
        }
    }

    @Test("Damage gives a fault or an answer, and never a trap", arguments: 0..<40)
    func damage(seed: UInt64) async throws {
        try await withTemporaryDirectory { directory in
            let settings = SQLiteSettings(path: directory + "/gatehouse.db")
            let store = try Store.open(settings)
            try await store.write { transaction in
                for number in 0..<60 {
                    try transaction.insertUser(Samples.user("\(number)", emailKey: "\(number)"))
                    try transaction.insertSession(Samples.session("\(number)"))
                }
            }
            await store.close()
            var bytes = try FileSystem.read(path: settings.path, limit: 1 << 24)
            var random = SeededGenerator(seed: seed)
            for _ in 0..<(seed % 2 == 0 ? 20 : 600) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
                    in: 0...255,
                    using: &random
                )
            }
            FileSystem.testWrite(bytes, to: settings.path)
            guard let damaged = try? Store.open(settings) else { return }
            _ = try? await damaged.read { try $0.users(projectID: nil, limit: 1_000) }
            _ = try? await damaged.read { try $0.sessions(userID: "u") }
            _ = try? await damaged.write { try $0.revokeSessions(userID: "u", at: 1) }
            _ = try? await damaged.write { try $0.insertUser(Samples.user("new")) }
            _ = try? await damaged.write { try $0.deleteExpired(before: .max) }
            await damaged.close()
        }
    }
}
