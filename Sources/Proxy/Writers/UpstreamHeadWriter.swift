import Access
import Bytes
import Configuration
import EventLoop
import HTTP

/// Writes the request head that an upstream gets: anew, in strict form, with our identity headers
/// and nobody else's.
enum UpstreamHeadWriter {
    static func write(_ exchange: Exchange, _ target: UpstreamTarget, into output: inout ByteBuffer)
    {
        guard let route = exchange.route else { return }
        let head = exchange.head
        writeStartLine(head, exchange.path, route, into: &output)
        output.append("host: ")
        if let name = route.settings.upstreamHost {
            output.append(name.utf8.span)
        } else if head.host.count > 0 {
            output.append(head.host)
        } else {
            let authority = target.authority
            output.append(authority.span)
        }
        output.append("\r\n")
        writeFields(exchange, head, route, into: &output)
        writeFraming(head, into: &output)
        writeIdentity(exchange, route, into: &output)
        writeOrigin(exchange, head, into: &output)
        output.append("\r\n")
    }

    private static func writeStartLine(
        _ head: RequestHead,
        _ path: CanonicalPath,
        _ route: Route,
        into output: inout ByteBuffer
    ) {
        output.append(head.methodBytes)
        output.append(UInt8(ascii: " "))
        writePath(path.sent, route.settings.strippedPrefix, into: &output)
        if head.hasQuery {
            output.append(UInt8(ascii: "?"))
            output.append(head.queryBytes)
        }
        output.append(" HTTP/1.1\r\n")
    }

    /// The canonical path, without the route's prefix where it is to be taken off.
    private static func writePath(
        _ path: Span<UInt8>,
        _ prefix: String?,
        into output: inout ByteBuffer
    ) {
        guard let prefix, path.count >= prefix.utf8.count,
            path.extracting(0..<prefix.utf8.count).isEqualIgnoringCase(to: prefix.utf8.span)
        else {
            output.append(path)
            return
        }
        let rest = path.extracting(prefix.utf8.count...)
        if rest.count == 0 || rest[0] != UInt8(ascii: "/") {
            output.append(UInt8(ascii: "/"))
        }
        output.append(rest)
    }

    private static func writeFields(
        _ exchange: Exchange,
        _ head: RequestHead,
        _ route: Route,
        into output: inout ByteBuffer
    ) {
        let protected = exchange.snapshot.access.protectedNames
        let fields = head.fields
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
            case .cookie where writeCookie(exchange, fields, route, index, into: &output):
                continue
            case .secWebSocketProtocol
            where writeProtocols(exchange, fields, index, into: &output):
                continue
            default:
                let name = fields.name(at: index)
                if fields.isNamedByConnection(index) || protected.contains(name)
                    || isTokenHeader(name, route)
                {
                    continue
                }
                output.add(name, fields.value(at: index))
            }
        }
    }

    /// A verified bearer token goes no further unless the route says so; other schemes pass, and so
    /// does everything on a shadow route, where the request goes out as it came.
    private static func dropsAuthorization(_ exchange: Exchange, _ route: Route) -> Bool {
        guard let place = exchange.tokenPlace, place.source == .authorization else { return false }
        return exchange.token != nil && !route.settings.forwardsToken && !route.settings.isShadow
    }

    private static func isTokenHeader(_ name: Span<UInt8>, _ route: Route) -> Bool {
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
        into output: inout ByteBuffer
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
            output.add("cookie", kept.span)
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
        into output: inout ByteBuffer
    ) -> Bool {
        guard let place = exchange.tokenPlace, place.source == .webSocketProtocol,
            place.field == index
        else { return false }
        let value = fields.value(at: index)
        if let comma = value.firstIndex(of: UInt8(ascii: ","), from: place.range.upperBound) {
            let rest = value.extracting((comma + 1)...).trimmingBlanks()
            if rest.count > 0 {
                output.add("sec-websocket-protocol", rest)
            }
        }
        return true
    }

    private static func writeFraming(_ head: RequestHead, into output: inout ByteBuffer) {
        switch head.framing {
        case .none, .untilClose: break
        case .chunked: output.append("transfer-encoding: chunked\r\n")
        case .length(let length):
            output.append("content-length: ")
            output.append(decimal: length)
            output.append("\r\n")
        }
        let fields = head.fields
        if head.upgrade, let field = fields.first(.upgrade) {
            output.append("connection: upgrade\r\nupgrade: ")
            output.append(fields.value(at: field))
            output.append("\r\n")
        }
    }

    private static func writeIdentity(
        _ exchange: Exchange,
        _ route: Route,
        into output: inout ByteBuffer
    ) {
        guard let token = exchange.token, exchange.provesIdentity else { return }
        IdentityHeaders.append(
            for: token,
            issuer: exchange.snapshot.access.issuers[token.issuer],
            route: route.settings,
            to: &output
        )
    }

    /// Who asked, by which way: what a trusted proxy said is kept and added to.
    private static func writeOrigin(
        _ exchange: Exchange,
        _ head: RequestHead,
        into output: inout ByteBuffer
    ) {
        exchange.worker.withScratch { text in
            exchange.downstream?.peerAddress.appendText(to: &text)
            writeForwardedFor(exchange, head.fields, text.span, into: &output)
        }
        output.append("x-forwarded-proto: ")
        output.append(exchange.scheme)
        if head.host.count > 0 {
            output.append("\r\nx-forwarded-host: ")
            output.append(head.host)
        }
        writeForwarded(exchange, head, into: &output)
        output.append("\r\nx-request-id: ")
        let id = exchange.requestID
        output.append(id.span)
        if !exchange.isPeerTrusted || head.fields.first(.traceparent) == nil {
            output.append("\r\ntraceparent: ")
            exchange.worker.requestIDs.appendTraceParent(to: &output)
        }
        output.append("\r\nvia: 1.1 gatehouse\r\n")
    }

    private static func writeForwardedFor(
        _ exchange: Exchange,
        _ fields: FieldBlock,
        _ peer: Span<UInt8>,
        into output: inout ByteBuffer
    ) {
        output.append("x-forwarded-for: ")
        if exchange.isPeerTrusted {
            var index = fields.first(.xForwardedFor)
            while let field = index {
                output.append(fields.value(at: field))
                output.append(", ")
                index = fields.next(.xForwardedFor, after: field)
            }
        }
        output.append(peer)
        output.append("\r\n")
    }

    /// RFC 7239: who the client is, as one element.
    private static func writeForwarded(
        _ exchange: Exchange,
        _ head: RequestHead,
        into output: inout ByteBuffer
    ) {
        exchange.worker.withScratch { client in
            exchange.client.appendText(to: &client)
            let isIPv4 = exchange.client.isIPv4
            output.append(isIPv4 ? "\r\nforwarded: for=" : "\r\nforwarded: for=\"[")
            output.append(client.span)
            output.append(isIPv4 ? "" : "]\"")
        }
        if head.host.count > 0 {
            output.append(";host=\"")
            output.append(head.host)
            output.append("\"")
        }
        output.append(";proto=")
        output.append(exchange.scheme)
    }
}

extension Exchange {
    /// Whether the token may speak for its bearer to the upstream: verified, and good now.
    ///
    /// On a shadow route that may be so though a scope lacks.
    var provesIdentity: Bool {
        guard token != nil else { return false }
        guard let refusal else { return true }
        return refusal.reason == .scopeInsufficient || refusal.reason == .claimMismatch
    }
}
