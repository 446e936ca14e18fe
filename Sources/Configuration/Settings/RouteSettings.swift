/// One route: which requests it takes, who may make them, and where they go.
public struct RouteSettings: Sendable {
    /// As written, for logs and metrics: `/orders/`, `= /exact`, with ` host=...` where bound.
    public var name: String
    /// The canonical path without a trailing slash (`/orders`), empty for the root prefix; of an
    /// exact route the canonical path as it stands (`/`, `/exact`, `/exact/`).
    public var path: String
    /// Whether only this very path is meant (`= /exact`).
    public var isExact: Bool
    /// Host names in lower case, exact or `*.` and a suffix; empty for every host.
    public var hosts: [String]
    /// The rule of methods that no block names.
    public var rule: RouteRule
    /// `method` blocks, each the route's rule with what it replaced, in the order of the file.
    public var methodRules: [MethodRule]
    /// The closed list of methods, or `nil` where every method is let through.
    public var methods: [String]?
    /// What happens to an allowed request.
    public var action: RouteAction
    /// Whether refusals are only logged (`mode shadow;`).
    public var isShadow: Bool
    /// Whether requests leave a line in the access log.
    public var isLogged: Bool
    /// The prefix taken off before the upstream, without a trailing slash, or `nil`.
    public var strippedPrefix: String?
    /// Sent as `Host` in place of the client's, or `nil`.
    public var upstreamHost: String?
    /// Whether matching this route ignores the case of ASCII letters.
    public var ignoresPathCase: Bool
    /// Whether `//` is merged instead of refused.
    public var mergesSlashes: Bool
    /// Whether `%2F` in the path is let through.
    public var allowsEncodedSlash: Bool
    /// The most bytes of a request body, or `nil` for no limit.
    public var bodySizeLimit: Int?
    /// What becomes of a response or tunnel that still runs when its token expires.
    public var tokenExpiry: TokenExpiry
    /// Where a token may stand.
    public var tokenSources: TokenSourceSettings
    /// Whether a verified bearer token goes on to the upstream.
    public var forwardsToken: Bool
    /// Which family of identity headers is written.
    public var identityHeaderSet: IdentityHeaderSet
    /// Further identity headers of this route.
    public var identityHeaders: [IdentityHeaderSettings]
    /// Edits of the response, in the order of the file.
    public var responseHeaders: [ResponseHeaderEdit]
    /// Origins that scripts may call from, or empty where CORS is not spoken.
    public var corsOrigins: [String]
    /// Whether a real pre-flight goes to the upstream without a token.
    public var passesCORSPreflight: Bool
}

/// What a request must show.
public struct RouteRule: Sendable, Hashable {
    /// Whether a token is needed.
    public var access: AccessMode
    /// The accepted issuers, indexes into ``Settings/issuers``.
    public var issuers: [Int]
    /// All must hold.
    public var scopes: [ScopeRequirement]
    /// All must hold.
    public var claims: [ClaimRequirement]
    /// The projects whose tokens are taken, of those that are our own; empty for every one.
    ///
    /// It narrows our own tokens only: tokens of other issuers pass by it. Where both `projects` and
    /// `clients` say something, both must hold.
    public var projects: [String]
    /// The clients whose tokens are taken, of those that are our own; empty for every one.
    public var clients: [String]
    /// Whether tokens of anonymous users are taken.
    public var allowsAnonymous: Bool
    /// Whether tokens of restricted users are taken.
    public var allowsRestricted: Bool
}

/// A rule for some methods.
public struct MethodRule: Sendable, Hashable {
    /// The methods, upper case; `HEAD` follows `GET` where not named itself.
    public var methods: [String]
    /// What they must show.
    public var rule: RouteRule
}

/// Whether a token is needed.
public enum AccessMode: String, Sendable, CaseIterable {
    /// Verified when there is one; a bad one is refused.
    case optional
    /// No token is looked at.
    case `public`
    /// A valid token, the default.
    case required
}

/// One demand on the scopes of a token.
public enum ScopeRequirement: Sendable, Hashable {
    case allOf([String])
    case anyOf([String])
}

/// One demand on a claim: it equals one of the values, or is an array that contains one.
public struct ClaimRequirement: Sendable, Hashable {
    /// The way through objects, `a.b` as two names.
    public var path: [String]
    /// Any of them satisfies.
    public var values: [ClaimValue]
}

/// A value that a claim may be demanded to have, of its own JSON type.
public enum ClaimValue: Sendable, Hashable {
    case boolean(Bool)
    case number(Double)
    case string(String)
}

/// What happens to an allowed request.
public enum RouteAction: Sendable, Hashable {
    /// Forwarded to the upstream, an index into ``Settings/upstreams``.
    case forward(upstream: Int)
    /// Answered here with the status and the body.
    case respond(status: Int, body: String)
}

/// What becomes of a response or tunnel without an end of its own when its token expires.
///
/// A session that is revoked ends it either way.
public enum TokenExpiry: Sendable, Hashable {
    /// It is told so where its protocol can tell, and cut after the grace.
    case close(grace: Duration)
    /// It goes on: the token was good when it began.
    case keep
}

/// Where a token may stand besides, or in place of, `Authorization: Bearer`.
public struct TokenSourceSettings: Sendable, Hashable {
    /// Field names in lower case that carry a bare token.
    public var headers: [String]
    /// The cookie that carries a token.
    public var cookie: String?
    /// Whether `Sec-WebSocket-Protocol: bearer, TOKEN` carries one.
    public var webSocketProtocol: Bool
}

/// The families of identity headers.
public enum IdentityHeaderSet: String, Sendable, CaseIterable {
    case authRequest = "auth_request"
    case forwarded
    case none
    case remoteUser = "remote_user"
    case stack
}

/// One further identity header.
public struct IdentityHeaderSettings: Sendable, Hashable {
    /// The field name in lower case.
    public var name: String
    /// The claim it is read from, `a.b` as two names.
    public var claimPath: [String]
    /// What joins the members of an array.
    public var separator: String
}

/// One edit of the response.
public enum ResponseHeaderEdit: Sendable, Hashable {
    case remove(name: String)
    case set(name: String, value: String)
}
