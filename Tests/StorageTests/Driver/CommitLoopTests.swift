import Testing

@testable import Storage

/// What the writer makes of a machine that fails.
struct CommitLoopTests {
    @Test("A commit that fails fails everyone of its batch, and nothing is kept")
    func commitFails() async throws {
        let plan = BrittlePlan()
        let store = try plan.makeStore()
        let gate = Gate()
        let first = await gate.hold(store)
        let faults = await withTaskGroup(of: StorageFault?.self) { group in
            for number in 0..<50 {
                group.addTask {
                    do throws(StorageFault) {
                        try await store.write { transaction in
                            try transaction.setValue("\(number)", [1])
                            guard number != 7 else {
                                throw StorageFault.abandoned(reason: "test")
                            }
                        }
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            while store.waitingCount < 50 {
                await Task.yield()
            }
            // The first one's commit comes first: it fails, and the batch behind it must not.
            plan.failNextCommit()
            plan.failNextCommit()
            gate.open()
            return await group.reduce(into: []) { $0.append($1) }
        }
        await #expect(throws: StorageFault.diskFailed(detail: "test")) {
            try await first.value
        }
        // Even the one that gave up: it may have done so for what is gone.
        #expect(faults == Array(repeating: .diskFailed(detail: "test"), count: 50))
        #expect(try await store.read { try $0.value("0") } == nil)
        try await store.write { try $0.setValue("0", [1]) }
        #expect(try await store.read { try $0.value("0") } == [1])
        #expect(store.counters.commitCount == 1)
        await store.close()
    }

    @Test("A full disk is said so, and what fits afterwards is written")
    func diskFull() async throws {
        let store = try BrittlePlan(setUp: ["PRAGMA max_page_count = 60"]).makeStore()
        await #expect(throws: StorageFault.diskFull) {
            try await store.write { transaction in
                for number in 0..<100 {
                    try transaction.setValue("\(number)", [UInt8](repeating: 1, count: 10_000))
                }
            }
        }
        #expect(try await store.read { try $0.value("0") } == nil)
        try await store.write { try $0.setValue("small", [1]) }
        #expect(try await store.read { try $0.value("small") } == [1])
        await store.close()
    }

    @Test("More than may wait is refused at once")
    func overload() async throws {
        let store = try BrittlePlan().makeStore(waitingCountMax: 3)
        let gate = Gate()
        let first = await gate.hold(store)
        let waiting = (0..<3).map { number in
            Task { try await store.write { try $0.setValue("\(number)", [1]) } }
        }
        while store.waitingCount < 3 {
            await Task.yield()
        }
        await #expect(throws: StorageFault.overloaded) {
            try await store.write { try $0.setValue("late", [1]) }
        }
        gate.open()
        try await first.value
        for write in waiting {
            try await write.value
        }
        try await store.write { try $0.setValue("later", [1]) }
        #expect(try await store.read { try $0.value("late") } == nil)
        await store.close()
    }

    @Test("A store that is let go ends its thread")
    func letGo() async throws {
        let plan = BrittlePlan()
        var store: Store? = try plan.makeStore()
        weak let left = store
        try await store?.write { try $0.setValue("v", [1]) }
        store = nil
        #expect(left == nil)
    }
}
