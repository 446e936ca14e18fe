import JSON

// Each check stands alone, so that the gateway stops at the first that fails and `explain` goes on.
// Their order is the caller's; the architecture's is the order of this file.

/// Refuses keys that the token brings or names, unless the issuer is known to do so.
///
/// - Throws: ``TokenFault/Cause/headerUnsupported``.
public func checkHeaderKeys(
    _ header: TokenHeader,
    _ policy: IssuerPolicy
) throws(TokenFault) {
    if let embeddedKey = header.embeddedKey, !policy.ignoresHeaderKeys {
        throw TokenFault(.headerUnsupported, embeddedKey)
    }
}

/// Refuses an algorithm that the issuer may not use, `none` and unknown ones among them.
///
/// - Throws: ``TokenFault/Cause/algorithmNotAllowed``.
public func checkAlgorithm(_ header: TokenHeader, _ policy: IssuerPolicy) throws(TokenFault) {
    guard let algorithm = header.algorithm, policy.admits(algorithm) else {
        throw TokenFault(.algorithmNotAllowed, .headerAlgorithm)
    }
}

/// Refuses what is no access token: another `typ`, or an ID token.
///
/// - Throws: ``TokenFault/Cause/tokenTypeMismatch``.
public func checkType(
    _ header: TokenHeader,
    _ claims: Claims,
    _ policy: IssuerPolicy
) throws(TokenFault) {
    let isAccepted =
        if let demanded = policy.tokenType {
            header.type == demanded
        } else {
            header.type == nil || header.type == "jwt" || header.type == "at+jwt"
        }
    guard isAccepted else { throw TokenFault(.tokenTypeMismatch, .headerType) }
    if let evidence = claims.idTokenEvidence, !policy.acceptsIDTokens {
        throw TokenFault(.tokenTypeMismatch, evidence)
    }
}

/// Refuses a token that is not for us.
///
/// - Throws: ``TokenFault/Cause/claimMissing`` without `aud`, else
///   ``TokenFault/Cause/audienceMismatch``.
public func checkAudience(_ claims: Claims, _ policy: IssuerPolicy) throws(TokenFault) {
    guard claims.object.contains("aud") else { throw TokenFault(.claimMissing, .claimAudience) }
    for audience in claims.audiences {
        for own in policy.audiences where JSONText.isExactly(audience, own) {
            return
        }
    }
    throw TokenFault(.audienceMismatch, .claimAudience)
}

/// Refuses a token that has expired, is not valid yet, or says neither.
///
/// `exp` must be there. Both ends allow for the issuer's ``IssuerPolicy/clockSkewSeconds``; `iat` is
/// not a limit.
///
/// - Throws: ``TokenFault/Cause/claimMissing``, ``TokenFault/Cause/tokenExpired`` or
///   ``TokenFault/Cause/tokenNotYetValid``.
public func checkTimes(
    _ claims: Claims,
    _ policy: IssuerPolicy,
    nowSeconds: Int64
) throws(TokenFault) {
    guard let expiry = claims.expiry else { throw TokenFault(.claimMissing, .claimExpiry) }
    let skew = max(0, policy.clockSkewSeconds)
    // Times of claims end at 9999 and are never negative, so only the skew could overflow a sum.
    guard nowSeconds < expiry.addingClamped(skew) else {
        throw TokenFault(.tokenExpired, .claimExpiry)
    }
    if let notBefore = claims.notBefore, nowSeconds.addingClamped(skew) < notBefore {
        throw TokenFault(.tokenNotYetValid, .claimNotBefore)
    }
}

extension Int64 {
    /// The sum, or the largest number where it does not fit; `other` is not negative.
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
