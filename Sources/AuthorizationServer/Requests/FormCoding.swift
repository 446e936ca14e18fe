import Bytes

/// The coding of queries and forms (WHATWG URL, "application/x-www-form-urlencoded").
enum FormCoding {
    /// The text, or `nil` where the percent coding is broken or the bytes are no UTF-8.
    static func decode(_ bytes: Span<UInt8>) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "+"):
                decoded.append(0x20)
            case UInt8(ascii: "%"):
                guard index + 2 < bytes.count, let high = ASCII.hexValue(bytes[index + 1]),
                    let low = ASCII.hexValue(bytes[index + 2])
                else { return nil }
                decoded.append(high << 4 | low)
                index += 2
            default:
                decoded.append(bytes[index])
            }
            index += 1
        }
        return String(validating: decoded, as: UTF8.self)
    }

    /// The text of a name or a value, coded so that it is read as it was.
    static func encode(_ text: String) -> String {
        var coded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                coded.append(byte)
            case _ where ASCII.isLetter(byte) || ASCII.isDigit(byte):
                coded.append(byte)
            default:
                coded.append(UInt8(ascii: "%"))
                coded.append(ASCII.uppercaseHexDigit(byte >> 4))
                coded.append(ASCII.uppercaseHexDigit(byte))
            }
        }
        return coded.span.text()
    }

    /// Pairs as a query.
    static func query(_ pairs: [(String, String)]) -> String {
        pairs.map { encode($0.0) + "=" + encode($0.1) }.joined(separator: "&")
    }
}
