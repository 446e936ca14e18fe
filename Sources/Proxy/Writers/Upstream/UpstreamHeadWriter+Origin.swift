import Access
import Bytes
import EventLoop
import HTTP

// Who asks, as the gateway knows it: last in the head, after everything that the peer has said.

extension UpstreamHeadWriter {
    /// Writes what a verified token says of its bearer.
    static func writeIdentity(
        _ exchange: Exchange,
        _ route: Route,
        into sink: inout some FieldSink & ~Copyable
    ) {
        guard let token = exchange.token, exchange.provesIdentity else { return }
        IdentityHeaders.withLines(
            for: token,
            issuer: exchange.snapshot.access.issuers[token.issuer],
            route: route.settings
        ) { lines in
            sink.add(lines: lines)
        }
    }

    /// Writes who asked, by which way: what a trusted proxy said is kept and added to.
    static func writeOrigin(
        _ exchange: Exchange,
        _ head: RequestHead,
        into sink: inout some FieldSink & ~Copyable
    ) {
        writeForwardedFor(exchange, head, into: &sink)
        sink.add("x-forwarded-proto", exchange.scheme)
        if head.host.count > 0 {
            sink.add("x-forwarded-host", head.host)
        }
        writeForwarded(exchange, head, into: &sink)
        let id = exchange.requestID
        sink.add("x-request-id", unique: id.span)
        if !exchange.isPeerTrusted || head.fields.first(.traceparent) == nil {
            exchange.worker.requestIDs.addTraceParent(to: &sink)
        }
        sink.add("via", head.version == .http2 ? "2 gatehouse" : "1.1 gatehouse")
    }

    private static func writeForwardedFor(
        _ exchange: Exchange,
        _ head: RequestHead,
        into sink: inout some FieldSink & ~Copyable
    ) {
        sink.begin("x-forwarded-for")
        if exchange.isPeerTrusted {
            var index = head.fields.first(.xForwardedFor)
            while let field = index {
                sink.append(head.fields.value(at: field))
                sink.append(", ")
                index = head.fields.next(.xForwardedFor, after: field)
            }
        }
        let peer = exchange.downstream?.peerText ?? []
        sink.append(peer.span)
        sink.end(isUnique: false)
    }

    /// RFC 7239: who the client is, as one element.
    private static func writeForwarded(
        _ exchange: Exchange,
        _ head: RequestHead,
        into sink: inout some FieldSink & ~Copyable
    ) {
        let isIPv4 = exchange.client.isIPv4
        let client = exchange.clientText
        sink.begin("forwarded")
        sink.append(isIPv4 ? "for=" : "for=\"[")
        sink.append(client.span)
        sink.append(isIPv4 ? "" : "]\"")
        if head.host.count > 0 {
            sink.append(";host=\"")
            sink.append(head.host)
            sink.append("\"")
        }
        sink.append(";proto=")
        sink.append(exchange.scheme)
        sink.end(isUnique: false)
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
