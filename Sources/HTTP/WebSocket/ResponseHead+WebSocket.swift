import Bytes

extension ResponseHead {
    /// Turns the 2xx that answers an extended CONNECT into the `101` that it stands for (RFC 8441 §5),
    /// so that everybody who decides sees the same as over HTTP/1.1.
    ///
    /// Where the peer has sent a key, which is then not empty, its answer is added.
    public mutating func becomeUpgrade(answering key: [UInt8]) {
        status = 101
        isUpgrade = true
        framing = .none
        keepsAlive = false
        var text = Array("websocket".utf8)
        fields.appendKnown(.upgrade, value: text.span)
        guard !key.isEmpty else { return }
        text.removeAll(keepingCapacity: true)
        WebSocketHandshake.appendAccept(of: key.span, to: &text)
        let name = Array("sec-websocket-accept".utf8)
        fields.append(name: name.span, value: text.span)
    }
}
