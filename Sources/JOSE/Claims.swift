public import JSON

/// The claims of a token (RFC 7519 §4), typed.
///
/// What the gateway itself reads is of the right type or the token is refused, `null` included.
/// `email` and `email_verified` are the exception, because issuers write them in many ways: a value
/// of another type there counts as absent. Everything else stays in ``object``, unread.
public struct Claims: Sendable, Equatable {
    /// `iss`.
    public let issuer: String?
    /// `sub`.
    public let subject: String?
    /// `aud`, one or many; empty when absent.
    public let audiences: [String]
    /// `exp` in seconds since 1970, a fraction cut off.
    public let expiry: Int64?
    /// `nbf` in seconds since 1970, a fraction rounded up.
    public let notBefore: Int64?
    /// `iat` in seconds since 1970, a fraction cut off.
    public let issuedAt: Int64?
    /// `jti`.
    public let tokenID: String?
    /// `client_id`, else `azp`.
    public let clientID: String?
    /// All of `scope`, `scp` and `scopes`, in their order, each once.
    public let scopes: [String]
    /// `sid` (OpenID Connect Back-Channel Logout §2.4), else a text in `session_id`.
    public let sessionID: String?
    /// `email`, where it is a text.
    public let email: String?
    /// Whether `email_verified` is JSON's `true`; the text `"true"` is not.
    public let isEmailVerified: Bool
    /// Why the token looks like an ID token, or `nil`: `nonce` or `at_hash`, and none of `scope`,
    /// `scp` and `client_id`.
    public let idTokenEvidence: TokenDetail?
    /// All claims.
    public let object: JSONObject

    /// Reads the claims.
    ///
    /// - Throws: ``TokenFault/Cause/tokenMalformed`` for what is no JSON object, and
    ///   ``TokenFault/Cause/claimInvalid`` for a wrong type, or a time before 1970 or after 9999.
    public init(_ token: CompactToken) throws(TokenFault) {
        let reader = ClaimReader(object: try Self.parse(token.claimsBytes))
        issuer = try reader.text("iss", .claimIssuer)
        subject = try reader.text("sub", .claimSubject)
        audiences = try reader.texts("aud", .claimAudience)
        expiry = try reader.time("exp", .claimExpiry, rounding: .down)
        notBefore = try reader.time("nbf", .claimNotBefore, rounding: .up)
        issuedAt = try reader.time("iat", .claimIssuedAt, rounding: .down)
        tokenID = try reader.text("jti", .claimTokenID)
        let client = try reader.text("client_id", .claimClientID)
        let authorizedParty = try reader.text("azp", .claimAuthorizedParty)
        clientID = client ?? authorizedParty
        scopes = try reader.scopes()
        sessionID =
            try reader.text("sid", .claimSessionID) ?? reader.object["session_id"]?.string
        email = reader.object["email"]?.string
        isEmailVerified = reader.object["email_verified"] == .boolean(true)
        idTokenEvidence = reader.idTokenEvidence
        object = reader.object
    }

    /// Whether the token looks like an ID token: `nonce` or `at_hash`, and none of `scope`, `scp`
    /// and `client_id`.
    public var isIDToken: Bool { idTokenEvidence != nil }

    private static func parse(_ bytes: [UInt8]) throws(TokenFault) -> JSONObject {
        let limits = JSONLimits(size: bytes.count, depth: CompactToken.depthMax)
        let value: JSONValue
        do {
            value = try JSONValue.parse(bytes.span, limits: limits)
        } catch {
            throw TokenFault(.tokenMalformed, .jsonClaims, json: error)
        }
        guard case .object(let object) = value else {
            throw TokenFault(.tokenMalformed, .jsonClaims, json: .syntax)
        }
        return object
    }
}
