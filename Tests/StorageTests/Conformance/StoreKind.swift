import EventLoop
import Storage

/// The drivers that the conformance suite is run for: whatever is added must pass all of it.
enum StoreKind: CaseIterable, Sendable {
    case file
    case memory

    /// Runs `body` with an empty store, and closes it.
    func withStore(_ body: (Store) async throws -> Void) async throws {
        switch self {
        case .file:
            try await withTemporaryDirectory { directory in
                try await run(Store.open(SQLiteSettings(path: directory + "/gatehouse.db")), body)
            }
        case .memory:
            try await run(Store.inMemory(), body)
        }
    }

    private func run(_ store: Store, _ body: (Store) async throws -> Void) async throws {
        do {
            try await body(store)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }
}

/// Runs `body` with a directory of its own, and removes that.
func withTemporaryDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = try FileSystem.makeTemporaryDirectory(prefix: "store")
    defer { FileSystem.removeTree(at: directory) }
    try await body(directory)
}
