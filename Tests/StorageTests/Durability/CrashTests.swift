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
            let tally = Tally()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        var number = writer
                        while await tally.awaitsTurn(of: number) {
                            let key = number
                            try await store.write { transaction in
                                let value = [UInt8](repeating: 7, count: 2_000)
                                try transaction.setValue("a\(key)", value)
                                try transaction.setValue("b\(key)", value)
                            }
                            tally.acknowledge(key)
                            number += 8
                        }
                    }
                }
                var random = SeededGenerator(seed: 1)
                for round in 0..<15 {
                    let goal = tally.acknowledged.count + Int.random(in: 1...60, using: &random)
                    tally.allow(goal + 100)
                    while tally.acknowledged.count < goal {
                        await Task.yield()
                    }
                    let known = tally.acknowledged
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
                tally.end()
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
            for key in 0..<keyCountMax {
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
        let isWhole = isRight(whole)
        #expect(isWhole)
    }

    /// More than are written: in each of 15 rounds the writers get at most 160 keys ahead.
    private static let keyCountMax = 3_000

    /// The head of SQLite's log, which names its life by two salts.
    private static let logHeadSize = 32

    /// The files as one moment has them: the log is read while the database stays as it is, which
    /// only a checkpoint changes, and while the log is not begun anew behind a checkpoint.
    ///
    /// A log whose head is of one life and whose end is of the next has never been on the disk.
    private static func image(of path: String) throws -> (database: [UInt8], log: [UInt8]) {
        while true {
            let database = try FileSystem.read(path: path, limit: 1 << 28)
            let log = try FileSystem.read(path: path + "-wal", limit: 1 << 28)
            let later = try FileSystem.read(path: path + "-wal", limit: 1 << 28)
            let hasBegunAnew = log.prefix(logHeadSize) != later.prefix(logHeadSize)
            if try !hasBegunAnew && FileSystem.read(path: path, limit: 1 << 28) == database {
                return (database, log)
            }
        }
    }
}

/// What the writers of a test were told.
private final class Tally: Sendable {
    private let state = Mutex((keys: Set<Int>(), allowed: 0, isOver: false))

    var acknowledged: Set<Int> { state.withLock { $0.keys } }

    /// Waits until a key may be written, so that the writers keep step with the copies.
    ///
    /// - Returns: False once the test is over.
    func awaitsTurn(of key: Int) async -> Bool {
        while true {
            let (allowed, isOver) = state.withLock { ($0.allowed, $0.isOver) }
            guard !isOver else { return false }
            guard key >= allowed else { return true }
            await Task.yield()
        }
    }

    /// Lets keys below a number be written.
    func allow(_ count: Int) {
        state.withLock { $0.allowed = count }
    }

    func acknowledge(_ key: Int) {
        state.withLock { _ = $0.keys.insert(key) }
    }

    func end() {
        state.withLock { $0.isOver = true }
    }
}
