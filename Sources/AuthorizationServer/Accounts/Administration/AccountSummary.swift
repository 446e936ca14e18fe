public import Storage

/// One user as the operator sees them; nothing secret.
public struct AccountSummary: Sendable, Equatable {
    /// The user's own record.
    public var user: UserRecord
    /// Whether the user can sign in with a password.
    public var hasPassword: Bool
    /// The ids of the providers that sign the user in, the oldest first.
    public var providerIDs: [String]
    /// What the user holds beyond the default scopes, and by whom.
    public var grants: [ScopeGrantRecord]
}

/// What a command changed.
public struct AccountChange: Sendable, Equatable {
    /// The account as it is now.
    public var account: AccountSummary
    /// Ids of the sessions that ended with it: committed and published.
    public var endedSessions: [String] = []
    /// Whether anything was changed: false where it was so before.
    public var hasChanged = true
}
