import Bytes
import Configuration
public import JOSE
import JSON

/// One token on its way through the checks, with what they have found so far.
///
/// The gateway performs them in order and stops at the first that fails; `explain` performs the
/// rest too. Both run this code and no other.
public struct TokenAssessment {
    /// The parsed shape, once ``TokenCheck/shape`` has passed.
    public private(set) var token: CompactToken?
    /// The typed header, once ``TokenCheck/header`` has passed.
    public private(set) var header: TokenHeader?
    /// The typed claims, once ``TokenCheck/claims`` has passed.
    ///
    /// The sender's word until the signature is checked.
    public private(set) var claims: Claims?
    /// The issuer, once ``TokenCheck/issuerKnown`` has passed.
    public private(set) var issuer: Int?
    /// The key, once ``TokenCheck/key`` has passed.
    public private(set) var key: JSONWebKey?
    /// Whether the signature was checked, and is the key's.
    public private(set) var isVerified = false

    private let context: Context
    private let verifier: TokenSignatureVerifier

    /// What a token is checked against.
    public struct Context {
        /// Every issuer of the conf, with the keys held.
        public var issuers: [Issuer]
        /// The issuers that the route accepts, as indexes.
        public var accepted: [Int]
        /// The present second since 1970.
        public var now: Int64
        /// The most bytes that a token may have.
        public var tokenSizeMax: Int

        /// Names what a token is checked against.
        public init(issuers: [Issuer], accepted: [Int], now: Int64, tokenSizeMax: Int) {
            self.issuers = issuers
            self.accepted = accepted
            self.now = now
            self.tokenSizeMax = tokenSizeMax
        }
    }

    /// What became of one check.
    public enum Outcome: Hashable, Sendable {
        case failed(Refusal)
        /// A check that it builds on has not passed.
        case notReached
        case passed
    }

    /// Begins with nothing known; the verifier is the worker's own.
    public init(_ context: Context, verifier: TokenSignatureVerifier) {
        self.context = context
        self.verifier = verifier
    }

    /// Performs every check up to, and without, ``TokenCheck/signature``; the caller decides whether
    /// a signature may be spent on what came this far.
    ///
    /// - Throws: ``Refusal`` of the first check that fails.
    public mutating func performCheap(on bytes: Span<UInt8>) throws(Refusal) {
        for check in TokenCheck.allCases where check != .signature {
            if case .failed(let refusal) = perform(check, on: bytes) {
                throw refusal
            }
        }
    }

    /// Checks the signature of what ``performCheap(on:)`` let through.
    ///
    /// - Throws: ``Refusal`` with `signature_invalid` where it is not the key's.
    public mutating func performSignature(
        on bytes: Span<UInt8>
    ) throws(Refusal) -> VerifiedToken {
        switch perform(.signature, on: bytes) {
        case .failed(let refusal): throw refusal
        case .notReached: throw Refusal(.signatureInvalid)
        case .passed: break
        }
        guard let issuer, let header, let claims else { throw Refusal(.signatureInvalid) }
        return VerifiedToken(
            VerifiedToken.Proof(
                token: bytes.copied(),
                issuer: issuer,
                realm: context.issuers[issuer].ownRealm,
                generation: context.issuers[issuer].generation,
                header: header,
                claims: claims,
                clockSkew: context.issuers[issuer].policy.clockSkewSeconds
            )
        )
    }

    /// Performs one check on a token.
    public mutating func perform(_ check: TokenCheck, on bytes: Span<UInt8>) -> Outcome {
        do throws(Refusal) {
            return try run(check, on: bytes) ? .passed : .notReached
        } catch {
            return .failed(error)
        }
    }

    private mutating func run(_ check: TokenCheck, on bytes: Span<UInt8>) throws(Refusal) -> Bool {
        do throws(TokenFault) {
            switch check {
            case .shape:
                let compact = try CompactToken(bytes, sizeMax: context.tokenSizeMax)
                try compact.checkSignatureCoding()
                token = compact
                return true
            case .header: return try checkHeader()
            case .claims: return try checkClaims()
            case .issuerKnown, .issuerAllowed: break
            case .algorithm, .tokenType, .audience, .times: return try checkPolicy(check)
            case .key: return try findKey()
            case .signatureShape, .signature: return try checkSignature(check)
            }
        } catch {
            throw Refusal(error)
        }
        return check == .issuerKnown ? try findIssuer() : try checkIssuerAllowed()
    }

    private mutating func checkHeader() throws(TokenFault) -> Bool {
        guard let token else { return false }
        // Which issuer it is, is not known yet: keys that the token brings pass here where some
        // issuer ignores them, and are looked at again with the issuer's own policy.
        let anyIgnores = context.issuers.contains(where: \.policy.ignoresHeaderKeys)
        header = try TokenHeader(token, ignoringHeaderKeys: anyIgnores)
        return true
    }

    private mutating func checkClaims() throws(TokenFault) -> Bool {
        guard let token else { return false }
        claims = try Claims(token)
        return true
    }

    private mutating func findIssuer() throws(Refusal) -> Bool {
        guard let claims else { return false }
        guard let identifier = claims.issuer else {
            throw Refusal(.claimMissing, detail: TokenDetail.claimIssuer.rawValue)
        }
        for (index, known) in context.issuers.enumerated()
        where JSONText.isExactly(known.settings.identifier, identifier) {
            issuer = index
            return true
        }
        throw Refusal(.issuerUnknown)
    }

    private func checkIssuerAllowed() throws(Refusal) -> Bool {
        guard let issuer else { return false }
        guard context.accepted.contains(issuer) else { throw Refusal(.issuerNotAllowed) }
        return true
    }

    private func checkPolicy(_ check: TokenCheck) throws(TokenFault) -> Bool {
        guard let issuer else { return false }
        let policy = context.issuers[issuer].policy
        switch check {
        case .algorithm:
            guard let header else { return false }
            try checkHeaderKeys(header, policy)
            try checkAlgorithm(header, policy)
        case .tokenType:
            guard let header, let claims else { return false }
            try checkType(header, claims, policy)
        case .audience:
            guard let claims else { return false }
            try checkAudience(claims, policy)
        default:
            guard let claims else { return false }
            try checkTimes(claims, policy, nowSeconds: context.now)
        }
        return true
    }

    private mutating func findKey() throws(TokenFault) -> Bool {
        guard let header, let issuer else { return false }
        guard let keySet = context.issuers[issuer].keySet else {
            throw TokenFault(.keysUnavailable, .keysNone)
        }
        key = try keySet.key(for: header)
        return true
    }

    private mutating func checkSignature(_ check: TokenCheck) throws(TokenFault) -> Bool {
        guard let token, let header, let key else { return false }
        if check == .signatureShape {
            try SignatureCheck.checkShape(token, header, key)
        } else {
            try verifier.verify(token, header, key)
            isVerified = true
        }
        return true
    }
}
