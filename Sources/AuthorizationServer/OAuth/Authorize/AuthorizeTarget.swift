import Configuration

/// Who asks at authorize, and where the answer may be sent: checked before anything is said by
/// redirect (RFC 6749 §4.1.2.1).
struct AuthorizeTarget: Sendable {
    let client: OAuthClient
    let redirectURI: String
    /// Echoed with every answer; empty where it is none that can be.
    let state: String

    /// Checks client and redirect URI.
    ///
    /// - Throws: What is told to the person or program that asks, never to the redirect URI.
    init(_ parameters: Parameters, _ context: ServerContext) throws(AuthorizeTargetFault) {
        if let name = parameters.duplicate, ["client_id", "redirect_uri"].contains(name) {
            throw .unreadable
        }
        guard let id = parameters["client_id"],
            let client = context.clients.client(id, speaking: .oauth),
            let registration = client.registration
        else { throw .clientUnknown }
        guard let redirectURI = parameters["redirect_uri"],
            RedirectPolicy.allows(redirectURI, for: registration),
            WebAddress(redirectURI) != nil
        else { throw .redirectNotAllowed(clientID: client.id) }
        self.client = client
        self.redirectURI = redirectURI
        let state = parameters["state"] ?? ""
        self.state = AuthorizeCheck.isEchoable(state) ? state : ""
    }
}

/// Why there is nobody to redirect to.
enum AuthorizeTargetFault: Error {
    case clientUnknown
    case redirectNotAllowed(clientID: String)
    case unreadable

    /// For a program.
    var fault: OAuthFault {
        switch self {
        case .clientUnknown:
            OAuthFault(
                .invalidClient,
                "The client_id is missing, or no client of these endpoints has it.",
                detail: "client.unknown"
            )
        case .redirectNotAllowed(let clientID):
            OAuthFault(
                .invalidRequest,
                "The redirect_uri is missing, or the client has not registered it.",
                detail: "redirect.unregistered",
                clientID: clientID
            )
        case .unreadable:
            OAuthFault(
                .invalidRequest,
                "The parameters cannot be read, or one stands twice.",
                detail: "request.unreadable"
            )
        }
    }

    /// For a person.
    var page: PageFault {
        switch self {
        case .clientUnknown: .unknownClient
        case .redirectNotAllowed: .redirectNotAllowed
        case .unreadable: .invalidRequest
        }
    }
}
