import CSQLite

extension StorageFault {
    /// Says who is at fault for a result of SQLite.
    ///
    /// - Parameters:
    ///   - code: The extended result code.
    ///   - path: The database.
    ///   - detail: SQLite's own words, which name tables and columns but no values.
    init(_ code: Int32, of path: String, saying detail: String? = nil) {
        // SAFETY: the text is a constant of the library that ends in NUL.
        let meaning = unsafe String(cString: sqlite3_errstr(code))
        let detail = detail ?? meaning
        switch code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED:
            self = .busy
        case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_READONLY, SQLITE_AUTH:
            self = .unusable(path: path, detail: detail)
        case SQLITE_CONSTRAINT:
            self = .init(constraint: code, saying: detail)
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            self = .corrupt(detail: "\(path): \(detail)")
        case SQLITE_FULL:
            self = .diskFull
        case SQLITE_IOERR, SQLITE_PROTOCOL:
            self = .diskFailed(detail: "\(path): \(detail) (\(code))")
        case SQLITE_NOMEM:
            self = .exhausted(detail: detail)
        case SQLITE_TOOBIG:
            self = .valueTooLarge
        default:
            self = .misused(detail: "\(detail) (\(code))")
        }
    }

    private init(constraint code: Int32, saying detail: String) {
        switch code {
        case Self.foreignKey: self = .recordMissing(detail: detail)
        case Self.primaryKey, Self.unique: self = .alreadyExists(detail: detail)
        default: self = .misused(detail: detail)
        }
    }

    // The header's macros add up what Swift does not take over.
    private static let foreignKey = SQLITE_CONSTRAINT | (3 << 8)
    private static let primaryKey = SQLITE_CONSTRAINT | (6 << 8)
    private static let unique = SQLITE_CONSTRAINT | (8 << 8)
}
