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

/// What a connection's window is owed: bytes are given back as they come in, whether their stream has
/// taken them or not, so that a slow stream does not stall the others; but only so many.
struct WindowCredit {
    /// Bytes that wait in streams.
    private(set) var heldCount = 0
    /// Bytes that came in and were not given back.
    private var owedCount = 0

    /// Bytes held for slow streams before the whole connection is slowed: a whole window each of four
    /// streams.
    static let heldCountMax = 1 << 20

    /// Bytes have come in, of which so many were taken at once.
    mutating func received(_ count: Int, taken: Int) {
        heldCount += count - taken
        owedCount += count
    }

    /// Bytes that were held were taken, or dropped.
    mutating func taken(_ count: Int) {
        heldCount -= count
    }

    /// How many bytes are to be given back now.
    mutating func due() -> Int {
        let count = min(owedCount, max(0, owedCount + Self.heldCountMax - heldCount))
        owedCount -= count
        return count
    }
}
