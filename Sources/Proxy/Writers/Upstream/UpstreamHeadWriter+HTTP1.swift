import Access
import Bytes
import Configuration
import HTTP

// The head over HTTP/1.1.

extension UpstreamHeadWriter {
    /// Writes a whole head, the blank line included.
    static func write(_ exchange: Exchange, _ target: UpstreamTarget, into output: inout ByteBuffer)
    {
        guard let route = exchange.route else { return }
        let head = exchange.head
        output.append(head.methodBytes)
        output.append(UInt8(ascii: " "))
        appendTarget(exchange, head, route, to: &output)
        output.append(" HTTP/1.1\r\n")
        withAuthority(head, route, target) { output.add("host", $0) }
        writeFields(exchange, head, route, leavingOutKey: false, into: &output)
        writeFraming(exchange, head, into: &output)
        writeIdentity(exchange, route, into: &output)
        writeOrigin(exchange, head, into: &output)
        output.append("\r\n")
    }

    private static func writeFraming(
        _ exchange: Exchange,
        _ head: RequestHead,
        into output: inout ByteBuffer
    ) {
        switch head.framing {
        case .none, .untilClose: break
        case .chunked: output.append("transfer-encoding: chunked\r\n")
        case .length(let length):
            output.append("content-length: ")
            output.append(decimal: length)
            output.append("\r\n")
        }
        if head.upgrade, let field = head.fields.first(.upgrade) {
            output.append("connection: upgrade\r\n")
            output.add("upgrade", head.fields.value(at: field))
        }
        if head.isExtendedConnect {
            writeWebSocketKey(exchange, head.fields, into: &output)
        }
    }

    /// What a WebSocket over HTTP/2 does without (RFC 8441 §5), and over HTTP/1.1 does not.
    private static func writeWebSocketKey(
        _ exchange: Exchange,
        _ fields: FieldBlock,
        into output: inout ByteBuffer
    ) {
        if !fields.contains("sec-websocket-key") {
            exchange.worker.withScratch { text in
                exchange.worker.requestIDs.appendWebSocketKey(to: &text)
                output.add("sec-websocket-key", text.span)
            }
        }
        if !fields.contains("sec-websocket-version") {
            output.add("sec-websocket-version", "13")
        }
    }
}

extension FieldBlock {
    /// Whether a field of that name is there: a scan.
    fileprivate func contains(_ name: StaticString) -> Bool {
        for index in 0..<count where self.name(at: index).isEqualIgnoringCase(to: name) {
            return true
        }
        return false
    }
}
