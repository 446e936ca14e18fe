import Access
import Bytes
import Configuration
import EventLoop
import HTTP

/// Writes the request head that an upstream gets: anew, in strict form, with our identity headers
/// and nobody else's.
enum UpstreamHeadWriter {
    static func write(_ exchange: Exchange, _ target: UpstreamTarget, into box: BufferBox) {
        guard let route = exchange.route else { return }
        let head = exchange.head
        writeStartLine(head, exchange.path, route, into: box)
        box.buffer.append("host: ")
        if let name = route.settings.upstreamHost {
            box.buffer.append(name.utf8.span)
        } else if head.host.count > 0 {
            box.buffer.append(head.host)
        } else {
            let authority = target.authority
            box.buffer.append(authority.span)
        }
        box.buffer.append("\r\n")
        writeFields(exchange, head, route, into: box)
        writeFraming(head, into: box)
        writeIdentity(exchange, route, into: box)
        writeOrigin(exchange, head, into: box)
        box.buffer.append("\r\n")
    }

    private static func writeStartLine(
        _ head: RequestHead,
        _ path: CanonicalPath,
        _ route: Route,
        into box: BufferBox
    ) {
        box.buffer.append(head.methodBytes)
        box.buffer.append(UInt8(ascii: " "))
        writePath(path.sent, route.settings.strippedPrefix, into: box)
        if head.hasQuery {
            box.buffer.append(UInt8(ascii: "?"))
            box.buffer.append(head.queryBytes)
        }
        box.buffer.append(" HTTP/1.1\r\n")
    }

    /// The canonical path, without the route's prefix where it is to be taken off.
    private static func writePath(
        _ path: Span<UInt8>,
        _ prefix: String?,
        into box: BufferBox
    ) {
        guard let prefix, path.count >= prefix.utf8.count,
            path.extracting(0..<prefix.utf8.count).isEqualIgnoringCase(to: prefix.utf8.span)
        else {
            box.buffer.append(path)
            return
        }
        let rest = path.extracting(prefix.utf8.count...)
        if rest.count == 0 || rest[0] != UInt8(ascii: "/") {
            box.buffer.append(UInt8(ascii: "/"))
        }
        box.buffer.append(rest)
    }

    private static func writeFields(
        _ exchange: Exchange,
        _ head: RequestHead,
        _ route: Route,
        into box: BufferBox
    ) {
        let protected = exchange.snapshot.access.protectedNames
        let sink = HTTP1FieldSink(box: box)
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
            case .cookie where writeCookie(fields, route, index, into: box):
                continue
            case .secWebSocketProtocol
            where writeProtocols(exchange, fields, index, into: box):
                continue
            default:
                let name = fields.name(at: index)
                if fields.isNamedByConnection(index) || protected.contains(name)
                    || isTokenHeader(name, route)
                {
                    continue
                }
                sink.add(name, fields.value(at: index))
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

    /// Writes a `Cookie` field without the one that carries tokens here.
    ///
    /// - Returns: Whether the field was dealt with.
    private static func writeCookie(
        _ fields: FieldBlock,
        _ route: Route,
        _ index: Int,
        into box: BufferBox
    ) -> Bool {
        guard let name = route.settings.tokenSources.cookie else { return false }
        var kept: [UInt8] = []
        CookieHeader.append(fields.value(at: index), without: name.utf8.span, to: &kept)
        if !kept.isEmpty {
            HTTP1FieldSink(box: box).add("cookie", kept.span)
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
        into box: BufferBox
    ) -> Bool {
        guard let place = exchange.tokenPlace, place.source == .webSocketProtocol,
            place.field == index
        else { return false }
        let value = fields.value(at: index)
        if let comma = value.firstIndex(of: UInt8(ascii: ","), from: place.range.upperBound) {
            let rest = value.extracting((comma + 1)...).trimmingBlanks()
            if rest.count > 0 {
                HTTP1FieldSink(box: box).add("sec-websocket-protocol", rest)
            }
        }
        return true
    }

    private static func writeFraming(_ head: RequestHead, into box: BufferBox) {
        switch head.framing {
        case .none, .untilClose: break
        case .chunked: box.buffer.append("transfer-encoding: chunked\r\n")
        case .length(let length):
            box.buffer.append("content-length: ")
            box.buffer.append(decimal: length)
            box.buffer.append("\r\n")
        }
        let fields = head.fields
        if head.upgrade, let field = fields.first(.upgrade) {
            box.buffer.append("connection: upgrade\r\nupgrade: ")
            box.buffer.append(fields.value(at: field))
            box.buffer.append("\r\n")
        }
    }

    private static func writeIdentity(
        _ exchange: Exchange,
        _ route: Route,
        into box: BufferBox
    ) {
        guard let token = exchange.token, exchange.provesIdentity else { return }
        IdentityHeaders.append(
            for: token,
            issuer: exchange.snapshot.access.issuers[token.issuer],
            route: route.settings,
            to: &box.buffer
        )
    }

    /// Who asked, by which way: what a trusted proxy said is kept and added to.
    private static func writeOrigin(
        _ exchange: Exchange,
        _ head: RequestHead,
        into box: BufferBox
    ) {
        exchange.worker.withScratch { text in
            exchange.downstream?.peerAddress.appendText(to: &text)
            writeForwardedFor(exchange, head.fields, text.span, into: box)
        }
        box.buffer.append("x-forwarded-proto: ")
        box.buffer.append(exchange.scheme)
        if head.host.count > 0 {
            box.buffer.append("\r\nx-forwarded-host: ")
            box.buffer.append(head.host)
        }
        writeForwarded(exchange, head, into: box)
        box.buffer.append("\r\nx-request-id: ")
        let id = exchange.requestID
        box.buffer.append(id.span)
        if !exchange.isPeerTrusted || head.fields.first(.traceparent) == nil {
            box.buffer.append("\r\ntraceparent: ")
            exchange.worker.requestIDs.appendTraceParent(to: &box.buffer)
        }
        box.buffer.append("\r\nvia: 1.1 gatehouse\r\n")
    }

    private static func writeForwardedFor(
        _ exchange: Exchange,
        _ fields: FieldBlock,
        _ peer: Span<UInt8>,
        into box: BufferBox
    ) {
        box.buffer.append("x-forwarded-for: ")
        if exchange.isPeerTrusted {
            var index = fields.first(.xForwardedFor)
            while let field = index {
                box.buffer.append(fields.value(at: field))
                box.buffer.append(", ")
                index = fields.next(.xForwardedFor, after: field)
            }
        }
        box.buffer.append(peer)
        box.buffer.append("\r\n")
    }

    /// RFC 7239: who the client is, as one element.
    private static func writeForwarded(
        _ exchange: Exchange,
        _ head: RequestHead,
        into box: BufferBox
    ) {
        exchange.worker.withScratch { client in
            exchange.client.appendText(to: &client)
            let isIPv4 = exchange.client.isIPv4
            box.buffer.append(isIPv4 ? "\r\nforwarded: for=" : "\r\nforwarded: for=\"[")
            box.buffer.append(client.span)
            box.buffer.append(isIPv4 ? "" : "]\"")
        }
        if head.host.count > 0 {
            box.buffer.append(";host=\"")
            box.buffer.append(head.host)
            box.buffer.append("\"")
        }
        box.buffer.append(";proto=")
        box.buffer.append(exchange.scheme)
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
