import Bytes

extension ResponseHead {
    /// Judges the head that `block` has collected into ``fields`` (RFC 9113 §8.3.2, RFC 9112 §6.3).
    mutating func finish(
        _ block: borrowing HTTP2BlockReader,
        requestMethod: Method,
        endsStream: Bool
    ) throws(ParseFault) {
        version = .http2
        keepsAlive = true
        status = block.status
        guard status >= 100, status <= 999 else { throw .malformedPseudoField }
        let declared = try fields.declaredLength(version: .http2)
        if requestMethod == .connect, status >= 200, status < 300 {
            isUpgrade = true
            framing = .none
        } else if endsStream || status < 200 || status == 204 || status == 304
            || requestMethod == .head
        {
            framing = .none
        } else if case .length(let length) = declared {
            framing = .length(length)
        } else {
            framing = .chunked
        }
    }
}
