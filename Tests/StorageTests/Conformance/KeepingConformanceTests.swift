import Storage
import Testing

/// What any driver must do with keys and values, and with what has expired.
struct KeepingConformanceTests {
    @Test("Signing keys come and go", arguments: StoreKind.allCases)
    func signingKeys(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.signingKeys(store)
        }
    }

    static func signingKeys(_ store: Store) async throws {
        let keys = [("k1", 5), ("k2", 3)].map { id, created in
            SigningKeyRecord(
                id: id,
                realm: "server",
                algorithm: "ES256",
                sealedKey: [1, 2],
                createdAt: Int64(created),
                signsFrom: 6
            )
        }
        try await store.write { transaction in
            for key in keys {
                try transaction.insertSigningKey(key)
            }
        }
        #expect(try await store.read { try $0.signingKeys() } == [keys[1], keys[0]])
        let isRetired = try await store.write {
            try $0.retireSigningKey(id: "k1", signsUntil: 8, publishedUntil: 9)
        }
        #expect(isRetired)
        let retired = try await store.read { try $0.signingKeys().last }
        #expect(retired?.signsUntil == 8)
        #expect(retired?.publishedUntil == 9)
        #expect(try await store.write { try $0.deleteSigningKey(id: "k1") })
        #expect(try await store.write { try $0.deleteSigningKey(id: "k1") } == false)
        #expect(try await store.read { try $0.signingKeys().count } == 1)
    }

    @Test("A value replaces the one before", arguments: StoreKind.allCases)
    func values(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.values(store)
        }
    }

    static func values(_ store: Store) async throws {
        #expect(try await store.read { try $0.value("v") } == nil)
        try await store.write { transaction in
            try transaction.setValue("v", [1])
            try transaction.setValue("v", [0, 255])
            try transaction.setValue("empty", [])
        }
        #expect(try await store.read { try $0.value("v") } == [0, 255])
        #expect(try await store.read { try $0.value("empty") } == [])
        await #expect(throws: StorageFault.valueTooLarge) {
            try await store.write { try $0.setValue("v", [UInt8](repeating: 1, count: 1 << 21)) }
        }
    }

    @Test("What has expired goes, and what has not stays", arguments: StoreKind.allCases)
    func expiry(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.expiry(store)
        }
    }

    static func expiry(_ store: Store) async throws {
        try await store.write { transaction in
            try transaction.insertSession(Samples.session("s"))
            try transaction.insertRefreshToken(
                RefreshTokenRecord(hash: [1], sessionID: "s", createdAt: 1)
            )
            try transaction.insertCode(Samples.code(1))
            try transaction.insertCode(Samples.code(2))
            _ = try transaction.consumeCode(hash: Samples.code(1).hash, at: 3)
            try transaction.setCodeSession(hash: Samples.code(1).hash, sessionID: "s")
            try transaction.insertFlow(Samples.flow(1), keepingPerAddress: 8)
            try transaction.insertBrowserSession(Samples.browserSession(1))
            try transaction.insertRevocation(RevocationRecord(id: "s", expiresAt: 100))
        }
        #expect(try await store.write { try $0.deleteExpired(before: 49) } == 0)
        #expect(try await store.write { try $0.deleteExpired(before: 50) } == 1)
        #expect(try await store.read { try $0.browserSession(hash: [1]) } == nil)
        #expect(try await store.write { try $0.deleteExpired(before: 100) } == 3)
        #expect(try await store.read { try $0.code(hash: Samples.code(2).hash) } == nil)
        // A used code is known as long as its session, which is idle from 1 000 on.
        #expect(try await store.read { try $0.code(hash: Samples.code(1).hash) } != nil)
        let end = 1_000 + Transaction.deadSessionKeeping
        #expect(try await store.write { try $0.deleteExpired(before: end - 1) } == 0)
        #expect(try await store.read { try $0.refreshToken(hash: [1]) } != nil)
        #expect(try await store.write { try $0.deleteExpired(before: end) } == 3)
        #expect(try await store.read { try $0.session(id: "s") } == nil)
        #expect(try await store.read { try $0.code(hash: Samples.code(1).hash) } == nil)
        #expect(try await store.write { try $0.deleteExpired(before: .min) } == 0)
    }

    @Test("One call deletes a bounded number", arguments: StoreKind.allCases)
    func expiryIsBounded(kind: StoreKind) async throws {
        try await kind.withStore { store in
            let countMax = Transaction.expiredBatchCountMax
            try await store.write { transaction in
                try transaction.insertSession(Samples.session("s"))
                for number in 0..<(countMax + 10) {
                    let hash = [UInt8(number & 0xFF), UInt8(number >> 8)]
                    try transaction.insertRefreshToken(
                        RefreshTokenRecord(hash: hash, sessionID: "s", createdAt: 1)
                    )
                }
            }
            var counts: [Int] = []
            while counts.last != 0 {
                counts.append(
                    try await store.write { try $0.deleteExpired(before: .max) }
                )
            }
            #expect(counts == [countMax, 11, 0])
        }
    }
}
