/// Why a signature cannot be one, seen without any cryptography.
public enum SignatureShapeFault: String, CaseIterable, Sendable {
    /// An ECDSA signature in ASN.1, as TLS has it, where JOSE wants r and s side by side.
    case derEncoded = "der"
    /// r, s or S is zero, or not below the order of the group (FIPS 186-5 §6.4.2, RFC 8032 §5.1.7).
    case outOfRange = "range"
    /// The scheme does not go with the key at all.
    case schemeUnsuitable = "scheme"
    /// Longer or shorter than the scheme's signatures are with this key (RFC 7518 §3.4), high bytes
    /// of padding included.
    case wrongSize = "length"
    /// Every byte is zero (CVE-2022-21449).
    case zero = "zero"
}

extension PublicKey {
    /// The length in bytes of every signature of the scheme with this key, or `nil` where the two do
    /// not go together.
    public func signatureSize(for scheme: SignatureScheme) -> Int? {
        guard scheme.keyKind == kind else { return nil }
        return kind.coordinateSize.map { $0 * 2 } ?? (bits + 7) / 8
    }

    /// What is wrong with the form of `signature`, or `nil` where only a check can tell.
    public func shapeFault(
        of signature: Span<UInt8>,
        scheme: SignatureScheme
    ) -> SignatureShapeFault? {
        guard let size = signatureSize(for: scheme) else { return .schemeUnsuitable }
        guard signature.count == size else {
            return kind.isNISTCurve && ECDSASignature.looksLikeDER(signature)
                ? .derEncoded : .wrongSize
        }
        guard !signature.isZero else { return .zero }
        let half = size / 2
        switch kind {
        case .p256, .p384, .p521:
            let order = kind.groupOrder
            for part in 0..<2 {
                let number = signature.extracting(part * half..<(part + 1) * half)
                guard !number.isZero, number.isLess(than: order.span) else { return .outOfRange }
            }
        case .ed25519:
            // S is little-endian and may be zero in theory; not below L it is a second spelling.
            var number: InlineArray<32, UInt8> = InlineArray(repeating: 0)
            for index in 0..<32 {
                number[index] = signature[63 - index]
            }
            guard number.span.isLess(than: kind.groupOrder.span) else { return .outOfRange }
        case .rsa:
            break
        }
        return nil
    }
}

extension KeyKind {
    /// Whether signatures are ECDSA's.
    internal var isNISTCurve: Bool {
        switch self {
        case .p256, .p384, .p521: true
        case .ed25519, .rsa: false
        }
    }
}
