import Bytes

/// A secret that seals what is stored: nobody without it can read or change what it sealed.
///
/// Sealed bytes are a version byte, a random salt, a random nonce, and AES-256-GCM over the rest.
/// The key of each message is derived (HKDF) from the secret, its own salt and the purpose, so that
/// no number of messages comes near the bound of random nonces under one key (NIST SP 800-38D §8.3),
/// and what was sealed for one purpose cannot be passed off as another's.
public struct SealingKey: Sendable {
    private let secret: [UInt8]

    /// Takes a secret, or returns `nil` where it is shorter than ``sizeMin``.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.sizeMin else { return nil }
        secret = bytes
    }

    /// The sealed form of `plain`: never twice the same.
    public func seal(_ plain: Span<UInt8>, for purpose: String) -> [UInt8] {
        seal(plain, for: purpose, salt: Random.bytes(Self.saltSize + AESGCM.nonceSize))
    }

    /// What was sealed, or `nil` for anything else: another key or purpose, a changed or missing
    /// byte, bytes that nobody sealed.
    public func open(_ sealed: Span<UInt8>, for purpose: String) -> [UInt8]? {
        guard sealed.count >= Self.overhead, sealed[0] == Self.version else { return nil }
        let nonceStart = 1 + Self.saltSize
        let textStart = nonceStart + AESGCM.nonceSize
        return AESGCM.decrypt(
            sealed.extracting(textStart..<sealed.count),
            key: key(for: purpose, salt: sealed.extracting(1..<nonceStart)),
            nonce: sealed.extracting(nonceStart..<textStart).copied(),
            context: Self.context(of: purpose)
        )
    }

    /// A key of its own for what is not sealed: the same each time, and no hint at any other.
    ///
    /// - Returns: 32 bytes.
    public func derivedKey(for purpose: String) -> [UInt8] {
        let salt: [UInt8] = []
        let info = [UInt8]("gatehouse derive \(Self.version) ".utf8) + [UInt8](purpose.utf8)
        return HKDF.derive(
            secret: secret.span,
            salt: salt.span,
            info: info.span,
            count: AESGCM.keySize
        )
    }

    /// Seals with a salt and nonce of the caller's: for the test of a known answer.
    internal func seal(
        _ plain: Span<UInt8>,
        for purpose: String,
        salt saltAndNonce: [UInt8]
    ) -> [UInt8] {
        let salt = [UInt8](saltAndNonce.prefix(Self.saltSize))
        var sealed = [Self.version]
        sealed.append(saltAndNonce.span)
        sealed.append(
            AESGCM.encrypt(
                plain,
                key: key(for: purpose, salt: salt.span),
                nonce: [UInt8](saltAndNonce.dropFirst(Self.saltSize)),
                context: Self.context(of: purpose)
            ).span
        )
        return sealed
    }

    private func key(for purpose: String, salt: Span<UInt8>) -> [UInt8] {
        HKDF.derive(
            secret: secret.span,
            salt: salt,
            info: Self.context(of: purpose).span,
            count: AESGCM.keySize
        )
    }

    /// The version counts as well: what one version sealed is nothing to another.
    private static func context(of purpose: String) -> [UInt8] {
        [UInt8]("gatehouse seal \(version) ".utf8) + [UInt8](purpose.utf8)
    }

    /// The fewest bytes of a secret: as many as its keys have.
    public static let sizeMin = 32
    /// How many bytes longer than the plaintext sealed bytes are.
    public static let overhead = 1 + saltSize + AESGCM.nonceSize + AESGCM.tagSize

    /// Sixteen bytes: two messages have the same once in 2^64.
    private static let saltSize = 16
    private static let version: UInt8 = 1
}

extension SealingKey: CustomStringConvertible, CustomReflectable {
    /// Never the key.
    public var description: String { "(sealing key)" }

    /// Never the key.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
