import Configuration
import Storage

extension AccountAdministration {
    /// Keeps a user out: every session ends, and nobody signs in by the account again.
    ///
    /// - Parameters:
    ///   - name: An id or an e-mail address.
    ///   - projectID: Narrows the search.
    /// - Returns: The account, and the sessions that ended.
    /// - Throws: ``AdministrationFault``.
    public func disable(
        _ name: String,
        projectID: String? = nil
    ) async throws(AdministrationFault) -> AccountChange {
        let before = try await find(name, projectID: projectID)
        return try await change(before.user.id, hasChanged: !before.user.isDisabled) {
            user,
            transaction in
            try transaction.setUserDisabled(id: user.id, true)
            return .everySession
        }
    }

    /// Lets a user in again.
    ///
    /// - Parameters:
    ///   - name: An id or an e-mail address.
    ///   - projectID: Narrows the search.
    /// - Returns: The account, and the sessions that ended.
    /// - Throws: ``AdministrationFault``.
    public func enable(
        _ name: String,
        projectID: String? = nil
    ) async throws(AdministrationFault) -> AccountChange {
        let before = try await find(name, projectID: projectID)
        return try await change(before.user.id, hasChanged: before.user.isDisabled) {
            user,
            transaction in
            try transaction.setUserDisabled(id: user.id, false)
            return .nothing
        }
    }

    /// Sets another password: whoever knew the old one is signed out everywhere.
    ///
    /// - Parameters:
    ///   - name: An id or an e-mail address.
    ///   - password: Held to the rules of the sign-up page.
    ///   - projectID: Narrows the search.
    /// - Returns: The account, and the sessions that ended.
    /// - Throws: ``AdministrationFault/noPassword`` where the user signs in elsewhere only.
    public func setPassword(
        _ name: String,
        _ password: String,
        projectID: String? = nil
    ) async throws(AdministrationFault) -> AccountChange {
        let before = try await find(name, projectID: projectID)
        guard before.hasPassword else { throw .noPassword }
        let (hash, now) = (try await hash(password), context.now)
        return try await change(before.user.id) { user, transaction in
            try transaction.setPassword(userID: user.id, hash: hash, at: now)
            return .everySession
        }
    }

    /// Says that the address is the user's: the operator has made sure.
    ///
    /// It signs the user in from then on, unless it does so for somebody else already.
    ///
    /// - Parameters:
    ///   - name: An id or an e-mail address.
    ///   - projectID: Narrows the search.
    /// - Returns: The account, and the sessions that ended.
    /// - Throws: ``AdministrationFault``.
    public func verify(
        _ name: String,
        projectID: String? = nil
    ) async throws(AdministrationFault) -> AccountChange {
        let before = try await find(name, projectID: projectID)
        guard before.user.emailKey != nil else { throw .emailInvalid }
        return try await change(before.user.id, hasChanged: !before.user.isEmailVerified) {
            user,
            transaction in
            var user = user
            user.isEmailVerified = true
            if let key = user.emailKey, !user.signsInByEmail {
                let owner = try transaction.user(projectID: user.projectID, emailKey: key)
                user.signsInByEmail = owner == nil
            }
            try transaction.updateUser(user)
            return .nothing
        }
    }

    /// Gives a user a scope that not everyone holds; tokens carry it from their next refresh on.
    ///
    /// - Parameters:
    ///   - scope: One that the project or a client of it lists.
    ///   - name: An id or an e-mail address.
    ///   - projectID: Narrows the search.
    /// - Returns: The account as it is now.
    /// - Throws: ``AdministrationFault/scopeUnknown(_:known:)`` where nobody can ask for it.
    public func grant(
        _ scope: String,
        to name: String,
        projectID: String? = nil
    ) async throws(AdministrationFault) -> AccountChange {
        let before = try await find(name, projectID: projectID)
        let known = grantableScopes(of: before.user.projectID)
        guard known.contains(scope) else { throw .scopeUnknown(scope, known: known) }
        let grant = ScopeGrantRecord(userID: before.user.id, scope: scope, source: Self.source)
        return try await change(before.user.id, hasChanged: !before.grants.contains(grant)) {
            _,
            transaction in
            try transaction.grantScope(grant)
            return .nothing
        }
    }

    /// Takes a scope back: sessions that carry it end, unless the user holds it all the same.
    ///
    /// What a provider's claims give stays until the provider says otherwise.
    ///
    /// - Parameters:
    ///   - scope: One that ``grant(_:to:projectID:)`` gave, perhaps under another conf.
    ///   - name: An id or an e-mail address.
    ///   - projectID: Narrows the search.
    /// - Returns: The account, and the sessions that ended.
    /// - Throws: ``AdministrationFault``.
    public func revoke(
        _ scope: String,
        from name: String,
        projectID: String? = nil
    ) async throws(AdministrationFault) -> AccountChange {
        let before = try await find(name, projectID: projectID)
        let grant = ScopeGrantRecord(userID: before.user.id, scope: scope, source: Self.source)
        let everyone =
            context.settings.projects.first { $0.id == before.user.projectID }
            .map(\.defaultScopes) ?? []
        return try await change(before.user.id, hasChanged: before.grants.contains(grant)) {
            user,
            transaction in
            try transaction.revokeScope(userID: user.id, scope: scope, source: Self.source)
            let others = try transaction.scopeGrants(userID: user.id)
            let isHeld = others.contains { $0.scope == scope } || everyone.contains(scope)
            return isHeld ? .nothing : .sessionsCarrying(scope)
        }
    }

    /// What ends with a change.
    private enum Ending: Sendable {
        case everySession
        case nothing
        case sessionsCarrying(String)
    }

    /// Carries a change out, ends what it ends, and says how things are afterwards.
    private func change(
        _ userID: String,
        hasChanged: Bool = true,
        _ body: @escaping @Sendable (UserRecord, borrowing Transaction) throws -> Ending
    ) async throws(AdministrationFault) -> AccountChange {
        let (ending, now) = (SessionEnding(context: context), context.now)
        let change = try await write { transaction -> AccountChange? in
            guard let user = try transaction.user(id: userID) else { return nil }
            var ended: [String] = []
            switch try body(user, transaction) {
            case .everySession:
                ended = try ending.endAll(of: userID, at: now, in: transaction)
                for account in try transaction.providerAccounts(userID: userID) {
                    try transaction.deleteBrowserSessions(
                        projectID: account.projectID,
                        providerID: account.providerID,
                        accountID: account.accountID
                    )
                }
            case .nothing: break
            case .sessionsCarrying(let scope):
                ended = try transaction.revokeSessions(
                    userID: userID,
                    carryingScope: scope,
                    at: now
                )
                try ending.record(ended, at: now, in: transaction)
            }
            let after = try transaction.user(id: userID) ?? user
            return AccountChange(
                account: try Self.summary(of: after, in: transaction),
                endedSessions: ended,
                hasChanged: hasChanged
            )
        }
        guard let change else { throw .accountUnknown(userID) }
        await ending.publish(change.endedSessions)
        return change
    }

    /// Every scope that a token of the project's users may carry.
    private func grantableScopes(of projectID: String) -> [String] {
        let settings = context.settings
        guard let index = settings.projects.firstIndex(where: { $0.id == projectID }) else {
            return []
        }
        var scopes = settings.projects[index].grantableScopes
        for client in settings.clients where client.project == index {
            scopes += client.grantableScopes.filter { !scopes.contains($0) }
        }
        return scopes
    }

    /// Who gave a scope, in the store's words.
    private static let source = "operator"
}
