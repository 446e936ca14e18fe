import Configuration
import EventLoop
import JOSE

/// Checks access tokens that our own endpoints are shown: user info, sessions, introspection.
///
/// The checks are ``JOSE``'s. Whether the session is still alive is the caller's question to the
/// store.
struct OwnTokenVerifier: Sendable {
    private let ring: SigningKeyRing
    /// By the bytes of the issuer: two texts that look alike are not the same one.
    private let realms: [[UInt8]: KeyRealm]

    /// A verifier for the realms of the settings.
    init(ring: SigningKeyRing, settings: AuthorizationServerSettings) {
        self.ring = ring
        realms = Dictionary(
            settings.realms.map { (Array($0.issuer(url: settings.url).utf8), $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The claims of a token that one of our keys has signed, and that is alive.
    ///
    /// The audience is not looked at: a token for another resource is still ours to tell about, and
    /// in a Stack project the issuer says as much.
    func verify(_ token: String, now: WallTime) throws(OwnTokenFault) -> OwnToken {
        let (claims, realm): (Claims, KeyRealm)
        do throws(TokenFault) {
            let parsed = try CompactToken([UInt8](token.utf8).span, sizeMax: Self.sizeMax)
            let header = try TokenHeader(parsed, ignoringHeaderKeys: false)
            claims = try Claims(parsed)
            guard let issuer = claims.issuer, let known = realms[Array(issuer.utf8)]
            else { throw TokenFault(.issuerUnknown, .claimIssuer) }
            realm = known
            try checkAlgorithm(header, Self.policy)
            let key = try ring.keySet(of: realm).key(for: header)
            try SignatureCheck.verify(parsed, header, key)
            try checkType(header, claims, Self.policy)
        } catch {
            throw OwnTokenFault(error)
        }
        do throws(TokenFault) {
            try checkTimes(claims, Self.policy, nowSeconds: now.secondsSince1970)
        } catch {
            // The signature is right: what an expired token says may be believed.
            throw error.cause == .tokenExpired ? .expired(claims) : .unparsable(error)
        }
        return OwnToken(claims: claims, realm: realm)
    }

    /// Sixteen KiB: ours have one or two, and a few hundred scopes still fit.
    private static let sizeMax = 16 * 1024

    /// Without skew, as issuer and checker are one clock, and without audiences.
    private static let policy = IssuerPolicy(
        audiences: [],
        algorithms: AlgorithmSet(rawValue: .max),
        clockSkewSeconds: 0,
        tokenType: AccessTokenMinter.type,
        ignoresHeaderKeys: false,
        acceptsIDTokens: false,
        secret: nil
    )
}

/// An access token of ours, checked.
struct OwnToken: Sendable {
    let claims: Claims
    let realm: KeyRealm
}

/// Why a token that our own endpoints are shown is none that they take.
enum OwnTokenFault: Error {
    /// Ours, and its time is over; the claims are true.
    case expired(Claims)
    /// Nobody of ours has issued it, or its key is gone.
    case foreign(TokenFault)
    /// No access token, or not signed by whom it says.
    case unparsable(TokenFault)

    init(_ fault: TokenFault) {
        switch fault.cause {
        case .issuerUnknown, .keyUnknown:
            self = .foreign(fault)
        case .algorithmNotAllowed, .audienceMismatch, .claimInvalid, .claimMissing,
            .headerUnsupported, .keyUnsuitable, .keysUnavailable, .signatureInvalid,
            .signatureMalformed, .tokenEncrypted, .tokenExpired, .tokenMalformed,
            .tokenNotYetValid, .tokenTooLarge, .tokenTypeMismatch:
            self = .unparsable(fault)
        }
    }
}
