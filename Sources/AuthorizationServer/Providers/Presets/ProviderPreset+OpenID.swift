import Configuration

// The providers of OpenID Connect.
extension ProviderPreset {
    /// Any provider with a discovery document.
    static let discovered = ProviderPreset(
        scopes: ["openid", "email", "profile"],
        parameters: [],
        asksConsentForOfflineAccess: true,
        openID: OpenIDTraits(),
        needsOpenIDScope: true,
        fields: .standard
    )

    /// Sign in with Apple.
    ///
    /// Its secret is a JWT signed with the developer's key, good for half a year: the conf takes it
    /// ready-made (`client_secret file:...`), and whoever made it renews it. The name comes in the
    /// form of the first sign-in only, the address in every ID token.
    static let apple = ProviderPreset(
        authorizationEndpoint: "https://appleid.apple.com/auth/authorize",
        tokenEndpoint: "https://appleid.apple.com/auth/token",
        scopes: ["name", "email"],
        authentication: .body,
        usesFormPost: true,
        parameters: Parameter.common + [Parameter(name: "response_mode", value: "form_post")],
        openID: OpenIDTraits(
            issuers: [IssuerPattern("https://appleid.apple.com")],
            keySetURL: "https://appleid.apple.com/auth/keys"
        ),
        fields: AccountFields(
            accountID: "sub",
            displayNames: [],
            email: .member(["email"], .booleanOrText("email_verified"))
        )
    )

    /// Facebook Login, as a provider of OpenID Connect.
    static let facebook = ProviderPreset(
        authorizationEndpoint: "https://www.facebook.com/v20.0/dialog/oauth",
        tokenEndpoint: "https://graph.facebook.com/v20.0/oauth/access_token",
        userInfoEndpoint: "https://graph.facebook.com/v20.0/me?fields=id,name,email",
        scopes: ["openid", "public_profile", "email"],
        openID: OpenIDTraits(
            issuers: [IssuerPattern("https://www.facebook.com")],
            keySetURL: "https://www.facebook.com/.well-known/oauth/openid/jwks/",
            userInfoSubject: "id"
        ),
        fields: AccountFields(
            accountID: "sub",
            displayNames: ["name"],
            picture: .member("picture"),
            email: .member(["email"], .never)
        ),
        demandsEmail: true
    )

    /// Google.
    ///
    /// `openid` is asked for beside the contract's scopes: only then is the nonce sure to come back.
    /// Both spellings of the issuer are in its documents.
    static let google = ProviderPreset(
        authorizationEndpoint: "https://accounts.google.com/o/oauth2/v2/auth",
        tokenEndpoint: "https://oauth2.googleapis.com/token",
        userInfoEndpoint: "https://openidconnect.googleapis.com/v1/userinfo",
        scopes: [
            "openid",
            "https://www.googleapis.com/auth/userinfo.email",
            "https://www.googleapis.com/auth/userinfo.profile",
        ],
        parameters: Parameter.common + [Parameter(name: "include_granted_scopes", value: "true")],
        openID: OpenIDTraits(
            issuers: [
                IssuerPattern("https://accounts.google.com"), IssuerPattern("accounts.google.com"),
            ],
            keySetURL: "https://www.googleapis.com/oauth2/v3/certs"
        ),
        needsOpenIDScope: true,
        fields: .standard
    )

    /// LinkedIn: neither a challenge nor a nonce is understood there.
    ///
    /// The state, our secret and a code of one use are what binds a sign-in. Its documents name the
    /// issuer both ways.
    static let linkedin = ProviderPreset(
        authorizationEndpoint: "https://www.linkedin.com/oauth/v2/authorization",
        tokenEndpoint: "https://www.linkedin.com/oauth/v2/accessToken",
        userInfoEndpoint: "https://api.linkedin.com/v2/userinfo",
        scopes: ["openid", "profile", "email"],
        authentication: .body,
        usesPKCE: false,
        openID: OpenIDTraits(
            issuers: [
                IssuerPattern("https://www.linkedin.com/oauth"),
                IssuerPattern("https://www.linkedin.com"),
            ],
            keySetURL: "https://www.linkedin.com/oauth/openid/jwks",
            demandsNonce: false
        ),
        needsOpenIDScope: true,
        fields: .standard
    )

    /// Microsoft, for one tenant, or for the many behind `common`, `organizations` and `consumers`.
    ///
    /// The account is numbered by Graph, and no address counts as verified: an administrator of any
    /// tenant can write any address into an account.
    static func microsoft(tenant: String?) -> ProviderPreset {
        let tenant = tenant ?? "consumers"
        let place = "https://login.microsoftonline.com/\(FormCoding.encode(tenant))"
        return ProviderPreset(
            authorizationEndpoint: "\(place)/oauth2/v2.0/authorize",
            tokenEndpoint: "\(place)/oauth2/v2.0/token",
            userInfoEndpoint: "https://graph.microsoft.com/v1.0/me",
            scopes: ["User.Read", "openid"],
            openID: OpenIDTraits(
                issuers: [microsoftIssuer(tenant: tenant.lowercased())],
                keySetURL: "\(place)/discovery/v2.0/keys",
                userInfoSubject: nil,
                readsUserInfoOnly: true
            ),
            needsOpenIDScope: true,
            fields: AccountFields(
                accountID: "id",
                displayNames: ["displayName"],
                email: .member(["mail", "userPrincipalName"], .never)
            )
        )
    }

    /// Who signs for a tenant.
    ///
    /// A tenant by its domain has a GUID that only its tokens say; they come from its own endpoint.
    private static func microsoftIssuer(tenant: String) -> IssuerPattern {
        func issuer(_ id: String) -> String { "https://login.microsoftonline.com/\(id)/v2.0" }
        switch tenant {
        case "consumers": return IssuerPattern(issuer(consumerTenant))
        case "common": return IssuerPattern(issuer("{tenantid}"))
        case _ where IssuerPattern.isTenantID(tenant): return IssuerPattern(issuer(tenant))
        default: return IssuerPattern(issuer("{tenantid}"), refusedTenant: consumerTenant)
        }
    }

    /// The tenant of all personal accounts.
    private static let consumerTenant = "9188040d-6c67-4c5b-b112-36a304b66dad"
}
