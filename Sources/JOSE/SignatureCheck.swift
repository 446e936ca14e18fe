import Bytes
import Cryptography

/// Checks the signature of a token with a key that was found for it.
public enum SignatureCheck {
    /// Refuses a signature that cannot be one, before any cryptography: canonical base64url, length,
    /// not all zero, and for ECDSA and Ed25519 numbers in range.
    ///
    /// - Throws: ``TokenFault/Cause/signatureMalformed``; ``TokenFault/Cause/keyUnsuitable`` for a
    ///   key that does not go with the algorithm.
    public static func checkShape(
        _ token: CompactToken,
        _ header: TokenHeader,
        _ key: JSONWebKey
    ) throws(TokenFault) {
        let algorithm = try algorithm(of: header, for: key)
        guard let signature = token.signature else {
            throw TokenFault(.signatureMalformed, .base64Signature)
        }
        switch key.material {
        case .publicKey(let publicKey):
            let fault = publicKey.shapeFault(of: signature.span, scheme: algorithm.scheme)
            guard let fault else { return }
            switch fault {
            case .derEncoded: throw TokenFault(.signatureMalformed, .signatureDER)
            case .outOfRange: throw TokenFault(.signatureMalformed, .signatureRange)
            case .schemeUnsuitable: throw TokenFault(.keyUnsuitable, .keyType)
            case .wrongSize: throw TokenFault(.signatureMalformed, .signatureLength)
            case .zero: throw TokenFault(.signatureMalformed, .signatureZero)
            }
        case .secret:
            guard signature.count == 32 else {
                throw TokenFault(.signatureMalformed, .signatureLength)
            }
            guard signature.contains(where: { $0 != 0 }) else {
                throw TokenFault(.signatureMalformed, .signatureZero)
            }
        }
    }

    /// Refuses a signature that is not the key's, its shape included.
    ///
    /// Makes its tools anew at every call: a worker keeps a ``TokenSignatureVerifier`` instead.
    public static func verify(
        _ token: CompactToken,
        _ header: TokenHeader,
        _ key: JSONWebKey
    ) throws(TokenFault) {
        try TokenSignatureVerifier().verify(token, header, key)
    }

    /// The token's algorithm, once more held against the key: what looks a key up might forget to.
    internal static func algorithm(
        of header: TokenHeader,
        for key: JSONWebKey
    ) throws(TokenFault) -> Algorithm {
        guard let algorithm = header.algorithm else {
            throw TokenFault(.algorithmNotAllowed, .headerAlgorithm)
        }
        if let misfit = key.misfit(with: algorithm) {
            throw TokenFault(.keyUnsuitable, misfit)
        }
        return algorithm
    }
}

/// Checks signatures of tokens, and keeps what OpenSSL needs for it from one check to the next.
///
/// One for each worker; not `Sendable`. See ``Cryptography/SignatureVerifier`` for what it saves.
public final class TokenSignatureVerifier {
    private let verifier = SignatureVerifier()

    /// Makes a verifier without any key.
    public init() {}

    /// Refuses a signature that is not the key's, its shape included.
    ///
    /// - Throws: ``TokenFault/Cause/signatureInvalid``, and what
    ///   ``SignatureCheck/checkShape(_:_:_:)`` throws.
    public func verify(
        _ token: CompactToken,
        _ header: TokenHeader,
        _ key: JSONWebKey
    ) throws(TokenFault) {
        try SignatureCheck.checkShape(token, header, key)
        let algorithm = try SignatureCheck.algorithm(of: header, for: key)
        guard let signature = token.signature, isValid(signature, token, algorithm, key) else {
            throw TokenFault(.signatureInvalid, .signatureMismatch)
        }
    }

    /// Forgets the keys of sets that are no longer used; the next checks prepare theirs again.
    public func removeAllKeys() {
        verifier.removeAllKeys()
    }

    private func isValid(
        _ signature: [UInt8],
        _ token: CompactToken,
        _ algorithm: Algorithm,
        _ key: JSONWebKey
    ) -> Bool {
        switch key.material {
        case .publicKey(let publicKey):
            verifier.isValid(
                signature.span,
                for: token.signingInput,
                scheme: algorithm.scheme,
                key: publicKey
            )
        case .secret(let secret):
            HMAC.isValid(signature.span, for: token.signingInput, key: secret.bytes.span)
        }
    }
}
