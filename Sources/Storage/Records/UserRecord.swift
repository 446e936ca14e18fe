/// One user of a project.
///
/// Times are milliseconds since 1970.
public struct UserRecord: Sendable, Hashable {
    /// A UUID in lower case.
    public var id: String
    /// The project that it belongs to.
    public var projectID: String
    /// When it was made.
    public var createdAt: Int64
    /// When the user was last seen.
    public var lastActiveAt: Int64
    /// What the user is called, where that is known.
    public var displayName: String?
    /// A picture of the user, where one is known.
    public var profileImageURL: String?
    /// The primary e-mail address as it was given.
    public var email: String?
    /// What e-mail addresses are compared by: as the caller normalised it.
    public var emailKey: String?
    /// Whether somebody who is believed said that the address is theirs.
    public var isEmailVerified: Bool
    /// Whether the address signs its user in, so that nobody else may have it.
    public var signsInByEmail: Bool
    /// Whether nobody knows who it is.
    public var isAnonymous: Bool
    /// `restricted_by_administrator` or `email_not_verified`; `nil` where unrestricted.
    public var restrictedReason: String?
    /// Whether the operator keeps this user out.
    public var isDisabled: Bool

    /// Puts one together.
    public init(
        id: String,
        projectID: String,
        createdAt: Int64,
        lastActiveAt: Int64,
        displayName: String? = nil,
        profileImageURL: String? = nil,
        email: String? = nil,
        emailKey: String? = nil,
        isEmailVerified: Bool = false,
        signsInByEmail: Bool = false,
        isAnonymous: Bool = false,
        restrictedReason: String? = nil,
        isDisabled: Bool = false
    ) {
        self.id = id
        self.projectID = projectID
        self.createdAt = createdAt
        self.lastActiveAt = lastActiveAt
        self.displayName = displayName
        self.profileImageURL = profileImageURL
        self.email = email
        self.emailKey = emailKey
        self.isEmailVerified = isEmailVerified
        self.signsInByEmail = signsInByEmail
        self.isAnonymous = isAnonymous
        self.restrictedReason = restrictedReason
        self.isDisabled = isDisabled
    }
}

/// An account at a provider that signs a user in.
public struct ProviderAccountRecord: Sendable, Hashable {
    /// The project that it belongs to.
    public var projectID: String
    /// The provider's id in the conf.
    public var providerID: String
    /// The provider's own id of the account.
    public var accountID: String
    /// Whose it is.
    public var userID: String
    /// The address that the provider says the account has.
    public var email: String?
    /// Whether somebody who is believed said that the address is theirs.
    public var isEmailVerified: Bool
    /// The provider's tokens, sealed by the caller; empty where there are none.
    public var sealedTokens: [UInt8]
    /// When it was made.
    public var createdAt: Int64

    /// Puts one together.
    public init(
        projectID: String,
        providerID: String,
        accountID: String,
        userID: String,
        email: String? = nil,
        isEmailVerified: Bool = false,
        sealedTokens: [UInt8] = [],
        createdAt: Int64
    ) {
        self.projectID = projectID
        self.providerID = providerID
        self.accountID = accountID
        self.userID = userID
        self.email = email
        self.isEmailVerified = isEmailVerified
        self.sealedTokens = sealedTokens
        self.createdAt = createdAt
    }
}

/// A scope that a user holds beyond those that everyone does.
public struct ScopeGrantRecord: Sendable, Hashable {
    /// Whose it is.
    public var userID: String
    /// The scope.
    public var scope: String
    /// `operator`, or `provider:ID` where a claim of that provider gave it.
    public var source: String

    /// Puts one together.
    public init(userID: String, scope: String, source: String) {
        self.userID = userID
        self.scope = scope
        self.source = source
    }
}

/// That a user let a client have scopes.
public struct ConsentRecord: Sendable, Hashable {
    /// Whose it is.
    public var userID: String
    /// The client that it was issued to.
    public var clientID: String
    /// What the client may have.
    public var scopes: [String]
    /// When the user agreed.
    public var grantedAt: Int64

    /// Puts one together.
    public init(userID: String, clientID: String, scopes: [String], grantedAt: Int64) {
        self.userID = userID
        self.clientID = clientID
        self.scopes = scopes
        self.grantedAt = grantedAt
    }
}
