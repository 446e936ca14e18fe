import CSQLite

/// A connection to a SQLite database, made and used by one thread.
///
/// Write-ahead logging with `synchronous=FULL`: a commit returns once its frames are on the disk.
/// `secure_delete` is on: what is erased, such as the answer of a rotation, is overwritten in the
/// file. It costs little, since rows are small and their pages are written anyway, and everything
/// secret is a hash or sealed besides.
@safe
final class SQLiteConnection: SQLConnection {
    // SAFETY: opened in `init`, closed in `deinit` and nowhere else, after every statement.
    private let handle: OpaquePointer
    private var statements: [String: SQLiteStatement] = [:]
    private var isReading = false
    private let path: String

    /// Opens a database that exists, or one in memory.
    ///
    /// - Parameters:
    ///   - path: The file, or `:memory:`.
    ///   - busyTimeout: How long a statement waits for a lock of another program, in milliseconds.
    /// - Throws: Where it cannot be opened; nothing was changed.
    init(path: String, busyTimeout: Int32) throws(StorageFault) {
        self.path = path
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        // SAFETY: the path is passed as a string that ends in NUL; the handle is written before the
        // call returns, and one that could not be opened is closed here.
        let code = unsafe sqlite3_open_v2(path, &opened, flags, nil)
        guard code == SQLITE_OK, let connection = unsafe opened else {
            unsafe sqlite3_close_v2(opened)
            throw StorageFault(code, of: path)
        }
        unsafe handle = connection
        unsafe sqlite3_busy_timeout(connection, busyTimeout)
        unsafe sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, Self.valueSizeMax)
        for pragma in Self.pragmas {
            _ = try run(pragma, [])
        }
    }

    deinit {
        // Statements keep the handle alive: they go first.
        statements = [:]
        // SAFETY: nobody uses the handle after its owner.
        unsafe sqlite3_close_v2(handle)
    }

    var isInTransaction: Bool {
        // SAFETY: the handle is open as long as we are.
        unsafe sqlite3_get_autocommit(handle) == 0
    }

    func begin(_ mode: TransactionMode) throws(StorageFault) {
        switch mode {
        case .reading:
            _ = try run("BEGIN", [])
            isReading = true
        case .writing:
            _ = try run("BEGIN IMMEDIATE", [])
        }
    }

    func commit() throws(StorageFault) {
        do throws(StorageFault) {
            _ = try run("COMMIT", [])
            isReading = false
        } catch {
            rollback()
            throw error
        }
    }

    func rollback() {
        isReading = false
        guard isInTransaction else { return }
        // It fails only where the database has rolled back by itself.
        _ = try? run("ROLLBACK", [])
    }

    func run(_ sql: String, _ values: [SQLValue]) throws(StorageFault) -> SQLOutcome {
        let statement = try prepared(sql)
        guard !isReading || statement.isReadOnly else {
            throw .misused(detail: "a body that only reads tried to write")
        }
        let rows: [SQLRow]
        do throws(SQLiteFailure) {
            rows = try statement.run(values)
        } catch {
            throw fault(error)
        }
        // SAFETY: the handle is open as long as we are.
        let changed = statement.isReadOnly ? 0 : unsafe sqlite3_changes64(handle)
        return SQLOutcome(rows: rows, changedCount: Int(changed))
    }

    func hasTable(_ name: String) throws(StorageFault) -> Bool {
        try !run("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1", [.text(name)])
            .rows.isEmpty
    }

    /// Whether the database has no table at all.
    func isEmpty() throws(StorageFault) -> Bool {
        try run("SELECT 1 FROM sqlite_master LIMIT 1", []).rows.isEmpty
    }

    /// Makes the database keep a log of what is written, from now on and for ever.
    ///
    /// - Throws: ``StorageFault/unusable(path:detail:)`` where the file system cannot.
    func useWriteAheadLog() throws(StorageFault) {
        let rows = try run("PRAGMA journal_mode = WAL", []).rows
        guard var row = rows.first, try row.text() == "wal" else {
            throw .unusable(path: path, detail: "its file system has no shared memory for a log")
        }
    }

    private func prepared(_ sql: String) throws(StorageFault) -> SQLiteStatement {
        if let statement = statements[sql] { return statement }
        let statement: SQLiteStatement
        do throws(SQLiteFailure) {
            statement = unsafe try SQLiteStatement(sql, on: handle)
        } catch {
            throw fault(error)
        }
        // Statements are literals of ours: there are as many as the source has.
        statements[sql] = statement
        return statement
    }

    private func fault(_ failure: SQLiteFailure) -> StorageFault {
        // SAFETY: the text ends in NUL and stays valid until the next call; it is copied at once.
        let said = unsafe sqlite3_errmsg(handle).map { unsafe String(cString: $0) }
        return StorageFault(failure.code, of: path, saying: failure.detail ?? said)
    }

    /// 1 MiB: what we store is a few kilobytes at most, and this bounds what a caller's mistake or
    /// a damaged file can make us allocate.
    private static let valueSizeMax: Int32 = 1 << 20

    private static let pragmas = [
        // What stands in a file of unknown history runs no code, and is looked at before it is used.
        "PRAGMA trusted_schema = OFF",
        "PRAGMA cell_size_check = ON",
        "PRAGMA foreign_keys = ON",
        "PRAGMA synchronous = FULL",
        "PRAGMA secure_delete = ON",
        "PRAGMA temp_store = MEMORY",
        // After a spell of long reads the log shrinks to this again: 16 MiB.
        "PRAGMA journal_size_limit = 16777216",
    ]
}
