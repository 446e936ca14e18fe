/// What a provider sent back through the browser, and what the flow remembers of its beginning.
struct ProviderCallback: Sendable {
    /// The parameters of the query, or of Apple's form: each name stands once.
    var parameters: [String: String]
    /// The redirect URI of the beginning.
    var redirectURI: String
    /// The nonce of the beginning.
    var nonce: String
    /// The secret half of PKCE.
    var codeVerifier: String
    /// The ``ProviderAuthorizationRequest/extraScopes`` of the beginning.
    var extraScopes: [String] = []
}
