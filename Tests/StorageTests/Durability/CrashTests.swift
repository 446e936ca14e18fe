import EventLoop
import Storage
import Synchronization
import Testing

/// What is found after the process ended at any moment: a copy of its files, taken under load.
struct CrashTests {
    @Test("What was acknowledged before the end is there, and nothing by halves")
    func copiesUnderLoad() async throws {
        try await withTemporaryDirectory { directory in
            let settings = SQLiteSettings(path: directory + "/gatehouse.db")
            let store = try Store.open(settings)
            let acknowledged = Mutex<Set<Int>>([])
            let isOver = Atomic<Bool>(false)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        var number = writer
                        while !isOver.load(ordering: .relaxed) {
                            let key = number
                            try await store.write { transaction in
                                let value = [UInt8](repeating: 7, count: 2_000)
                                try transaction.setValue("a\(key)", value)
                                try transaction.setValue("b\(key)", value)
                            }
                            acknowledged.withLock { _ = $0.insert(key) }
                            number += 8
                        }
                    }
                }
                var random = SeededGenerator(seed: 1)
                for round in 0..<25 {
                    let goal =
                        acknowledged.withLock(\.count) + Int.random(in: 1...60, using: &random)
                    while acknowledged.withLock(\.count) < goal {
                        await Task.yield()
                    }
                    let known = acknowledged.withLock { $0 }
                    let image = try Self.image(of: settings.path)
                    try await Self.check(image.database, image.log, in: directory + "/\(round)") {
                        $0.isSuperset(of: known)
                    }
                    // Power that fails while the log is written leaves its end out.
                    let part = image.log.prefix(.random(in: 0...image.log.count, using: &random))
                    try await Self.check(image.database, Array(part), in: directory + "/t\(round)")
                    {
                        _ in true
                    }
                }
                isOver.store(true, ordering: .relaxed)
                try await group.waitForAll()
            }
            await store.close()
        }
    }

    /// Opens a copy, and finds out which keys are there.
    private static func check(
        _ database: [UInt8],
        _ log: [UInt8],
        in directory: String,
        _ isRight: @Sendable (Set<Int>) -> Bool
    ) async throws {
        try FileSystem.makeDirectory(path: directory)
        defer { FileSystem.removeTree(at: directory) }
        let path = directory + "/gatehouse.db"
        FileSystem.testWrite(database, to: path)
        FileSystem.testWrite(log, to: path + "-wal")
        let store = try Store.open(SQLiteSettings(path: path))
        let (whole, halves) = try await store.read { transaction in
            var whole: Set<Int> = []
            var halves = 0
            for key in 0..<10_000 {
                let first = try transaction.value("a\(key)") != nil
                let second = try transaction.value("b\(key)") != nil
                if first && second {
                    whole.insert(key)
                }
                halves += first == second ? 0 : 1
            }
            return (whole, halves)
        }
        await store.close()
        #expect(halves == 0)
        #expect(isRight(whole))
    }

    /// The files as one moment has them: the log is read while the database stays as it is, which
    /// only a checkpoint changes.
    private static func image(of path: String) throws -> (database: [UInt8], log: [UInt8]) {
        while true {
            let database = try FileSystem.read(path: path, limit: 1 << 28)
            let log = try FileSystem.read(path: path + "-wal", limit: 1 << 28)
            if try FileSystem.read(path: path, limit: 1 << 28) == database {
                return (database, log)
            }
        }
    }
}
