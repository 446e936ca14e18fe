import JSON

/// An error that Stack's clients know by its code (contract, section 14).
struct StackFault: Error, Sendable, Equatable {
    let code: Code
    /// What a person reads.
    let message: String
    /// `nil` where the error has none.
    let details: JSONObject?
    /// The word of RFC 6749 §5.2 beside it, at `/token` and in redirects.
    let oauthError: String
    /// For the operator's log.
    var detail = ""

    init(
        _ code: Code,
        _ message: String,
        details: JSONObject? = nil,
        oauthError: String? = nil,
        detail: String = ""
    ) {
        self.code = code
        self.message = message
        self.details = details
        self.oauthError = oauthError ?? code.oauthError
        self.detail = detail
    }

    /// The status of the answer.
    var status: Int { code.status }
}

extension StackFault {
    /// Every code of ours; the raw value is what stands on the wire.
    enum Code: String, Sendable, CaseIterable {
        case accessTokenExpired = "ACCESS_TOKEN_EXPIRED"
        case accessTypeRequired = "ACCESS_TYPE_REQUIRED"
        case accessTypeWithoutProjectID = "ACCESS_TYPE_WITHOUT_PROJECT_ID"
        case adminAuthenticationRequired = "ADMIN_AUTHENTICATION_REQUIRED"
        case anonymousAuthenticationNotAllowed = "ANONYMOUS_AUTHENTICATION_NOT_ALLOWED"
        case bodyParsingError = "BODY_PARSING_ERROR"
        case branchDoesNotExist = "BRANCH_DOES_NOT_EXIST"
        case cannotDeleteCurrentSession = "CANNOT_DELETE_CURRENT_SESSION"
        case contactChannelAlreadyUsed = "CONTACT_CHANNEL_ALREADY_USED_FOR_AUTH_BY_SOMEONE_ELSE"
        case currentProjectNotFound = "CURRENT_PROJECT_NOT_FOUND"
        case insufficientAccessType = "INSUFFICIENT_ACCESS_TYPE"
        case invalidAccessType = "INVALID_ACCESS_TYPE"
        case invalidAuthorizationCode = "INVALID_AUTHORIZATION_CODE"
        case invalidOAuthClient = "INVALID_OAUTH_CLIENT_ID_OR_SECRET"
        case invalidProjectForAccessToken = "INVALID_PROJECT_FOR_ACCESS_TOKEN"
        case invalidPublishableClientKey = "INVALID_PUBLISHABLE_CLIENT_KEY"
        case invalidScope = "INVALID_SCOPE"
        case invalidSecretServerKey = "INVALID_SECRET_SERVER_KEY"
        case invalidSuperSecretAdminKey = "INVALID_SUPER_SECRET_ADMIN_KEY"
        case oauthConnectionAlreadyConnected =
            "OAUTH_CONNECTION_ALREADY_CONNECTED_TO_ANOTHER_USER"
        case oauthProviderAccessDenied = "OAUTH_PROVIDER_ACCESS_DENIED"
        case oauthProviderNotFound = "OAUTH_PROVIDER_NOT_FOUND_OR_NOT_ENABLED"
        case oauthProviderUnavailable = "OAUTH_PROVIDER_TEMPORARILY_UNAVAILABLE"
        case outerOAuthTimeout = "OUTER_OAUTH_TIMEOUT"
        case projectKeyWithoutAccessType = "PROJECT_KEY_WITHOUT_ACCESS_TYPE"
        case publishableClientKeyRequired = "PUBLISHABLE_CLIENT_KEY_REQUIRED_FOR_PROJECT"
        case redirectURLNotWhitelisted = "REDIRECT_URL_NOT_WHITELISTED"
        case refreshTokenNotFound = "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED"
        case restrictedUserNotAllowed = "RESTRICTED_USER_NOT_ALLOWED"
        case schemaError = "SCHEMA_ERROR"
        case serverAuthenticationRequired = "SERVER_AUTHENTICATION_REQUIRED"
        case signUpNotEnabled = "SIGN_UP_NOT_ENABLED"
        case signUpRejected = "SIGN_UP_REJECTED"
        case unparsableAccessToken = "UNPARSABLE_ACCESS_TOKEN"
        case userAuthenticationRequired = "USER_AUTHENTICATION_REQUIRED"
    }
}

extension StackFault.Code {
    /// The status of contract section 14.
    var status: Int {
        switch self {
        case .accessTypeRequired, .accessTypeWithoutProjectID, .bodyParsingError,
            .branchDoesNotExist, .cannotDeleteCurrentSession, .currentProjectNotFound,
            .invalidAccessType, .invalidAuthorizationCode, .invalidOAuthClient, .invalidScope,
            .oauthProviderAccessDenied, .oauthProviderNotFound, .projectKeyWithoutAccessType,
            .redirectURLNotWhitelisted, .schemaError, .signUpNotEnabled:
            400
        case .accessTokenExpired, .adminAuthenticationRequired, .anonymousAuthenticationNotAllowed,
            .insufficientAccessType, .invalidProjectForAccessToken, .invalidPublishableClientKey,
            .invalidSecretServerKey, .invalidSuperSecretAdminKey, .publishableClientKeyRequired,
            .refreshTokenNotFound, .serverAuthenticationRequired, .unparsableAccessToken,
            .userAuthenticationRequired:
            401
        case .restrictedUserNotAllowed, .signUpRejected: 403
        case .outerOAuthTimeout: 408
        case .contactChannelAlreadyUsed, .oauthConnectionAlreadyConnected: 409
        case .oauthProviderUnavailable: 503
        }
    }

    /// The word of RFC 6749 that says the same.
    var oauthError: String {
        switch self {
        case .invalidOAuthClient, .invalidPublishableClientKey, .publishableClientKeyRequired:
            "invalid_client"
        case .invalidAuthorizationCode, .refreshTokenNotFound: "invalid_grant"
        case .invalidScope: "invalid_scope"
        case .contactChannelAlreadyUsed, .oauthConnectionAlreadyConnected,
            .oauthProviderAccessDenied, .restrictedUserNotAllowed, .signUpNotEnabled,
            .signUpRejected:
            "access_denied"
        case .oauthProviderUnavailable: "temporarily_unavailable"
        case .accessTokenExpired, .accessTypeRequired, .accessTypeWithoutProjectID,
            .adminAuthenticationRequired, .anonymousAuthenticationNotAllowed, .bodyParsingError,
            .branchDoesNotExist, .cannotDeleteCurrentSession, .currentProjectNotFound,
            .insufficientAccessType, .invalidAccessType, .invalidProjectForAccessToken,
            .invalidSecretServerKey, .invalidSuperSecretAdminKey, .oauthProviderNotFound,
            .outerOAuthTimeout, .projectKeyWithoutAccessType, .redirectURLNotWhitelisted,
            .schemaError, .serverAuthenticationRequired, .unparsableAccessToken,
            .userAuthenticationRequired:
            "invalid_request"
        }
    }
}

extension StackFault {
    /// A field that is missing or wrong (contract, section 2.5).
    ///
    /// `endpoint` is the method and the path, `place` such as `query.redirect_uri` or
    /// `body.grant_type`, and `what` says what it must be.
    static func schema(_ endpoint: String, _ place: String, _ what: String) -> StackFault {
        let message = "Request validation failed on \(endpoint):\n  - \(place) \(what)"
        return StackFault(.schemaError, message, details: ["message": .string(message)])
    }

    /// What an account fault is called here.
    init(_ fault: AccountFault) {
        switch fault {
        case .connectedToAnotherUser:
            self.init(
                .oauthConnectionAlreadyConnected,
                "This account is connected to another user already."
            )
        case .currentUserGone:
            self.init(
                .userAuthenticationRequired,
                "The user that the account was to be connected to is gone."
            )
        case .emailUsed(let email, let wouldWork):
            self.init(
                .contactChannelAlreadyUsed,
                "This e-mail address signs somebody else in already."
                    + (wouldWork ? " It would work once their address is verified." : ""),
                details: [
                    "type": "email",
                    "contact_channel_value": .string(email),
                    "would_work_if_email_was_verified": .boolean(wouldWork),
                ]
            )
        case .signUpDisabled:
            self.init(.signUpNotEnabled, "This project takes no new users.")
        case .userDisabled:
            self.init(
                .signUpRejected,
                "This user may not sign in any more.",
                details: ["message": "The user is disabled."]
            )
        }
    }
}
