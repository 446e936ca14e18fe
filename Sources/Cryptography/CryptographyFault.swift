/// Why a key cannot be had or used.
public enum CryptographyFault: String, Error, CaseIterable, Sendable {
    /// The parts of a key do not make one: wrong lengths, a point off its curve, broken PEM.
    case keyMalformed = "key_malformed"
    /// Another type of key than those of ``KeyKind``, or an encrypted one.
    case keyUnsupported = "key_unsupported"
    /// The point of an elliptic key is not on its curve, or lies in a small subgroup.
    case pointUnsuitable = "point_unsuitable"
    /// The public exponent of an RSA key is even, below three or beyond 32 bits.
    case rsaExponentUnsuitable = "rsa_exponent_unsuitable"
    /// The modulus has the structure of CVE-2017-15361 (ROCA): it can be factored.
    case rsaModulusPredictable = "rsa_modulus_predictable"
    /// An RSA modulus has more bits than ``RSAStrength/bitsMax``.
    case rsaModulusTooLarge = "rsa_modulus_too_large"
    /// An RSA modulus has fewer bits than ``RSAStrength/bitsMin``.
    case rsaModulusTooSmall = "rsa_modulus_too_small"
    /// The scheme does not go with the kind of the key.
    case schemeUnsuitable = "scheme_unsuitable"
    /// OpenSSL failed where only memory or its set-up can be at fault: ours, not a peer's.
    case unavailable = "unavailable"
}
