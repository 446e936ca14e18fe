import Bytes
import Configuration

/// Everything of an authorization request that is told by redirect when it is wrong.
struct AuthorizeCheck: Sendable {
    let context: ServerContext
    let parameters: Parameters
    let target: AuthorizeTarget

    /// The request, checked.
    func authorizationRequest() throws(OAuthFault) -> AuthorizationRequest {
        if parameters.duplicate != nil {
            throw wrong("A parameter stands twice.", detail: "request.duplicate")
        }
        try checkUnsupported()
        try checkResponse()
        let challenge = try checkChallenge()
        try checkEchoes()
        let scopes = try checkScopes()
        try ResourceIndicator.check(parameters, target.client, context)
        if prompts.contains("none"), prompts.count > 1 {
            throw wrong("prompt=none stands alone.", detail: "request.prompt")
        }
        _ = try maxAge()
        return AuthorizationRequest(
            clientID: target.client.id,
            redirectURI: target.redirectURI,
            state: target.state,
            scopes: scopes,
            challenge: challenge,
            nonce: parameters["nonce"] ?? "",
            demandsLogin: prompts.contains("login") || prompts.contains("select_account"),
            demandsConsent: prompts.contains("consent")
        )
    }

    /// The words of `prompt`; those that nobody knows count for nothing (OpenID Connect Core
    /// §3.1.2.1).
    var prompts: [String] {
        (parameters["prompt"] ?? "").split(separator: " ").map(String.init)
    }

    /// `max_age` in seconds, or `nil` where it is not said.
    func maxAge() throws(OAuthFault) -> Int64? {
        guard let text = parameters["max_age"] else { return nil }
        guard text.utf8.allSatisfy(ASCII.isDigit), let seconds = Int64(text) else {
            throw wrong("max_age is a number of seconds.", detail: "request.max_age")
        }
        return seconds
    }

    /// Whether what was proved then is proof enough now.
    func isFresh(authenticatedAt: Int64) -> Bool {
        guard let seconds = (try? maxAge()) ?? nil else { return true }
        return (context.now - authenticatedAt) / 1000 <= seconds && seconds > 0
    }

    private func checkUnsupported() throws(OAuthFault) {
        if parameters["request"] != nil {
            throw OAuthFault(.requestNotSupported, "Request objects are not supported.")
        }
        if parameters["request_uri"] != nil {
            throw OAuthFault(.requestURINotSupported, "Request objects are not supported.")
        }
        if parameters["registration"] != nil {
            throw OAuthFault(.registrationNotSupported, "Clients are registered by the operator.")
        }
    }

    private func checkResponse() throws(OAuthFault) {
        guard let type = parameters["response_type"] else {
            throw wrong("response_type is missing.", detail: "request.missing")
        }
        guard type == "code" else {
            throw OAuthFault(
                .unsupportedResponseType,
                "The one response_type is code.",
                detail: "request.response_type"
            )
        }
        if let mode = parameters["response_mode"], mode != "query" {
            throw wrong("The one response_mode is query.", detail: "request.response_mode")
        }
        guard target.client.allows(.authorizationCode) else { throw OAuthFault(.grantNotAllowed) }
    }

    private func checkChallenge() throws(OAuthFault) -> String {
        guard let challenge = parameters["code_challenge"] else {
            throw wrong(
                "code_challenge is missing: PKCE is demanded of every client.",
                detail: "challenge.missing"
            )
        }
        guard parameters["code_challenge_method"] == "S256" else {
            throw wrong("code_challenge_method must be S256.", detail: "challenge.method")
        }
        guard ProofKey.isChallenge(challenge) else {
            throw wrong(
                "code_challenge must be 43 characters of base64url.",
                detail: "challenge.malformed"
            )
        }
        return challenge
    }

    private func checkEchoes() throws(OAuthFault) {
        if let state = parameters["state"], !Self.isEchoable(state) {
            throw wrong(
                "state is visible ASCII of no more than \(Self.echoSizeMax) characters.",
                detail: "request.state"
            )
        }
        if let nonce = parameters["nonce"], !Self.isEchoable(nonce) {
            throw wrong(
                "nonce is visible ASCII of no more than \(Self.echoSizeMax) characters.",
                detail: "request.nonce"
            )
        }
    }

    private func checkScopes() throws(OAuthFault) -> [String] {
        guard let scopes = ScopePolicy.words(parameters["scope"] ?? ""),
            ScopePolicy.isPossible(scopes, for: target.client)
        else {
            throw OAuthFault(
                .invalidScope,
                "Nothing of the scope can be granted to the client.",
                detail: "scope.impossible"
            )
        }
        return scopes
    }

    private func wrong(_ description: String, detail: String) -> OAuthFault {
        OAuthFault(.invalidRequest, description, detail: detail)
    }

    /// Whether we give it back as it came: visible ASCII (RFC 6749, appendix A.5), not endless.
    static func isEchoable(_ text: String) -> Bool {
        text.utf8.count <= echoSizeMax && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// Two KiB: an application keeps what it likes in `state`, and the answer still fits a URL.
    private static let echoSizeMax = 2048
    /// Those that we act upon.
    static let prompts = ["none", "login", "consent", "select_account"]
}
