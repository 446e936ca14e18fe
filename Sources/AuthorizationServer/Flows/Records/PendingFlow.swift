import JSON

/// One sign-in under way: from authorize until a code is made or the attempt is given up.
struct PendingFlow: Sendable, Equatable {
    var request: AuthorizationRequest
    /// The provider that the browser was sent to, or `nil` before one is chosen.
    var providerID: String?
    /// The nonce and the PKCE verifier towards it.
    var nonce: String
    var codeVerifier: String
    /// Asked of it beyond its usual scopes.
    var providerScopes: [String] = []
    /// SHA-256 of the cookie that binds the browser, in base64url; `nil` in JSON mode until one of
    /// our own pages binds it.
    var binding: String?
    /// Who signed in, once the provider has said so and only consent is missing.
    var identity: ProviderIdentity?
    /// When they did, in milliseconds since 1970.
    var authenticatedAt: Int64?
    /// Whether the account was made at our own sign-up page a moment ago.
    var isNewAccount = false
    /// How often the browser was sent on: a loop ends with a page, not with a browser's own error.
    var bounces = 0
}

extension PendingFlow {
    /// For sealing.
    var json: JSONObject {
        var object: JSONObject = [
            "request": .object(request.json),
            "nonce": .string(nonce),
            "verifier": .string(codeVerifier),
            "scopes": .string(providerScopes.joined(separator: " ")),
            "new": .boolean(isNewAccount),
            "bounces": .integer(Int64(bounces)),
        ]
        object["provider"] = providerID.map { .string($0) }
        object["binding"] = binding.map { .string($0) }
        object["identity"] = identity.map { .object($0.json) }
        object["authenticated"] = authenticatedAt.map { .integer($0) }
        return object
    }

    /// What was sealed.
    init?(json: JSONObject) {
        guard case .object(let inner)? = json["request"],
            let request = AuthorizationRequest(json: inner), let nonce = json["nonce"]?.string,
            let verifier = json["verifier"]?.string
        else { return nil }
        self.request = request
        self.nonce = nonce
        codeVerifier = verifier
        providerScopes = (json["scopes"]?.string ?? "").split(separator: " ").map(String.init)
        providerID = json["provider"]?.string
        binding = json["binding"]?.string
        if case .object(let identity)? = json["identity"] {
            self.identity = ProviderIdentity(json: identity)
        }
        authenticatedAt = json["authenticated"]?.integer
        isNewAccount = json["new"] == true
        bounces = json["bounces"]?.integer.map { Int(clamping: $0) } ?? 0
    }
}
