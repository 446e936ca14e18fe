@testable import Storage

/// A real connection whose commits fail when the test says so, and which notes every statement.
final class BrittleConnection: SQLConnection {
    private let real: SQLiteConnection
    private let plan: BrittlePlan

    init(_ plan: BrittlePlan) throws(StorageFault) {
        self.plan = plan
        real = try SQLiteConnection(path: ":memory:", busyTimeout: 0)
        try Migration.run(on: real)
        for statement in plan.setUp {
            _ = try real.run(statement, [])
        }
    }

    var isInTransaction: Bool { real.isInTransaction }

    func begin(_ mode: TransactionMode) throws(StorageFault) {
        try real.begin(mode)
    }

    func commit() throws(StorageFault) {
        guard !plan.takeFailure() else {
            real.rollback()
            throw .diskFailed(detail: "test")
        }
        try real.commit()
    }

    func rollback() {
        real.rollback()
    }

    func run(_ sql: String, _ values: [SQLValue]) throws(StorageFault) -> SQLOutcome {
        plan.note(sql)
        return try real.run(sql, values)
    }

    func hasTable(_ name: String) throws(StorageFault) -> Bool {
        try real.hasTable(name)
    }
}
