import CSQLite

/// A prepared statement of one connection.
@safe
final class SQLiteStatement {
    // SAFETY: prepared in `init`, finalized in `deinit` and nowhere else; the connection lets go of
    // its statements before it closes.
    private let handle: OpaquePointer
    /// For each parameter of the statement, the place of its value: SQLite numbers parameters as
    /// they come, not by their names.
    private let places: [Int]
    /// Whether it changes nothing.
    let isReadOnly: Bool

    /// Prepares the one statement of `sql`.
    init(_ sql: String, on connection: OpaquePointer) throws(SQLiteFailure) {
        var prepared: OpaquePointer?
        let persistent = UInt32(SQLITE_PREPARE_PERSISTENT)
        // SAFETY: the text ends in NUL, and SQLite keeps a copy of it.
        let code = unsafe sqlite3_prepare_v3(connection, sql, -1, persistent, &prepared, nil)
        guard code == SQLITE_OK else { throw SQLiteFailure(code: code) }
        guard let statement = unsafe prepared else {
            throw SQLiteFailure(code: SQLITE_MISUSE, detail: "an empty statement")
        }
        unsafe handle = statement
        unsafe isReadOnly = sqlite3_stmt_readonly(statement) != 0
        let count = unsafe sqlite3_bind_parameter_count(statement)
        places = (0..<count).map { index in
            // SAFETY: a name ends in NUL and lives as long as the statement; it is copied.
            let name = unsafe sqlite3_bind_parameter_name(statement, index + 1).map {
                unsafe String(cString: $0)
            }
            return name.flatMap { Int($0.dropFirst()) } ?? 0
        }
    }

    deinit {
        // SAFETY: nobody uses the statement after its owner.
        unsafe sqlite3_finalize(handle)
    }

    /// Runs the statement to its end, and makes it ready for the next time.
    func run(_ values: [SQLValue]) throws(SQLiteFailure) -> [SQLRow] {
        // SAFETY: the handle is alive as long as we are. Clearing lets go of the caller's bytes.
        defer {
            unsafe sqlite3_reset(handle)
            unsafe sqlite3_clear_bindings(handle)
        }
        for (index, place) in places.enumerated() {
            guard place >= 1, place <= values.count else {
                throw SQLiteFailure(code: SQLITE_MISUSE, detail: "a parameter without a value")
            }
            try bind(values[place - 1], at: Int32(index + 1))
        }
        var rows: [SQLRow] = []
        while true {
            switch unsafe sqlite3_step(handle) {
            case SQLITE_ROW: rows.append(row())
            case SQLITE_DONE: return rows
            case let code: throw SQLiteFailure(code: code)
            }
        }
    }

    private func bind(_ value: SQLValue, at index: Int32) throws(SQLiteFailure) {
        let code =
            switch value {
            case .bytes(let bytes): bind(bytes, at: index)
            case .integer(let number): unsafe sqlite3_bind_int64(handle, index, number)
            case .null: unsafe sqlite3_bind_null(handle, index)
            case .text(let text): bind(text, at: index)
            }
        guard code == SQLITE_OK else { throw SQLiteFailure(code: code) }
    }

    private func bind(_ bytes: [UInt8], at index: Int32) -> Int32 {
        // SAFETY: `SQLITE_TRANSIENT` makes SQLite copy the bytes before the call returns. A pointer
        // that is null would bind NULL in place of an empty value.
        unsafe bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress, buffer.count > 0 else {
                return unsafe sqlite3_bind_zeroblob(handle, index, 0)
            }
            return unsafe sqlite3_bind_blob64(
                handle,
                index,
                start,
                UInt64(buffer.count),
                gatehouse_sqlite_transient()
            )
        }
    }

    private func bind(_ text: String, at index: Int32) -> Int32 {
        var text = text
        // SAFETY: as above; the count is passed, so that a NUL inside ends nothing.
        return text.withUTF8 { buffer in
            guard let start = buffer.baseAddress else {
                return unsafe sqlite3_bind_text64(
                    handle,
                    index,
                    "",
                    0,
                    gatehouse_sqlite_transient(),
                    UInt8(SQLITE_UTF8)
                )
            }
            return unsafe start.withMemoryRebound(to: CChar.self, capacity: buffer.count) {
                unsafe sqlite3_bind_text64(
                    handle,
                    index,
                    $0,
                    UInt64(buffer.count),
                    gatehouse_sqlite_transient(),
                    UInt8(SQLITE_UTF8)
                )
            }
        }
    }

    private func row() -> SQLRow {
        let count = unsafe sqlite3_column_count(handle)
        return SQLRow((0..<count).map { column($0) })
    }

    private func column(_ index: Int32) -> SQLValue {
        switch unsafe sqlite3_column_type(handle, index) {
        case SQLITE_INTEGER: .integer(unsafe sqlite3_column_int64(handle, index))
        case SQLITE_NULL: .null
        // A number with a fraction is none of ours: as text it is refused by who reads it.
        case SQLITE_FLOAT, SQLITE_TEXT: .text(String(decoding: content(index), as: UTF8.self))
        default: .bytes(content(index))
        }
    }

    private func content(_ index: Int32) -> [UInt8] {
        // SAFETY: the pointer is good until the next call for this row, and holds as many bytes as
        // SQLite says; the order of the two calls is the documented one. They are copied.
        guard let start = unsafe sqlite3_column_blob(handle, index) else { return [] }
        let count = unsafe Int(sqlite3_column_bytes(handle, index))
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }
}

/// A call of SQLite that failed.
struct SQLiteFailure: Error {
    /// The extended result code.
    var code: Int32
    /// What is wrong, where SQLite was not asked.
    var detail: String?
}
