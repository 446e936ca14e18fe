import Configuration
import Storage

/// Makes an account of a new person, together with the end of the sign-in that it happened in.
struct LocalSignUp: Sendable {
    let context: ServerContext
    let accounts: LocalAccounts

    /// What came of it.
    enum Outcome: Sendable {
        case emailTaken
        case failed(FlowFault)
        /// The sign-in was finished or given up meanwhile: nothing was written.
        case flowGone
        /// Too many passwords wait for the hasher.
        case overloaded
        case signedUp(UserRecord)
    }

    /// Hashes, then writes user, password and account and takes the flow, all or nothing.
    ///
    /// So a flow makes one account at most, however often its form is sent.
    func perform(
        email: String,
        emailKey: String,
        displayName: String?,
        password: String,
        flowState: String
    ) async -> Outcome {
        do throws(StorageFault) {
            // Looked at before, too: who is refused costs no hash.
            let isTaken = try await context.store.read { transaction -> Bool in
                try accounts.isTaken(emailKey, in: transaction)
            }
            if isTaken { return .emailTaken }
        } catch {
            return .failed(FlowFault(error))
        }
        let hash: String
        do throws(PasswordHasherFault) {
            hash = try await context.guards.hasher.make(PasswordPolicy.bytes(password))
        } catch {
            return .overloaded
        }
        let new = LocalAccounts.NewAccount(
            userID: context.random.uuid(),
            email: email,
            emailKey: emailKey,
            displayName: displayName,
            passwordHash: hash,
            now: context.now
        )
        let flow = OpaqueToken.hash(flowState)
        do throws(StorageFault) {
            return try await context.store.write { transaction -> Outcome in
                guard try transaction.flow(hash: flow) != nil else { return .flowGone }
                guard let user = try accounts.insert(new, in: transaction) else {
                    return .emailTaken
                }
                _ = try transaction.takeFlow(hash: flow)
                return .signedUp(user)
            }
        } catch {
            return .failed(FlowFault(error))
        }
    }
}
