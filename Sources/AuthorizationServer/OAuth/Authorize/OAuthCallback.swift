import Access
import Configuration

/// `GET` and `POST /oauth2/callback/{provider}`: a provider's answer to a sign-in that an application
/// of the plain dialect has begun.
///
/// It leaves the browser signed in, so that the next application need not ask.
struct OAuthCallback: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// Takes the flow for good, asks the provider, and sends the browser on.
    func respond() async -> ControlResponse {
        let answer = OAuthFlowAnswer(context: context, request: request)
        guard let parameters = readParameters(), let state = parameters["state"] else {
            return answer.direct(.stateUnknown)
        }
        let flows = SignInFlow(context: context)
        let cookie = BrowserCookie.flow(state: state, settings: context.settings)
        let resumed: ResumedFlow
        switch await flows.resume(state, request) {
        case .failure(let fault):
            return answer.direct(fault).adding(fault == .bindingMissing ? [cookie.clearing] : [])
        case .success(let found): resumed = found
        }
        // Mix-up (RFC 9700 §4.4): the flow stays for the provider that it was sent to.
        guard resumed.client.dialect == .oauth, resumed.flow.providerID == request.parameter else {
            return answer.direct(.providerMismatch)
        }
        let outer = resumed.flow.request
        func refused(_ fault: FlowFault) -> ControlResponse {
            answer.fault(fault, of: outer, resumed.client, cookies: [cookie.clearing])
        }
        if let fault = await flows.take(resumed) {
            return fault == .stateUnknown ? answer.direct(fault) : refused(fault)
        }
        let provider = resumed.client.project.providers.map { context.settings.providers[$0] }
            .first { $0.id == request.parameter && $0.kind != .local }
        guard let provider else { return refused(.providerNotFound) }
        switch await flows.returned(from: provider, parameters, resumed) {
        case .failure(let fault): return refused(fault)
        case .success(let identity):
            return await goOn(identity, resumed, clearing: cookie.clearing)
        }
    }

    private func goOn(
        _ identity: ProviderIdentity,
        _ resumed: ResumedFlow,
        clearing: ControlField
    ) async -> ControlResponse {
        let now = context.now
        let answer = FlowAnswer(context: context, request: request)
        let signedIn = SignedIn(
            request: resumed.flow.request,
            client: resumed.client,
            identity: identity,
            authenticatedAt: now,
            flow: resumed,
            address: resumed.address
        )
        let step: NextStep
        switch await SignInFlow(context: context).next(after: signedIn) {
        case .failure(let fault):
            return answer.fault(
                fault,
                of: resumed.flow.request,
                resumed.client,
                cookies: [clearing]
            )
        case .success(let found): step = found
        }
        var cookies = [clearing]
        // Whoever is let in stays signed in; where that cannot be kept, they sign in again next time.
        if case .success(let field) = await BrowserSessions(context: context).begin(
            identity,
            project: resumed.client.project,
            authenticatedAt: now
        ) {
            cookies.append(field)
        }
        return answer.step(step, resumed.client, cookies: cookies)
    }

    /// Query and form together, the form first; duplicates inside one of them are no answer at all.
    private func readParameters() -> Parameters? {
        guard let query = try? request.queryParameters(), query.duplicate == nil else { return nil }
        guard request.method == "POST" else { return query }
        guard let form = try? request.bodyParameters(), form.duplicate == nil else { return nil }
        return form.completed(by: query)
    }
}
