import Bytes

/// Names and values as a query or a form carries them.
///
/// A blank becomes `%20`, which readers of forms and of URLs read alike; `+` only the former.
struct FormText {
    /// What has been appended so far.
    private(set) var text = ""

    /// Appends `name=value`, both encoded.
    mutating func append(_ name: String, _ value: String) {
        if !text.isEmpty {
            text += "&"
        }
        text += Self.encoded(name)
        text += "="
        text += Self.encoded(value)
    }

    /// `value` with everything but the unreserved characters (RFC 3986 §2.3) percent-encoded.
    static func encoded(_ value: String) -> String {
        var bytes: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes.append(UInt8(ascii: "%"))
                bytes.append(ASCII.uppercaseHexDigit(byte >> 4))
                bytes.append(ASCII.uppercaseHexDigit(byte))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
