public import Configuration
public import EventLoop

/// What a decision is made from: routes, issuers with their keys, and whom to trust.
///
/// Immutable; a change of keys or conf makes another. A class, because a request that asks it holds on
/// to it by one count, not by one for each field.
public final class AccessSnapshot: Sendable {
    /// The paths of the authorization server, or `nil` where there is none.
    public let endpoints: EndpointTable?
    /// Which route takes a request.
    public let table: RouteTable
    /// The routes, by the index that the table gives.
    public let routes: [Route]
    /// The issuers, by the index that rules give.
    public let issuers: [Issuer]
    /// What only we may say to an upstream.
    public let protectedNames: ProtectedNames
    /// Whose `X-Forwarded-*` are believed.
    public let trustedProxies: [IPNetwork]
    /// The most bytes that a token may have.
    public let tokenSizeMax: Int

    /// Makes a conf ready, with the keys held at the moment.
    public init(_ settings: Settings, issuers: [Issuer]) {
        endpoints = settings.authorizationServer.map(EndpointTable.init)
        table = RouteTable(settings.routes)
        routes = settings.routes.map(Route.init)
        self.issuers = issuers
        protectedNames = ProtectedNames(settings.routes)
        trustedProxies = settings.trustedProxies
        tokenSizeMax = settings.limits.tokenSize
    }

    private init(_ other: AccessSnapshot, issuers: [Issuer]) {
        endpoints = other.endpoints
        table = other.table
        routes = other.routes
        self.issuers = issuers
        protectedNames = other.protectedNames
        trustedProxies = other.trustedProxies
        tokenSizeMax = other.tokenSizeMax
    }

    /// The same conf with other keys.
    public func replacing(issuers: [Issuer]) -> AccessSnapshot {
        AccessSnapshot(self, issuers: issuers)
    }
}
