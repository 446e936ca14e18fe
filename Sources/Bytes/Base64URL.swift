/// Base64url without padding (RFC 7515 §2, RFC 4648 §5), read strictly.
///
/// One value has one spelling: padding, white space, letters of plain base64, a lone last letter and
/// non-zero trailing bits are refused, so that a token cannot be respelled past a comparison.
public enum Base64URL {
    /// Decodes `text`, or returns `nil` where it is not the canonical spelling of some bytes.
    public static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        let remainder = text.count % 4
        guard remainder != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var group: UInt32 = 0
        let values = values
        for index in 0..<text.count {
            let value = values[Int(text[index])]
            guard value < 64 else { return nil }
            group = group << 6 | UInt32(value)
            if index % 4 == 3 {
                bytes.append(UInt8(truncatingIfNeeded: group >> 16))
                bytes.append(UInt8(truncatingIfNeeded: group >> 8))
                bytes.append(UInt8(truncatingIfNeeded: group))
                group = 0
            }
        }
        switch remainder {
        case 2:
            guard group & 0xF == 0 else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: group >> 4))
        case 3:
            guard group & 0x3 == 0 else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: group >> 10))
            bytes.append(UInt8(truncatingIfNeeded: group >> 2))
        default:
            break
        }
        return bytes
    }

    /// The canonical spelling of `bytes`.
    public static func encode(_ bytes: Span<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 4 + 2) / 3)
        var group: UInt32 = 0
        var bits = 0
        let letters = letters
        for index in 0..<bytes.count {
            group = group << 8 | UInt32(bytes[index])
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(letters[Int(group >> UInt32(bits) & 63)])
            }
        }
        if bits > 0 {
            text.append(letters[Int(group << UInt32(6 - bits) & 63)])
        }
        return text
    }

    private static let letters = [UInt8](
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
    )

    /// The value of each letter, and 255 for what is none.
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 255, count: 256)
        for (value, letter) in letters.enumerated() {
            table[Int(letter)] = UInt8(value)
        }
        return table
    }()
}
