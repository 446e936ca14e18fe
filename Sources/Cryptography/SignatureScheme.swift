/// The signature schemes of JOSE (RFC 7518 §3.1, RFC 8037) that Gatehouse knows.
public enum SignatureScheme: UInt8, CaseIterable, Sendable {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    case rs256
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    case rs384
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    case rs512
    /// RSASSA-PSS with SHA-256 and a salt of 32 bytes.
    case ps256
    /// RSASSA-PSS with SHA-384 and a salt of 48 bytes.
    case ps384
    /// RSASSA-PSS with SHA-512 and a salt of 64 bytes.
    case ps512
    /// ECDSA on P-256 with SHA-256.
    case es256
    /// ECDSA on P-384 with SHA-384.
    case es384
    /// ECDSA on P-521 with SHA-512.
    case es512
    /// Ed25519; Ed448 is not offered.
    case eddsa
    /// HMAC with SHA-256: no public key ever fits it.
    case hs256
}

extension SignatureScheme {
    /// The only kind of key that goes with the scheme, or `nil` for ``hs256``.
    public var keyKind: KeyKind? {
        switch self {
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa
        case .es256: .p256
        case .es384: .p384
        case .es512: .p521
        case .eddsa: .ed25519
        case .hs256: nil
        }
    }

    /// What the message is hashed with before it is signed, or `nil` where the scheme hashes itself.
    internal var digestFunction: DigestFunction? {
        switch self {
        case .rs256, .ps256, .es256: .sha256
        case .rs384, .ps384, .es384: .sha384
        case .rs512, .ps512, .es512: .sha512
        case .eddsa, .hs256: nil
        }
    }

    /// OpenSSL's number of the RSA padding, or `nil` for schemes without RSA.
    internal var rsaPadding: Int32? {
        switch self {
        case .rs256, .rs384, .rs512: 1  // RSA_PKCS1_PADDING
        case .ps256, .ps384, .ps512: 6  // RSA_PKCS1_PSS_PADDING
        case .es256, .es384, .es512, .eddsa, .hs256: nil
        }
    }

    /// Whether the padding is PSS, whose salt is as long as the digest (RFC 7518 §3.5).
    internal var isPSS: Bool { rsaPadding == 6 }
}
