import Configuration
import JSON
import Storage

/// The accounts that people have with us: e-mail address and password (`provider local`).
///
/// The provider's id of such an account is its ``EmailKey``, so that an address has one password in
/// a project, whether anybody has verified it or not.
struct LocalAccounts: Sendable {
    let project: ProjectSettings
    let provider: ProviderSettings

    /// An account with whoever signs in by it.
    struct Account: Sendable {
        var user: UserRecord
        /// `nil` where there is no password, and so no way in.
        var passwordHash: String?
    }

    /// What is written of a new one.
    struct NewAccount: Sendable {
        var userID: String
        var email: String
        var emailKey: String
        var displayName: String?
        var passwordHash: String
        /// Milliseconds since 1970.
        var now: Int64
    }

    /// The local provider of a project, where it has one.
    init?(_ project: ProjectSettings, _ settings: AuthorizationServerSettings) {
        let providers = project.providers.map { settings.providers[$0] }
        guard let provider = providers.first(where: { $0.kind == .local }) else { return nil }
        self.project = project
        self.provider = provider
    }

    /// The account of an address.
    func account(
        _ emailKey: String,
        in transaction: borrowing Transaction
    ) throws(StorageFault) -> Account? {
        guard
            let account = try transaction.providerAccount(
                projectID: project.id,
                providerID: provider.id,
                accountID: emailKey
            ), let user = try transaction.user(id: account.userID)
        else { return nil }
        return Account(user: user, passwordHash: try transaction.passwordHash(userID: user.id))
    }

    /// Whether nobody may sign up by the address: it has a password already, or signs in a user who
    /// came from another provider.
    ///
    /// The latter is never taken for the same person, whatever `account_merge` says: whoever types an
    /// address here has shown nothing, even where `email_verification assumed;` calls it verified.
    func isTaken(
        _ emailKey: String,
        in transaction: borrowing Transaction
    ) throws(StorageFault) -> Bool {
        let own = try transaction.providerAccount(
            projectID: project.id,
            providerID: provider.id,
            accountID: emailKey
        )
        if own != nil { return true }
        guard project.accountMerge != .allowDuplicates else { return false }
        return try transaction.user(projectID: project.id, emailKey: emailKey) != nil
    }

    /// Writes user, password and account, all or nothing.
    ///
    /// - Returns: The user, or `nil` where the address is taken: nothing is written.
    func insert(
        _ new: NewAccount,
        in transaction: borrowing Transaction
    ) throws(StorageFault) -> UserRecord? {
        if try isTaken(new.emailKey, in: transaction) { return nil }
        let isVerified = provider.emailVerification == .assumed
        let owner = try transaction.user(projectID: project.id, emailKey: new.emailKey)
        let user = UserRecord(
            id: new.userID,
            projectID: project.id,
            createdAt: new.now,
            lastActiveAt: new.now,
            displayName: new.displayName,
            email: new.email,
            emailKey: new.emailKey,
            isEmailVerified: isVerified,
            // An address that nobody has verified signs in by its password alone: it neither merges
            // with anyone nor keeps its true owner out.
            signsInByEmail: isVerified && owner == nil
        )
        try transaction.insertUser(user)
        try transaction.setPassword(userID: user.id, hash: new.passwordHash, at: new.now)
        let isInserted = try transaction.insertProviderAccount(
            ProviderAccountRecord(
                projectID: project.id,
                providerID: provider.id,
                accountID: new.emailKey,
                userID: user.id,
                email: new.email,
                isEmailVerified: isVerified,
                createdAt: new.now
            )
        )
        // It was looked for in this very transaction.
        guard isInserted else { throw .abandoned(reason: "local account") }
        return user
    }

    /// Whether a sign-in still counts: it does not once another password was set.
    ///
    /// What was only begun with the old password (a code, a consent page, a browser session) ends with
    /// it, as the sessions do.
    func counts(
        _ identity: ProviderIdentity,
        authenticatedAt: Int64,
        in transaction: borrowing Transaction
    ) throws(StorageFault) -> Bool {
        guard identity.providerID == provider.id else { return true }
        let account = try transaction.providerAccount(
            projectID: project.id,
            providerID: provider.id,
            accountID: identity.accountID
        )
        guard let account,
            let changedAt = try transaction.passwordChangedAt(userID: account.userID)
        else { return false }
        return changedAt <= authenticatedAt
    }

    /// What the local provider says of a user of its own.
    func identity(of user: UserRecord, _ emailKey: String) -> ProviderIdentity {
        let isVerified =
            switch provider.emailVerification {
            case .assumed: true
            case .claimed: user.isEmailVerified
            case .never: false
            }
        // `grant` rules read the claims: what a person merely typed is none.
        var claims: JSONObject = ["email_verified": .boolean(isVerified)]
        if isVerified, let email = user.email {
            claims["email"] = .string(email)
        }
        return ProviderIdentity(
            providerID: provider.id,
            accountID: emailKey,
            email: user.email,
            isEmailVerified: isVerified,
            displayName: user.displayName,
            pictureURL: user.profileImageURL,
            claims: claims,
            tokens: nil
        )
    }
}
