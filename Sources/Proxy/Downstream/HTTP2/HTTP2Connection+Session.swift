import Access
import Bytes
import EventLoop
import HTTP

/// What the session tells while it reads and writes.
extension HTTP2Connection: HTTP2ServerHandler {
    func requestReceived(_ id: Int32, head: inout RequestHead, isComplete: Bool) -> Int {
        guard takesStreams else { return 0 }
        let stream = open(id)
        stream.hold(&head, isComplete: isComplete)
        unbegun.append(UnbegunStream(slot: stream.slot, id: id))
        return stream.slot
    }

    func requestRefused(_ id: Int32, _ fault: ParseFault, isComplete: Bool) -> Int {
        guard takesStreams else { return 0 }
        let stream = open(id)
        stream.begin(refusing: Refusal(headFault: fault), isComplete: isComplete)
        return stream.slot
    }

    func requestMalformed(_ id: Int32, _ fault: ParseFault) {
        let exchange = worker.takeExchange()
        let stream = worker.takeHTTP2Stream()
        stream.attach(to: self, id: id, slot: 0)
        exchange.recordMalformed(Refusal(headFault: fault), on: stream)
        worker.giveBack(exchange)
        stream.end()
        worker.giveBack(stream)
    }

    func dataReceived(_ slot: Int, _ bytes: Span<UInt8>) {
        guard let stream = stream(slot) else {
            return credit.received(bytes.count, taken: bytes.count)
        }
        let taken = stream.dataReceived(bytes)
        credit.received(bytes.count, taken: taken)
        session?.consumeStream(stream.id, taken)
    }

    func trailersReceived(_ slot: Int, _ trailers: inout FieldBlock) {
        stream(slot)?.trailersReceived(&trailers)
    }

    func inputEnded(_ slot: Int) {
        stream(slot)?.inputEnded()
    }

    func bodyWanted(_ slot: Int, atMost count: Int) -> HTTP2BodyStep {
        stream(slot)?.bodyWanted(atMost: count) ?? .wait
    }

    func writeBody(_ slot: Int, count: Int, into output: inout ByteBuffer) {
        stream(slot)?.writeBody(count, into: &output)
    }

    func streamClosed(_ slot: Int, _ code: HTTP2ErrorCode) {
        guard let stream = stream(slot) else { return }
        release(stream)
    }

    /// Begins the exchanges of requests that have come in, as many as one turn should have.
    ///
    /// Not while they come in: of the requests that a peer resets with its next frame, and of those
    /// that turn out malformed, nothing has been asked by then.
    func beginExchanges() {
        var begun = 0
        var position = 0
        while position < unbegun.count, begun < Self.beginBudget {
            let next = unbegun[position]
            position += 1
            guard let stream = stream(next.slot), stream.id == next.id else { continue }
            begun += 1
            stream.begin()
        }
        unbegun.removeFirst(min(position, unbegun.count))
        if !unbegun.isEmpty {
            worker.runLater(self)
        } else if unbegun.capacity > Self.unbegunCapacityMax {
            unbegun = []
        }
    }

    /// Refuses the requests whose exchanges have not begun: the peer may send them elsewhere.
    func refuseUnbegun() {
        for next in unbegun {
            if let stream = stream(next.slot), stream.id == next.id {
                session?.reset(next.id, .refusedStream)
            }
        }
        unbegun.removeAll()
    }

    /// Exchanges that begin in one turn of a connection before others have theirs: each may have a
    /// signature to check, and a connection to make.
    private static let beginBudget = 32
    /// Places kept for the streams of one turn.
    private static let unbegunCapacityMax = 256

    /// Gives the connection's window back for what has come in.
    func giveBackConnectionWindow() {
        let wasHoldingBack = credit.isHoldingBack
        let count = credit.due()
        if wasHoldingBack, !credit.isHoldingBack {
            heldBackUntil = worker.loop.now
        }
        if count > 0 {
            session?.consumeConnection(count)
        }
    }

    /// Whether a peer may have been silent for that long because its window was shut for the sake of
    /// other streams.
    func hasHeldBack(within time: Timeout) -> Bool {
        credit.isHoldingBack || heldBackUntil.map { $0 + time > worker.loop.now } ?? false
    }

    /// A stream has taken bytes that waited for it.
    func bodyTaken(_ stream: HTTP2Stream, _ count: Int) {
        guard count > 0 else { return }
        credit.taken(count)
        session?.consumeStream(stream.id, count)
        giveBackConnectionWindow()
        worker.flushLater(self)
    }

    /// Ends a stream: its exchange is told, its slot is free.
    func release(_ stream: HTTP2Stream) {
        streams[stream.slot - 1] = nil
        freeSlots.append(stream.slot)
        streamCount -= 1
        let heldCount = stream.heldCount
        if heldCount > 0 {
            credit.taken(heldCount)
            giveBackConnectionWindow()
        }
        stream.end()
        worker.giveBack(stream)
    }

    private func open(_ id: Int32) -> HTTP2Stream {
        let slot = freeSlots.popLast() ?? streams.count + 1
        let stream = worker.takeHTTP2Stream()
        stream.attach(to: self, id: id, slot: slot)
        if slot > streams.count {
            streams.append(stream)
        } else {
            streams[slot - 1] = stream
        }
        streamCount += 1
        return stream
    }

    private func stream(_ slot: Int) -> HTTP2Stream? {
        guard slot > 0, slot <= streams.count else { return nil }
        return streams[slot - 1]
    }
}

/// A request whose exchange is to begin, unless its stream ends before.
struct UnbegunStream {
    var slot: Int
    var id: Int32
}

extension Refusal {
    /// What a peer is told of a head that cannot be read.
    init(headFault fault: ParseFault) {
        self.init(
            fault.status == 431 || fault.status == 414 ? .headTooLarge : .requestMalformed,
            detail: "\(fault.detail)",
            status: fault.status
        )
    }
}
