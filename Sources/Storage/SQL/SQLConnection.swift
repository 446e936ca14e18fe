/// One connection to a database, made and used by one thread: what a driver is.
///
/// Statements are in the subset that SQLite and PostgreSQL share. Parameters are `$1`, `$2` and so
/// on, and stand for the value at that place; one may stand more than once.
protocol SQLConnection: AnyObject {
    /// Begins a transaction: one that writes has the database for itself until it ends.
    func begin(_ mode: TransactionMode) throws(StorageFault)

    /// Makes everything since ``begin(_:)`` durable.
    ///
    /// - Throws: Where nothing of it was kept, as far as the machine lets us know. The transaction
    ///   is over in any case.
    func commit() throws(StorageFault)

    /// Undoes everything since ``begin(_:)``; nothing where no transaction is open.
    func rollback()

    /// Whether a transaction is open: a failed statement can have ended it.
    var isInTransaction: Bool { get }

    /// Runs one statement to its end.
    func run(_ sql: String, _ values: [SQLValue]) throws(StorageFault) -> SQLOutcome

    /// Whether the database has a table of this name.
    func hasTable(_ name: String) throws(StorageFault) -> Bool
}

/// What a transaction may do.
enum TransactionMode {
    /// Nothing changes; it sees the database as it was at its first statement.
    case reading
    /// Anything.
    case writing
}

/// What a statement gave.
struct SQLOutcome {
    /// The rows of a query or of `RETURNING`.
    var rows: [SQLRow]
    /// How many rows an `INSERT`, `UPDATE` or `DELETE` changed.
    var changedCount: Int
}
