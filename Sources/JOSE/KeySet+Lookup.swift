extension KeySet {
    /// The key that the token says it was signed with.
    ///
    /// With a `kid`, the key of exactly that name; keys without a name are considered only where no
    /// key of the set has one (a lone PEM). Without a `kid`, the one key that fits the algorithm.
    /// Two different ones that fit are none: which was meant would be a guess.
    ///
    /// Cost: linear in the keys.
    ///
    /// - Throws: ``TokenFault/Cause/keyUnknown`` where a newer set could have the key, and
    ///   ``TokenFault/Cause/keyUnsuitable`` where the key is there and must not be used.
    public func key(for header: TokenHeader) throws(TokenFault) -> JSONWebKey {
        guard let algorithm = header.algorithm else {
            throw TokenFault(.algorithmNotAllowed, .headerAlgorithm)
        }
        let wanted = try candidateName(for: header.keyID)
        var found: JSONWebKey?
        var misfit: TokenDetail?
        for key in keys where wanted == .any || key.isNamed(header.keyID) {
            if let detail = key.misfit(with: algorithm) {
                misfit = misfit ?? detail
            } else if let found, found.thumbprint != key.thumbprint {
                throw TokenFault(.keyUnsuitable, .keyAmbiguous)
            } else {
                found = found ?? key
            }
        }
        if let found {
            return found
        }
        if let misfit = misfit ?? skipped.first?.reason.detail {
            throw TokenFault(.keyUnsuitable, misfit)
        }
        throw TokenFault(.keyUnknown, .headerKeyID)
    }

    /// Which keys a token with this `kid` may mean.
    private func candidateName(for keyID: String?) throws(TokenFault) -> CandidateName {
        guard let keyID else { return .any }
        var anyHasName = false
        for key in keys {
            if key.isNamed(keyID) {
                return .exactly
            }
            anyHasName = anyHasName || key.keyID != nil
        }
        for key in skipped where JSONWebKey.isSameName(key.keyID, keyID) {
            throw TokenFault(.keyUnsuitable, key.reason.detail)
        }
        guard !anyHasName, !keys.isEmpty else { throw TokenFault(.keyUnknown, .headerKeyID) }
        return .any
    }

    private enum CandidateName {
        case any
        case exactly
    }
}
