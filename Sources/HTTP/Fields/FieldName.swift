import Bytes

/// The field names that the gateway itself reads, writes or drops; every other name is `other` and
/// lives in its ``FieldBlock`` as bytes.
///
/// Fewer than 64, so that the names present in a block fit in one word.
@frozen
public enum FieldName: UInt8, Sendable, CaseIterable {
    case accept
    case acceptEncoding
    case accessControlRequestHeaders
    case accessControlRequestMethod
    case allow
    case authorization
    case cacheControl
    case connection
    case contentEncoding
    case contentLength
    case contentLocation
    case contentType
    case cookie
    case date
    case expect
    case forwarded
    case host
    case http2Settings
    case keepAlive
    case location
    case origin
    case proxyAuthenticate
    case proxyAuthenticationInfo
    case proxyAuthorization
    case proxyConnection
    case referer
    case retryAfter
    case secFetchMode
    case secFetchSite
    case secWebSocketProtocol
    case server
    case setCookie
    case strictTransportSecurity
    case te
    case traceparent
    case tracestate
    case trailer
    case transferEncoding
    case upgrade
    case userAgent
    case vary
    case via
    case wwwAuthenticate
    case xForwardedFor
    case xForwardedHost
    case xForwardedPort
    case xForwardedProto
    case xRealIP
    case xRequestID
    case other

    /// Finds the name that `name` spells, in whatever case: by its length and its first letter,
    /// then one comparison in most cases.
    public init(_ name: Span<UInt8>) {
        guard name.count >= 2 else {
            self = .other
            return
        }
        switch name.count {
        case 2...9: self = Self.short(name, first: ASCII.lowercased(name[0]))
        case 10...14: self = Self.medium(name, first: ASCII.lowercased(name[0]))
        case 15...30: self = Self.long(name, first: ASCII.lowercased(name[0]))
        default: self = .other
        }
    }

    private static func short(_ name: Span<UInt8>, first: UInt8) -> FieldName {
        switch (name.count, first) {
        case (2, UInt8(ascii: "t")):
            confirmed(.te, name)
        case (3, UInt8(ascii: "v")):
            confirmed(.via, name)
        case (4, UInt8(ascii: "d")):
            confirmed(.date, name)
        case (4, UInt8(ascii: "h")):
            confirmed(.host, name)
        case (4, UInt8(ascii: "v")):
            confirmed(.vary, name)
        case (5, UInt8(ascii: "a")):
            confirmed(.allow, name)
        case (6, UInt8(ascii: "a")):
            confirmed(.accept, name)
        case (6, UInt8(ascii: "c")):
            confirmed(.cookie, name)
        case (6, UInt8(ascii: "e")):
            confirmed(.expect, name)
        case (6, UInt8(ascii: "o")):
            confirmed(.origin, name)
        case (6, UInt8(ascii: "s")):
            confirmed(.server, name)
        case (7, UInt8(ascii: "r")):
            confirmed(.referer, name)
        case (7, UInt8(ascii: "t")):
            confirmed(.trailer, name)
        case (7, UInt8(ascii: "u")):
            confirmed(.upgrade, name)
        case (8, UInt8(ascii: "l")):
            confirmed(.location, name)
        case (9, UInt8(ascii: "f")):
            confirmed(.forwarded, name)
        case (9, UInt8(ascii: "x")):
            confirmed(.xRealIP, name)
        default: .other
        }
    }

    private static func medium(_ name: Span<UInt8>, first: UInt8) -> FieldName {
        switch (name.count, first) {
        case (10, UInt8(ascii: "c")):
            confirmed(.connection, name)
        case (10, UInt8(ascii: "k")):
            confirmed(.keepAlive, name)
        case (10, UInt8(ascii: "s")):
            confirmed(.setCookie, name)
        case (10, UInt8(ascii: "t")):
            confirmed(.tracestate, name)
        case (10, UInt8(ascii: "u")):
            confirmed(.userAgent, name)
        case (11, UInt8(ascii: "r")):
            confirmed(.retryAfter, name)
        case (11, UInt8(ascii: "t")):
            confirmed(.traceparent, name)
        case (12, UInt8(ascii: "c")):
            confirmed(.contentType, name)
        case (12, UInt8(ascii: "x")):
            confirmed(.xRequestID, name)
        case (13, UInt8(ascii: "a")):
            confirmed(.authorization, name)
        case (13, UInt8(ascii: "c")):
            confirmed(.cacheControl, name)
        case (14, UInt8(ascii: "c")):
            confirmed(.contentLength, name)
        case (14, UInt8(ascii: "h")):
            confirmed(.http2Settings, name)
        case (14, UInt8(ascii: "s")):
            confirmed(.secFetchMode, or: .secFetchSite, name)
        default: .other
        }
    }

    private static func long(_ name: Span<UInt8>, first: UInt8) -> FieldName {
        switch (name.count, first) {
        case (15, UInt8(ascii: "a")):
            confirmed(.acceptEncoding, name)
        case (15, UInt8(ascii: "x")):
            confirmed(.xForwardedFor, name)
        case (16, UInt8(ascii: "c")):
            confirmed(.contentEncoding, or: .contentLocation, name)
        case (16, UInt8(ascii: "p")):
            confirmed(.proxyConnection, name)
        case (16, UInt8(ascii: "w")):
            confirmed(.wwwAuthenticate, name)
        case (16, UInt8(ascii: "x")):
            confirmed(.xForwardedHost, or: .xForwardedPort, name)
        case (17, UInt8(ascii: "t")):
            confirmed(.transferEncoding, name)
        case (17, UInt8(ascii: "x")):
            confirmed(.xForwardedProto, name)
        case (18, UInt8(ascii: "p")):
            confirmed(.proxyAuthenticate, name)
        case (19, UInt8(ascii: "p")):
            confirmed(.proxyAuthorization, name)
        case (22, UInt8(ascii: "s")):
            confirmed(.secWebSocketProtocol, name)
        case (25, UInt8(ascii: "p")):
            confirmed(.proxyAuthenticationInfo, name)
        case (25, UInt8(ascii: "s")):
            confirmed(.strictTransportSecurity, name)
        case (29, UInt8(ascii: "a")):
            confirmed(.accessControlRequestMethod, name)
        case (30, UInt8(ascii: "a")):
            confirmed(.accessControlRequestHeaders, name)
        default: .other
        }
    }

    private static func confirmed(_ candidate: FieldName, _ name: Span<UInt8>) -> FieldName {
        name.isEqualIgnoringCase(to: candidate.lowercaseName) ? candidate : .other
    }

    private static func confirmed(
        _ candidate: FieldName,
        or second: FieldName,
        _ name: Span<UInt8>
    ) -> FieldName {
        name.isEqualIgnoringCase(to: candidate.lowercaseName) ? candidate : confirmed(second, name)
    }

    /// The name in lower case; empty for `other`.
    public var lowercaseName: StaticString {
        switch self {
        case .accept: "accept"
        case .acceptEncoding: "accept-encoding"
        case .accessControlRequestHeaders: "access-control-request-headers"
        case .accessControlRequestMethod: "access-control-request-method"
        case .allow: "allow"
        case .authorization: "authorization"
        case .cacheControl: "cache-control"
        case .connection: "connection"
        case .contentEncoding: "content-encoding"
        case .contentLength: "content-length"
        case .contentLocation: "content-location"
        case .contentType: "content-type"
        case .cookie: "cookie"
        case .date: "date"
        case .expect: "expect"
        case .forwarded: "forwarded"
        case .host: "host"
        case .http2Settings: "http2-settings"
        case .keepAlive: "keep-alive"
        case .location: "location"
        case .origin: "origin"
        case .proxyAuthenticate: "proxy-authenticate"
        case .proxyAuthenticationInfo: "proxy-authentication-info"
        case .proxyAuthorization: "proxy-authorization"
        case .proxyConnection: "proxy-connection"
        case .referer: "referer"
        case .retryAfter: "retry-after"
        case .secFetchMode: "sec-fetch-mode"
        case .secFetchSite: "sec-fetch-site"
        case .secWebSocketProtocol: "sec-websocket-protocol"
        case .server: "server"
        case .setCookie: "set-cookie"
        case .strictTransportSecurity: "strict-transport-security"
        case .te: "te"
        case .traceparent: "traceparent"
        case .tracestate: "tracestate"
        case .trailer: "trailer"
        case .transferEncoding: "transfer-encoding"
        case .upgrade: "upgrade"
        case .userAgent: "user-agent"
        case .vary: "vary"
        case .via: "via"
        case .wwwAuthenticate: "www-authenticate"
        case .xForwardedFor: "x-forwarded-for"
        case .xForwardedHost: "x-forwarded-host"
        case .xForwardedPort: "x-forwarded-port"
        case .xForwardedProto: "x-forwarded-proto"
        case .xRealIP: "x-real-ip"
        case .xRequestID: "x-request-id"
        case .other: ""
        }
    }

    /// Whether the field speaks of one connection only, and so is never forwarded (RFC 9110 §7.6.1),
    /// named by `Connection` or not.
    public var isHopByHop: Bool {
        switch self {
        case .connection, .http2Settings, .keepAlive, .proxyAuthenticate, .proxyAuthenticationInfo,
            .proxyAuthorization, .proxyConnection, .te, .trailer, .transferEncoding, .upgrade:
            true
        default: false
        }
    }
}
