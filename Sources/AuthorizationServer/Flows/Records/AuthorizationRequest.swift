import JSON

/// What an application asked the authorize endpoint for, checked; kept sealed until the code is
/// redeemed.
struct AuthorizationRequest: Sendable, Equatable {
    var clientID: String
    var redirectURI: String
    /// The application's own, echoed untouched.
    var state: String
    /// As it was asked.
    var scopes: [String]
    /// S256, 43 characters.
    var challenge: String
    /// OpenID Connect's, echoed in the ID token; empty for none.
    var nonce = ""
    /// Attach the account to ``currentUserID`` instead of signing in.
    var isLink = false
    /// The user whose token came with the request, or `nil`.
    var currentUserID: String?
    /// Given back by `/token` (Stack).
    var afterCallbackRedirectURL: String?
    /// Where errors go when ``redirectURI`` may not be used (Stack); checked against the list.
    var errorRedirectURI: String?
    /// Whether the answer of authorize is JSON, so that no cookie binds the browser (Stack).
    var isJSONMode = false
    /// Whether a signed-in browser must sign in again (`prompt=login`, `max_age=0`).
    var demandsLogin = false
    /// Whether consent is asked for even where it was given (`prompt=consent`).
    var demandsConsent = false
}

extension AuthorizationRequest {
    /// For sealing.
    var json: JSONObject {
        var object: JSONObject = [
            "client_id": .string(clientID),
            "redirect_uri": .string(redirectURI),
            "state": .string(state),
            "scope": .string(scopes.joined(separator: " ")),
            "code_challenge": .string(challenge),
            "nonce": .string(nonce),
            "link": .boolean(isLink),
            "json": .boolean(isJSONMode),
            "login": .boolean(demandsLogin),
            "consent": .boolean(demandsConsent),
        ]
        object["user"] = currentUserID.map { .string($0) }
        object["after"] = afterCallbackRedirectURL.map { .string($0) }
        object["error_uri"] = errorRedirectURI.map { .string($0) }
        return object
    }

    /// What was sealed.
    init?(json: JSONObject) {
        guard let clientID = json["client_id"]?.string,
            let redirectURI = json["redirect_uri"]?.string, let state = json["state"]?.string,
            let scope = json["scope"]?.string, let challenge = json["code_challenge"]?.string
        else { return nil }
        self.clientID = clientID
        self.redirectURI = redirectURI
        self.state = state
        scopes = scope.split(separator: " ").map(String.init)
        self.challenge = challenge
        nonce = json["nonce"]?.string ?? ""
        isLink = json["link"] == true
        isJSONMode = json["json"] == true
        demandsLogin = json["login"] == true
        demandsConsent = json["consent"] == true
        currentUserID = json["user"]?.string
        afterCallbackRedirectURL = json["after"]?.string
        errorRedirectURI = json["error_uri"]?.string
    }
}
