/// What is known of one provider before the conf says anything: a row of the contract's table
/// (section 12).
///
/// Rows differ in values only; what they are done with stands once, in ``OpenIDProvider`` and
/// ``OAuthProvider``.
struct ProviderPreset: Sendable {
    /// Where browsers are sent; empty where discovery says it.
    var authorizationEndpoint = ""
    /// Where codes are exchanged.
    var tokenEndpoint = ""
    /// Where it is asked who signed in; `nil` where the ID token says all.
    var userInfoEndpoint: String?
    /// What is asked for where the conf says nothing.
    var scopes: [String]
    /// How we say who we are where the provider's own metadata says nothing.
    var authentication = ProviderAuthentication.basic
    /// Whether a challenge is sent: all but LinkedIn take one, or pass it over.
    var usesPKCE = true
    /// Whether the callback is a form posted from the provider's site.
    var usesFormPost = false
    /// Parameters of the authorization URL beyond the common ones.
    var parameters: [Parameter] = Parameter.common
    /// Whether `prompt=consent` goes with `offline_access` (OpenID Connect Core §11).
    var asksConsentForOfflineAccess = false
    /// What is particular to a provider of OpenID Connect; `nil` for plain OAuth.
    var openID: OpenIDTraits?
    /// Whether `openid` is asked for whatever the conf says.
    var needsOpenIDScope = false
    /// Who `iss` in a callback may be, where no ID token says it.
    var callbackIssuers: [String] = []
    /// Where the person's particulars are in what the provider says.
    var fields: AccountFields
    /// Whether a sign-in without an address is refused.
    var demandsEmail = false
    /// Whether user info wants our client's id beside the token, as Twitch does.
    var namesClientToUserInfo = false
    /// How long access tokens live where the provider does not say.
    var accessTokenLifetimeSeconds: Int64?
}

extension ProviderPreset {
    /// One parameter of an authorization URL.
    struct Parameter: Sendable, Hashable {
        var name: String
        var value: String

        /// What every preset sends, so that a refresh token comes (contract, section 12.1).
        static let common = [
            Parameter(name: "access_type", value: "offline"),
            Parameter(name: "prompt", value: "consent"),
        ]
    }
}

/// What is particular to a provider of OpenID Connect.
struct OpenIDTraits: Sendable {
    /// Who signs its ID tokens; empty where discovery says it.
    var issuers: [IssuerPattern] = []
    /// Where its keys are; empty where discovery says it.
    var keySetURL = ""
    /// Whether its ID tokens must repeat the nonce.
    ///
    /// LinkedIn's never do; one that is there must be ours all the same.
    var demandsNonce = true
    /// The member of user info that must equal the ID token's `sub`; `nil` where the two number
    /// accounts differently, as Microsoft's do.
    var userInfoSubject: String? = "sub"
    /// Whether account and address are read from user info alone.
    var readsUserInfoOnly = false
}
