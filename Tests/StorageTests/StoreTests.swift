import EventLoop
import Storage
import Testing

struct StoreTests {
    @Test("What was written is there after reopening")
    func reopening() async throws {
        let directory = try FileSystem.makeTemporaryDirectory(prefix: "store")
        defer { FileSystem.removeTree(at: directory) }
        let settings = SQLiteSettings(path: directory + "/state/gatehouse.db")
        let store = try Store.open(settings)
        try await store.write { transaction in
            try transaction.setValue("a", [1, 2, 3])
            try transaction.setValue("b", [])
        }
        #expect(try await store.read { try $0.value("a") } == [1, 2, 3])
        #expect(throws: StorageFault.self) { _ = try Store.open(settings) }
        await store.close()
        let again = try Store.open(settings)
        #expect(try await again.read { try $0.value("a") } == [1, 2, 3])
        #expect(try await again.read { try $0.value("b") } == [])
        await again.close()
    }
}
