import Access
import Configuration

/// `GET` and `POST /api/v1/auth/oauth/callback/{provider_id}`: the provider's answer (contract,
/// section 6).
struct StackCallback: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// Takes the flow for good, asks the provider, and sends the browser on.
    func respond() async -> ControlResponse {
        let answer = StackFlowAnswer(context: context, request: request)
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
        let outer = resumed.flow.request
        let clearing = outer.isJSONMode ? [] : [cookie.clearing]
        guard resumed.flow.providerID == request.parameter else {
            // Mix-up (RFC 9700 §4.4): the flow stays for the provider that it was sent to.
            return answer.direct(.providerMismatch)
        }
        func refused(_ fault: FlowFault) -> ControlResponse {
            answer.fault(fault, of: outer, resumed.client, clearing: clearing)
        }
        if let fault = await flows.take(resumed) {
            return fault == .stateUnknown ? answer.direct(fault) : refused(fault)
        }
        let provider = resumed.client.project.providers.map { context.settings.providers[$0] }
            .first { $0.id == request.parameter && $0.kind != .local }
        guard let provider else { return refused(.providerNotFound) }
        let identity: ProviderIdentity
        switch await flows.returned(from: provider, parameters, resumed) {
        case .failure(let fault): return refused(fault)
        case .success(let found): identity = found
        }
        let signedIn = SignedIn(
            request: outer,
            client: resumed.client,
            identity: identity,
            authenticatedAt: context.now,
            flow: resumed,
            address: resumed.address
        )
        switch await flows.next(after: signedIn) {
        case .failure(let fault): return refused(fault)
        case .success(let step):
            return FlowAnswer(context: context, request: request)
                .step(step, resumed.client, cookies: clearing)
        }
    }

    /// Query and form together, the form first; duplicates inside one of them are no answer at all.
    private func readParameters() -> Parameters? {
        guard let query = try? request.queryParameters(), query.duplicate == nil else { return nil }
        guard request.method == "POST" else { return query }
        guard let form = try? request.bodyParameters(), form.duplicate == nil else { return nil }
        return form.completed(by: query)
    }
}
