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
    static func writeOrigin(_ exchange: Exchange, into sink: inout some FieldSink & ~Copyable) {
        let head = exchange.head
        exchange.worker.withScratch { text in
            appendForwardedFor(exchange, head.fields, to: &text)
            sink.add("x-forwarded-for", text.span)
        }
        sink.add("x-forwarded-proto", exchange.scheme)
        if head.host.count > 0 {
            sink.add("x-forwarded-host", head.host)
        }
        exchange.worker.withScratch { text in
            appendForwarded(exchange, head, to: &text)
            sink.add("forwarded", text.span)
        }
        let id = exchange.requestID
        sink.add("x-request-id", unique: id.span)
        if !exchange.isPeerTrusted || head.fields.first(.traceparent) == nil {
            exchange.worker.withScratch { text in
                exchange.worker.requestIDs.appendTraceParent(to: &text)
                sink.add("traceparent", unique: text.span)
            }
        }
        sink.add("via", head.version == .http2 ? "2 gatehouse" : "1.1 gatehouse")
    }

    private static func appendForwardedFor(
        _ exchange: Exchange,
        _ fields: FieldBlock,
        to text: inout [UInt8]
    ) {
        if exchange.isPeerTrusted {
            var index = fields.first(.xForwardedFor)
            while let field = index {
                text.append(fields.value(at: field))
                text.append(", ")
                index = fields.next(.xForwardedFor, after: field)
            }
        }
        exchange.downstream?.peerAddress.appendText(to: &text)
    }

    /// RFC 7239: who the client is, as one element.
    private static func appendForwarded(
        _ exchange: Exchange,
        _ head: RequestHead,
        to text: inout [UInt8]
    ) {
        let isIPv4 = exchange.client.isIPv4
        text.append(isIPv4 ? "for=" : "for=\"[")
        exchange.client.appendText(to: &text)
        text.append(isIPv4 ? "" : "]\"")
        if head.host.count > 0 {
            text.append(";host=\"")
            text.append(head.host)
            text.append("\"")
        }
        text.append(";proto=")
        text.append(exchange.scheme)
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
