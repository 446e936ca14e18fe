import Configuration
import Cryptography
import EventLoop
import Storage

/// Checks a password that somebody typed: throttled, in the same time whether there is an account or
/// not.
struct PasswordCheck: Sendable {
    let context: ServerContext
    let accounts: LocalAccounts

    /// What came of it.
    enum Outcome: Sendable {
        /// Right, but the operator keeps the user out: said only to who knows the password.
        case disabled
        case failed(FlowFault)
        /// Too many passwords wait for the hasher.
        case overloaded
        /// Too many were wrong: so many seconds of rest are left.
        case resting(seconds: Int64)
        case right(UserRecord)
        case wrong
    }

    /// Checks the password of an address, for whoever asks from there.
    func verify(
        _ password: String,
        of emailKey: String,
        from address: IPAddress
    ) async -> Outcome {
        let throttle = context.guards.throttle
        let name = accounts.throttleName(emailKey)
        let rest = throttle.take(
            account: name,
            address: address,
            limits: context.settings.limits,
            now: context.now
        )
        if let rest { return .resting(seconds: rest) }
        // No account can have it; said before any time is spent, whoever is asked for.
        if PasswordPolicy.isTooLong(password) { return .wrong }
        let account: LocalAccounts.Account?
        do throws(StorageFault) {
            account = try await context.store.read { transaction -> LocalAccounts.Account? in
                try accounts.account(emailKey, in: transaction)
            }
        } catch {
            throttle.undo(account: name, address: address)
            return .failed(FlowFault(error))
        }
        let bytes = PasswordPolicy.bytes(password)
        let found: PasswordHash.Verification
        do throws(PasswordHasherFault) {
            found = try await context.guards.hasher.verify(bytes, against: account?.passwordHash)
        } catch {
            throttle.undo(account: name, address: address)
            return .overloaded
        }
        guard found.matches, let account else { return .wrong }
        throttle.succeeded(account: name, address: address)
        if account.user.isDisabled { return .disabled }
        if found.needsRehash { await rehash(bytes, of: account) }
        return .right(account.user)
    }

    /// Makes the hash anew, with today's parameters; where that fails, the old one goes on.
    private func rehash(_ password: [UInt8], of account: LocalAccounts.Account) async {
        guard let old = account.passwordHash else { return }
        let userID = account.user.id
        do {
            let new = try await context.guards.hasher.make(password)
            try await context.store.write { transaction in
                // A password that was set meanwhile is not undone.
                _ = try transaction.replacePasswordHash(userID: userID, old, by: new)
            }
        } catch {
            // Next time, then.
        }
    }
}

extension LocalAccounts {
    /// What an account's failures are counted under: another project's are its own.
    func throttleName(_ emailKey: String) -> String { project.id + " " + emailKey }

    /// Whether a new person may make an account in this flow.
    ///
    /// Not where an account is to be linked to a user who is there already: a new one is no use.
    func allowsSignUp(_ request: AuthorizationRequest) -> Bool {
        provider.allowsSignUp && project.allowsSignUp && !request.isLink
    }
}
