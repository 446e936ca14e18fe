/// Why a request was refused: one closed list of words for the log, the metric, the challenge and
/// the problem document.
public enum Reason: UInt8, Sendable, CaseIterable {
    // About the request.
    case requestMalformed
    case headTooLarge
    case bodyTooLarge
    case routeNotFound
    case methodNotAllowed
    case methodNotImplemented
    case clientCertificateRequired
    case authorizationUnavailable
    // Getting the token.
    case tokenMissing
    case tokenAmbiguous
    case tokenTooLarge
    case tokenMalformed
    case tokenEncrypted
    case headerUnsupported
    case tokenTypeMismatch
    // Who issued it.
    case issuerUnknown
    case issuerNotAllowed
    case algorithmNotAllowed
    case keyUnknown
    case keyUnsuitable
    case keysUnavailable
    // Is it genuine.
    case signatureMalformed
    case signatureInvalid
    case proofInvalid
    case verificationBudgetExhausted
    // May it, here.
    case subjectAnonymous
    case subjectRestricted
    case projectMismatch
    case clientMismatch
    case crossSiteRequest
    case rateLimited
    case scopeInsufficient
    // Is it good now.
    case claimInvalid
    case claimMissing
    case claimMismatch
    case audienceMismatch
    case tokenExpired
    case tokenNotYetValid
    case tokenRevoked

    /// The word on the wire and in the log.
    public var word: StaticString {
        switch self {
        case .requestMalformed: "request_malformed"
        case .headTooLarge: "head_too_large"
        case .bodyTooLarge: "body_too_large"
        case .routeNotFound: "route_not_found"
        case .methodNotAllowed: "method_not_allowed"
        case .methodNotImplemented: "method_not_implemented"
        case .clientCertificateRequired: "client_certificate_required"
        case .authorizationUnavailable: "authorization_unavailable"
        case .tokenMissing: "token_missing"
        case .tokenAmbiguous: "token_ambiguous"
        case .tokenTooLarge: "token_too_large"
        case .tokenMalformed: "token_malformed"
        case .tokenEncrypted: "token_encrypted"
        case .headerUnsupported: "header_unsupported"
        case .tokenTypeMismatch: "token_type_mismatch"
        case .issuerUnknown: "issuer_unknown"
        case .issuerNotAllowed: "issuer_not_allowed"
        case .algorithmNotAllowed: "algorithm_not_allowed"
        case .keyUnknown: "key_unknown"
        case .keyUnsuitable: "key_unsuitable"
        case .keysUnavailable: "keys_unavailable"
        case .signatureMalformed: "signature_malformed"
        case .signatureInvalid: "signature_invalid"
        case .proofInvalid: "proof_invalid"
        case .verificationBudgetExhausted: "verification_budget_exhausted"
        case .subjectAnonymous: "subject_anonymous"
        case .subjectRestricted: "subject_restricted"
        case .projectMismatch: "project_mismatch"
        case .clientMismatch: "client_mismatch"
        case .crossSiteRequest: "cross_site_request"
        case .rateLimited: "rate_limited"
        case .scopeInsufficient: "scope_insufficient"
        case .claimInvalid: "claim_invalid"
        case .claimMissing: "claim_missing"
        case .claimMismatch: "claim_mismatch"
        case .audienceMismatch: "audience_mismatch"
        case .tokenExpired: "token_expired"
        case .tokenNotYetValid: "token_not_yet_valid"
        case .tokenRevoked: "token_revoked"
        }
    }

    /// The status that a peer gets, where the refusal itself names no other (a head too large is 414
    /// or 431 by what was too large).
    public var status: Int {
        switch self {
        case .requestMalformed, .tokenAmbiguous: 400
        case .headTooLarge: 431
        case .bodyTooLarge: 413
        case .routeNotFound: 404
        case .methodNotAllowed: 405
        case .methodNotImplemented: 501
        case .clientCertificateRequired, .subjectRestricted, .projectMismatch, .clientMismatch,
            .crossSiteRequest, .scopeInsufficient, .claimMismatch, .issuerNotAllowed:
            403
        case .verificationBudgetExhausted, .rateLimited: 429
        case .authorizationUnavailable, .keysUnavailable: 503
        case .tokenMissing, .tokenTooLarge, .tokenMalformed, .tokenEncrypted, .headerUnsupported,
            .tokenTypeMismatch, .issuerUnknown, .algorithmNotAllowed, .keyUnknown, .keyUnsuitable,
            .signatureMalformed, .signatureInvalid, .proofInvalid, .subjectAnonymous, .claimInvalid,
            .claimMissing, .audienceMismatch, .tokenExpired, .tokenNotYetValid, .tokenRevoked:
            401
        }
    }

    /// The error code of the challenge (RFC 6750 §3.1), or `nil` where none is due: no token was
    /// sent, or the refusal is not about a token.
    public var challengeError: StaticString? {
        switch self {
        case .tokenMissing, .requestMalformed, .headTooLarge, .bodyTooLarge, .routeNotFound,
            .methodNotAllowed, .methodNotImplemented, .clientCertificateRequired,
            .authorizationUnavailable, .keysUnavailable, .verificationBudgetExhausted,
            .rateLimited, .crossSiteRequest:
            nil
        case .tokenAmbiguous: "invalid_request"
        case .scopeInsufficient: "insufficient_scope"
        case .tokenTooLarge, .tokenMalformed, .tokenEncrypted, .headerUnsupported,
            .tokenTypeMismatch, .issuerUnknown, .issuerNotAllowed, .algorithmNotAllowed,
            .keyUnknown, .keyUnsuitable, .signatureMalformed, .signatureInvalid, .proofInvalid,
            .subjectAnonymous, .subjectRestricted, .projectMismatch, .clientMismatch,
            .claimInvalid, .claimMissing, .claimMismatch, .audienceMismatch, .tokenExpired,
            .tokenNotYetValid, .tokenRevoked:
            "invalid_token"
        }
    }

    /// One sentence for the peer: printable ASCII without quotes, the same for every request.
    public var title: StaticString {
        switch self {
        case .requestMalformed: "The request is not well formed."
        case .headTooLarge: "The request head is too large."
        case .bodyTooLarge: "The request body is too large."
        case .routeNotFound: "Nothing is served at this address."
        case .methodNotAllowed: "The method is not allowed here."
        case .methodNotImplemented: "The method is not supported."
        case .clientCertificateRequired: "A client certificate is required."
        case .authorizationUnavailable: "The authorization server cannot answer at the moment."
        case .tokenMissing: "An access token is required."
        case .tokenAmbiguous: "The request carries more than one access token."
        case .tokenTooLarge: "The access token is too large."
        case .tokenMalformed: "The access token is not a signed JWT."
        case .tokenEncrypted: "Encrypted access tokens are not accepted."
        case .headerUnsupported: "The access token header asks for what is not supported."
        case .tokenTypeMismatch: "The token is not an access token."
        case .issuerUnknown: "The issuer of the access token is not known."
        case .issuerNotAllowed: "The issuer of the access token is not accepted here."
        case .algorithmNotAllowed: "The algorithm of the access token is not accepted."
        case .keyUnknown: "The key of the access token is not known."
        case .keyUnsuitable: "The key of the access token does not fit it."
        case .keysUnavailable: "Access tokens cannot be verified at the moment."
        case .signatureMalformed: "The signature of the access token is not well formed."
        case .signatureInvalid: "The signature of the access token is not valid."
        case .proofInvalid: "The proof of possession is not valid."
        case .verificationBudgetExhausted: "Too many invalid access tokens came from this address."
        case .subjectAnonymous: "Anonymous users are not accepted here."
        case .subjectRestricted: "The user is restricted."
        case .projectMismatch: "The access token belongs to another project."
        case .clientMismatch: "The access token belongs to another client."
        case .crossSiteRequest: "A cookie is not accepted on a request from another site."
        case .rateLimited: "Too many requests."
        case .scopeInsufficient: "The access token lacks a scope that is required here."
        case .claimInvalid: "A claim of the access token is not well formed."
        case .claimMissing: "A claim that is required is missing from the access token."
        case .claimMismatch: "A claim of the access token does not have a value required here."
        case .audienceMismatch: "The access token is meant for another audience."
        case .tokenExpired: "The access token has expired."
        case .tokenNotYetValid: "The access token is not valid yet."
        case .tokenRevoked: "The access token was revoked."
        }
    }
}
