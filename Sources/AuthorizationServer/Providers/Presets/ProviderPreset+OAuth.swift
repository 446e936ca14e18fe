// The providers of plain OAuth, which are asked who it is with the access token.
extension ProviderPreset {
    /// Bitbucket Cloud: the primary address counts if it was confirmed.
    static let bitbucket = ProviderPreset(
        authorizationEndpoint: "https://bitbucket.org/site/oauth2/authorize",
        tokenEndpoint: "https://bitbucket.org/site/oauth2/access_token",
        userInfoEndpoint: "https://api.bitbucket.org/2.0/user",
        scopes: ["account", "email"],
        fields: AccountFields(
            accountID: "account_id",
            displayNames: ["display_name", "nickname"],
            picture: .member("links.avatar.href"),
            email: .list(
                EmailList(
                    path: "values",
                    choice: .firstMarked("is_primary"),
                    verification: .marked("is_confirmed")
                )
            )
        )
    )

    /// Discord.
    static let discord = ProviderPreset(
        authorizationEndpoint: "https://discord.com/oauth2/authorize",
        tokenEndpoint: "https://discord.com/api/oauth2/token",
        userInfoEndpoint: "https://discord.com/api/users/@me",
        scopes: ["identify", "email"],
        fields: AccountFields(
            accountID: "id",
            displayNames: ["global_name", "username"],
            picture: .template("https://cdn.discordapp.com/avatars/{id}/{avatar}.png"),
            email: .member(["email"], .boolean("verified"))
        )
    )

    /// GitHub: of the addresses the primary one counts, if it is verified.
    ///
    /// The `iss` of its callbacks is not the name of its servers (RFC 9207).
    static let github = ProviderPreset(
        authorizationEndpoint: "https://github.com/login/oauth/authorize",
        tokenEndpoint: "https://github.com/login/oauth/access_token",
        userInfoEndpoint: "https://api.github.com/user",
        scopes: ["user:email"],
        callbackIssuers: ["https://github.com/login/oauth"],
        fields: AccountFields(
            accountID: "id",
            displayNames: ["name", "login"],
            picture: .member("avatar_url"),
            email: .list(
                EmailList(
                    path: "",
                    choice: .firstMarked("primary"),
                    verification: .marked("verified")
                )
            )
        ),
        // Eight hours: what GitHub Apps' tokens live (contract, section 12).
        accessTokenLifetimeSeconds: 8 * 3_600
    )

    /// GitLab: the account's address counts if its entry in the list has been confirmed.
    static let gitlab = ProviderPreset(
        authorizationEndpoint: "https://gitlab.com/oauth/authorize",
        tokenEndpoint: "https://gitlab.com/oauth/token",
        userInfoEndpoint: "https://gitlab.com/api/v4/user",
        scopes: ["read_user"],
        fields: AccountFields(
            accountID: "id",
            displayNames: ["name", "username"],
            picture: .member("avatar_url"),
            email: .list(
                EmailList(
                    path: "",
                    choice: .sameAs("email"),
                    verification: .dated("confirmed_at")
                )
            )
        )
    )

    /// Spotify: its documents say that addresses are not verified.
    static let spotify = ProviderPreset(
        authorizationEndpoint: "https://accounts.spotify.com/authorize",
        tokenEndpoint: "https://accounts.spotify.com/api/token",
        userInfoEndpoint: "https://api.spotify.com/v1/me",
        scopes: ["user-read-email", "user-read-private"],
        fields: AccountFields(
            accountID: "id",
            displayNames: ["display_name"],
            picture: .member("images.0.url"),
            email: .member(["email"], .never)
        )
    )

    /// Twitch: nothing in its answer says that the address was verified, so it is not.
    static let twitch = ProviderPreset(
        authorizationEndpoint: "https://id.twitch.tv/oauth2/authorize",
        tokenEndpoint: "https://id.twitch.tv/oauth2/token",
        userInfoEndpoint: "https://api.twitch.tv/helix/users",
        scopes: ["user:read:email"],
        authentication: .body,
        fields: AccountFields(
            accountID: "data.0.id",
            displayNames: ["data.0.display_name", "data.0.login"],
            picture: .member("data.0.profile_image_url"),
            email: .member(["data.0.email"], .boolean("data.0.email_verified"))
        ),
        namesClientToUserInfo: true
    )

    /// X, which shows no address at all.
    static let x = ProviderPreset(
        authorizationEndpoint: "https://twitter.com/i/oauth2/authorize",
        tokenEndpoint: "https://api.x.com/2/oauth2/token",
        userInfoEndpoint: "https://api.x.com/2/users/me?user.fields=profile_image_url",
        scopes: ["users.read", "offline.access", "tweet.read"],
        fields: AccountFields(
            accountID: "data.id",
            displayNames: ["data.name", "data.username"],
            picture: .member("data.profile_image_url"),
            email: .absent
        )
    )
}
