import Bytes
import Configuration
import JOSE
public import JSON

/// What one token proved: identity, claims and times.
///
/// Never what a route decided.
///
/// Confined to the worker that verified it. The token's own bytes stay beside the proof, so that a
/// hit in the cache is a comparison in full and never a bet on a hash.
public final class VerifiedToken {
    /// The token as it was sent.
    public let bytes: [UInt8]
    /// The issuer, an index into the snapshot's issuers.
    public let issuer: Int
    /// The generation of the issuer's keys and settings that it was verified under.
    public let generation: UInt64
    /// The exact `iss`.
    public let issuerIdentifier: [UInt8]
    /// `sub`, or empty.
    public let subject: [UInt8]
    /// `client_id`, else `azp`, or empty.
    public let clientID: [UInt8]
    /// The scopes, in the token's order.
    public let scopes: [[UInt8]]
    /// What our own authorization server says in it, or `nil` where somebody else issued it.
    public let own: OwnClaims?
    /// Every claim.
    public let claims: JSONObject
    /// The key id of the token's header, or empty.
    public let keyID: [UInt8]
    /// The name of the algorithm.
    public let algorithm: [UInt8]
    /// How the token appears in logs.
    public let fingerprint: [UInt8]
    /// The second since 1970 from which on it is expired, skew included.
    public let expiry: Int64
    /// The first second since 1970 at which it is good, skew included.
    public let start: Int64
    /// The identity headers of the default families, made at the first use of each.
    var identityBlocks: [IdentityBlock] = []
    /// Whether it was used since the cache's hand last passed.
    var wasUsed = true

    init(_ proof: Proof) {
        bytes = proof.token
        issuer = proof.issuer
        generation = proof.generation
        let claims = proof.claims
        issuerIdentifier = Array((claims.issuer ?? "").utf8)
        subject = Array((claims.subject ?? "").utf8)
        clientID = Array((claims.clientID ?? "").utf8)
        scopes = claims.scopes.map { Array($0.utf8) }
        own = proof.realm.map { OwnClaims(claims, realm: $0) }
        self.claims = claims.object
        keyID = Array((proof.header.keyID ?? "").utf8)
        algorithm = Array(proof.header.algorithmName.utf8)
        fingerprint = TokenFingerprint.text(of: proof.token.span)
        expiry = (claims.expiry ?? 0).addingReportingOverflow(proof.clockSkew).partialValue
        start = (claims.notBefore ?? 0).subtractingReportingOverflow(proof.clockSkew).partialValue
    }

    /// Whether these are the very bytes that were verified.
    public func isMade(of token: Span<UInt8>) -> Bool {
        let own = bytes
        return own.span.isEqual(to: token)
    }

    /// Whether the token speaks for a program of its own and for no user (RFC 9068 §2.2: `sub` is
    /// then the client's id).
    public var isMachine: Bool {
        subject.isEmpty || subject == clientID
    }

    /// What a verification ends with.
    struct Proof {
        var token: [UInt8]
        var issuer: Int
        var realm: KeyRealm?
        var generation: UInt64
        var header: TokenHeader
        var claims: Claims
        var clockSkew: Int64
    }
}

/// Identity headers made ready for one family.
struct IdentityBlock {
    var set: UInt8
    var lines: [UInt8]
}
