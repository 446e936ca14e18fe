import Bytes

/// The credentials of HTTP Basic (RFC 7617), as clients of either habit mean them.
///
/// RFC 6749 §2.3.1 wants both parts form-coded first; half of all clients send them as they stand.
/// Client ids hold no `:`, `%` or `+`, so that the id reads the same both ways, and of the secret both
/// readings are compared.
struct BasicCredentials: Sendable {
    /// As they stand, split at the first colon.
    let plain: (id: String, secret: String)
    /// Each part form-decoded; `nil` where it is no such coding.
    let decoded: (id: String, secret: String)?

    /// Whether a field's scheme is Basic.
    static func isBasic(_ field: String) -> Bool {
        field.lowercased().hasPrefix("basic ")
    }

    /// Reads an `Authorization` field.
    init?(_ field: String) {
        let text = String(field.dropFirst("basic ".count)).trimmingBlanks()
        // Base64 and its URL form differ in two letters; padding may be left out.
        let letters = text.utf8.map { byte -> UInt8 in
            byte == UInt8(ascii: "+")
                ? UInt8(ascii: "-") : byte == UInt8(ascii: "/") ? UInt8(ascii: "_") : byte
        }
        var stripped = letters
        while stripped.last == UInt8(ascii: "=") { stripped.removeLast() }
        guard let bytes = Base64URL.decode(stripped.span),
            let colon = bytes.span.firstIndex(of: UInt8(ascii: ":")),
            let id = String(validating: bytes[..<colon], as: UTF8.self),
            let secret = String(validating: bytes[(colon + 1)...], as: UTF8.self)
        else { return nil }
        plain = (id, secret)
        let idBytes = Array(id.utf8)
        let secretBytes = Array(secret.utf8)
        if let decodedID = FormCoding.decode(idBytes.span),
            let decodedSecret = FormCoding.decode(secretBytes.span)
        {
            decoded = (decodedID, decodedSecret)
        } else {
            decoded = nil
        }
    }
}
