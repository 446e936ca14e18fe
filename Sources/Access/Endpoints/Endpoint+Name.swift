public import Configuration

extension Endpoint {
    /// How the access line names it in the place of a route: its dialect and what it is.
    public var name: StaticString {
        switch self {
        case .stackAuthorize: "stack:authorize"
        case .stackCallback: "stack:callback"
        case .stackToken: "stack:token"
        case .stackCrossDomainAuthorize: "stack:cross-domain-authorize"
        case .stackSessionRefresh: "stack:session-refresh"
        case .stackCurrentSession: "stack:current-session"
        case .stackSessions: "stack:sessions"
        case .stackSession: "stack:session"
        case .stackCurrentUser: "stack:current-user"
        case .stackCurrentProject: "stack:current-project"
        case .stackKeySet: "stack:key-set"
        case .dressipiAuthorize: "dressipi:authorize"
        case .dressipiToken: "dressipi:token"
        case .authorize: "oauth:authorize"
        case .token: "oauth:token"
        case .revoke: "oauth:revoke"
        case .introspect: "oauth:introspect"
        case .userInfo: "oauth:userinfo"
        case .logout: "oauth:logout"
        case .callback: "oauth:callback"
        case .authorizationServerMetadata: "oauth:server-metadata"
        case .openIDConfiguration: "oauth:openid-configuration"
        case .keySet: "oauth:key-set"
        case .signIn: "page:sign-in"
        case .signUp: "page:sign-up"
        case .chooseProvider: "page:choose-provider"
        case .consent: "page:consent"
        case .signedOut: "page:signed-out"
        case .styleSheet: "page:style-sheet"
        }
    }
}
