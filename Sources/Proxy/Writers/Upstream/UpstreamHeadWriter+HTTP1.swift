import Access
import Bytes
import Configuration
import HTTP

// The head over HTTP/1.1.

extension UpstreamHeadWriter {
    /// Writes a whole head, the blank line included.
    ///
    /// With a `key` for a WebSocket whose peer has none, which is else empty.
    static func write(
        _ exchange: Exchange,
        _ target: UpstreamTarget,
        key: Span<UInt8>,
        into output: inout ByteBuffer
    ) {
        guard let route = exchange.route else { return }
        let head = exchange.head
        output.append(head.methodBytes)
        output.append(UInt8(ascii: " "))
        appendTarget(exchange, head, route, to: &output)
        output.append(" HTTP/1.1\r\n")
        withAuthority(head, route, target) { output.add("host", $0) }
        writeFields(exchange, head, route, leavingOutKey: key.count > 0, into: &output)
        writeFraming(head, key: key, into: &output)
        writeIdentity(exchange, route, into: &output)
        writeOrigin(exchange, head, into: &output)
        output.append("\r\n")
    }

    private static func writeFraming(
        _ head: RequestHead,
        key: Span<UInt8>,
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
        if key.count > 0 {
            writeKey(key, head.fields, into: &output)
        }
    }

    /// What a WebSocket over HTTP/2 does without (RFC 8441 §5), and over HTTP/1.1 does not.
    private static func writeKey(
        _ key: Span<UInt8>,
        _ fields: FieldBlock,
        into output: inout ByteBuffer
    ) {
        output.add("sec-websocket-key", key)
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
