import Access
import Configuration
import Cryptography

/// What every page of a sign-in under way begins and ends with.
struct PageVisit: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// A sign-in under way, opened by the browser that it belongs to.
    struct Opened: Sendable {
        var resumed: ResumedFlow
        /// What the browser sent: the form of a POST, else the query.
        var parameters: Parameters
        /// To be set with a page: the cookie of a flow that began without a browser.
        var cookies: [ControlField]
    }

    var flows: SignInFlow { SignInFlow(context: context) }

    /// Finds the flow that the request names, alive and this browser's.
    ///
    /// A flow that began in JSON mode is bound here to the first browser that comes.
    ///
    /// - Returns: The flow, or the response that says why not.
    func open() async -> Step<Opened> {
        guard let parameters = readParameters(), parameters.duplicate == nil else {
            return .answer(error(.invalidRequest, status: 400))
        }
        guard let state = parameters[PageForm.FieldName.flow] else {
            return .answer(error(.stateUnknown))
        }
        var resumed: ResumedFlow
        switch await flows.resume(state, request) {
        case .failure(let fault): return .answer(error(fault))
        case .success(let found): resumed = found
        }
        guard context.now < resumed.expiresAt else { return .answer(error(.expired)) }
        switch await flows.bind(&resumed) {
        case .failure(let fault): return .answer(error(fault))
        case .success(let cookie):
            return .goOn(
                Opened(
                    resumed: resumed,
                    parameters: parameters,
                    cookies: [cookie].compactMap(\.self)
                )
            )
        }
    }

    /// What a form of the flow carries beside what the person types.
    func form(_ endpoint: Endpoint, _ opened: Opened) -> PageForm {
        let outer = opened.resumed.flow.request
        return PageForm(
            action: endpoint.paths(dressipiPrefix: "")[0],
            csrfToken: CSRF.token(
                form: endpoint,
                flow: opened.resumed.state,
                browser: opened.resumed.browser ?? "",
                key: csrfKey
            ),
            flow: opened.resumed.state,
            redirectURIs: [outer.redirectURI, outer.errorRedirectURI].compactMap(\.self)
        )
    }

    /// Whether the form that was sent is one that this browser was shown for this flow.
    func isGenuine(_ endpoint: Endpoint, _ opened: Opened) -> Bool {
        guard let token = opened.parameters[PageForm.FieldName.csrf],
            let browser = opened.resumed.browser
        else { return false }
        return CSRF.isValid(
            token,
            form: endpoint,
            flow: opened.resumed.state,
            browser: browser,
            key: csrfKey
        )
    }

    /// A path of ours for the flow.
    func link(
        _ endpoint: Endpoint,
        _ opened: Opened,
        _ more: [(String, String)] = []
    ) -> String {
        endpoint.paths(dressipiPrefix: "")[0] + "?"
            + FormCoding.query([(PageForm.FieldName.flow, opened.resumed.state)] + more)
    }

    /// The providers that the flow's client can sign in at.
    func providers(_ opened: Opened) -> [ProviderSettings] {
        opened.resumed.client.project.providers.map { context.settings.providers[$0] }
    }

    private var csrfKey: [UInt8] { context.sealing.derivedKey(for: CSRF.keyPurpose) }

    /// The form of a POST, which is the only body that browsers send from our pages; else the query.
    private func readParameters() -> Parameters? {
        guard request.method == "POST" else { return try? request.queryParameters() }
        guard request.mediaType == "application/x-www-form-urlencoded" else { return nil }
        return try? request.bodyParameters()
    }
}

extension PageVisit {
    /// What a step of a page comes to: more of it, or the whole response.
    enum Step<Value: Sendable>: Sendable {
        case answer(ControlResponse)
        case goOn(Value)
    }

    /// A page.
    func page(
        _ page: Page,
        status: Int = 200,
        fields: [ControlField] = [],
        note: ControlNote = ControlNote()
    ) -> ControlResponse {
        var response = PageRenderer(issuerURL: context.settings.url)
            .render(page, status: status, requestID: request.requestID, extraFields: fields)
        response.note = note
        return response
    }

    /// The page of a fault that no application is told.
    func error(_ fault: FlowFault) -> ControlResponse {
        let status =
            switch fault {
            case .broken: 500
            case .overloaded, .providerUnavailable: 503
            default: 400
            }
        return page(
            .error(ErrorPage(fault: fault.page)),
            status: status,
            note: ControlNote(error: fault.page.rawValue, detail: fault.detail)
        )
    }

    /// The page of a fault that is the request's own.
    func error(
        _ fault: PageFault,
        status: Int,
        fields: [ControlField] = []
    ) -> ControlResponse {
        page(
            .error(ErrorPage(fault: fault)),
            status: status,
            fields: fields,
            note: ControlNote(error: fault.rawValue)
        )
    }
}
