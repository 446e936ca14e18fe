import Bytes
import Cryptography
import JOSE
import JSON

/// Everything that an ID token must be like for one sign-in (OpenID Connect Core §3.1.3.7).
struct IDTokenCheck: Sendable {
    let clientID: String
    let issuers: [IssuerPattern]
    /// The nonce that the sign-in began with.
    let nonce: String
    /// Whether the token must repeat it.
    let demandsNonce: Bool
    /// The access token that came beside it.
    let accessToken: String
    let nowSeconds: Int64

    /// Verifies a token from the same answer of the token endpoint.
    ///
    /// - Throws: ``IDTokenFault``, the first thing wrong; the signature comes before every claim.
    func verify(_ text: String, with keys: KeySet) throws(IDTokenFault) -> IDToken {
        let (claims, algorithm) = try signedClaims(text, keys)
        guard let issuer = claims.issuer,
            issuers.contains(where: { $0.admits(issuer, tenant: claims.object["tid"]?.string) })
        else { throw .issuer }
        try checkParties(claims)
        try checkTimes(claims)
        try checkNonce(claims)
        try checkAccessTokenHash(claims, algorithm)
        guard let subject = claims.subject, !subject.isEmpty,
            subject.utf8.count <= ProviderLimits.accountIDSize
        else { throw .subject }
        return IDToken(subject: subject, claims: claims.object)
    }

    /// The claims of a token whose signature is the provider's.
    private func signedClaims(
        _ text: String,
        _ keys: KeySet
    ) throws(IDTokenFault) -> (Claims, Algorithm) {
        do throws(TokenFault) {
            let bytes = [UInt8](text.utf8)
            let token = try CompactToken(bytes.span, sizeMax: ProviderLimits.idTokenSize)
            let header = try TokenHeader(token, ignoringHeaderKeys: true)
            try checkAlgorithm(header, policy)
            guard let algorithm = header.algorithm else {
                throw TokenFault(.algorithmNotAllowed, .headerAlgorithm)
            }
            let key = try keys.key(for: header)
            try SignatureCheck.verify(token, header, key)
            // An access or logout token of the same provider has the same signature.
            guard header.type == nil || header.type == "jwt" else {
                throw TokenFault(.tokenTypeMismatch, .headerType)
            }
            return (try Claims(token), algorithm)
        } catch {
            throw .token(error)
        }
    }

    /// `aud` names us; `azp` does where it is there, and must be there beside other audiences.
    private func checkParties(_ claims: Claims) throws(IDTokenFault) {
        do throws(TokenFault) {
            try checkAudience(claims, policy)
        } catch {
            throw .token(error)
        }
        switch claims.object["azp"] {
        case .string(let party)?:
            guard JSONText.isExactly(party, clientID) else { throw .authorizedParty }
        case nil:
            guard claims.audiences.count == 1 else { throw .authorizedParty }
        default:
            throw .authorizedParty
        }
    }

    private func checkTimes(_ claims: Claims) throws(IDTokenFault) {
        do throws(TokenFault) {
            try JOSE.checkTimes(claims, policy, nowSeconds: nowSeconds)
        } catch {
            throw .token(error)
        }
        guard let issuedAt = claims.issuedAt,
            issuedAt <= nowSeconds + ProviderLimits.clockSkewSeconds
        else { throw .issuedAt }
    }

    private func checkNonce(_ claims: Claims) throws(IDTokenFault) {
        switch claims.object["nonce"] {
        case .string(let found)?:
            let isOurs = [UInt8](found.utf8).span.constantTimeEquals([UInt8](nonce.utf8).span)
            guard isOurs, !nonce.isEmpty else { throw .nonce }
        case nil:
            guard !demandsNonce else { throw .nonce }
        default:
            throw .nonce
        }
    }

    /// `at_hash`: the left half of the access token's hash (Core §3.1.3.6).
    private func checkAccessTokenHash(
        _ claims: Claims,
        _ algorithm: Algorithm
    ) throws(IDTokenFault) {
        guard let value = claims.object["at_hash"] else { return }
        guard case .string(let found) = value, let function = Self.digest(of: algorithm) else {
            throw .accessTokenHash
        }
        let digest = function.digest([UInt8](accessToken.utf8).span)
        let half = Array(digest.prefix(function.size / 2))
        let expected = Base64URL.encode(half.span)
        guard [UInt8](found.utf8).span.constantTimeEquals(expected.span) else {
            throw .accessTokenHash
        }
    }

    /// The hash function that an algorithm signs with; Ed25519's is SHA-512.
    private static func digest(of algorithm: Algorithm) -> DigestFunction? {
        switch algorithm {
        case .es256, .ps256, .rs256: .sha256
        case .es384, .ps384, .rs384: .sha384
        case .eddsa, .es512, .ps512, .rs512: .sha512
        case .hs256: nil
        }
    }

    /// Every algorithm with a public key; a secret is never shared, so HS256 and `none` never pass.
    private var policy: IssuerPolicy {
        var algorithms: AlgorithmSet = []
        for algorithm in Algorithm.allCases where algorithm != .hs256 {
            algorithms.formUnion(AlgorithmSet(algorithm))
        }
        return IssuerPolicy(
            audiences: [clientID],
            algorithms: algorithms,
            clockSkewSeconds: ProviderLimits.clockSkewSeconds,
            tokenType: nil,
            ignoresHeaderKeys: true,
            acceptsIDTokens: true,
            secret: nil
        )
    }
}
