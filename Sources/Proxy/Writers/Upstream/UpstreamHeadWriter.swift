import Access
import Bytes
import Configuration
import HTTP

/// Writes the request head that an upstream gets, into whatever its wire writes: anew, in strict form,
/// with our identity headers and nobody else's.
///
/// Each wire begins and frames in its own way (`+HTTP1`, `+HTTP2`); what goes from end to end is the
/// same.
enum UpstreamHeadWriter {
    /// The authority that the server is asked by: the route's, the client's, or the server's own.
    static func withAuthority(
        _ head: RequestHead,
        _ route: Route,
        _ target: UpstreamTarget,
        _ body: (Span<UInt8>) -> Void
    ) {
        if let name = route.settings.upstreamHost {
            body(name.utf8.span)
        } else if head.host.count > 0 {
            body(head.host)
        } else {
            let authority = target.authority
            body(authority.span)
        }
    }

    /// Appends the canonical path, without the route's prefix where it is to be taken off, and the
    /// query.
    static func appendTarget(
        _ exchange: Exchange,
        _ head: RequestHead,
        _ route: Route,
        to sink: inout some FieldSink & ~Copyable
    ) {
        appendPath(exchange.path.sent, route.settings.strippedPrefix, to: &sink)
        if head.hasQuery {
            sink.append("?")
            sink.append(head.queryBytes)
        }
    }

    private static func appendPath(
        _ path: Span<UInt8>,
        _ prefix: String?,
        to sink: inout some FieldSink & ~Copyable
    ) {
        guard let prefix, path.count >= prefix.utf8.count,
            path.extracting(0..<prefix.utf8.count).isEqualIgnoringCase(to: prefix.utf8.span)
        else {
            sink.append(path)
            return
        }
        let rest = path.extracting(prefix.utf8.count...)
        if rest.count == 0 || rest[0] != UInt8(ascii: "/") {
            sink.append("/")
        }
        sink.append(rest)
    }

    /// Writes the peer's own fields, without what is of its connection, what only we may say, and what
    /// is not for the upstream; and without the key of a WebSocket, where the wire has none.
    static func writeFields(
        _ exchange: Exchange,
        _ head: RequestHead,
        _ route: Route,
        leavingOutKey: Bool,
        into sink: inout some FieldSink & ~Copyable
    ) {
        let protected = exchange.snapshot.access.protectedNames
        let fields = head.fields
        let areNamed = fields.namesFieldsByConnection
        for index in 0..<fields.count {
            switch fields.id(at: index) {
            case .host, .connection, .keepAlive, .proxyConnection, .te, .trailer,
                .transferEncoding, .upgrade, .contentLength, .expect, .proxyAuthorization,
                .http2Settings, .xForwardedFor, .xForwardedProto, .xForwardedHost, .forwarded,
                .xRequestID, .via:
                continue
            case .traceparent where !exchange.isPeerTrusted:
                continue
            case .authorization where dropsAuthorization(exchange, route):
                continue
            case .cookie where writeCookie(exchange, fields, route, index, into: &sink):
                continue
            case .secWebSocketProtocol
            where writeProtocols(exchange, fields, index, into: &sink):
                continue
            default:
                let name = fields.name(at: index)
                if areNamed && fields.isNamedByConnection(index) || protected.contains(name)
                    || isTokenHeader(name, route)
                    || leavingOutKey && name.isEqualIgnoringCase(to: "sec-websocket-key")
                {
                    continue
                }
                sink.add(
                    name,
                    fields.value(at: index),
                    isNeverIndexed: isKeptFromTables(fields, index)
                )
            }
        }
    }

    /// A verified bearer token goes no further unless the route says so; other schemes pass, and so
    /// does everything on a shadow route, where the request goes out as it came.
    private static func dropsAuthorization(_ exchange: Exchange, _ route: Route) -> Bool {
        guard let place = exchange.tokenPlace, place.source == .authorization else { return false }
        return exchange.token != nil && !route.settings.forwardsToken && !route.settings.isShadow
    }

    /// Whether the route reads tokens from a field of that name.
    static func isTokenHeader(_ name: Span<UInt8>, _ route: Route) -> Bool {
        for header in route.settings.tokenSources.headers
        where name.isEqualIgnoringCase(to: header.utf8.span) {
            return true
        }
        return false
    }

    /// Writes a `Cookie` field without the one that carries tokens here, and without those of the
    /// authorization server: an upstream that had them could sign in as its caller.
    ///
    /// - Returns: Whether the field was dealt with.
    private static func writeCookie(
        _ exchange: Exchange,
        _ fields: FieldBlock,
        _ route: Route,
        _ index: Int,
        into sink: inout some FieldSink & ~Copyable
    ) -> Bool {
        let token = route.settings.tokenSources.cookie
        let hasOwn = exchange.snapshot.access.endpoints != nil
        guard token != nil || hasOwn else { return false }
        var kept: [UInt8] = []
        CookieHeader.append(fields.value(at: index), to: &kept) { name in
            if let token, name.isEqual(to: token.utf8.span) { return false }
            return !hasOwn || !OwnCookie.isOurs(name)
        }
        if !kept.isEmpty {
            sink.add("cookie", kept.span)
        }
        return true
    }

    /// Writes `Sec-WebSocket-Protocol` without `bearer` and the token.
    ///
    /// - Returns: Whether the field was dealt with.
    private static func writeProtocols(
        _ exchange: Exchange,
        _ fields: FieldBlock,
        _ index: Int,
        into sink: inout some FieldSink & ~Copyable
    ) -> Bool {
        guard let place = exchange.tokenPlace, place.source == .webSocketProtocol,
            place.field == index
        else { return false }
        let value = fields.value(at: index)
        if let comma = value.firstIndex(of: UInt8(ascii: ","), from: place.range.upperBound) {
            let rest = value.extracting((comma + 1)...).trimmingBlanks()
            if rest.count > 0 {
                sink.add("sec-websocket-protocol", rest)
            }
        }
        return true
    }
}
