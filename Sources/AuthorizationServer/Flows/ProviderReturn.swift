import Access
import Configuration

/// A provider's answer at a callback of ours (contract, section 6), whatever the dialect that the flow
/// began in: takes the flow for good, asks the provider who it is, and sends the browser on.
struct ProviderReturn: Sendable {
    let context: ServerContext
    let request: ControlRequest
    /// Whose callback it is.
    let dialect: OAuthClient.Dialect

    /// The answer to the browser.
    func respond() async -> ControlResponse {
        guard let parameters = readParameters(), let state = parameters["state"] else {
            return answer.direct(.stateUnknown, in: dialect)
        }
        let cookie = BrowserCookie.flow(state: state, settings: context.settings)
        switch await flows.resume(state, request) {
        case .failure(let fault):
            return answer.direct(fault, in: dialect)
                .adding(fault == .bindingMissing ? [cookie.clearing] : [])
        case .success(let resumed):
            return await goOn(
                resumed,
                parameters,
                clearing: resumed.flow.request.isJSONMode ? [] : [cookie.clearing]
            )
        }
    }

    private func goOn(
        _ resumed: ResumedFlow,
        _ parameters: Parameters,
        clearing: [ControlField]
    ) async -> ControlResponse {
        // Mix-up (RFC 9700 §4.4): the flow stays for the provider that it was sent to.
        guard resumed.client.dialect == dialect, resumed.flow.providerID == request.parameter else {
            return answer.direct(.providerMismatch, in: dialect)
        }
        func refused(_ fault: FlowFault) -> ControlResponse {
            answer.fault(fault, of: resumed.flow.request, resumed.client, cookies: clearing)
        }
        if let fault = await flows.take(resumed) {
            return fault == .stateUnknown ? answer.direct(fault, in: dialect) : refused(fault)
        }
        let provider = resumed.client.project.providers.map { context.settings.providers[$0] }
            .first { $0.id == request.parameter && $0.kind != .local }
        guard let provider else { return refused(.providerNotFound) }
        let identity: ProviderIdentity
        switch await flows.returned(from: provider, parameters, resumed) {
        case .failure(let fault): return refused(fault)
        case .success(let found): identity = found
        }
        let now = context.now
        let signedIn = SignedIn(
            request: resumed.flow.request,
            client: resumed.client,
            identity: identity,
            authenticatedAt: now,
            flow: resumed,
            address: resumed.address
        )
        switch await flows.next(after: signedIn) {
        case .failure(let fault): return refused(fault)
        case .success(let step):
            let session = await browserSession(identity, resumed.client, now)
            return answer.step(step, resumed.client, cookies: clearing + session)
        }
    }

    /// Whoever is let in to a plain client stays signed in; where that cannot be kept, they sign in
    /// again next time.
    private func browserSession(
        _ identity: ProviderIdentity,
        _ client: OAuthClient,
        _ now: Int64
    ) async -> [ControlField] {
        guard client.dialect == .oauth,
            case .success(let cookie) = await BrowserSessions(context: context).begin(
                identity,
                project: client.project,
                authenticatedAt: now
            )
        else { return [] }
        return [cookie]
    }

    private var flows: SignInFlow { SignInFlow(context: context) }
    private var answer: FlowAnswer { FlowAnswer(context: context, request: request) }

    /// Query and form together, the form first; duplicates inside one of them are no answer at all.
    private func readParameters() -> Parameters? {
        guard let query = try? request.queryParameters(), query.duplicate == nil else { return nil }
        guard request.method == "POST" else { return query }
        guard let form = try? request.bodyParameters(), form.duplicate == nil else { return nil }
        return form.completed(by: query)
    }
}
