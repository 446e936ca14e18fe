import Access
import JSON

/// Why an endpoint of plain OAuth refuses, in the words of the RFCs.
struct OAuthFault: Error, Sendable, Equatable {
    /// The error word.
    var word: Word
    /// For the developer who reads it; nothing that the client sent stands in it.
    var description: String
    var status: Int
    /// Fields of its answer.
    var fields: [ControlField]
    /// For the log, closed words.
    var detail: String
    /// The client, where it is known.
    var clientID: String

    /// The words of RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 8707 §2 and OpenID Connect Core
    /// §3.1.2.6.
    enum Word: String, Sendable {
        case accessDenied = "access_denied"
        case insufficientScope = "insufficient_scope"
        case invalidClient = "invalid_client"
        case invalidGrant = "invalid_grant"
        case invalidRequest = "invalid_request"
        case invalidScope = "invalid_scope"
        case invalidTarget = "invalid_target"
        case invalidToken = "invalid_token"
        case loginRequired = "login_required"
        case registrationNotSupported = "registration_not_supported"
        case requestNotSupported = "request_not_supported"
        case requestURINotSupported = "request_uri_not_supported"
        case serverError = "server_error"
        case temporarilyUnavailable = "temporarily_unavailable"
        case unauthorizedClient = "unauthorized_client"
        case unsupportedGrantType = "unsupported_grant_type"
        case unsupportedResponseType = "unsupported_response_type"
    }

    init(
        _ word: Word,
        _ description: String,
        status: Int = 400,
        fields: [ControlField] = [],
        detail: String = "",
        clientID: String = ""
    ) {
        self.word = word
        self.description = description
        self.status = status
        self.fields = fields
        self.detail = detail
        self.clientID = clientID
    }

    /// The answer to a program.
    var response: ControlResponse {
        .json(
            ["error": .string(word.rawValue), "error_description": .string(description)],
            status: status,
            fields: fields,
            note: note
        )
    }

    /// What the access line says.
    var note: ControlNote {
        ControlNote(error: word.rawValue, detail: detail, clientID: clientID)
    }
}

extension OAuthFault {
    /// Too many requests: come again after so many seconds.
    static func tooMany(retryAfter seconds: Int64) -> OAuthFault {
        OAuthFault(
            .temporarilyUnavailable,
            "Too many requests. Try again later.",
            status: 429,
            fields: [ControlField("retry-after", String(seconds))],
            detail: "rate_limited"
        )
    }

    /// The store has no room, or is broken.
    static let unavailable = OAuthFault(
        .temporarilyUnavailable,
        "The server cannot answer at the moment. Try again in a few seconds.",
        status: 503,
        fields: [ControlField("retry-after", "5")],
        detail: "server.unavailable"
    )

    /// What a grant's fault is called at a token endpoint (RFC 6749 §5.2).
    init(_ fault: GrantFault, hasVerifier: Bool = true) {
        switch fault {
        case .account:
            self.init(
                .invalidGrant,
                "The account that signed in cannot be used here.",
                detail: fault.detail
            )
        case .codeInvalid(let detail):
            self.init(
                .invalidGrant,
                hasVerifier
                    ? Self.sentence(detail)
                    : "The code_verifier is missing: PKCE (S256) is demanded of every client.",
                detail: hasVerifier ? fault.detail : "code.verifier_missing"
            )
        case .refreshTokenInvalid:
            self.init(
                .invalidGrant,
                "The refresh token is not known, or its session is over.",
                detail: fault.detail
            )
        case .grantNotAllowed:
            self.init(
                .unauthorizedClient,
                "This grant is not open to the client.",
                detail: fault.detail
            )
        case .scopeInvalid:
            self.init(
                .invalidScope,
                "The scope is more than can be granted, or nothing of it can.",
                detail: fault.detail
            )
        case .unavailable:
            self = .unavailable
        case .broken:
            self.init(
                .serverError,
                "Something went wrong on our side.",
                status: 500,
                detail: fault.detail
            )
        }
    }

    private static func sentence(_ detail: GrantFault.CodeDetail) -> String {
        switch detail {
        case .redirectMismatch:
            "The redirect_uri is not the one that the code was asked for with."
        case .verifierMismatch: "The code_verifier does not belong to the code's challenge."
        default: "The authorization code is not known, has expired, or was used before."
        }
    }
}
