import Configuration
import Storage

/// The rules of contract section 13.
struct AccountRules: Sendable {
    let project: ProjectSettings

    /// What happens to who signed in.
    func plan(
        for identity: ProviderIdentity,
        request: AuthorizationRequest,
        in transaction: borrowing Transaction
    ) throws(StorageFault) -> Result<AccountPlan, AccountFault> {
        let account = try transaction.providerAccount(
            projectID: project.id,
            providerID: identity.providerID,
            accountID: identity.accountID
        )
        var current: UserRecord?
        if let id = request.currentUserID {
            current = try transaction.user(id: id)
        }
        if request.isLink {
            return try planLink(account, current, transaction)
        }
        if let account {
            guard let user = try transaction.user(id: account.userID) else {
                return .failure(.userDisabled)
            }
            return user.isDisabled ? .failure(.userDisabled) : .success(.signIn(user, account))
        }
        return try planNewAccount(identity, current, transaction)
    }

    private func planLink(
        _ account: ProviderAccountRecord?,
        _ current: UserRecord?,
        _ transaction: borrowing Transaction
    ) throws(StorageFault) -> Result<AccountPlan, AccountFault> {
        guard let current, current.projectID == project.id else {
            return .failure(.currentUserGone)
        }
        if current.isDisabled { return .failure(.userDisabled) }
        guard let account else { return .success(.attach(current)) }
        return account.userID == current.id
            ? .success(.signIn(current, account)) : .failure(.connectedToAnotherUser)
    }

    private func planNewAccount(
        _ identity: ProviderIdentity,
        _ current: UserRecord?,
        _ transaction: borrowing Transaction
    ) throws(StorageFault) -> Result<AccountPlan, AccountFault> {
        var ownsEmail = false
        if let email = identity.email, let key = EmailKey.make(email) {
            let owner = try transaction.user(projectID: project.id, emailKey: key)
            ownsEmail = owner == nil
            if let owner, owner.id != current?.id {
                switch project.accountMerge {
                case .allowDuplicates: break
                case .raiseError:
                    return .failure(.emailUsed(email: email, wouldWorkIfVerified: false))
                case .linkMethod:
                    guard owner.isEmailVerified else {
                        return .failure(.emailUsed(email: email, wouldWorkIfVerified: true))
                    }
                    guard identity.isEmailVerified else {
                        return .failure(.emailUsed(email: email, wouldWorkIfVerified: false))
                    }
                    return owner.isDisabled ? .failure(.userDisabled) : .success(.attach(owner))
                }
            }
        }
        guard project.allowsSignUp else { return .failure(.signUpDisabled) }
        if let current, current.isAnonymous, current.projectID == project.id, !current.isDisabled {
            return .success(.upgrade(current))
        }
        return .success(.signUp(ownsEmail: ownsEmail))
    }
}
