import Access

/// Tells a browser how a step of a sign-in ended, in the words of the dialect that it began in.
struct FlowAnswer: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// Where a step leads, with cookies to be set or taken back: always by 303, which no browser
    /// answers with a second POST.
    func step(_ step: NextStep, _ client: OAuthClient, cookies: [ControlField]) -> ControlResponse {
        let note = ControlNote(clientID: client.id)
        return switch step {
        case .code(let location):
            .redirect(to: location, status: 303, fields: cookies, note: note)
        case .consent(let location, let binding):
            // The flow goes on: its cookie is set anew, not taken back.
            .redirect(
                to: location,
                status: 303,
                fields: cookies.filter { !$0.value.contains("Max-Age=0") } + binding,
                note: note
            )
        }
    }

    /// A fault of a flow whose application is known: it is told, where it may be.
    func fault(
        _ fault: FlowFault,
        of outer: AuthorizationRequest,
        _ client: OAuthClient,
        cookies: [ControlField]
    ) -> ControlResponse {
        switch client.dialect {
        case .stack:
            StackFlowAnswer(context: context, request: request)
                .fault(fault, of: outer, client, clearing: cookies)
        case .dressipi, .oauth:
            OAuthFlowAnswer(context: context, request: request)
                .fault(fault, of: outer, client, cookies: cookies)
        }
    }

    /// A fault that no application is to be told: a page for a person, a sentence for a program.
    func direct(_ fault: FlowFault, in dialect: OAuthClient.Dialect) -> ControlResponse {
        switch dialect {
        case .stack: StackFlowAnswer(context: context, request: request).direct(fault)
        case .dressipi, .oauth: OAuthFlowAnswer(context: context, request: request).direct(fault)
        }
    }
}
