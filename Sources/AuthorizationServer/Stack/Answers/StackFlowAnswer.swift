import Access
import Bytes
import Configuration
import JSON

/// Tells a browser or an application how a Stack sign-in ended (contract, sections 6.2 and 6.3).
struct StackFlowAnswer: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// A fault of a flow whose application is known: a known error goes there, to the error address
    /// where its own is not trusted any more, and anything else is said to the browser.
    func fault(
        _ fault: FlowFault,
        of outer: AuthorizationRequest,
        _ client: OAuthClient,
        clearing cookies: [ControlField]
    ) -> ControlResponse {
        guard let known = Self.known(fault) else {
            return direct(fault).adding(cookies)
        }
        let trusted = [outer.redirectURI, outer.errorRedirectURI ?? ""].first {
            RedirectPolicy.refusal(of: $0, for: client.project) == nil
        }
        guard let trusted, let address = WebAddress(trusted) else {
            return direct(fault).adding(cookies)
        }
        var details: [UInt8] = []
        (known.details ?? [:]).write(into: &details)
        let location = address.settingQuery([
            ("error", fault.oauthError),
            ("error_description", known.message),
            ("message", known.message),
            ("errorCode", known.code.rawValue),
            ("details", details.span.text()),
            ("state", outer.state),
        ])
        return .redirect(
            to: location,
            status: request.isGet ? 307 : 303,
            fields: cookies,
            note: ControlNote(
                error: known.code.rawValue,
                detail: fault.detail,
                clientID: client.id
            )
        )
    }

    /// A fault of a flow whose application is not known, or not to be told.
    func direct(_ fault: FlowFault) -> ControlResponse {
        let note = ControlNote(error: fault.oauthError, detail: fault.detail)
        let known = Self.known(fault)
        if request.isNavigation {
            var response = PageRenderer(issuerURL: context.settings.url).render(
                .error(ErrorPage(fault: fault.page, code: known?.code.rawValue)),
                status: known?.status ?? Self.status(of: fault),
                requestID: request.requestID,
                extraFields: known.map { [ControlField("x-stack-known-error", $0.code.rawValue)] }
                    ?? []
            )
            response.note = note
            return response
        }
        if let known {
            var response = StackResponse(request: request).fault(known)
            response.note.detail = fault.detail
            return response
        }
        return .text(Self.sentence(fault), status: Self.status(of: fault), note: note)
    }

    private static func known(_ fault: FlowFault) -> StackFault? {
        switch fault {
        case .account(let account): StackFault(account)
        case .consentDenied, .providerDenied:
            StackFault(
                .oauthProviderAccessDenied,
                "The sign-in was declined at the provider."
            )
        case .expired:
            StackFault(.outerOAuthTimeout, "The sign-in was not finished in time. Try again.")
        case .providerNotFound:
            StackFault(
                .oauthProviderNotFound,
                "The provider is not found, or not enabled in this project."
            )
        case .overloaded, .providerUnavailable:
            StackFault(
                .oauthProviderUnavailable,
                "The provider cannot be reached at the moment. Try again in a few minutes."
            )
        case .bindingMissing, .broken, .consentRequired, .providerMismatch, .providerRefused,
            .stateUnknown, .tooManyBounces:
            nil
        }
    }

    private static func status(of fault: FlowFault) -> Int {
        if case .broken = fault { return 500 }
        return 400
    }

    private static func sentence(_ fault: FlowFault) -> String {
        switch fault {
        case .bindingMissing:
            "This sign-in was not begun in this browser, or its cookie is gone. Start again."
        case .providerMismatch: "The answer came from another provider than the one that was asked."
        case .providerRefused(let text, _): text
        case .stateUnknown: "Invalid state: the sign-in is unknown, or was finished already."
        default: "Something went wrong on our side."
        }
    }
}
