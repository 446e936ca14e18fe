/// A value of a column or a parameter.
enum SQLValue: Hashable, Sendable {
    /// `BYTEA`.
    case bytes([UInt8])
    /// `BIGINT`; booleans are 0 and 1.
    case integer(Int64)
    /// No value.
    case null
    /// `TEXT`.
    case text(String)

    /// A boolean, as 0 or 1.
    static func flag(_ value: Bool) -> SQLValue { .integer(value ? 1 : 0) }

    /// A count.
    static func count(_ value: Int) -> SQLValue { .integer(Int64(value)) }

    /// Bytes that may be missing.
    static func optional(_ value: [UInt8]?) -> SQLValue { value.map { .bytes($0) } ?? .null }

    /// A number that may be missing.
    static func optional(_ value: Int64?) -> SQLValue { value.map { .integer($0) } ?? .null }

    /// A text that may be missing.
    static func optional(_ value: String?) -> SQLValue { value.map { .text($0) } ?? .null }

    /// Words without spaces, as one text with a space between each two.
    static func words(_ value: [String]) -> SQLValue { .text(value.joined(separator: " ")) }
}
