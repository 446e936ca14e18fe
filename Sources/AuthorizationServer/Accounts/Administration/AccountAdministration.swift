import Configuration
import Storage

/// What an operator may do with accounts: `gatehouse users add|list|disable|enable|passwd|verify|
/// grant|revoke`.
///
/// Whatever ends sessions is committed, then published to every worker, then answered: when a call
/// returns, no decision that starts takes their tokens any more.
public struct AccountAdministration: Sendable {
    let context: ServerContext

    /// Works on the accounts of a service.
    public init(_ service: AuthorizationService) {
        context = service.context
    }

    /// Makes an account with a password, whose address nobody has verified yet.
    ///
    /// - Parameters:
    ///   - email: The address that signs in.
    ///   - password: Held to the rules of the sign-up page.
    ///   - displayName: What the user is called, or `nil`.
    ///   - projectID: May be `nil` where there is one project only.
    /// - Returns: The account as it is now.
    /// - Throws: ``AdministrationFault``, whose description is for the operator.
    public func add(
        email: String,
        password: String,
        displayName: String? = nil,
        projectID: String? = nil
    ) async throws(AdministrationFault) -> AccountSummary {
        let project = try project(projectID)
        guard let accounts = LocalAccounts(project, context.settings) else {
            throw .noLocalProvider(projectID: project.id)
        }
        let address = email.trimmingBlanks()
        guard let key = EmailKey.make(address) else { throw .emailInvalid }
        let name = displayName?.trimmingBlanks() ?? ""
        if let fault = PasswordPolicy.fault(ofName: name) {
            throw .nameInvalid(sentence: fault.sentence)
        }
        let new = LocalAccounts.NewAccount(
            userID: context.random.uuid(),
            email: address,
            emailKey: key,
            displayName: name.isEmpty ? nil : name,
            passwordHash: try await hash(password),
            now: context.now
        )
        let made = try await write { transaction -> AccountSummary? in
            try accounts.insert(new, in: transaction).map { user in
                try Self.summary(of: user, in: transaction)
            }
        }
        guard let made else { throw .emailTaken }
        return made
    }

    /// Users in the order of their ids.
    ///
    /// - Parameters:
    ///   - projectID: The project, or `nil` for every one.
    ///   - limit: How many at most.
    ///   - after: The last id of the page before, or `nil` for the first page.
    /// - Returns: At most `limit` users; fewer where these are the last.
    /// - Throws: ``AdministrationFault``.
    public func list(
        projectID: String? = nil,
        limit: Int = 100,
        after: String? = nil
    ) async throws(AdministrationFault) -> [AccountSummary] {
        if let projectID { _ = try project(projectID) }
        let most = min(max(limit, 1), Self.listCountMax)
        return try await read { transaction -> [AccountSummary] in
            var found: [AccountSummary] = []
            for user in try transaction.users(projectID: projectID, limit: most, after: after) {
                found.append(try Self.summary(of: user, in: transaction))
            }
            return found
        }
    }

    /// The one account of an id or an e-mail address.
    ///
    /// - Throws: ``AdministrationFault/accountAmbiguous(ids:)`` where several have the address.
    public func find(
        _ name: String,
        projectID: String? = nil
    ) async throws(AdministrationFault) -> AccountSummary {
        if let projectID { _ = try project(projectID) }
        let key = EmailKey.make(name)
        let found = try await read { transaction -> [AccountSummary] in
            var users: [UserRecord] = []
            if let user = try transaction.user(id: name.lowercased()) {
                users = [user].filter { projectID == nil || $0.projectID == projectID }
            } else if let key {
                users = try transaction.users(projectID: projectID, matchingEmailKey: key)
            }
            var found: [AccountSummary] = []
            for user in users.prefix(Self.matchCountMax) {
                found.append(try Self.summary(of: user, in: transaction))
            }
            return found
        }
        guard let first = found.first else { throw .accountUnknown(name) }
        guard found.count == 1 else { throw .accountAmbiguous(ids: found.map(\.user.id)) }
        return first
    }

    /// A thousand: what one answer of the control socket can hold.
    public static let listCountMax = 1_000
    /// Ten: nobody reads more ids in a message.
    private static let matchCountMax = 10
}

extension AccountAdministration {
    /// The project of that id, or the only one.
    func project(_ id: String?) throws(AdministrationFault) -> ProjectSettings {
        let projects = context.settings.projects
        guard let id else {
            guard projects.count == 1 else { throw .projectNeeded(ids: projects.map(\.id)) }
            return projects[0]
        }
        guard let project = projects.first(where: { $0.id == id }) else {
            throw .projectUnknown(id)
        }
        return project
    }

    /// The text to store for a new password.
    func hash(_ password: String) async throws(AdministrationFault) -> String {
        if let fault = PasswordPolicy.fault(of: password) {
            throw .passwordRefused(sentence: fault.sentence)
        }
        do throws(PasswordHasherFault) {
            return try await context.guards.hasher.make(PasswordPolicy.bytes(password))
        } catch {
            throw .overloaded
        }
    }

    /// What the operator sees of a user.
    static func summary(
        of user: UserRecord,
        in transaction: borrowing Transaction
    ) throws(StorageFault) -> AccountSummary {
        AccountSummary(
            user: user,
            hasPassword: try transaction.passwordHash(userID: user.id) != nil,
            providerIDs: try transaction.providerAccounts(userID: user.id).map(\.providerID),
            grants: try transaction.scopeGrants(userID: user.id)
        )
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (borrowing Transaction) throws -> Value
    ) async throws(AdministrationFault) -> Value {
        do throws(StorageFault) {
            return try await context.store.write(body)
        } catch {
            throw AdministrationFault(error)
        }
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (borrowing Transaction) throws -> Value
    ) async throws(AdministrationFault) -> Value {
        do throws(StorageFault) {
            return try await context.store.read(body)
        } catch {
            throw AdministrationFault(error)
        }
    }
}

extension AdministrationFault {
    /// What a fault of the store means to the operator.
    init(_ fault: StorageFault) {
        self = fault.isRetriable ? .overloaded : .store(detail: fault.description)
    }
}
