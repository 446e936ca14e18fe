/// Why a page says that something failed; the raw value is the word that stands beside the request id.
enum PageFault: String, Sendable, Hashable, CaseIterable {
    case accessDenied = "access_denied"
    case accountDisabled = "account_disabled"
    case credentialsWrong = "wrong_credentials"
    case emailTaken = "email_taken"
    case expired = "expired_attempt"
    case fieldsWrong = "wrong_fields"
    case formStale = "stale_form"
    case insecureConnection = "https_required"
    case invalidRequest = "invalid_request"
    case notFound = "not_found"
    case providerUnavailable = "provider_unavailable"
    case redirectNotAllowed = "redirect_not_allowed"
    case serverError = "server_error"
    case signUpOff = "sign_up_off"
    case tooManyAttempts = "too_many_attempts"
    case tooManyRedirects = "too_many_redirects"
    case unknownClient = "unknown_client"
}

extension PageFault {
    /// The headline, without a full stop.
    var title: String {
        switch self {
        case .accessDenied: "You were not let in"
        case .accountDisabled: "This account is switched off"
        case .credentialsWrong: "That did not match"
        case .emailTaken: "This address has an account already"
        case .expired: "This sign-in has expired"
        case .fieldsWrong: "Please check what you typed"
        case .formStale: "This page was open for too long"
        case .insecureConnection: "This connection is not secure"
        case .invalidRequest: "This link does not work"
        case .notFound: "There is nothing here"
        case .providerUnavailable: "The sign-in service does not answer"
        case .redirectNotAllowed: "This address is not allowed"
        case .serverError: "Something went wrong on our side"
        case .signUpOff: "New accounts are not open"
        case .tooManyAttempts: "Too many tries"
        case .tooManyRedirects: "You are being sent in circles"
        case .unknownClient: "This application is not known here"
        }
    }

    /// What it means and what the person can do.
    var sentence: String {
        switch self {
        case .accessDenied:
            "The sign-in was declined, by you or by the service that you chose. "
                + "Go back to the application to try again."
        case .accountDisabled:
            "An administrator has switched this account off. "
                + "Ask whoever runs this service if you think that this is a mistake."
        case .credentialsWrong:
            "The e-mail address or the password is not right. Check both and try again."
        case .emailTaken:
            "Sign in with this e-mail address in the way you did before, or use another one."
        case .expired:
            "It was not finished in time, or it was finished already in another tab. "
                + "Go back to the application and sign in again."
        case .fieldsWrong:
            "Something is missing or not quite right. Go back and check each field."
        case .formStale:
            "To keep you safe, nothing was done. Please send the form once more."
        case .insecureConnection:
            "To keep your password safe, this page works over https only. "
                + "Tell whoever runs this service."
        case .invalidRequest:
            "The application sent something that we cannot read. "
                + "Go back to it and try again, or tell the people who run it."
        case .notFound:
            "The page does not exist, or no longer. Go back to the application and start again."
        case .providerUnavailable:
            "The service that you chose cannot be reached at the moment. "
                + "Try again in a few minutes, or choose another way to sign in."
        case .redirectNotAllowed:
            "The application wants you sent to an address that it has not registered. "
                + "To keep you safe, we stopped here. Tell the people who run it."
        case .serverError:
            "Nothing that you did caused this. Try again in a few minutes."
        case .signUpOff:
            "Only people with an account can sign in. "
                + "Ask whoever runs this service for an account."
        case .tooManyAttempts:
            "There were too many tries in a short time. Wait a few minutes, then try again."
        case .tooManyRedirects:
            "The application sent you here again and again. "
                + "Close this tab, open the application anew, and allow it to set cookies."
        case .unknownClient:
            "The application that sent you here is not registered. "
                + "Tell the people who run it."
        }
    }
}
