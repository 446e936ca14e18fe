import Access
import Bytes
import EventLoop
import HTTP

extension Exchange {
    /// Reads who asks, from where and under which name: what a trusted proxy says is believed, what
    /// any other peer says is not.
    func readOrigin(_ downstream: any ExchangeDownstream, _ head: RequestHead) {
        let peer = downstream.peerAddress
        let trusted = snapshot.access.trustedProxies
        isPeerTrusted = !trusted.isEmpty && ClientAddress.isTrusted(peer, trusted)
        client = peer
        clientText = downstream.peerText
        scheme = downstream.transportScheme
        var name: [UInt8] = []
        swap(&name, &host)
        name.removeAll(keepingCapacity: true)
        HostName.appendNormalized(head.host, to: &name)
        swap(&name, &host)
        if isPeerTrusted {
            client = ClientAddress.find(peer: peer, fields: head.fields, trusted: trusted)
            if client != peer {
                clientText = client.text
            }
            if let said = Self.forwardedScheme(head.fields) {
                scheme = said
            }
        }
        takeRequestID(head.fields)
    }

    private static func forwardedScheme(_ fields: FieldBlock) -> StaticString? {
        guard let field = fields.first(.xForwardedProto),
            fields.next(.xForwardedProto, after: field) == nil
        else { return nil }
        let value = fields.value(at: field)
        if value.isEqualIgnoringCase(to: "https") { return "https" }
        return value.isEqualIgnoringCase(to: "http") ? "http" : nil
    }

    /// Takes the id that a trusted proxy has given the request, or gives it one.
    func takeRequestID(_ fields: FieldBlock) {
        var id: [UInt8] = []
        swap(&id, &requestID)
        id.removeAll(keepingCapacity: true)
        if isPeerTrusted, let field = fields.first(.xRequestID) {
            Self.appendIfSafe(fields.value(at: field), to: &id)
        }
        if id.isEmpty {
            worker.requestIDs.append(to: &id)
        }
        swap(&id, &requestID)
    }

    /// An id of a proxy before us, where it is short and plain enough to go into logs and headers.
    private static func appendIfSafe(_ value: Span<UInt8>, to id: inout [UInt8]) {
        guard value.count > 0, value.count <= 128 else { return }
        for index in 0..<value.count {
            let byte = value[index]
            guard byte > 0x20, byte < 0x7F, byte != 0x22, byte != 0x5C else { return }
        }
        id.append(value)
    }
}
