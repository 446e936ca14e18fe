import Bytes
import HTTP

/// The field names that the `Connection` fields of one head name: hop-by-hop, never forwarded (RFC
/// 9110 §7.6.1).
struct ConnectionOptions {
    /// Whether some option names more than the usual words, so that fields must be compared.
    private let namesFields: Bool

    init(_ fields: borrowing FieldBlock) {
        var names = false
        Self.forEach(fields) { option in
            if !option.isEqualIgnoringCase(to: "close")
                && !option.isEqualIgnoringCase(to: "keep-alive")
                && !option.isEqualIgnoringCase(to: "upgrade") && option.count > 0
            {
                names = true
            }
        }
        namesFields = names
    }

    /// Whether a field is named by `Connection`.
    func contains(_ name: Span<UInt8>, in fields: borrowing FieldBlock) -> Bool {
        guard namesFields else { return false }
        var index = fields.first(.connection)
        while let field = index {
            if Self.list(fields.value(at: field), has: name) { return true }
            index = fields.next(.connection, after: field)
        }
        return false
    }

    private static func list(_ value: Span<UInt8>, has name: Span<UInt8>) -> Bool {
        var start = 0
        while start <= value.count {
            let end = value.firstIndex(of: UInt8(ascii: ","), from: start) ?? value.count
            if value.extracting(start..<end).trimmingBlanks().isEqualIgnoringCase(to: name) {
                return true
            }
            start = end + 1
        }
        return false
    }

    private static func forEach(
        _ fields: borrowing FieldBlock,
        _ body: (Span<UInt8>) -> Void
    ) {
        var index = fields.first(.connection)
        while let field = index {
            let value = fields.value(at: field)
            var start = 0
            while start <= value.count {
                let end = value.firstIndex(of: UInt8(ascii: ","), from: start) ?? value.count
                body(value.extracting(start..<end).trimmingBlanks())
                start = end + 1
            }
            index = fields.next(.connection, after: field)
        }
    }
}
