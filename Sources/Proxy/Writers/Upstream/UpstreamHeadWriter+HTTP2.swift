import Access
import Bytes
import Configuration
import HTTP

// The head over HTTP/2 (RFC 9113 §8.3.1).

extension UpstreamHeadWriter {
    /// Writes a whole head.
    ///
    /// An upgrade to WebSocket becomes an extended CONNECT (RFC 8441 §4); an upgrade to anything else
    /// was a request without one as well, and is sent as that.
    static func write(
        _ exchange: Exchange,
        _ target: UpstreamTarget,
        into list: inout HTTP2FieldList
    ) {
        guard let route = exchange.route else { return }
        let head = exchange.head
        let isWebSocket = exchange.asksForWebSocket
        if isWebSocket {
            list.add(":method", "CONNECT")
            list.add(":protocol", "websocket")
        } else {
            list.add(":method", head.methodBytes)
        }
        list.add(":scheme", target.server.isTLS ? "https" : "http")
        withAuthority(head, route, target) { list.add(":authority", $0) }
        list.begin(":path")
        appendTarget(exchange, head, route, to: &list)
        list.end()
        writeFields(exchange, head, route, leavingOutKey: isWebSocket, into: &list)
        if case .length(let length) = head.framing {
            list.add("content-length", decimal: Int(clamping: length))
        }
        if head.fields.acceptsTrailers {
            list.add("te", "trailers")
        }
        writeIdentity(exchange, route, into: &list)
        writeOrigin(exchange, head, into: &list)
    }
}

extension Exchange {
    /// Whether the peer asks to speak WebSocket, over whichever wire.
    var asksForWebSocket: Bool {
        guard head.upgrade else { return false }
        let fields = head.fields
        guard let field = fields.first(.upgrade) else { return false }
        return fields.value(at: field).isEqualIgnoringCase(to: "websocket")
    }
}

extension FieldBlock {
    /// Whether `TE` says that trailers are understood, which gRPC asks of its clients.
    fileprivate var acceptsTrailers: Bool {
        var place = first(.te)
        while let field = place {
            if FieldSyntax.listContains("trailers", in: value(at: field)) { return true }
            place = next(.te, after: field)
        }
        return false
    }
}
