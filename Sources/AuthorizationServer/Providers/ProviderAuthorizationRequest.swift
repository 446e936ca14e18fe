/// What a sign-in at a provider begins with; everything random is made anew for each.
struct ProviderAuthorizationRequest: Sendable {
    /// Ties the callback to the flow.
    var state: String
    /// Ties the ID token to the flow.
    var nonce: String
    /// The secret half of PKCE (RFC 7636); the provider sees its S256 challenge.
    var codeVerifier: String
    /// Our callback, a different one for each provider.
    var redirectURI: String
    /// Scopes beyond those of the conf.
    var extraScopes: [String] = []
    /// Who the person probably is, where the application knows.
    var loginHint: String?
}
