/// One user of a project. Times are milliseconds since 1970.
public struct UserRecord: Sendable, Hashable {
    /// A UUID in lower case.
    public var id: String
    public var projectID: String
    public var createdAt: Int64
    public var lastActiveAt: Int64
    public var displayName: String?
    public var profileImageURL: String?
    /// The primary e-mail address as it was given.
    public var email: String?
    /// What e-mail addresses are compared by: as the caller normalised it.
    public var emailKey: String?
    public var isEmailVerified: Bool
    /// Whether the address signs its user in, so that nobody else may have it.
    public var signsInByEmail: Bool
    public var isAnonymous: Bool
    /// `restricted_by_administrator` or `email_not_verified`; `nil` where unrestricted.
    public var restrictedReason: String?
    public var isDisabled: Bool

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
    public var projectID: String
    public var providerID: String
    /// The provider's own id of the account.
    public var accountID: String
    public var userID: String
    public var email: String?
    public var isEmailVerified: Bool
    /// The provider's tokens, sealed by the caller; empty where there are none.
    public var sealedTokens: [UInt8]
    public var createdAt: Int64

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
    public var userID: String
    public var scope: String
    /// `operator`, or `provider:ID` where a claim of that provider gave it.
    public var source: String

    public init(userID: String, scope: String, source: String) {
        self.userID = userID
        self.scope = scope
        self.source = source
    }
}

/// That a user let a client have scopes.
public struct ConsentRecord: Sendable, Hashable {
    public var userID: String
    public var clientID: String
    public var scopes: [String]
    public var grantedAt: Int64

    public init(userID: String, clientID: String, scopes: [String], grantedAt: Int64) {
        self.userID = userID
        self.clientID = clientID
        self.scopes = scopes
        self.grantedAt = grantedAt
    }
}
