import Configuration
import Storage

/// Finds, or makes, the user that a code's tokens are for.
struct SubjectResolver: Sendable {
    let context: ServerContext
    let client: OAuthClient
    /// Milliseconds since 1970.
    let now: Int64

    /// Who it is.
    struct Subject: Sendable {
        var user: UserRecord
        var isNewUser: Bool
        var revokedSessions: [String] = []
        /// The session that this one hangs on.
        var parentSessionID: String?
        /// The new session never outlives it.
        var expiresAtMax: Int64?
    }

    /// Finds or makes the user of a payload.
    func resolve(
        _ payload: CodePayload,
        newUserID: String,
        in transaction: borrowing Transaction
    ) throws(StorageFault) -> Result<Subject, GrantFault> {
        switch payload.subject {
        case .anonymous:
            let user = UserRecord(
                id: newUserID,
                projectID: client.project.id,
                createdAt: now,
                lastActiveAt: now,
                isAnonymous: true
            )
            try transaction.insertUser(user)
            return .success(Subject(user: user, isNewUser: true))
        case .identity(let identity):
            return try resolve(identity, payload, newUserID, transaction)
        case .session(let id):
            guard let parent = try transaction.session(id: id), parent.isAlive(at: now),
                let user = try transaction.user(id: parent.userID), !user.isDisabled
            else { return .failure(.codeInvalid(.sessionEnded)) }
            return .success(
                Subject(
                    user: user,
                    isNewUser: false,
                    parentSessionID: parent.id,
                    expiresAtMax: parent.expiresAt
                )
            )
        }
    }

    private func resolve(
        _ identity: ProviderIdentity,
        _ payload: CodePayload,
        _ newUserID: String,
        _ transaction: borrowing Transaction
    ) throws(StorageFault) -> Result<Subject, GrantFault> {
        if let accounts = LocalAccounts(client.project, context.settings) {
            let counts = try accounts.counts(
                identity,
                authenticatedAt: payload.authenticatedAt,
                in: transaction
            )
            guard counts else { return .failure(.codeInvalid(.sessionEnded)) }
        }
        let rules = AccountRules(project: client.project)
        switch try rules.plan(for: identity, request: payload.request, in: transaction) {
        case .failure(let fault): return .failure(.account(fault))
        case .success(let plan):
            let commit = AccountCommit(
                rules: rules,
                identity: identity,
                sealedTokens: identity.tokens.map {
                    context.seal($0.json, for: .providerTokens)
                } ?? [],
                newUserID: newUserID,
                now: now
            )
            let outcome = try commit.perform(plan, in: transaction)
            try SessionEnding(context: context).record(
                outcome.revokedSessions,
                at: now,
                in: transaction
            )
            return .success(
                Subject(
                    user: outcome.user,
                    isNewUser: outcome.isNewUser || payload.isNewAccount,
                    revokedSessions: outcome.revokedSessions
                )
            )
        }
    }
}

extension SessionRecord {
    /// Whether it still gives tokens.
    func isAlive(at now: Int64) -> Bool {
        revokedAt == nil && now < expiresAt && now < idleExpiresAt
    }
}
