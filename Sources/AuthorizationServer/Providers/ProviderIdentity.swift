import JSON

/// What a provider said of a person who signed in there.
struct ProviderIdentity: Sendable, Equatable {
    /// The provider's id in the conf.
    var providerID: String
    /// The provider's own id of the account: what it is known by, never the address.
    var accountID: String
    var email: String?
    /// Strictly: JSON `true` of a provider that is believed.
    var isEmailVerified: Bool
    var displayName: String?
    var pictureURL: String?
    /// Every claim that it made, for the conf's `grant` rules.
    var claims: JSONObject
    /// Its tokens, kept sealed; `nil` for the local provider.
    var tokens: ProviderTokens?
}

/// A provider's tokens for its account.
struct ProviderTokens: Sendable, Hashable {
    var accessToken: String
    var refreshToken: String?
    var scopes: [String]
    /// Milliseconds since 1970.
    var accessTokenExpiresAt: Int64
}
