import Storage
import Testing

/// What any driver must do with sessions, their tokens and their ends.
struct SessionConformanceTests {
    @Test("A session is found as written and lives by its use", arguments: StoreKind.allCases)
    func sessions(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.sessions(store)
        }
    }

    static func sessions(_ store: Store) async throws {
        var session = Samples.session("s", parent: "older")
        try await store.write { [session] transaction in
            try transaction.insertSession(session)
            try transaction.insertSession(Samples.session("t", createdAt: 20))
        }
        #expect(try await store.read { try $0.session(id: "s") } == session)
        let isUsed = try await store.write {
            try $0.updateSessionUse(
                id: "s",
                lastUsedAt: 500,
                idleExpiresAt: 1_500,
                grantedScopes: []
            )
        }
        #expect(isUsed)
        session.lastUsedAt = 500
        session.idleExpiresAt = 1_500
        session.grantedScopes = []
        #expect(try await store.read { try $0.session(id: "s") } == session)
        let ids: @Sendable (Int64) async throws -> [String] = { now in
            try await store.read { try $0.sessions(userID: "u", aliveAt: now).map(\.id) }
        }
        #expect(try await ids(0) == ["t", "s"])
        #expect(try await ids(1_200) == ["s"])
        #expect(try await ids(1_500) == [])
        #expect(try await store.read { try $0.sessions(userID: "x") } == [])
    }

    @Test("A session ends with all that were handed over from it", arguments: StoreKind.allCases)
    func revocation(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.revocation(store)
        }
    }

    static func revocation(_ store: Store) async throws {
        try await store.write { transaction in
            try transaction.insertSession(Samples.session("a"))
            try transaction.insertSession(Samples.session("b", parent: "a"))
            try transaction.insertSession(Samples.session("c", parent: "b"))
            try transaction.insertSession(Samples.session("d"))
        }
        let ended = try await store.write { try $0.revokeSession(id: "a", at: 50) }
        #expect(ended.sorted() == ["a", "b", "c"])
        #expect(try await store.write { try $0.revokeSession(id: "a", at: 60) } == [])
        #expect(try await store.write { try $0.revokeSession(id: "nobody", at: 60) } == [])
        #expect(try await store.read { try $0.session(id: "c")?.revokedAt } == 50)
        let isUsed = try await store.write {
            try $0.updateSessionUse(
                id: "a",
                lastUsedAt: 60,
                idleExpiresAt: 900,
                grantedScopes: []
            )
        }
        #expect(!isUsed)
        #expect(try await store.write { try $0.revokeSessions(userID: "u", at: 70) } == ["d"])
        #expect(try await store.read { try $0.sessions(userID: "u") } == [])
    }

    @Test("A scope that is taken away ends who carries it", arguments: StoreKind.allCases)
    func revocationByScope(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.revocationByScope(store)
        }
    }

    static func revocationByScope(_ store: Store) async throws {
        try await store.write { transaction in
            for (id, scopes) in [
                ("a", ["a_b"]), ("b", ["axb"]), ("c", ["x", "a_b", "y"]), ("d", ["a_b_c"]),
                ("e", []), ("f", ["x", "a_b"]), ("g", ["A_B"]),
            ] {
                try transaction.insertSession(Samples.session(id, scopes: scopes))
            }
            try transaction.insertSession(Samples.session("h", user: "v", scopes: ["a_b"]))
        }
        let ended = try await store.write {
            try $0.revokeSessions(userID: "u", carryingScope: "a_b", at: 5)
        }
        #expect(ended.sorted() == ["a", "c", "f"])
    }

    @Test("A refresh token is rotated once", arguments: StoreKind.allCases)
    func rotation(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.rotation(store)
            await #expect(throws: StorageFault.self) {
                try await store.write {
                    try $0.insertRefreshToken(
                        RefreshTokenRecord(hash: [7], sessionID: "nobody", createdAt: 1)
                    )
                }
            }
        }
    }

    static func rotation(_ store: Store) async throws {
        let token = RefreshTokenRecord(hash: [1], sessionID: "s", createdAt: 1)
        try await store.write { transaction in
            try transaction.insertSession(Samples.session("s"))
            try transaction.insertRefreshToken(token)
        }
        #expect(try await store.read { try $0.refreshToken(hash: [1]) } == token)
        let rotate: @Sendable (UInt8) async throws -> Bool = { byte in
            try await store.write {
                try $0.rotateRefreshToken(
                    hash: [1],
                    to: RefreshTokenRecord(hash: [byte], sessionID: "s", createdAt: 2),
                    sealedAnswer: [42],
                    graceUntil: 30,
                    at: 2
                )
            }
        }
        #expect(try await rotate(2))
        #expect(try await rotate(3) == false)
        #expect(try await store.read { try $0.refreshToken(hash: [3]) } == nil)
        let rotated = try await store.read { try $0.refreshToken(hash: [1]) }
        #expect(rotated?.rotatedAt == 2)
        #expect(rotated?.graceUntil == 30)
        #expect(rotated?.sealedAnswer == [42])
        #expect(rotated?.successorHash == [2])
        #expect(try await store.read { try $0.refreshToken(hash: [2])?.rotatedAt } == nil)
        #expect(try await store.write { try $0.eraseAnswers(before: 29) } == 0)
        #expect(try await store.write { try $0.eraseAnswers(before: 30) } == 1)
        #expect(try await store.read { try $0.refreshToken(hash: [1])?.sealedAnswer } == nil)
        #expect(try await store.read { try $0.refreshToken(hash: [1])?.graceUntil } == 30)
    }

    @Test("Of two revocations the later end counts", arguments: StoreKind.allCases)
    func revocations(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.revocations(store)
        }
    }

    static func revocations(_ store: Store) async throws {
        try await store.write { transaction in
            for (id, end) in [("a", 10), ("a", 30), ("a", 20), ("b", 15)] {
                try transaction.insertRevocation(
                    RevocationRecord(id: id, expiresAt: Int64(end))
                )
            }
        }
        let alive = try await store.read { try $0.revocations(aliveAt: 14) }
        #expect(alive.map(\.id) == ["b", "a"])
        #expect(try await store.read { try $0.revocations(aliveAt: 15).map(\.id) } == ["a"])
        #expect(try await store.read { try $0.revocations(aliveAt: 30) } == [])
        #expect(try await store.read { try $0.isRevoked(id: "a", at: 15) })
        #expect(try await store.read { try !$0.isRevoked(id: "a", at: 30) })
        #expect(try await store.read { try !$0.isRevoked(id: "nobody", at: 1) })
    }

    @Test("A browser session lives until it is ended", arguments: StoreKind.allCases)
    func browserSessions(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.browserSessions(store)
        }
    }

    static func browserSessions(_ store: Store) async throws {
        var session = Samples.browserSession(1)
        try await store.write { [session] in try $0.insertBrowserSession(session) }
        #expect(try await store.read { try $0.browserSession(hash: [1]) } == session)
        let isUsed = try await store.write {
            try $0.touchBrowserSession(hash: [1], lastUsedAt: 30, idleExpiresAt: 80)
        }
        #expect(isUsed)
        session.lastUsedAt = 30
        session.idleExpiresAt = 80
        #expect(try await store.read { try $0.browserSession(hash: [1]) } == session)
        #expect(try await store.write { try $0.deleteBrowserSession(hash: [1]) })
        #expect(try await store.write { try $0.deleteBrowserSession(hash: [1]) } == false)
        #expect(try await store.read { try $0.browserSession(hash: [1]) } == nil)
    }

    @Test(
        "Every browser session of an account ends at once, and no other",
        arguments: StoreKind.allCases
    )
    func browserSessionsOfAccount(kind: StoreKind) async throws {
        try await kind.withStore { store in
            var others = (2...4).map { Samples.browserSession($0) }
            others[0].projectID = "other"
            others[1].providerID = "other"
            others[2].accountID = "other"
            let all = others + [Samples.browserSession(1), Samples.browserSession(5)]
            try await store.write { [all] transaction in
                for session in all { try transaction.insertBrowserSession(session) }
            }
            let one = all[3]
            let ended = try await store.write {
                try $0.deleteBrowserSessions(
                    projectID: one.projectID,
                    providerID: one.providerID,
                    accountID: one.accountID
                )
            }
            #expect(ended == 2)
            for session in others {
                #expect(try await store.read { try $0.browserSession(hash: session.hash) } != nil)
            }
        }
    }
}
