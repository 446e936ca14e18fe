import Access
import Bytes
import HTTP

/// The fields of a response of the authorization server.
enum ControlFields {
    /// Writes every field that can stand on the wire and is not ours to write.
    ///
    /// A value may hold what a request said: one that could end its line is left out, so that it can
    /// never become another field.
    static func write(_ fields: [ControlField], into sink: inout some FieldSink & ~Copyable) {
        for field in fields {
            let name = Array(field.name.utf8)
            let value = Array(field.value.utf8)
            guard isWritable(name.span), !isOurs(name.span), isPlain(value) else { continue }
            sink.add(name.span, value.span)
        }
    }

    /// A token (RFC 9110 §5.6.2) of letters, digits and hyphens: no field of ours has other names.
    private static func isWritable(_ name: Span<UInt8>) -> Bool {
        for index in 0..<name.count {
            let byte = name[index]
            guard ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == UInt8(ascii: "-") else {
                return false
            }
        }
        return name.count > 0
    }

    private static func isOurs(_ name: Span<UInt8>) -> Bool {
        switch FieldName(name) {
        case .connection, .contentLength, .date, .keepAlive, .strictTransportSecurity, .te,
            .trailer, .transferEncoding, .upgrade, .xRequestID:
            true
        default: false
        }
    }

    private static func isPlain(_ value: [UInt8]) -> Bool {
        value.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }
}
