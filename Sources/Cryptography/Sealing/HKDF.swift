import Bytes

/// Keys derived from a secret (RFC 5869), with SHA-256.
public enum HKDF {
    /// The first `count` bytes that the secret gives for `info`.
    ///
    /// - Parameters:
    ///   - secret: Bytes that nobody can guess; a password is none (see ``PasswordHash``).
    ///   - salt: Need not be secret; makes equal secrets give different keys.
    ///   - info: What the key is for: another purpose is another key.
    ///   - count: At most ``countMax``; what is asked for is ours to decide, never a peer's.
    /// - Returns: Bytes that look random to whoever does not have the secret.
    public static func derive(
        secret: Span<UInt8>,
        salt: Span<UInt8>,
        info: Span<UInt8>,
        count: Int
    ) -> [UInt8] {
        precondition((0...countMax).contains(count), "RFC 5869 §2.3 allows 255 blocks")
        let extracted = HMAC.code(for: secret, key: salt)
        var derived: [UInt8] = []
        derived.reserveCapacity(count + blockSize)
        var block: [UInt8] = []
        var number: UInt8 = 0
        while derived.count < count {
            // Never beyond 255: `count` is at most that many blocks.
            number += 1
            block.append(info)
            block.append(number)
            block = HMAC.code(for: block.span, key: extracted.span)
            derived.append(block.span)
        }
        derived.removeLast(derived.count - count)
        return derived
    }

    /// The most bytes of one derivation (RFC 5869 §2.3).
    public static let countMax = 255 * blockSize

    private static let blockSize = 32
}
