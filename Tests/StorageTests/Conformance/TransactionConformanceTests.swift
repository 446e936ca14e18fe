import Storage
import Synchronization
import Testing

/// What any driver must do with transactions.
struct TransactionConformanceTests {
    @Test("A body that throws leaves nothing behind", arguments: StoreKind.allCases)
    func rollback(kind: StoreKind) async throws {
        try await kind.withStore { (store) async throws in
            let body: @Sendable (borrowing Transaction) throws -> Void = { transaction in
                try transaction.setValue("v", [1])
                throw StorageFault.abandoned(reason: "test")
            }
            await #expect(throws: StorageFault.abandoned(reason: "test")) {
                try await store.write(body)
            }
            #expect(try await store.read { try $0.value("v") } == nil)
        }
    }

    @Test("An error of somebody else's says no more than its kind", arguments: StoreKind.allCases)
    func foreignError(kind: StoreKind) async throws {
        struct Secret: Error { var text = "hunter2" }
        try await kind.withStore { (store) async throws in
            let body: @Sendable (borrowing Transaction) throws -> Void = { _ in throw Secret() }
            await #expect(throws: StorageFault.abandoned(reason: "Secret")) {
                try await store.write(body)
            }
        }
    }

    @Test("A read that writes is refused", arguments: StoreKind.allCases)
    func readsDoNotWrite(kind: StoreKind) async throws {
        try await kind.withStore { (store) async throws in
            await #expect(throws: StorageFault.self) {
                try await store.read { try $0.setValue("v", [1]) }
            }
            #expect(try await store.read { try $0.value("v") } == nil)
            try await store.write { try $0.setValue("v", [2]) }
            #expect(try await store.read { try $0.value("v") } == [2])
        }
    }

    @Test("A fault that a body catches does not spoil the rest", arguments: StoreKind.allCases)
    func caughtFault(kind: StoreKind) async throws {
        try await kind.withStore { (store) async throws in
            try await store.write { transaction in
                try transaction.insertUser(Samples.user("u"))
                try? transaction.insertUser(Samples.user("u"))
                try transaction.setValue("v", [1])
            }
            #expect(try await store.read { try $0.value("v") } == [1])
            #expect(try await store.read { try $0.user(id: "u") } != nil)
        }
    }

    @Test("A read sees what was answered before it began", arguments: StoreKind.allCases)
    func readYourWrites(kind: StoreKind) async throws {
        try await kind.withStore { (store) async throws in
            for byte in UInt8(0)..<100 {
                try await store.write { try $0.setValue("v", [byte]) }
                #expect(try await store.read { try $0.value("v") } == [byte])
            }
        }
    }

    @Test("A burst shares commits, and who fails in it fails alone", arguments: StoreKind.allCases)
    func groupCommit(kind: StoreKind) async throws {
        try await kind.withStore { (store) async throws in
            let before = store.counters.commitCount
            let gate = Gate()
            let first = await gate.hold(store)
            let outcomes = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        do {
                            try await store.write { transaction in
                                try transaction.setValue("\(number)", [1])
                                guard number % 10 != 0 else {
                                    throw StorageFault.abandoned(reason: "test")
                                }
                            }
                            return true
                        } catch {
                            return false
                        }
                    }
                }
                while store.waitingCount < 200 {
                    await Task.yield()
                }
                gate.open()
                return try await group.reduce(into: []) { $0.append($1) }
            }
            try await first.value
            #expect(outcomes.filter { $0 }.count == 180)
            #expect(store.counters.commitCount - before == 2)
            #expect(store.counters.writeCount >= 201)
            let kept = try await store.read { transaction in
                try (0..<200).filter { try transaction.value("\($0)") != nil }
            }
            #expect(kept == (0..<200).filter { $0 % 10 != 0 })
        }
    }

    @Test(
        "What waits is finished by closing, what comes later is refused",
        arguments: StoreKind.allCases
    )
    func closing(kind: StoreKind) async throws {
        try await kind.withStore { (store) async throws in
            let gate = Gate()
            let first = await gate.hold(store)
            let writes = (0..<20).map { number in
                Task { try await store.write { try $0.setValue("\(number)", [1]) } }
            }
            while store.waitingCount < 20 {
                await Task.yield()
            }
            let closing = Task { await store.close() }
            gate.open()
            await closing.value
            try await first.value
            for write in writes {
                try await write.value
            }
            await #expect(throws: StorageFault.closed) {
                try await store.write { try $0.setValue("v", [1]) }
            }
            await #expect(throws: StorageFault.closed) {
                try await store.read { try $0.value("v") }
            }
        }
    }
}
