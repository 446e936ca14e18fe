/// Why a sign-in under way comes to nothing.
enum FlowFault: Error, Sendable, Equatable {
    case account(AccountFault)
    /// The browser is not the one that began.
    case bindingMissing
    case broken(detail: String)
    /// The person said no on the consent page.
    case consentDenied
    /// The person would have to be asked, and no page may be shown (`prompt=none`).
    case consentRequired
    /// The attempt took longer than ten minutes.
    case expired
    /// The store has no room: later perhaps.
    case overloaded
    case providerDenied
    /// The callback came for another provider than the flow was sent to.
    case providerMismatch
    case providerNotFound
    /// The provider refuses, for a reason that the developer should read.
    case providerRefused(text: String, detail: String)
    case providerUnavailable(detail: String)
    /// No such attempt, or one that was finished already.
    case stateUnknown
    /// The browser goes in circles.
    case tooManyBounces

    /// The closed word of the log, or what the provider's own fault says.
    var detail: String {
        switch self {
        case .account(let fault): GrantFault.account(fault).detail
        case .bindingMissing: "flow.binding"
        case .broken(let detail): detail
        case .consentDenied: "consent.denied"
        case .consentRequired: "consent.required"
        case .expired: "flow.expired"
        case .overloaded: "server.overloaded"
        case .providerDenied: "provider.denied"
        case .providerMismatch: "provider.mismatch"
        case .providerNotFound: "provider.unknown"
        case .providerRefused(_, let detail): detail
        case .providerUnavailable(let detail): detail
        case .stateUnknown: "flow.unknown"
        case .tooManyBounces: "flow.bounces"
        }
    }

    /// The page that tells a person.
    var page: PageFault {
        switch self {
        case .account(.emailUsed): .emailTaken
        case .account(.signUpDisabled): .signUpOff
        case .account(.userDisabled): .accountDisabled
        case .account: .invalidRequest
        case .bindingMissing, .expired, .stateUnknown: .expired
        case .broken, .overloaded: .serverError
        case .consentDenied, .consentRequired, .providerDenied: .accessDenied
        case .providerMismatch, .providerNotFound, .providerRefused: .invalidRequest
        case .providerUnavailable: .providerUnavailable
        case .tooManyBounces: .tooManyRedirects
        }
    }

    /// The error word of an authorization response (RFC 6749 §4.1.2.1).
    var oauthError: String {
        switch self {
        case .account, .bindingMissing, .consentDenied, .providerDenied: "access_denied"
        case .consentRequired: "consent_required"
        case .overloaded, .providerUnavailable: "temporarily_unavailable"
        case .expired, .stateUnknown: "invalid_request"
        case .broken, .providerMismatch, .providerNotFound, .providerRefused, .tooManyBounces:
            "server_error"
        }
    }

    init(_ fault: ProviderFault) {
        switch fault {
        case .accessDenied: self = .providerDenied
        case .broken(let detail): self = .broken(detail: detail)
        case .refused(let text, let detail): self = .providerRefused(text: text, detail: detail)
        case .temporarilyUnavailable(let detail): self = .providerUnavailable(detail: detail)
        }
    }
}
