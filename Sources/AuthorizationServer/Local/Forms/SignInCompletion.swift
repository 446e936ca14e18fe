import Access
import Configuration

/// What follows once somebody has proved at a page of ours who they are.
struct SignInCompletion: Sendable {
    let visit: PageVisit
    let resumed: ResumedFlow

    private var context: ServerContext { visit.context }

    /// Ends the flow, decides what is missing, remembers the browser, and sends it on.
    ///
    /// A sign-up has taken the flow already, with the account that it wrote.
    func signedIn(
        _ identity: ProviderIdentity,
        at now: Int64,
        isTaken: Bool = false
    ) async -> ControlResponse {
        if !isTaken, let answer = await take() { return answer }
        var resumed = resumed
        resumed.flow.isNewAccount = isTaken
        let signedIn = SignedIn(
            request: resumed.flow.request,
            client: resumed.client,
            identity: identity,
            authenticatedAt: now,
            flow: resumed,
            address: resumed.address
        )
        switch await visit.flows.next(after: signedIn) {
        case .failure(let fault): return refused(fault)
        case .success(let step):
            var cookies = clearing
            // Other dialects sign in to themselves only, and keep that up by their own tokens.
            if resumed.client.dialect == .oauth {
                let sessions = BrowserSessions(context: context)
                switch await sessions.begin(
                    identity,
                    project: resumed.client.project,
                    authenticatedAt: now
                ) {
                case .failure(let fault): return refused(fault)
                case .success(let cookie): cookies.append(cookie)
                }
            }
            return answer.step(step, resumed.client, cookies: cookies)
        }
    }

    /// The person said yes on the consent page.
    func consented(_ identity: ProviderIdentity) async -> ControlResponse {
        if let answer = await take() { return answer }
        let signedIn = SignedIn(
            request: resumed.flow.request,
            client: resumed.client,
            identity: identity,
            authenticatedAt: resumed.flow.authenticatedAt ?? context.now,
            isConsented: true,
            flow: resumed,
            address: resumed.address
        )
        switch await visit.flows.next(after: signedIn) {
        case .failure(let fault): return refused(fault)
        case .success(let step): return answer.step(step, resumed.client, cookies: clearing)
        }
    }

    /// The person said no: the flow ends, and the application hears of it.
    func denied() async -> ControlResponse {
        if let answer = await take() { return answer }
        return refused(.consentDenied)
    }

    /// Takes the flow for good; of two that try, the other is told that it is over.
    private func take() async -> ControlResponse? {
        guard let fault = await visit.flows.take(resumed) else { return nil }
        return fault == .stateUnknown ? visit.error(fault) : refused(fault)
    }

    private func refused(_ fault: FlowFault) -> ControlResponse {
        answer.fault(fault, of: resumed.flow.request, resumed.client, cookies: clearing)
    }

    private var answer: FlowAnswer { FlowAnswer(context: context, request: visit.request) }

    private var clearing: [ControlField] {
        [BrowserCookie.flow(state: resumed.state, settings: context.settings).clearing]
    }
}
