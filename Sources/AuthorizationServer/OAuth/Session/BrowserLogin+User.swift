import Access
import Configuration
import Storage

extension BrowserLogin {
    /// The user who is signed in, or `nil` where no application has made one of them yet.
    func userID(
        in project: ProjectSettings,
        _ context: ServerContext
    ) async throws(OAuthFault) -> String? {
        let (provider, account, projectID) = (identity.providerID, identity.accountID, project.id)
        do throws(StorageFault) {
            return try await context.store.read { transaction -> String? in
                try transaction.providerAccount(
                    projectID: projectID,
                    providerID: provider,
                    accountID: account
                )?.userID
            }
        } catch {
            throw .unavailable
        }
    }
}

extension ControlRequest {
    /// Sends a browser here once more by GET, where another site's form has brought it: our cookie
    /// does not come along with such a form (`SameSite=Lax`), and does with what follows.
    ///
    /// - Returns: `nil` where the cookie is there already.
    func askedAgain(_ parameters: Parameters, _ context: ServerContext) -> ControlResponse? {
        let cookie = BrowserCookie.session(settings: context.settings)
        guard self.cookie(cookie.name) == nil else { return nil }
        let pairs = parameters.names.sorted().map { ($0, parameters[$0] ?? "") }
        return .redirect(
            to: context.settings.url + endpoint.paths(dressipiPrefix: "")[0] + "?"
                + FormCoding.query(pairs),
            status: 303
        )
    }
}
