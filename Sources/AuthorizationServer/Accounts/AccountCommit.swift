import Configuration
import JSON
import Storage

/// Carries an ``AccountPlan`` out, in the transaction that consumes the code.
struct AccountCommit: Sendable {
    let rules: AccountRules
    let identity: ProviderIdentity
    /// The provider's tokens, sealed; empty where there are none.
    let sealedTokens: [UInt8]
    /// The id of a user that may have to be made.
    let newUserID: String
    /// Milliseconds since 1970.
    let now: Int64

    /// What came of it.
    struct Outcome: Sendable {
        var user: UserRecord
        var isNewUser: Bool
        /// Sessions that ended because a scope that they carry was taken away.
        var revokedSessions: [String]
    }

    /// Writes user, account and what the provider's claims grant.
    func perform(
        _ plan: AccountPlan,
        in transaction: borrowing Transaction
    ) throws(StorageFault) -> Outcome {
        let user: UserRecord
        switch plan {
        case .signIn(let known, var account):
            account.email = identity.email
            account.isEmailVerified = identity.isEmailVerified
            // A browser that was signed in already brings none: those of the last sign-in stay.
            if !sealedTokens.isEmpty { account.sealedTokens = sealedTokens }
            try transaction.updateProviderAccount(account)
            try transaction.touchUser(id: known.id, at: now)
            user = known
        case .attach(let known):
            try transaction.touchUser(id: known.id, at: now)
            try insertAccount(of: known, transaction)
            user = known
        case .upgrade(let anonymous):
            user = try upgraded(anonymous, transaction)
            try transaction.updateUser(user)
            try insertAccount(of: user, transaction)
        case .signUp(let ownsEmail):
            user = newUser(ownsEmail: ownsEmail)
            try transaction.insertUser(user)
            try insertAccount(of: user, transaction)
        }
        let revoked = try applyGrants(to: user, transaction)
        return Outcome(user: user, isNewUser: plan.isNewUser, revokedSessions: revoked)
    }

    private func insertAccount(
        of user: UserRecord,
        _ transaction: borrowing Transaction
    ) throws(StorageFault) {
        _ = try transaction.insertProviderAccount(
            ProviderAccountRecord(
                projectID: rules.project.id,
                providerID: identity.providerID,
                accountID: identity.accountID,
                userID: user.id,
                email: identity.email,
                isEmailVerified: identity.isEmailVerified,
                sealedTokens: sealedTokens,
                createdAt: now
            )
        )
    }

    private func newUser(ownsEmail: Bool) -> UserRecord {
        UserRecord(
            id: newUserID,
            projectID: rules.project.id,
            createdAt: now,
            lastActiveAt: now,
            displayName: identity.displayName,
            profileImageURL: identity.pictureURL,
            email: identity.email,
            emailKey: identity.email.flatMap(EmailKey.make),
            isEmailVerified: identity.isEmailVerified,
            signsInByEmail: ownsEmail
        )
    }

    private func upgraded(
        _ anonymous: UserRecord,
        _ transaction: borrowing Transaction
    ) throws(StorageFault) -> UserRecord {
        var user = anonymous
        user.isAnonymous = false
        user.lastActiveAt = now
        user.displayName = identity.displayName ?? user.displayName
        user.profileImageURL = identity.pictureURL ?? user.profileImageURL
        if let email = identity.email, let key = EmailKey.make(email) {
            let owner = try transaction.user(projectID: rules.project.id, emailKey: key)
            user.email = email
            user.emailKey = key
            user.isEmailVerified = identity.isEmailVerified
            user.signsInByEmail = owner == nil || owner?.id == user.id
        }
        return user
    }

    /// The scopes that the conf's `grant` rules give for this provider's claims, in place of what
    /// they gave before; what is taken away ends the sessions that carry it.
    private func applyGrants(
        to user: UserRecord,
        _ transaction: borrowing Transaction
    ) throws(StorageFault) -> [String] {
        let own = rules.project.grants.filter { $0.provider == identity.providerID }
        let source = "provider:\(identity.providerID)"
        let given = own.filter { Self.holds($0, identity.claims) }.map(\.scope)
        let before = try transaction.scopeGrants(userID: user.id)
        let had = before.filter { $0.source == source }.map(\.scope)
        guard Set(given) != Set(had) else { return [] }
        try transaction.replaceScopeGrants(userID: user.id, source: source, scopes: given)
        var revoked: [String] = []
        for scope in Set(had).subtracting(given) {
            let isStillHeld =
                before.contains { $0.scope == scope && $0.source != source }
                || rules.project.defaultScopes.contains(scope)
            if !isStillHeld {
                revoked += try transaction.revokeSessions(
                    userID: user.id,
                    carryingScope: scope,
                    at: now
                )
            }
        }
        return revoked
    }

    private static func holds(_ rule: ScopeGrantRule, _ claims: JSONObject) -> Bool {
        var object = claims
        for name in rule.claimPath.dropLast() {
            guard case .object(let inner)? = object[name] else { return false }
            object = inner
        }
        guard let value = rule.claimPath.last.flatMap({ object[$0] }) else { return false }
        switch value {
        case .string(let text): return JSONText.isExactly(text, rule.value)
        case .array(let members):
            return members.contains {
                $0.string.map { JSONText.isExactly($0, rule.value) } ?? false
            }
        case .boolean(let flag): return rule.value == (flag ? "true" : "false")
        case .integer(let number): return rule.value == String(number)
        case .null, .object, .real: return false
        }
    }
}
