import Bytes
import HTTP

/// What the session tells while it reads and writes.
extension HTTP2UpstreamConnection: HTTP2ClientHandler {
    func responseReceived(_ slot: Int, head: inout ResponseHead, isComplete: Bool) {
        guard let stream = stream(slot) else { return }
        stream.responseReceived(&head, isComplete: isComplete)
        if isComplete {
            stream.inputEnded()
        }
    }

    func informationReceived(_ slot: Int, head: inout ResponseHead) {
        stream(slot)?.informationReceived(&head)
    }

    func responseMalformed(_ slot: Int, _ fault: ParseFault) {
        stream(slot)?.responseMalformed()
    }

    func dataReceived(_ slot: Int, _ bytes: Span<UInt8>) {
        guard let stream = stream(slot) else { return session.consumeConnection(bytes.count) }
        let taken = stream.dataReceived(bytes)
        session.consumeStream(stream.id, taken)
        credit.received(bytes.count, taken: taken)
        giveBackWindow()
    }

    func trailersReceived(_ slot: Int, _ trailers: inout FieldBlock) {
        stream(slot)?.trailersReceived(&trailers)
    }

    func inputEnded(_ slot: Int) {
        stream(slot)?.inputEnded()
    }

    func bodyWanted(_ slot: Int, atMost limit: Int) -> HTTP2BodyStep {
        stream(slot)?.bodyWanted(atMost: limit) ?? .wait
    }

    func writeBody(_ slot: Int, count: Int, into output: inout ByteBuffer) {
        stream(slot)?.writeBody(count, into: &output)
    }

    func streamClosed(_ slot: Int, _ code: HTTP2ErrorCode) {
        guard let stream = stream(slot) else { return }
        stream.closed(code)
        if stream.exchange == nil {
            free(stream)
        }
    }

    func peerDraining() {
        leave()
    }

    /// The peer has taken bytes that were held for it.
    func bodyTaken(_ id: Int32, _ count: Int) {
        guard count > 0 else { return }
        session.consumeStream(id, count)
        bodyDropped(count)
    }

    /// Bytes that were held are held no more.
    func bodyDropped(_ count: Int) {
        guard count > 0 else { return }
        credit.taken(count)
        giveBackWindow()
        worker.flushLater(self)
    }

    private func giveBackWindow() {
        let count = credit.due()
        if count > 0 {
            session.consumeConnection(count)
        }
    }
}
