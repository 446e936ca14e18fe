import JSON

/// What a code stands for, kept sealed beside its hash.
struct CodePayload: Sendable, Equatable {
    var request: AuthorizationRequest
    /// Who signed in, or whose session is handed over.
    var subject: Subject
    /// When the user proved who they are, in milliseconds since 1970.
    var authenticatedAt: Int64
    /// Whether the user said yes on the consent page: kept when the code is redeemed.
    var isConsented = false
    /// Whether the account was made at our own sign-up page: the application hears of it as new.
    var isNewAccount = false

    /// Who the tokens will be for.
    enum Subject: Sendable, Equatable {
        /// A new anonymous user, made when the code is redeemed.
        case anonymous
        /// Whoever the provider says: found, or made, when the code is redeemed.
        case identity(ProviderIdentity)
        /// The user of a session that is handed to another domain (contract, section 8).
        case session(id: String)
    }
}

extension CodePayload {
    /// For sealing.
    var json: JSONObject {
        var object: JSONObject = [
            "request": .object(request.json),
            "authenticated": .integer(authenticatedAt),
            "consented": .boolean(isConsented),
            "new": .boolean(isNewAccount),
        ]
        switch subject {
        case .anonymous: object["anonymous"] = true
        case .identity(let identity): object["identity"] = .object(identity.json)
        case .session(let id): object["session"] = .string(id)
        }
        return object
    }

    /// What was sealed.
    init?(json: JSONObject) {
        guard case .object(let inner)? = json["request"],
            let request = AuthorizationRequest(json: inner),
            let authenticatedAt = json["authenticated"]?.integer
        else { return nil }
        self.request = request
        self.authenticatedAt = authenticatedAt
        isConsented = json["consented"] == true
        isNewAccount = json["new"] == true
        if case .object(let inner)? = json["identity"], let identity = ProviderIdentity(json: inner)
        {
            subject = .identity(identity)
        } else if let id = json["session"]?.string {
            subject = .session(id: id)
        } else if json["anonymous"] == true {
            subject = .anonymous
        } else {
            return nil
        }
    }
}
