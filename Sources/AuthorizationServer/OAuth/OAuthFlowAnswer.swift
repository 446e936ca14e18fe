import Access
import Configuration

/// Tells an application by redirect how a sign-in failed (RFC 6749 §4.1.2.1, RFC 9207).
struct OAuthFlowAnswer: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// The error response; the redirect URI was checked before anything was stored.
    func fault(
        _ fault: FlowFault,
        of outer: AuthorizationRequest,
        _ client: OAuthClient,
        cookies: [ControlField]
    ) -> ControlResponse {
        guard let address = WebAddress(outer.redirectURI) else {
            return FlowAnswer(context: context, request: request).direct(fault).adding(cookies)
        }
        let location = address.settingQuery([
            ("error", fault.oauthError), ("error_description", fault.page.title),
            ("state", outer.state), ("iss", context.settings.url),
        ])
        return .redirect(
            to: location,
            status: 303,
            fields: cookies,
            note: ControlNote(error: fault.oauthError, detail: fault.detail, clientID: client.id)
        )
    }
}
