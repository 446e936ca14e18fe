import Access
import Configuration

/// Tells an application by redirect how a sign-in failed (RFC 6749 §4.1.2.1, RFC 9207), and whoever
/// cannot be redirected on a page or as JSON.
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
        redirect(
            ErrorWords(word: fault.oauthError, sentence: fault.page.title, detail: fault.detail),
            to: outer.redirectURI,
            state: outer.state,
            client,
            cookies: cookies
        ) ?? direct(fault).adding(cookies)
    }

    /// A refusal of authorize itself, once client and redirect URI are known to be good.
    func fault(_ fault: OAuthFault, _ target: AuthorizeTarget) -> ControlResponse {
        redirect(
            ErrorWords(
                word: fault.word.rawValue,
                sentence: fault.description,
                detail: fault.detail
            ),
            to: target.redirectURI,
            state: target.state,
            target.client,
            cookies: []
        ) ?? refusal(fault, page: .invalidRequest)
    }

    /// A fault that no application is to be told: a page for a person, JSON for a program.
    func direct(_ fault: FlowFault) -> ControlResponse {
        let word = OAuthFault.Word(rawValue: fault.oauthError) ?? .serverError
        let status =
            switch fault {
            case .broken: 500
            case .overloaded, .providerUnavailable: 503
            default: 400
            }
        return refusal(
            OAuthFault(word, fault.page.title, status: status, detail: fault.detail),
            page: fault.page
        )
    }

    /// The same for what a request itself has wrong.
    func refusal(_ fault: OAuthFault, page: PageFault) -> ControlResponse {
        guard request.isNavigation else { return fault.response }
        var response = PageRenderer(issuerURL: context.settings.url).render(
            .error(ErrorPage(fault: page, code: fault.word.rawValue)),
            status: fault.status,
            requestID: request.requestID,
            extraFields: fault.fields
        )
        response.note = fault.note
        return response
    }

    private struct ErrorWords {
        var word: String
        var sentence: String
        var detail: String
    }

    private func redirect(
        _ words: ErrorWords,
        to redirectURI: String,
        state: String,
        _ client: OAuthClient,
        cookies: [ControlField]
    ) -> ControlResponse? {
        guard let address = WebAddress(redirectURI) else { return nil }
        var pairs = [("error", words.word), ("error_description", words.sentence)]
        if !state.isEmpty {
            pairs.append(("state", state))
        }
        pairs.append(("iss", context.settings.url))
        return .redirect(
            to: address.settingQuery(pairs),
            status: 303,
            fields: cookies,
            note: ControlNote(error: words.word, detail: words.detail, clientID: client.id)
        )
    }
}
