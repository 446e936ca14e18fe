/// One row of an answer, read column by column from the left.
///
/// What is not of the kind that was written is a corrupt file, never a trap.
struct SQLRow: Sendable {
    private let values: [SQLValue]
    private var next = 0

    /// Wraps the values of a row.
    init(_ values: [SQLValue]) {
        self.values = values
    }

    /// The next column, which holds bytes.
    mutating func bytes() throws(StorageFault) -> [UInt8] {
        guard let value = try optionalBytes() else { throw mismatch("bytes") }
        return value
    }

    /// The next column, which may hold bytes.
    mutating func optionalBytes() throws(StorageFault) -> [UInt8]? {
        switch try take() {
        case .bytes(let value): return value
        case .null: return nil
        case .integer, .text: throw mismatch("bytes")
        }
    }

    /// The next column, which holds a boolean.
    mutating func flag() throws(StorageFault) -> Bool {
        try integer() != 0
    }

    /// The next column, which holds a number.
    mutating func integer() throws(StorageFault) -> Int64 {
        guard let value = try optionalInteger() else { throw mismatch("a number") }
        return value
    }

    /// The next column, which may hold a number.
    mutating func optionalInteger() throws(StorageFault) -> Int64? {
        switch try take() {
        case .integer(let value): return value
        case .null: return nil
        case .bytes, .text: throw mismatch("a number")
        }
    }

    /// The next column, which holds text.
    mutating func text() throws(StorageFault) -> String {
        guard let value = try optionalText() else { throw mismatch("text") }
        return value
    }

    /// The next column, which may hold text.
    mutating func optionalText() throws(StorageFault) -> String? {
        switch try take() {
        case .text(let value): return value
        case .null: return nil
        case .bytes, .integer: throw mismatch("text")
        }
    }

    /// The next column, which holds words with a space between each two.
    mutating func words() throws(StorageFault) -> [String] {
        try text().split(separator: " ").map(String.init)
    }

    private mutating func take() throws(StorageFault) -> SQLValue {
        guard next < values.count else {
            throw .misused(detail: "a statement gives fewer columns than its record has")
        }
        defer { next += 1 }
        return values[next]
    }

    private func mismatch(_ expected: String) -> StorageFault {
        .corrupt(detail: "column \(next) of a row does not hold \(expected)")
    }
}
