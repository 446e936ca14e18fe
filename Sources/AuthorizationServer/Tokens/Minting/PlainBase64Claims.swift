import Bytes
import JSON

/// Claims for a client that decodes the middle of a token with plain base64.
///
/// Base64url differs from it in the letters `-` and `_`, which stand for the bits 111110 and 111111.
/// In ASCII only `>`, `?`, `~` and DEL can give these bits, as the last byte of a group of three.
/// They and everything beyond ASCII are written as JSON escapes, so that the letters never appear,
/// whatever the claims say, and the claims mean the same to everybody.
enum PlainBase64Claims {
    /// The claims as such a text.
    static func text(of claims: JSONObject) -> [UInt8] {
        var written: [UInt8] = []
        claims.write(into: &written)
        var text: [UInt8] = []
        text.reserveCapacity(written.count)
        // Outside strings JSON has none of the bytes that are escaped here.
        for scalar in String(decoding: written, as: UTF8.self).unicodeScalars {
            if scalar.isASCII, !unsuitable.contains(scalar) {
                text.append(UInt8(truncatingIfNeeded: scalar.value))
                continue
            }
            for unit in String(scalar).utf16 {
                text.append("\\u")
                for shift in [12, 8, 4, 0] as [UInt16] {
                    text.append(
                        ASCII.lowercaseHexDigit(UInt8(truncatingIfNeeded: unit >> shift & 0xF))
                    )
                }
            }
        }
        return text
    }

    private static let unsuitable: [Unicode.Scalar] = [">", "?", "~", "\u{7F}"]
}
