/// The kinds of signature keys that Gatehouse knows.
public enum KeyKind: String, CaseIterable, Sendable {
    /// Edwards curve 25519 (RFC 8032).
    case ed25519 = "Ed25519"
    /// The NIST curve P-256.
    case p256 = "P-256"
    /// The NIST curve P-384.
    case p384 = "P-384"
    /// The NIST curve P-521.
    case p521 = "P-521"
    /// RSA of 2 048 bits and more.
    case rsa = "RSA"
}

extension KeyKind {
    /// The length in bytes of one coordinate, or `nil` for RSA.
    public var coordinateSize: Int? {
        switch self {
        case .ed25519, .p256: 32
        case .p384: 48
        case .p521: 66
        case .rsa: nil
        }
    }

    /// The order of the group that signatures are counted in, big-endian and as long as a
    /// coordinate; empty for RSA.
    ///
    /// For Ed25519 it is L of RFC 8032 §5.1.
    internal var groupOrder: [UInt8] {
        switch self {
        case .ed25519: Self.ed25519Order
        case .p256: Self.p256Order
        case .p384: Self.p384Order
        case .p521: Self.p521Order
        case .rsa: []
        }
    }

    private static let ed25519Order: [UInt8] =
        [0x10] + [UInt8](repeating: 0, count: 15) + [
            0x14, 0xDE, 0xF9, 0xDE, 0xA2, 0xF7, 0x9C, 0xD6,
            0x58, 0x12, 0x63, 0x1A, 0x5C, 0xF5, 0xD3, 0xED,
        ]

    private static let p256Order: [UInt8] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84,
        0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ]

    private static let p384Order: [UInt8] =
        [UInt8](repeating: 0xFF, count: 24) + [
            0xC7, 0x63, 0x4D, 0x81, 0xF4, 0x37, 0x2D, 0xDF,
            0x58, 0x1A, 0x0D, 0xB2, 0x48, 0xB0, 0xA7, 0x7A,
            0xEC, 0xEC, 0x19, 0x6A, 0xCC, 0xC5, 0x29, 0x73,
        ]

    private static let p521Order: [UInt8] =
        [0x01] + [UInt8](repeating: 0xFF, count: 31) + [
            0xFF, 0xFA,
            0x51, 0x86, 0x87, 0x83, 0xBF, 0x2F, 0x96, 0x6B,
            0x7F, 0xCC, 0x01, 0x48, 0xF7, 0x09, 0xA5, 0xD0,
            0x3B, 0xB5, 0xC9, 0xB8, 0x89, 0x9C, 0x47, 0xAE,
            0xBB, 0x6F, 0xB7, 0x1E, 0x91, 0x38, 0x64, 0x09,
        ]
}
