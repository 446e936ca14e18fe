import Cryptography

/// Why a key of a set is not used.
public enum KeySkipReason: String, Error, CaseIterable, Sendable {
    /// `alg` is unknown, or does not go with the key.
    case algorithm = "key.alg"
    /// A member is missing, of a wrong type, or not canonical base64url.
    case coding = "key.coding"
    /// The key stands beyond ``KeySet/keyCountMax``.
    case count = "key.count"
    /// `crv` is unknown.
    case curve = "key.crv"
    /// The very same key stands in the set already.
    case duplicate = "key.duplicate"
    /// The RSA exponent is unsuitable.
    case exponent = "key.exponent"
    /// `kid` is not a text.
    case keyID = "key.kid"
    /// `key_ops` does not have `verify`.
    case operations = "key.key_ops"
    /// The point is not on its curve, or of small order.
    case point = "key.point"
    /// The private part is shown: whoever read it can sign.
    case privatePart = "key.private"
    /// The RSA modulus can be factored (CVE-2017-15361).
    case roca = "key.roca"
    /// A symmetric key in a set of public keys.
    case secret = "key.secret"
    /// The RSA modulus is too small or too large.
    case size = "key.size"
    /// `kty` is unknown.
    case type = "key.kty"
    /// `use` is not `sig`.
    case use = "key.use"
}

extension KeySkipReason {
    /// The same word as a detail of a refused token.
    public var detail: TokenDetail {
        switch self {
        case .algorithm: .keyAlgorithm
        case .coding: .keyCoding
        case .count: .keyCount
        case .curve: .keyCurve
        case .duplicate: .keyDuplicate
        case .exponent: .keyExponent
        case .keyID: .keyIDType
        case .operations: .keyOperations
        case .point: .keyPoint
        case .privatePart: .keyPrivate
        case .roca: .keyROCA
        case .secret: .keySecret
        case .size: .keySize
        case .type: .keyType
        case .use: .keyUse
        }
    }

    /// What the maker of a key has found.
    internal init(_ fault: CryptographyFault) {
        self =
            switch fault {
            case .keyMalformed, .schemeUnsuitable, .unavailable: .coding
            case .keyUnsupported: .type
            case .pointUnsuitable: .point
            case .rsaExponentUnsuitable: .exponent
            case .rsaModulusPredictable: .roca
            case .rsaModulusTooLarge, .rsaModulusTooSmall: .size
            }
    }
}
