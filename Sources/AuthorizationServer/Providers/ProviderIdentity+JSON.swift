import JSON

extension ProviderIdentity {
    /// The identity as it is sealed into a pending code.
    var json: JSONObject {
        var object: JSONObject = [
            "provider_id": .string(providerID),
            "account_id": .string(accountID),
            "email_verified": .boolean(isEmailVerified),
            "claims": .object(claims),
        ]
        object["email"] = email.map { .string($0) }
        object["display_name"] = displayName.map { .string($0) }
        object["picture_url"] = pictureURL.map { .string($0) }
        object["tokens"] = tokens.map { .object($0.json) }
        return object
    }

    /// Reads back what ``json`` wrote; `nil` for anything else.
    init?(json: JSONObject) {
        guard let providerID = json["provider_id"]?.string,
            let accountID = json["account_id"]?.string,
            let isEmailVerified = json["email_verified"]?.boolean,
            let claims = json["claims"]?.object
        else { return nil }
        var tokens: ProviderTokens?
        if let value = json["tokens"] {
            guard let object = value.object, let read = ProviderTokens(json: object) else {
                return nil
            }
            tokens = read
        }
        self.init(
            providerID: providerID,
            accountID: accountID,
            email: json["email"]?.string,
            isEmailVerified: isEmailVerified,
            displayName: json["display_name"]?.string,
            pictureURL: json["picture_url"]?.string,
            claims: claims,
            tokens: tokens
        )
    }
}
