import Testing

@testable import Storage

/// Every statement that the ports run.
struct StatementTests {
    /// Statements of all ports, as the conformance suite runs them.
    private func statements() async throws -> [String] {
        let suites: [(Store) async throws -> Void] = [
            PeopleConformanceTests.users, PeopleConformanceTests.pages,
            PeopleConformanceTests.switches, PeopleConformanceTests.passwords,
            PeopleConformanceTests.accounts, PeopleConformanceTests.grants,
            PeopleConformanceTests.consents, SessionConformanceTests.sessions,
            SessionConformanceTests.revocation, SessionConformanceTests.revocationByScope,
            SessionConformanceTests.rotation, SessionConformanceTests.revocations,
            SessionConformanceTests.browserSessions, FlowConformanceTests.codes,
            FlowConformanceTests.flowsPerAddress, FlowConformanceTests.flows,
            KeepingConformanceTests.signingKeys, KeepingConformanceTests.expiry,
        ]
        var all: Set<String> = []
        for suite in suites {
            let plan = BrittlePlan()
            let store = try plan.makeStore()
            try await suite(store)
            await store.close()
            all.formUnion(plan.statements)
        }
        return all.filter { !$0.contains("SAVEPOINT") }.sorted()
    }

    @Test("Every look-up has its index")
    func lookUpsHaveIndexes() async throws {
        let connection = try SQLiteConnection(path: ":memory:", busyTimeout: 0)
        try Migration.run(on: connection)
        let statements = try await statements()
        #expect(statements.count > 50)
        for statement in statements {
            let plan = try connection.run("EXPLAIN QUERY PLAN \(statement)", Self.placeholders)
            for var row in plan.rows {
                _ = (try row.integer(), try row.integer(), try row.integer())
                let step = try row.text()
                // Signing keys are few and all wanted; `ended` is what a statement made itself.
                let isAllowed = step.contains("signing_keys") || step.contains("ended")
                let isScan = step.hasPrefix("SCAN") && !step.contains("USING")
                #expect(!isScan || isAllowed, "\(step): \(statement)")
            }
        }
    }

    @Test("Statements keep to what both databases take")
    func statementsArePortable() async throws {
        let foreign = [
            "AUTOINCREMENT", "INSERT OR", "REPLACE INTO", "IFNULL", "GLOB", "ROWID", "PRAGMA",
            "RANDOMBLOB", "\"", "?", "STRFTIME", "DATETIME", "BLOB", "INTEGER", " REAL ", "BOOLEAN",
            "SQLITE_", "WITHOUT", "INSTR",
        ]
        for statement in try await statements() + Schema.steps.flatMap({ $0 }) {
            for word in foreign {
                #expect(!statement.uppercased().contains(word), "\(word): \(statement)")
            }
        }
    }

    @Test("A parameter stands for the value of its number, however often and in any order")
    func parameters() throws {
        let connection = try SQLiteConnection(path: ":memory:", busyTimeout: 0)
        let outcome = try connection.run(
            "SELECT $2, $1, $2",
            [.text("one"), .bytes([2])]
        )
        var row = try #require(outcome.rows.first)
        #expect(try row.bytes() == [2])
        #expect(try row.text() == "one")
        #expect(try row.bytes() == [2])
        #expect(throws: StorageFault.self) { try row.bytes() }
        #expect(throws: StorageFault.self) { _ = try connection.run("SELECT $3", [.null]) }
        #expect(throws: StorageFault.self) { _ = try connection.run("SELECT ?", [.null]) }
        #expect(throws: StorageFault.self) { _ = try connection.run("", []) }
        #expect(throws: StorageFault.self) { _ = try connection.run("SELEKT", []) }
    }

    private static let placeholders = [SQLValue](repeating: .integer(1), count: 16)
}
