/// A path that the authorization server serves, on its own hosts only.
///
/// The order is that of issue and contract: Stack, Dressipi, plain OAuth and OpenID, pages.
public enum Endpoint: String, Sendable, Hashable, CaseIterable {
    case stackAuthorize
    case stackCallback
    case stackToken
    case stackCrossDomainAuthorize
    case stackSessionRefresh
    case stackCurrentSession
    case stackSessions
    case stackSession
    case stackCurrentUser
    case stackCurrentProject
    case stackKeySet
    case dressipiAuthorize
    case dressipiToken
    case authorize
    case token
    case revoke
    case introspect
    case userInfo
    case logout
    case callback
    case authorizationServerMetadata
    case openIDConfiguration
    case keySet
    case signIn
    case signUp
    case chooseProvider
    case consent
    case signedOut
    case styleSheet
}

/// Who needs an endpoint.
public enum EndpointFamily: Sendable, Hashable {
    /// A project of the Stack dialect.
    case stack
    /// A client of the Dressipi dialect.
    case dressipi
    /// A client of plain OAuth.
    case oauth
    /// Anyone whose users sign in with a browser.
    case pages
}

extension Endpoint {
    /// Whom it serves: an endpoint of a family that the conf does not use is not there.
    public var family: EndpointFamily {
        switch self {
        case .stackAuthorize, .stackCallback, .stackToken, .stackCrossDomainAuthorize,
            .stackSessionRefresh, .stackCurrentSession, .stackSessions, .stackSession,
            .stackCurrentUser, .stackCurrentProject, .stackKeySet:
            .stack
        case .dressipiAuthorize, .dressipiToken: .dressipi
        case .authorize, .token, .revoke, .introspect, .userInfo, .logout, .callback,
            .authorizationServerMetadata, .openIDConfiguration, .signedOut:
            .oauth
        case .keySet: .oauth
        case .signIn, .signUp, .chooseProvider, .consent, .styleSheet: .pages
        }
    }

    /// The paths, with `*` for one segment that is a parameter; Stack's stand under two versions.
    ///
    /// - Parameter dressipiPrefix: `/oauth`, or as configured.
    /// - Returns: One path, or one for each version of the API.
    public func paths(dressipiPrefix: String) -> [String] {
        switch self {
        case .stackAuthorize: Self.stack("auth/oauth/authorize/*")
        case .stackCallback: Self.stack("auth/oauth/callback/*")
        case .stackToken: Self.stack("auth/oauth/token")
        case .stackCrossDomainAuthorize: Self.stack("auth/oauth/cross-domain/authorize")
        case .stackSessionRefresh: Self.stack("auth/sessions/current/refresh")
        case .stackCurrentSession: Self.stack("auth/sessions/current")
        case .stackSessions: Self.stack("auth/sessions")
        case .stackSession: Self.stack("auth/sessions/*")
        case .stackCurrentUser: Self.stack("users/me")
        case .stackCurrentProject: Self.stack("projects/current")
        case .stackKeySet: Self.stack("projects/*/.well-known/jwks.json")
        case .dressipiAuthorize: [dressipiPrefix + "/authorize"]
        case .dressipiToken: [dressipiPrefix + "/token"]
        case .authorize: ["/oauth2/authorize"]
        case .token: ["/oauth2/token"]
        case .revoke: ["/oauth2/revoke"]
        case .introspect: ["/oauth2/introspect"]
        case .userInfo: ["/oauth2/userinfo"]
        case .logout: ["/oauth2/logout"]
        case .callback: ["/oauth2/callback/*"]
        case .authorizationServerMetadata: ["/.well-known/oauth-authorization-server"]
        case .openIDConfiguration: ["/.well-known/openid-configuration"]
        case .keySet: ["/.well-known/jwks.json"]
        case .signIn: ["/oauth2/sign-in"]
        case .signUp: ["/oauth2/sign-up"]
        case .chooseProvider: ["/oauth2/choose"]
        case .consent: ["/oauth2/consent"]
        case .signedOut: ["/oauth2/signed-out"]
        case .styleSheet: ["/oauth2/gatehouse.css"]
        }
    }

    private static func stack(_ path: String) -> [String] {
        ["/api/v1/" + path, "/api/latest/" + path]
    }
}

extension AuthorizationServerSettings {
    /// Whether the conf has someone who needs the endpoint.
    public func serves(_ endpoint: Endpoint) -> Bool {
        switch endpoint.family {
        case .stack: projects.contains(where: \.isStack)
        case .dressipi: clients.contains { $0.dialect == .dressipi }
        case .oauth:
            clients.contains { $0.dialect == .oauth }
                || endpoint == .keySet && clients.contains { $0.dialect == .dressipi }
        case .pages:
            projects.contains(where: \.isStack) || clients.contains { $0.dialect == .oauth }
        }
    }
}
