import Access
import Configuration
import EventLoop

/// `GET` and `POST /oauth2/authorize` (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).
struct OAuthAuthorize: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// A redirect to a page of ours, to a provider, or back to the application.
    func respond() async -> ControlResponse {
        let answer = OAuthFlowAnswer(context: context, request: request)
        do throws(AuthorizeTargetFault) {
            let parameters = try readParameters()
            let target = try AuthorizeTarget(parameters, context)
            let check = AuthorizeCheck(context: context, parameters: parameters, target: target)
            if request.method == "POST", parameters.duplicate == nil,
                let again = request.askedAgain(parameters, context)
            {
                return again
            }
            do throws(OAuthFault) {
                return try await begin(check)
            } catch {
                return answer.fault(error, target)
            }
        } catch {
            return answer.refusal(error.fault, page: error.page)
        }
    }

    private func begin(_ check: AuthorizeCheck) async throws(OAuthFault) -> ControlResponse {
        var outer = try check.authorizationRequest()
        let client = check.target.client
        let login = await BrowserSessions(context: context)
            .current(request, project: client.project)
        let isSilent = check.prompts.contains("none")
        if let login, !outer.demandsLogin, check.isFresh(authenticatedAt: login.authenticatedAt),
            try await isMeant(login, check)
        {
            return await goOn(outer, client, login, isSilent: isSilent)
        }
        if isSilent {
            throw OAuthFault(
                .loginRequired,
                "Nobody is signed in here, and no page may be shown.",
                detail: "prompt.none"
            )
        }
        // An old proof is no proof: no page may take it for one.
        outer.demandsLogin = outer.demandsLogin || login != nil
        return await begin(outer, client)
    }

    /// Whether who is signed in is whom `id_token_hint` names, where it does.
    private func isMeant(
        _ login: BrowserLogin,
        _ check: AuthorizeCheck
    ) async throws(OAuthFault) -> Bool {
        guard let text = check.parameters["id_token_hint"],
            let hint = IdentityTokenHint(text, context)
        else { return true }
        return try await login.userID(in: check.target.client.project, context) == hint.subject
    }

    /// The browser is signed in: what is missing is consent, or nothing.
    private func goOn(
        _ outer: AuthorizationRequest,
        _ client: OAuthClient,
        _ login: BrowserLogin,
        isSilent: Bool
    ) async -> ControlResponse {
        let answer = FlowAnswer(context: context, request: request)
        let signedIn = SignedIn(
            request: outer,
            client: client,
            identity: login.identity,
            authenticatedAt: login.authenticatedAt,
            mayAsk: !isSilent,
            address: request.clientAddress.description
        )
        switch await SignInFlow(context: context).next(after: signedIn) {
        case .failure(let fault): return answer.fault(fault, of: outer, client, cookies: [])
        case .success(let step): return answer.step(step, client, cookies: [])
        }
    }

    private func begin(
        _ outer: AuthorizationRequest,
        _ client: OAuthClient
    ) async -> ControlResponse {
        let providers = client.project.providers.map { context.settings.providers[$0] }
        let started = await SignInFlow(context: context).begin(
            outer,
            client,
            provider: providers.count == 1 ? providers[0] : nil,
            address: request.clientAddress.description
        )
        switch started {
        case .failure(let fault):
            return FlowAnswer(context: context, request: request)
                .fault(fault, of: outer, client, cookies: [])
        case .success(let start):
            return .redirect(
                to: start.location,
                status: request.isGet ? 302 : 303,
                fields: start.cookies,
                note: ControlNote(clientID: client.id)
            )
        }
    }

    /// The query, or the posted form; never both.
    private func readParameters() throws(AuthorizeTargetFault) -> Parameters {
        do throws(ParameterFault) {
            if request.isGet { return try request.queryParameters() }
            guard request.mediaType == "application/x-www-form-urlencoded",
                (request.query ?? "").isEmpty
            else { throw .unsupportedType }
            return try request.bodyParameters()
        } catch {
            throw .unreadable
        }
    }
}
