import Access
import Configuration
import Storage

/// `GET` and `POST /oauth2/consent`: whether an application may have what it asks for.
struct ConsentForm: Sendable {
    let visit: PageVisit

    /// The page, or what comes of the answer.
    func respond() async -> ControlResponse {
        let opened: PageVisit.Opened
        switch await visit.open() {
        case .answer(let response): return response
        case .goOn(let found): opened = found
        }
        guard let identity = opened.resumed.flow.identity else {
            return visit.error(.stateUnknown)
        }
        guard visit.request.method == "POST" else {
            return await shown(opened, identity, status: 200)
        }
        // The page has no room for a notice: it is shown afresh, and asks again.
        guard visit.isGenuine(.consent, opened) else {
            return await shown(opened, identity, status: 403)
        }
        let completion = SignInCompletion(visit: visit, resumed: opened.resumed)
        switch opened.parameters[PageForm.FieldName.decision] {
        case PageForm.FieldName.allow: return await completion.consented(identity)
        case PageForm.FieldName.deny: return await completion.denied()
        default: return await shown(opened, identity, status: 400)
        }
    }

    private var context: ServerContext { visit.context }

    private func shown(
        _ opened: PageVisit.Opened,
        _ identity: ProviderIdentity,
        status: Int
    ) async -> ControlResponse {
        let scopes: [String]
        switch await self.scopes(opened.resumed, identity) {
        case .failure(let fault): return visit.error(fault)
        case .success(let found): scopes = found
        }
        let client = opened.resumed.client
        let page = ConsentPage(
            form: visit.form(.consent, opened),
            clientName: client.name,
            redirectHost: Self.host(of: opened.resumed.flow.request.redirectURI),
            scopes: scopes,
            signedInAs: identity.email ?? identity.displayName ?? identity.accountID,
            switchAccountHref: client.dialect == .oauth
                ? visit.link(.chooseProvider, opened) : nil
        )
        return visit.page(
            .consent(page),
            status: status,
            fields: opened.cookies,
            note: ControlNote(
                error: status == 200 ? "" : PageFault.formStale.rawValue,
                clientID: client.id
            )
        )
    }

    /// All that the tokens may carry: what the user holds by now, and what this provider's claims
    /// may add when the code is redeemed.
    private func scopes(
        _ resumed: ResumedFlow,
        _ identity: ProviderIdentity
    ) async -> Result<[String], FlowFault> {
        let (request, client) = (resumed.flow.request, resumed.client)
        let rules = AccountRules(project: client.project)
        let held: [String]
        do throws(StorageFault) {
            held = try await context.store.read { transaction -> [String] in
                guard
                    case .success(let plan) = try rules.plan(
                        for: identity,
                        request: request,
                        in: transaction
                    ), let user = plan.user
                else { return [] }
                return try transaction.scopeGrants(userID: user.id).map(\.scope)
            }
        } catch {
            return .failure(FlowFault(error))
        }
        let possible = client.project.grants.filter { $0.provider == identity.providerID }
        return .success(
            ScopePolicy.granted(
                requested: request.scopes,
                client: client,
                held: held + possible.map(\.scope)
            )
        )
    }

    /// The host and port of a redirect URI, or the scheme of an application's own.
    private static func host(of redirectURI: String) -> String {
        guard let address = WebAddress(redirectURI) else { return "" }
        guard address.scheme == "https" || address.scheme == "http" else {
            return address.scheme + ":"
        }
        return String(address.origin.dropFirst(address.scheme.count + 3))
    }
}
