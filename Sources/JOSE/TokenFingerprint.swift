import Bytes
import Cryptography

/// How a token appears where it must not be shown.
public enum TokenFingerprint {
    /// Sixteen hexadecimal digits of the SHA-256 of the bytes: enough to find a token again, and
    /// worthless to anybody else.
    ///
    /// Any bytes have one, a token or not.
    public static func text(of bytes: Span<UInt8>) -> [UInt8] {
        let digest = SHA256.digest(bytes)
        var text: [UInt8] = []
        text.reserveCapacity(byteCount * 2)
        for byte in digest.prefix(byteCount) {
            text.append(ASCII.lowercaseHexDigit(byte >> 4))
            text.append(ASCII.lowercaseHexDigit(byte))
        }
        return text
    }

    private static let byteCount = 8
}
