/// A user's login to one client: what its refresh tokens and access tokens hang on.
///
/// Times are milliseconds since 1970.
public struct SessionRecord: Sendable, Hashable {
    /// A UUID in lower case: `refresh_token_id` and `session_id` in tokens.
    public var id: String
    /// The project that it belongs to.
    public var projectID: String
    /// The client that it was issued to.
    public var clientID: String
    /// Whose it is.
    public var userID: String
    /// The session that this one was handed over from; it ends with it.
    public var parentID: String?
    /// When the user last proved who they are.
    public var authenticatedAt: Int64
    /// When it was made.
    public var createdAt: Int64
    /// When it was last used.
    public var lastUsedAt: Int64
    /// Dead from here on unless it is used before.
    public var idleExpiresAt: Int64
    /// Dead from here on whatever happens.
    public var expiresAt: Int64
    /// What was asked for, as it was written (`legacy` is one word).
    public var requestedScopes: [String]
    /// What the last token of it carried.
    public var grantedScopes: [String]
    /// `nonce` of the authorization request, or empty.
    public var nonce: String
    /// The client's address when it began.
    public var address: String
    /// When it was revoked; `nil` while it is not.
    public var revokedAt: Int64?

    /// Puts one together.
    public init(
        id: String,
        projectID: String,
        clientID: String,
        userID: String,
        parentID: String? = nil,
        authenticatedAt: Int64,
        createdAt: Int64,
        lastUsedAt: Int64,
        idleExpiresAt: Int64,
        expiresAt: Int64,
        requestedScopes: [String],
        grantedScopes: [String],
        nonce: String = "",
        address: String = "",
        revokedAt: Int64? = nil
    ) {
        self.id = id
        self.projectID = projectID
        self.clientID = clientID
        self.userID = userID
        self.parentID = parentID
        self.authenticatedAt = authenticatedAt
        self.createdAt = createdAt
        self.lastUsedAt = lastUsedAt
        self.idleExpiresAt = idleExpiresAt
        self.expiresAt = expiresAt
        self.requestedScopes = requestedScopes
        self.grantedScopes = grantedScopes
        self.nonce = nonce
        self.address = address
        self.revokedAt = revokedAt
    }
}

/// A refresh token, known by its hash alone.
public struct RefreshTokenRecord: Sendable, Hashable {
    /// SHA-256 of the token.
    public var hash: [UInt8]
    /// The session that it belongs to.
    public var sessionID: String
    /// When it was made.
    public var createdAt: Int64
    /// When it was exchanged for its successor; `nil` while it is the one to use.
    public var rotatedAt: Int64?
    /// Until when showing it again is answered with ``sealedAnswer``.
    public var graceUntil: Int64?
    /// The answer that its rotation gave, sealed under a key that only the token itself gives.
    public var sealedAnswer: [UInt8]?
    /// Hash of the token that took its place.
    public var successorHash: [UInt8]?

    /// Puts one together.
    public init(
        hash: [UInt8],
        sessionID: String,
        createdAt: Int64,
        rotatedAt: Int64? = nil,
        graceUntil: Int64? = nil,
        sealedAnswer: [UInt8]? = nil,
        successorHash: [UInt8]? = nil
    ) {
        self.hash = hash
        self.sessionID = sessionID
        self.createdAt = createdAt
        self.rotatedAt = rotatedAt
        self.graceUntil = graceUntil
        self.sealedAnswer = sealedAnswer
        self.successorHash = successorHash
    }
}

/// A session, or a token without one, that is dead before its time.
public struct RevocationRecord: Sendable, Hashable {
    /// The session's id, or the token's `jti`.
    public var id: String
    /// When no token of it can be alive any more.
    public var expiresAt: Int64

    /// Puts one together.
    public init(id: String, expiresAt: Int64) {
        self.id = id
        self.expiresAt = expiresAt
    }
}

/// A browser that is signed in at our own pages, known by the hash of its cookie.
public struct BrowserSessionRecord: Sendable, Hashable {
    /// SHA-256 of the cookie's value.
    public var hash: [UInt8]
    /// The project that it belongs to.
    public var projectID: String
    /// The provider's id in the conf.
    public var providerID: String
    /// The provider's id of the account; the user is whoever that is by then.
    public var accountID: String
    /// When the user last proved who they are.
    public var authenticatedAt: Int64
    /// When it was last used.
    public var lastUsedAt: Int64
    /// Dead from here on unless it is used before.
    public var idleExpiresAt: Int64
    /// Dead from here on whatever happens.
    public var expiresAt: Int64
    /// What the provider said, sealed by the caller: its user may not be written yet.
    public var sealedIdentity: [UInt8]

    /// Puts one together.
    public init(
        hash: [UInt8],
        projectID: String,
        providerID: String,
        accountID: String,
        authenticatedAt: Int64,
        lastUsedAt: Int64,
        idleExpiresAt: Int64,
        expiresAt: Int64,
        sealedIdentity: [UInt8]
    ) {
        self.hash = hash
        self.projectID = projectID
        self.providerID = providerID
        self.accountID = accountID
        self.authenticatedAt = authenticatedAt
        self.lastUsedAt = lastUsedAt
        self.idleExpiresAt = idleExpiresAt
        self.expiresAt = expiresAt
        self.sealedIdentity = sealedIdentity
    }
}
