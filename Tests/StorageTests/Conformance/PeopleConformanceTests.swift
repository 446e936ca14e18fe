import Storage
import Testing

/// What any driver must do with users and what hangs on them.
struct PeopleConformanceTests {
    @Test("A user is found as written, by id and by login", arguments: StoreKind.allCases)
    func users(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.users(store)
        }
    }

    static func users(_ store: Store) async throws {
        var ada = Samples.user("ada", emailKey: "ada@example.com", signsIn: true)
        let bob = Samples.user("bob", emailKey: "ada@example.com")
        let eve = Samples.user("eve", project: "q", emailKey: "ada@example.com", signsIn: true)
        try await store.write { [ada] transaction in
            for user in [ada, bob, eve] {
                try transaction.insertUser(user)
            }
        }
        #expect(try await store.read { try $0.user(id: "ada") } == ada)
        #expect(try await store.read { try $0.user(id: "nobody") } == nil)
        let login = try await store.read {
            try $0.user(projectID: "p", emailKey: "ada@example.com")
        }
        #expect(login == ada)
        let holders = try await store.read {
            try $0.users(projectID: "p", matchingEmailKey: "ada@example.com").map(\.id)
        }
        #expect(holders == ["ada", "bob"])
        let everywhere = try await store.read {
            try $0.users(projectID: nil, matchingEmailKey: "ada@example.com").map(\.id)
        }
        #expect(everywhere == ["ada", "bob", "eve"])

        ada.displayName = nil
        ada.emailKey = nil
        ada.email = nil
        ada.signsInByEmail = false
        ada.isAnonymous = false
        ada.lastActiveAt = 77
        let isUpdated = try await store.write { [ada] in try $0.updateUser(ada) }
        #expect(isUpdated)
        #expect(try await store.read { try $0.user(id: "ada") } == ada)
        let missing = Samples.user("nobody")
        #expect(try await store.write { try $0.updateUser(missing) } == false)
    }

    @Test("A login belongs to one user of a project", arguments: StoreKind.allCases)
    func loginIsUnique(kind: StoreKind) async throws {
        try await kind.withStore { store in
            let first = Samples.user("a", emailKey: "k", signsIn: true)
            let second = Samples.user("b", emailKey: "k", signsIn: true)
            try await store.write { try $0.insertUser(first) }
            let fault = await #expect(throws: StorageFault.self) {
                try await store.write { try $0.insertUser(second) }
            }
            #expect(fault?.description.contains("users.email_key") == true)
            await #expect(throws: StorageFault.self) {
                try await store.write { try $0.insertUser(first) }
            }
            #expect(try await store.read { try $0.user(id: "b") } == nil)
        }
    }

    @Test("Users are listed page by page", arguments: StoreKind.allCases)
    func pages(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.pages(store)
        }
    }

    static func pages(_ store: Store) async throws {
        try await store.write { transaction in
            for number in 10..<20 {
                try transaction.insertUser(
                    Samples.user("\(number)", project: number < 15 ? "p" : "q")
                )
            }
        }
        let (first, second, all) = try await store.read { transaction in
            let first = try transaction.users(projectID: "p", limit: 3).map(\.id)
            let second = try transaction.users(projectID: "p", limit: 3, after: first.last)
            let all = try transaction.users(projectID: nil, limit: 100)
            return (first, second.map(\.id), all.count)
        }
        #expect(first == ["10", "11", "12"])
        #expect(second == ["13", "14"])
        #expect(all == 10)
    }

    @Test("Switches of a user", arguments: StoreKind.allCases)
    func switches(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.switches(store)
        }
    }

    static func switches(_ store: Store) async throws {
        let user = try await store.write { transaction in
            try transaction.insertUser(Samples.user("u"))
            try transaction.setUserDisabled(id: "u", true)
            try transaction.setEmailVerified(userID: "u", false)
            try transaction.touchUser(id: "u", at: 50)
            try transaction.touchUser(id: "u", at: 40)
            return try transaction.user(id: "u")
        }
        #expect(user?.isDisabled == true)
        #expect(user?.isEmailVerified == false)
        #expect(user?.lastActiveAt == 50)
        #expect(try await store.write { try $0.setUserDisabled(id: "x", true) } == false)
        #expect(try await store.write { try $0.setEmailVerified(userID: "x", true) } == false)
    }

    @Test("A password replaces the one before, and needs a user", arguments: StoreKind.allCases)
    func passwords(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.passwords(store)
            await #expect(throws: StorageFault.self) {
                try await store.write { try $0.setPassword(userID: "nobody", hash: "h", at: 1) }
            }
        }
    }

    static func passwords(_ store: Store) async throws {
        try await store.write { transaction in
            try transaction.insertUser(Samples.user("u"))
            try transaction.setPassword(userID: "u", hash: "one", at: 1)
            try transaction.setPassword(userID: "u", hash: "two", at: 2)
        }
        #expect(try await store.read { try $0.passwordHash(userID: "u") } == "two")
        #expect(try await store.read { try $0.passwordChangedAt(userID: "u") } == 2)
        #expect(try await store.read { try $0.passwordChangedAt(userID: "x") } == nil)
        let isStale = try await store.write {
            try $0.replacePasswordHash(userID: "u", "one", by: "three")
        }
        #expect(!isStale)
        let isReplaced = try await store.write {
            try $0.replacePasswordHash(userID: "u", "two", by: "three")
        }
        #expect(isReplaced)
        #expect(try await store.read { try $0.passwordHash(userID: "u") } == "three")
        #expect(try await store.read { try $0.passwordChangedAt(userID: "u") } == 2)
        #expect(try await store.read { try $0.passwordHash(userID: "x") } == nil)
    }

    @Test("An account at a provider is one user's", arguments: StoreKind.allCases)
    func accounts(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.accounts(store)
        }
    }

    static func accounts(_ store: Store) async throws {
        let (isNew, isNewAgain) = try await store.write { transaction in
            try transaction.insertUser(Samples.user("u"))
            try transaction.insertUser(Samples.user("v"))
            let isNew = try transaction.insertProviderAccount(Samples.account("1", user: "u"))
            let isNewAgain = try transaction.insertProviderAccount(Samples.account("1", user: "v"))
            return (isNew, isNewAgain)
        }
        #expect(isNew)
        #expect(!isNewAgain)
        var account = Samples.account("1", user: "u")
        let find: @Sendable (borrowing Transaction) throws -> ProviderAccountRecord? = {
            try $0.providerAccount(projectID: "p", providerID: "github", accountID: "1")
        }
        #expect(try await store.read(find) == account)
        account.userID = "v"
        account.email = nil
        account.sealedTokens = []
        account.isEmailVerified = false
        let isUpdated = try await store.write { [account] in
            try $0.updateProviderAccount(account)
        }
        #expect(isUpdated)
        #expect(try await store.read(find) == account)
        #expect(try await store.read { try $0.providerAccounts(userID: "v") } == [account])
        #expect(try await store.read { try $0.providerAccounts(userID: "u") } == [])
    }

    @Test("Scopes are kept by who gave them", arguments: StoreKind.allCases)
    func grants(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.grants(store)
        }
    }

    static func grants(_ store: Store) async throws {
        let grant = ScopeGrantRecord(userID: "u", scope: "orders:write", source: "operator")
        try await store.write { transaction in
            try transaction.insertUser(Samples.user("u"))
            try transaction.grantScope(grant)
            try transaction.grantScope(grant)
            try transaction.replaceScopeGrants(
                userID: "u",
                source: "provider:corp",
                scopes: ["orders:write", "b", "b"]
            )
            try transaction.replaceScopeGrants(
                userID: "u",
                source: "provider:corp",
                scopes: ["orders:write", "a"]
            )
        }
        let held = try await store.read { try $0.scopeGrants(userID: "u") }
        #expect(held.map(\.scope) == ["orders:write", "a", "orders:write"])
        #expect(held.first == grant)
        let revoke: @Sendable (borrowing Transaction) throws -> Bool = {
            try $0.revokeScope(userID: "u", scope: "orders:write", source: "operator")
        }
        #expect(try await store.write(revoke))
        #expect(try await store.write(revoke) == false)
        let left = try await store.read { try $0.scopeGrants(userID: "u") }
        #expect(left.map(\.source) == ["provider:corp", "provider:corp"])
    }

    @Test("The last consent counts", arguments: StoreKind.allCases)
    func consents(kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await Self.consents(store)
        }
    }

    static func consents(_ store: Store) async throws {
        let consent = ConsentRecord(userID: "u", clientID: "c", scopes: ["a", "b"], grantedAt: 5)
        try await store.write { transaction in
            try transaction.setConsent(
                ConsentRecord(userID: "u", clientID: "c", scopes: [], grantedAt: 4)
            )
            try transaction.setConsent(consent)
        }
        #expect(try await store.read { try $0.consent(userID: "u", clientID: "c") } == consent)
        #expect(try await store.read { try $0.consent(userID: "u", clientID: "d") } == nil)
    }
}
