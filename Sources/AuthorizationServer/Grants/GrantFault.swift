/// Why a token endpoint gives no tokens; each dialect says it in its own words.
enum GrantFault: Error, Sendable, Equatable {
    /// The code is unknown, used, expired, another client's, or its verifier or redirect is wrong.
    case codeInvalid(CodeDetail)
    /// The refresh token is unknown, used, expired, revoked or another client's.
    case refreshTokenInvalid(RefreshDetail)
    /// The account could not be had any more.
    case account(AccountFault)
    /// Nothing that was asked for may be granted.
    case scopeInvalid
    /// The client may not use this grant.
    case grantNotAllowed
    /// The store or the pool has no room: later perhaps.
    case unavailable
    /// A fault of our own; the log says which.
    case broken

    /// What is wrong with a code: for the log and `error_description`.
    enum CodeDetail: String, Sendable {
        case expired = "code.expired"
        case foreign = "code.foreign_client"
        case redirectMismatch = "code.redirect_uri"
        case replayed = "code.replayed"
        case sessionEnded = "code.session_ended"
        case unknown = "code.unknown"
        case unreadable = "code.unreadable"
        case verifierMismatch = "code.verifier"
    }

    /// What is wrong with a refresh token.
    enum RefreshDetail: String, Sendable {
        case expired = "refresh_token.expired"
        case foreign = "refresh_token.foreign_client"
        case replayed = "refresh_token.replayed"
        case replayedInGrace = "refresh_token.replayed_in_grace"
        case revoked = "refresh_token.session_ended"
        case unknown = "refresh_token.unknown"
        case userGone = "refresh_token.user_gone"
    }

    /// The closed word of the log.
    var detail: String {
        switch self {
        case .account(.connectedToAnotherUser): "account.connected"
        case .account(.currentUserGone): "account.current_user_gone"
        case .account(.emailUsed): "account.email_used"
        case .account(.signUpDisabled): "account.sign_up_disabled"
        case .account(.userDisabled): "account.disabled"
        case .broken: "server.broken"
        case .codeInvalid(let detail): detail.rawValue
        case .grantNotAllowed: "client.grant_type"
        case .refreshTokenInvalid(let detail): detail.rawValue
        case .scopeInvalid: "scope.none_granted"
        case .unavailable: "server.overloaded"
        }
    }
}
