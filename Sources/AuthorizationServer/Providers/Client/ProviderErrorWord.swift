/// What the errors of providers mean for a sign-in (contract, section 12.3).
///
/// The words are RFC 6749's and OpenID Connect's, and those that single providers made up for the
/// same things.
enum ProviderErrorWord {
    /// The fault that an `error` of a callback or of a token response is.
    ///
    /// The provider's own description goes to the log only.
    static func fault(_ word: String, description: String?, place: String) -> ProviderFault {
        var detail = "\(place): error \(quoted(word))"
        if let description, !description.isEmpty {
            detail += ": \(quoted(description))"
        }
        switch word {
        case "access_denied", "consent_required", "user_cancelled_authorize",
            "user_cancelled_login":
            return .accessDenied
        case "server_error", "temporarily_unavailable", "slow_down":
            return .temporarilyUnavailable(detail: detail)
        // The second is GitHub's.
        case "invalid_grant", "bad_verification_code":
            return .refused(text: invalidGrant, detail: detail)
        // The last two are GitHub's.
        case "invalid_client", "unauthorized_client", "incorrect_client_credentials",
            "redirect_uri_mismatch":
            return .refused(text: invalidClient, detail: detail)
        // The second is LinkedIn's.
        case "invalid_scope", "unauthorized_scope_error":
            return .refused(text: invalidScope, detail: detail)
        default:
            return .broken(detail: detail)
        }
    }

    /// For a code that the provider does not take.
    static let invalidGrant =
        "The provider did not accept this sign-in. It may have been used already, or have taken too "
        + "long. Please start again."
    /// For credentials that the provider does not take.
    static let invalidClient =
        "The provider does not know this server by its credentials. Please tell whoever runs it."
    /// For permissions that the provider does not give.
    static let invalidScope =
        "The provider does not give the permissions that this server asks for. Please tell whoever "
        + "runs it."
    /// For an account whose address is not shown.
    static let emailMissing =
        "The provider did not show an e-mail address. Please allow access to it there, and start "
        + "again."

    /// A text of the provider's, cut, with nothing in it that a log would stumble over.
    static func quoted(_ text: String) -> String {
        let plain = text.utf8.prefix(quotedSize).map { byte in
            byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") ? byte : UInt8(ascii: "?")
        }
        return "\"\(String(decoding: plain, as: UTF8.self))\""
    }

    /// 200 bytes: enough for every sentence that providers write.
    private static let quotedSize = 200
}
