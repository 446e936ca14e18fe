import Bytes

/// A public key that signatures can be checked with.
///
/// Weak and malformed keys cannot be had: the makers refuse them. Two keys are equal when their
/// numbers are.
public struct PublicKey: Sendable {
    /// The numbers that the key consists of.
    public let parameters: Parameters
    /// Its kind, and with it the schemes that it can serve.
    public let kind: KeyKind
    /// The bits of the modulus, or of the curve.
    public let bits: Int
    internal let handle: KeyHandle

    /// An RSA key from modulus and public exponent, big-endian; leading zero bytes are dropped.
    ///
    /// - Throws: What ``RSAStrength`` finds.
    public static func rsa(
        modulus: Span<UInt8>,
        exponent: Span<UInt8>
    ) throws(CryptographyFault) -> PublicKey {
        let modulus = modulus.withoutLeadingZeros()
        let exponent = exponent.withoutLeadingZeros()
        try RSAStrength.check(modulus: modulus, exponent: exponent)
        return PublicKey(
            parameters: .rsa(modulus: modulus.copied(), exponent: exponent.copied()),
            kind: .rsa,
            bits: RSAStrength.bitCount(of: modulus),
            handle: try KeyHandle.rsa(modulus: modulus, exponent: exponent)
        )
    }

    /// A key on a NIST curve from its coordinates, each of exactly the curve's length (RFC 7518
    /// §6.2.1.2).
    public static func elliptic(
        curve: KeyKind,
        x: Span<UInt8>,
        y: Span<UInt8>
    ) throws(CryptographyFault) -> PublicKey {
        let bits =
            switch curve {
            case .p256: 256
            case .p384: 384
            case .p521: 521
            case .ed25519, .rsa: throw .keyUnsupported
            }
        let size = (bits + 7) / 8
        guard x.count == size, y.count == size else { throw .keyMalformed }
        var point: [UInt8] = [0x04]
        point.append(x)
        point.append(y)
        return PublicKey(
            parameters: .elliptic(curve: curve, x: x.copied(), y: y.copied()),
            kind: curve,
            bits: bits,
            handle: try KeyHandle.elliptic(curve: curve, point: point.span)
        )
    }

    /// An Ed25519 key from its 32 bytes.
    ///
    /// Points of small order are refused: with them one signature is good for any message.
    public static func ed25519(x: Span<UInt8>) throws(CryptographyFault) -> PublicKey {
        guard x.count == 32 else { throw .keyMalformed }
        guard !Ed25519Point.hasSmallOrder(x) else { throw .pointUnsuitable }
        return PublicKey(
            parameters: .ed25519(x: x.copied()),
            kind: .ed25519,
            bits: 256,
            handle: try KeyHandle.ed25519(x: x)
        )
    }

    /// The first public key of a PEM text (`PUBLIC KEY`).
    public init(pem: Span<UInt8>) throws(CryptographyFault) {
        try self.init(parameters: KeyHandle.publicKey(pem: pem).publicParameters())
    }

    /// The key made of these numbers.
    public init(parameters: Parameters) throws(CryptographyFault) {
        self =
            switch parameters {
            case .ed25519(let x): try .ed25519(x: x.span)
            case .elliptic(let curve, let x, let y):
                try .elliptic(curve: curve, x: x.span, y: y.span)
            case .rsa(let modulus, let exponent):
                try .rsa(modulus: modulus.span, exponent: exponent.span)
            }
    }

    private init(parameters: Parameters, kind: KeyKind, bits: Int, handle: KeyHandle) {
        self.parameters = parameters
        self.kind = kind
        self.bits = bits
        self.handle = handle
    }

    /// Whether `signature`, in JOSE's form, is the key's over `message`.
    ///
    /// Makes its tools anew at every call: a worker keeps a ``SignatureVerifier`` instead.
    public func isValidSignature(
        _ signature: Span<UInt8>,
        for message: Span<UInt8>,
        scheme: SignatureScheme
    ) -> Bool {
        SignatureVerifier().isValid(signature, for: message, scheme: scheme, key: self)
    }

    /// The key in PEM (SubjectPublicKeyInfo).
    public func pem() throws(CryptographyFault) -> [UInt8] {
        try handle.publicPEM()
    }
}

extension PublicKey {
    /// The numbers of a public key, big-endian (Ed25519's in its own order), as JWK shows them.
    public enum Parameters: Sendable, Hashable {
        /// The 32 bytes of an Ed25519 key.
        case ed25519(x: [UInt8])
        /// Both coordinates, as long as the curve's.
        case elliptic(curve: KeyKind, x: [UInt8], y: [UInt8])
        /// Modulus and exponent without leading zeros.
        case rsa(modulus: [UInt8], exponent: [UInt8])
    }
}

extension PublicKey: Hashable {
    /// Whether both have the same numbers.
    public static func == (left: PublicKey, right: PublicKey) -> Bool {
        left.parameters == right.parameters
    }

    /// Mixes in the numbers.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(parameters)
    }
}
