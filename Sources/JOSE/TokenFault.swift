public import JSON

/// Why a token was refused: the reason that everybody may see, and the detail for the operator.
public struct TokenFault: Error, Hashable, Sendable {
    /// The reason, one word of a closed list.
    public var cause: Cause
    /// What exactly, one word of a closed list.
    public var detail: TokenDetail
    /// What is wrong with the JSON, where ``detail`` is ``TokenDetail/jsonHeader`` or
    /// ``TokenDetail/jsonClaims``.
    public var json: JSONFault?

    /// Names both words.
    public init(_ cause: Cause, _ detail: TokenDetail, json: JSONFault? = nil) {
        self.cause = cause
        self.detail = detail
        self.json = json
    }
}

extension TokenFault {
    /// The reasons, as the log, the metric, the challenge and the problem document spell them.
    public enum Cause: String, CaseIterable, Sendable {
        /// The `alg` is not one that the issuer may use; `none` ends here.
        case algorithmNotAllowed = "algorithm_not_allowed"
        /// No `aud` of the token is one of ours.
        case audienceMismatch = "audience_mismatch"
        /// A claim has a wrong type or range; `null` is a wrong type.
        case claimInvalid = "claim_invalid"
        /// A claim that must be there is not.
        case claimMissing = "claim_missing"
        /// The header asks for what is never done: keys from the token, extensions, compression.
        case headerUnsupported = "header_unsupported"
        /// Nobody whom we know has issued the token.
        case issuerUnknown = "issuer_unknown"
        /// A key set is held, and has no such key.
        case keyUnknown = "key_unknown"
        /// The key is there and must not be used: wrong type, use, algorithm or strength.
        case keyUnsuitable = "key_unsuitable"
        /// No key set is held at all.
        case keysUnavailable = "keys_unavailable"
        /// The signature was checked, and is not the key's.
        case signatureInvalid = "signature_invalid"
        /// The signature cannot be one: wrong length or coding. No cryptography was run.
        case signatureMalformed = "signature_malformed"
        /// The token is encrypted (JWE).
        case tokenEncrypted = "token_encrypted"
        /// `exp` has passed.
        case tokenExpired = "token_expired"
        /// The token is not a JSON Web Token.
        case tokenMalformed = "token_malformed"
        /// `nbf` has not come.
        case tokenNotYetValid = "token_not_yet_valid"
        /// The token is longer than allowed.
        case tokenTooLarge = "token_too_large"
        /// Not an access token: wrong `typ`, or an ID token.
        case tokenTypeMismatch = "token_type_mismatch"
    }
}

extension TokenFault: CustomStringConvertible {
    /// Both words, and what the JSON lacks.
    public var description: String {
        guard let json else { return "\(cause.rawValue) (\(detail.rawValue))" }
        return "\(cause.rawValue) (\(detail.rawValue): \(json))"
    }
}
