import JSON

/// What a grant gives; each dialect writes it in its own fields.
struct TokenAnswer: Sendable, Equatable {
    var accessToken: String
    /// `nil` where the client keeps the one it has.
    var refreshToken: String?
    var idToken: String?
    /// When the access token dies, in seconds since 1970.
    var expiry: Int64
    var scopes: [String]
    var isNewUser: Bool?
    var afterCallbackRedirectURL: String?
    /// For the log.
    var subject: String

    /// Seconds until the access token dies (RFC 6749 §5.1).
    func expiresIn(now: Int64) -> Int64 { max(0, expiry - now) }
}

extension TokenAnswer {
    /// For sealing beside a rotated refresh token.
    var json: JSONObject {
        var object: JSONObject = [
            "access_token": .string(accessToken),
            "expiry": .integer(expiry),
            "scope": .string(scopes.joined(separator: " ")),
            "subject": .string(subject),
        ]
        object["refresh_token"] = refreshToken.map { .string($0) }
        object["id_token"] = idToken.map { .string($0) }
        return object
    }

    /// What was sealed.
    init?(json: JSONObject) {
        guard let accessToken = json["access_token"]?.string, let expiry = json["expiry"]?.integer,
            let scope = json["scope"]?.string, let subject = json["subject"]?.string
        else { return nil }
        self.accessToken = accessToken
        self.expiry = expiry
        scopes = scope.split(separator: " ").map(String.init)
        self.subject = subject
        refreshToken = json["refresh_token"]?.string
        idToken = json["id_token"]?.string
    }
}
