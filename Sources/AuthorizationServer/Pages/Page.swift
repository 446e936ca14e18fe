/// A page for a person's browser, as a value: ``PageRenderer`` writes it.
enum Page: Sendable, Hashable {
    case signIn(SignInPage)
    case signUp(SignUpPage)
    case chooseProvider(ChoosePage)
    case consent(ConsentPage)
    case error(ErrorPage)
    case signedOut(SignedOutPage)
    case confirmSignOut(ConfirmSignOutPage)
}

extension Page {
    /// The form on it, if it has one.
    var form: PageForm? {
        switch self {
        case .signIn(let page): page.form
        case .signUp(let page): page.form
        case .consent(let page): page.form
        case .confirmSignOut(let page): page.form
        case .chooseProvider, .error, .signedOut: nil
        }
    }

    /// The name of its template.
    var templateName: String {
        switch self {
        case .signIn: "signIn"
        case .signUp: "signUp"
        case .chooseProvider: "choose"
        case .consent: "consent"
        case .error: "error"
        case .signedOut: "signedOut"
        case .confirmSignOut: "confirmSignOut"
        }
    }

    /// What its template sees.
    func context(requestID: String) -> PageContext {
        switch self {
        case .signIn(let page): page.context
        case .signUp(let page): page.context
        case .chooseProvider(let page): page.context
        case .consent(let page): page.context
        case .error(let page): page.context(requestID: requestID)
        case .signedOut(let page): page.context
        case .confirmSignOut(let page): page.context
        }
    }
}
