import Storage
import Testing

/// What any driver must do with flows and codes.
struct FlowConformanceTests {
    @Test("A code is consumed once, and its hash stays", arguments: StoreKind.allCases)
    func codes(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.codes(store)
        }
    }

    static func codes(_ store: Store) async throws {
        let code = Samples.code(1)
        try await store.write { transaction in
            try transaction.insertCode(code)
            try transaction.insertSession(Samples.session("s"))
        }
        #expect(try await store.read { try $0.code(hash: code.hash) } == code)
        #expect(try await store.write { try $0.consumeCode(hash: code.hash, at: 5) } == code)
        #expect(try await store.write { try $0.setCodeSession(hash: code.hash, sessionID: "s") })
        var used = code
        used.consumedAt = 5
        used.sealedPayload = []
        used.sessionID = "s"
        #expect(try await store.write { try $0.consumeCode(hash: code.hash, at: 6) } == used)
        #expect(try await store.read { try $0.code(hash: code.hash) } == used)
        #expect(try await store.write { try $0.consumeCode(hash: [0], at: 6) } == nil)
    }

    @Test("Of a hundred who consume a code at once, one gets it", arguments: StoreKind.allCases)
    func race(kind: StoreKind) async throws {
        try await kind.withStore { store in
            let code = Samples.code(1)
            try await store.write { try $0.insertCode(code) }
            let winners = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        let found = try await store.write {
                            try $0.consumeCode(hash: code.hash, at: 5)
                        }
                        return found?.consumedAt == nil ? 1 : 0
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(winners == 1)
        }
    }

    @Test("An address keeps its newest flows", arguments: StoreKind.allCases)
    func flowsPerAddress(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.flowsPerAddress(store)
        }
    }

    static func flowsPerAddress(_ store: Store) async throws {
        try await store.write { transaction in
            try transaction.insertFlow(Samples.flow(100, address: "b"), keepingPerAddress: 3)
            for byte in 1...9 {
                let created = Int64(byte == 9 ? 0 : byte)
                try transaction.insertFlow(
                    Samples.flow(UInt8(byte), createdAt: created),
                    keepingPerAddress: 3
                )
            }
        }
        let left = try await store.read { transaction in
            var left: [UInt8] = []
            for byte in UInt8(1)...100 where try transaction.flow(hash: [byte]) != nil {
                left.append(byte)
            }
            return left
        }
        // The one that was just written stays even where the clock went back.
        #expect(left == [7, 8, 9, 100])
    }

    @Test("A flow is taken once", arguments: StoreKind.allCases)
    func flows(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.flows(store)
        }
    }

    static func flows(_ store: Store) async throws {
        var flow = Samples.flow(1)
        try await store.write { [flow] in try $0.insertFlow(flow, keepingPerAddress: 8) }
        #expect(try await store.read { try $0.flow(hash: [1]) } == flow)
        #expect(try await store.write { try $0.updateFlow(hash: [1], sealedPayload: [3]) })
        flow.sealedPayload = [3]
        #expect(try await store.write { try $0.takeFlow(hash: [1]) } == flow)
        #expect(try await store.write { try $0.takeFlow(hash: [1]) } == nil)
        #expect(
            try await store.write { try $0.updateFlow(hash: [1], sealedPayload: [3]) } == false
        )
    }
}
