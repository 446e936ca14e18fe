import JSON

extension ProviderTokens {
    /// The tokens as they are sealed.
    var json: JSONObject {
        var object: JSONObject = [
            "access_token": .string(accessToken),
            "scopes": .array(scopes.map { .string($0) }),
            "expires_at": .integer(accessTokenExpiresAt),
        ]
        object["refresh_token"] = refreshToken.map { .string($0) }
        return object
    }

    /// Reads back what ``json`` wrote; `nil` for anything else.
    init?(json: JSONObject) {
        guard let accessToken = json["access_token"]?.string,
            let elements = json["scopes"]?.array,
            let expiresAt = json["expires_at"]?.integer
        else { return nil }
        let scopes = elements.compactMap(\.string)
        guard scopes.count == elements.count else { return nil }
        self.init(
            accessToken: accessToken,
            refreshToken: json["refresh_token"]?.string,
            scopes: scopes,
            accessTokenExpiresAt: expiresAt
        )
    }
}
