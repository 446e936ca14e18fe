/// What `authorization_server URL { ... }` says, complete with defaults, and checked.
public struct AuthorizationServerSettings: Sendable, Hashable {
    /// The URL as configured, in the form of an origin and so without a trailing slash.
    ///
    /// Such as `https://localhost:8443`. Every URL that we write begins with it; it is the `iss` of
    /// plain and Dressipi clients.
    public var url: String
    /// The hosts whose endpoint paths are ours: the URL's and each `host=` alias, in lower case and
    /// without port; an IPv6 address keeps its brackets.
    public var hosts: [String]
    /// Where records are kept.
    public var store: StoreSettings
    /// What seals signing keys, provider tokens and pending flows.
    public var sealingKey: SealingKeySource
    /// The algorithm of new signing keys, by its JOSE name.
    public var signingAlgorithm: String
    /// How long a signing key signs before the next one does.
    public var keyRotation: Duration
    /// Where users can come from.
    public var providers: [ProviderSettings]
    /// The projects, each with its own users; the built-in `default` is among them where a client
    /// names no project.
    public var projects: [ProjectSettings]
    /// The registered clients of the Dressipi dialect and of plain OAuth.
    public var clients: [ClientSettings]
    /// The prefix of the Dressipi endpoints, without a trailing slash: `/oauth`.
    public var dressipiPrefix: String
    /// Bounds on what one address, client or account may ask for.
    public var limits: AuthorizationLimitSettings
}

/// Where records are kept.
public enum StoreSettings: Sendable, Hashable {
    /// One SQLite file; its directory is made 0700 when missing.
    case sqlite(path: String)
}

/// Where the sealing key comes from.
public enum SealingKeySource: Sendable, Hashable {
    /// A file of 32 bytes or more, made 0600 at the first start where it is missing.
    case file(path: String)
    /// The value of an environment variable, already read; the name is for messages.
    case environment(name: String, SecretBytes)
}

/// Bounds against abuse; reasons stand in ``Defaults``.
public struct AuthorizationLimitSettings: Sendable, Hashable {
    /// Requests of one address to authorize endpoints.
    public var authorizeRate: RateSettings
    /// Requests of one address, and of one client, to token endpoints.
    public var tokenRate: RateSettings
    /// Sign-ins that one address may have under way; the oldest is dropped.
    public var pendingFlowsPerAddress: Int
    /// Wrong passwords after which an account rests.
    public var passwordFailureCount: Int
    /// How long it rests, and how long failures are remembered.
    public var passwordFailureRest: Duration
}

/// How long what is issued lives; the innermost of server, project and client.
public struct TokenSettings: Sendable, Hashable {
    /// How long an access token is good.
    public var accessTokenLifetime: Duration
    /// A refresh token unused for so long is dead.
    public var refreshTokenIdle: Duration
    /// A session older than this is dead.
    public var refreshTokenLifetime: Duration
    /// Whether each refresh brings another refresh token.
    public var rotatesRefreshTokens: Bool
    /// A rotated refresh token shown again within this gets the same answer; zero for none.
    public var refreshReuseGrace: Duration
    /// Whether `/token` takes its parameters from the query (Dressipi's legacy clients).
    public var takesParametersInQuery: Bool
}

/// One provider of identities.
public struct ProviderSettings: Sendable, Hashable {
    /// The `provider_id` in paths.
    public var id: String
    /// Which provider it is.
    public var kind: ProviderKind
    /// Shown on the page that lets a person choose.
    public var displayName: String
    /// Our client at the provider; empty for `local`.
    public var clientID: String
    /// Our secret there; `nil` for `local`.
    public var clientSecret: SecretBytes?
    /// The metadata document of an OpenID provider.
    public var discovery: String?
    /// The exact `iss` of ID tokens; replaces what preset or discovery say.
    public var issuer: String?
    /// Where browsers are sent; replaces what preset or discovery say.
    public var authorizationEndpoint: String?
    /// Where codes are redeemed; replaces what preset or discovery say.
    public var tokenEndpoint: String?
    /// Where users are described; replaces what preset or discovery say.
    public var userInfoEndpoint: String?
    /// Where the keys of ID tokens are; replaces what preset or discovery say.
    public var keySetURL: String?
    /// The scopes asked for in place of the preset's, or `nil`.
    public var scopes: [String]?
    /// Microsoft's tenant.
    public var tenant: String?
    /// Whether sign-in pages let new people in; only `local` reads it.
    public var allowsSignUp: Bool
    /// Which of its e-mail addresses are verified ones.
    public var emailVerification: EmailVerification
}

/// Which provider it is.
public enum ProviderKind: String, Sendable, Hashable, CaseIterable {
    case apple, bitbucket, discord, facebook, github, gitlab, google, linkedin, local, microsoft
    case openID = "openid"
    case spotify, twitch, x
}

/// Whether e-mail addresses of a provider count as verified.
public enum EmailVerification: String, Sendable, Hashable, CaseIterable {
    /// Every address does: for closed installations.
    case assumed
    /// As the provider says, strictly (as the operator says for `local`).
    case claimed
    /// None does.
    case never
}

/// One project: users of its own, and where its dialect is `stack` also a public client of its own.
public struct ProjectSettings: Sendable, Hashable {
    /// Stands in paths and issuers; of the Stack dialect also the `client_id`.
    public var id: String
    /// Shown to people.
    public var name: String
    /// Whether the Stack endpoints serve it (`dialect stack;`).
    public var isStack: Bool
    /// Keys that Stack clients may show; any is enough.
    public var publishableClientKeys: [SecretBytes]
    /// Whether they must show one.
    public var requiresPublishableClientKey: Bool
    /// Where browsers may be sent back to, any path.
    public var trustedDomains: [TrustedDomain]
    /// Whether they may be sent to the machine they run on.
    public var allowsLocalhost: Bool
    /// Exact redirect URIs, which switch the domains off; empty where domains decide.
    public var redirectURIs: [String]
    /// Whether `stack-auth-mobile-oauth-url:` may be redirected to.
    public var allowsNativeRedirect: Bool
    /// Indexes into ``AuthorizationServerSettings/providers``.
    public var providers: [Int]
    /// All that can be asked for, in the order in which tokens say them.
    public var grantableScopes: [String]
    /// Those that every user holds.
    public var defaultScopes: [String]
    /// Scopes held by whom a provider says something of.
    public var grants: [ScopeGrantRule]
    /// Whether people without an account get one by signing in.
    public var allowsSignUp: Bool
    /// What becomes of an e-mail that is another account's.
    public var accountMerge: AccountMerge
    /// How long what is issued lives.
    public var tokens: TokenSettings
}

/// One `trusted_domain`: scheme, host pattern and port (contract, section 4).
public struct TrustedDomain: Sendable, Hashable {
    /// As written.
    public var text: String
    /// `https`.
    public var scheme: String
    /// In lower case; `*` is any run without dots, `**` any run.
    public var hostPattern: String
    /// `nil` for every port (`:*`).
    public var port: UInt16?
}

/// `grant SCOPE provider=ID claim=NAME value=VALUE;`: a scope held by whom the provider says so of.
public struct ScopeGrantRule: Sendable, Hashable {
    /// What is held.
    public var scope: String
    /// The provider's id.
    public var provider: String
    /// The way through objects, `a.b` as two names.
    public var claimPath: [String]
    /// What the claim is, or holds.
    public var value: String
}

/// What becomes of a provider's account whose e-mail is somebody's already (contract, section 13).
public enum AccountMerge: String, Sendable, Hashable, CaseIterable {
    case allowDuplicates = "allow_duplicates"
    case linkMethod = "link_method"
    case raiseError = "raise_error"
}

/// One registered client.
public struct ClientSettings: Sendable, Hashable {
    /// The `client_id`.
    public var id: String
    /// Shown on the consent page.
    public var name: String
    /// Which endpoints it uses.
    public var dialect: ClientDialect
    /// Index into ``AuthorizationServerSettings/projects``.
    public var project: Int
    /// SHA-256 of the secret; `nil` for a public client.
    public var secretHash: [UInt8]?
    /// What it may redeem for tokens.
    public var grantTypes: [GrantType]
    /// Where browsers may be sent back to, as they stand; empty of Dressipi, whose one is fixed.
    public var redirectURIs: [String]
    /// Where browsers may be sent after they signed out.
    public var postLogoutRedirectURIs: [String]
    /// Origins whose scripts may call.
    public var corsOrigins: [String]
    /// The `aud` of its access tokens, or `nil` for the issuer.
    public var audience: String?
    /// All that can be asked for, in the order in which tokens say them.
    public var grantableScopes: [String]
    /// Those that every user holds.
    public var defaultScopes: [String]
    /// Whether people are asked before it gets what it asks for.
    public var requiresConsent: Bool
    /// Whether it may introspect tokens of every client.
    public var introspectsAny: Bool
    /// How long what is issued lives.
    public var tokens: TokenSettings
}

/// The dialects that a `client` block can speak.
public enum ClientDialect: String, Sendable, Hashable, CaseIterable {
    case dressipi
    case oauth
}

/// The grants of a token endpoint (RFC 6749 §1.3).
public enum GrantType: String, Sendable, Hashable, CaseIterable {
    case authorizationCode = "authorization_code"
    case clientCredentials = "client_credentials"
    case refreshToken = "refresh_token"
}

/// The three kinds of users, each with signing keys and an issuer of its own in a Stack project.
public enum UserClass: String, Sendable, Hashable, CaseIterable {
    case normal
    case restricted
    case anonymous
}

/// Whose signing keys: a Stack project's for one class of users, or the server's own, which sign for
/// plain and Dressipi clients.
public enum KeyRealm: Sendable, Hashable {
    case project(id: String, UserClass)
    case server

    /// The exact `iss` of its tokens.
    public func issuer(url: String) -> String {
        switch self {
        case .server: url
        case .project(let id, .normal): "\(url)/api/v1/projects/\(id)"
        case .project(let id, .restricted): "\(url)/api/v1/projects-restricted-users/\(id)"
        case .project(let id, .anonymous): "\(url)/api/v1/projects-anonymous-users/\(id)"
        }
    }

    /// The name under which its keys are stored: never changes.
    public var storedName: String {
        switch self {
        case .server: "server"
        case .project(let id, let userClass): "project/\(id)/\(userClass.rawValue)"
        }
    }
}

extension AuthorizationServerSettings {
    /// Every realm that signs here: the server's first, then three for each Stack project.
    public var realms: [KeyRealm] {
        [.server]
            + projects.filter(\.isStack).flatMap { project in
                UserClass.allCases.map { .project(id: project.id, $0) }
            }
    }
}
