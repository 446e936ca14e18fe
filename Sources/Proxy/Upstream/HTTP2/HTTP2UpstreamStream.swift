import Bytes
import EventLoop
import HTTP

/// One HTTP/2 stream to an upstream's server: the wire of one exchange.
///
/// It holds what the peer has not taken of the response, at most a window of the stream, and what the
/// server has not taken of the request, at most one buffer. Reused by its connection, which it may
/// outlive while the peer still takes a response that has come in whole.
final class HTTP2UpstreamStream: EventHandler, ExchangeUpstream {
    private let worker: Worker
    private var timer: Registration?
    private(set) var connection: HTTP2UpstreamConnection?
    private(set) var exchange: Exchange?
    /// Its place in the connection's table, from 1; 0 while it has none.
    private(set) var slot = 0
    /// Its number in the session; 0 until the request was handed over.
    private(set) var id: Int32 = 0
    private var target: UpstreamTarget?

    /// Whether the connection will have it go on, see ``settle()``.
    var isTouched = false
    /// Who goes on with it then: kept, as the exchange may be over.
    private var downstream: (any ExchangeDownstream)?

    /// What has come in and the peer has not taken.
    private var held: BufferBox?
    /// What waits to be sent, behind what was sent and is kept.
    private var pending: BufferBox?
    /// How many bytes at the front of it were sent.
    private var sentCount = 0
    /// Whether the whole body is kept as far as it has come: the server may yet refuse the request.
    private var keepsBody = true
    private var failure: UpstreamFailure?
    /// Whether the request is an extended CONNECT.
    private var isTunnelRequest = false
    /// Whether it waits for the server's settings, which say whether that is allowed.
    private var awaitsSettings = false
    private(set) var hasReceivedNothing = true
    private var isInputEnded = false
    /// Whether nothing will follow what is pending.
    private var isOutputEnding = false
    /// Whether the session has been told so.
    private var isOutputEnded = false
    /// Whether the session was told that nothing is there to be sent.
    private var isAsleep = false
    /// Whether the other side holds bytes for which there was no room.
    private var owesRoom = false
    /// Whether the session knows it no more, or never has.
    private(set) var isClosed = true

    init(worker: Worker) {
        self.worker = worker
        timer = worker.loop.register(timer: self)
    }

    /// Begins to work for an exchange.
    func begin(
        _ exchange: Exchange,
        _ target: UpstreamTarget,
        on connection: HTTP2UpstreamConnection,
        slot: Int
    ) {
        self.exchange = exchange
        self.target = target
        self.connection = connection
        self.slot = slot
        id = 0
        failure = nil
        isTunnelRequest = false
        awaitsSettings = false
        hasReceivedNothing = true
        isInputEnded = false
        isOutputEnding = false
        isOutputEnded = false
        isAsleep = false
        owesRoom = false
        isClosed = true
        sentCount = 0
        keepsBody = true
    }

    /// Bytes of the body that are kept for another attempt: forms and calls of a few messages, which
    /// are most of what has a body.
    private static let keptCountMax = 16_384

    /// How many bytes wait for the peer.
    var heldCount: Int { held?.buffer.count ?? 0 }

    var outputCount: Int { (pending?.buffer.count ?? 0) - sentCount }

    var idleTimeout: Timeout { target?.idleTimeout ?? .zero }

    func sendRequest(_ exchange: Exchange, _ target: UpstreamTarget) {
        isTunnelRequest = exchange.asksForWebSocket
        guard let connection else { return }
        awaitsSettings = isTunnelRequest && !connection.session.hasSettings
        if !awaitsSettings {
            submit(exchange, target, connection)
        }
    }

    /// The server's settings have come: hands over a request that has waited for them.
    func submitIfWaiting() {
        guard awaitsSettings, let exchange, let target, let connection else { return }
        awaitsSettings = false
        submit(exchange, target, connection)
    }

    private func submit(
        _ exchange: Exchange,
        _ target: UpstreamTarget,
        _ connection: HTTP2UpstreamConnection
    ) {
        if isTunnelRequest {
            guard connection.session.allowsExtendedConnect else { return fail(.noWebSocket) }
        }
        let hasBody =
            isTunnelRequest || !exchange.isRequestComplete || exchange.refusedBody != nil
        isOutputEnding = !hasBody
        isOutputEnded = !hasBody
        worker.withFieldList { list in
            UpstreamHeadWriter.write(exchange, target, into: &list)
            do throws(HTTP2Fault) {
                id = try connection.session.request(
                    slot,
                    list,
                    method: isTunnelRequest ? .connect : exchange.head.method,
                    hasBody: hasBody
                )
                isClosed = false
            } catch {
                // It is out of numbers, or of memory: another connection has both.
                connection.leave()
                fail(.refused)
            }
        }
        worker.flushLater(connection)
    }

    func sendBody(_ bytes: Span<UInt8>, first available: Int) -> Int {
        guard connection != nil, failure == nil else { return 0 }
        let count = min(BufferPool.size - (pending?.buffer.count ?? 0), available)
        owesRoom = count < available
        guard count > 0 else { return 0 }
        let box = pending ?? worker.buffers.take()
        pending = box
        box.buffer.append(bytes.extracting(0..<count))
        wake()
        return count
    }

    func endBody(_ exchange: Exchange) {
        isOutputEnding = true
        wake()
    }

    func shutdownSending() {
        isOutputEnding = true
        wake()
    }

    func flush() {
        if let connection {
            worker.flushLater(connection)
        }
    }

    private func wake() {
        guard let connection else { return }
        if isAsleep, id != 0 {
            isAsleep = false
            connection.session.resumeBody(id)
        }
        worker.flushLater(connection)
    }

    /// Says how much of the body is there to be sent.
    func bodyWanted(atMost limit: Int) -> HTTP2BodyStep {
        guard let exchange, let connection else { return .wait }
        let count = min(outputCount, limit)
        guard isOutputEnding, count == outputCount else {
            isAsleep = count == 0
            return count > 0 ? .bytes(count) : .wait
        }
        isOutputEnded = true
        guard !isTunnelRequest, exchange.requestTrailers.count > 0 else { return .last(count) }
        var hasTrailers = false
        worker.withFieldList { list in
            UpstreamHeadWriter.writeTrailers(exchange, into: &list)
            if list.count > 0 {
                hasTrailers = true
                connection.session.submitTrailers(id, list)
            }
        }
        return hasTrailers ? .lastWithTrailers(count) : .last(count)
    }

    /// Writes the next `count` bytes of the body.
    func writeBody(_ count: Int, into output: inout ByteBuffer) {
        guard let box = pending else { return }
        Self.append(box.buffer.bytes, sentCount..<(sentCount + count), to: &output)
        sentCount += count
        if !keepsBody || sentCount > Self.keptCountMax {
            forgetSent()
        }
        if hasReceivedNothing, let target {
            // A long body is under way: the wait for the response has not begun.
            setDeadline(worker.loop.now + target.readTimeout)
        }
        if owesRoom {
            owesRoom = false
            touch()
        }
    }

    private static func append(
        _ bytes: Span<UInt8>,
        _ part: Range<Int>,
        to output: inout ByteBuffer
    ) {
        output.append(bytes.extracting(part))
    }

    /// Keeps nothing of the body that was sent, from here on.
    private func forgetSent() {
        keepsBody = false
        guard let box = pending else { return }
        box.buffer.consume(sentCount)
        sentCount = 0
        if box.buffer.isEmpty {
            worker.buffers.giveBack(box)
            pending = nil
        }
    }

    func takeBody() -> BufferBox? {
        guard keepsBody else { return nil }
        let box = pending
        pending = nil
        sentCount = 0
        return box
    }

    private func noteAnswer() {
        guard hasReceivedNothing else { return }
        hasReceivedNothing = false
        forgetSent()
    }

    /// An interim response has come, which is for this hop.
    func informationReceived(_ head: ResponseHead) {
        noteAnswer()
        if head.status == 101 {
            breakOff(.malformed)
        }
    }

    /// The head of the response has come.
    func responseReceived(_ head: inout ResponseHead) {
        noteAnswer()
        guard let exchange, failure == nil else { return }
        // There is no such status in HTTP/2 (RFC 9113 §8.6).
        guard head.status != 101 else { return breakOff(.malformed) }
        if isTunnelRequest, head.status < 300 {
            answerUpgrade(&head, exchange.head.fields)
        }
        swap(&exchange.responseHead, &head)
        setDeadline(worker.loop.now + idleTimeout)
        touch()
        _ = exchange.responseHeadReceived()
    }

    private func answerUpgrade(_ head: inout ResponseHead, _ fields: FieldBlock) {
        for index in 0..<fields.count
        where fields.name(at: index).isEqualIgnoringCase(to: "sec-websocket-key") {
            return head.becomeUpgrade(answering: fields.value(at: index).copied())
        }
        head.becomeUpgrade(answering: [])
    }

    /// Bytes of the body have come.
    ///
    /// - Returns: How many of them are dealt with; the others are held.
    func dataReceived(_ bytes: Span<UInt8>) -> Int {
        guard let exchange, failure == nil else { return bytes.count }
        touch()
        var taken = 0
        if heldCount == 0, !exchange.isResponsePaused {
            taken = deliver(bytes, to: exchange)
        }
        guard taken < bytes.count else { return taken }
        let box = held ?? worker.buffers.take()
        held = box
        box.buffer.append(bytes.extracting(taken...))
        return taken
    }

    private func deliver(_ bytes: Span<UInt8>, to exchange: Exchange) -> Int {
        if exchange.machine.isTunnelling {
            return exchange.tunnelReceived(bytes, first: bytes.count)
        }
        setDeadline(worker.loop.now + idleTimeout)
        return exchange.responseBodyReceived(bytes, first: bytes.count)
    }

    /// The fields behind the body have come.
    func trailersReceived(_ trailers: inout FieldBlock) {
        guard let exchange, failure == nil else { return }
        swap(&exchange.responseTrailers, &trailers)
    }

    /// The server has ended its side well.
    func inputEnded() {
        isInputEnded = true
        guard let exchange, failure == nil else { return }
        touch()
        if heldCount == 0 {
            end(exchange)
        }
    }

    private func end(_ exchange: Exchange) {
        if exchange.machine.isTunnelling {
            exchange.tunnelEndedByUpstream()
        } else {
            exchange.responseEnded(isReusable: true)
        }
    }

    func resumeReading() {
        guard let exchange, failure == nil else { return }
        let downstream = exchange.downstream
        pump(exchange)
        downstream?.advance()
    }

    private func pump(_ exchange: Exchange) {
        while let box = held, !box.buffer.isEmpty, !exchange.isResponsePaused {
            let taken = deliver(box.buffer.bytes, to: exchange)
            box.buffer.consume(taken)
            connection?.bodyTaken(id, taken)
        }
        guard heldCount == 0 else { return }
        dropHeld()
        if isInputEnded, !exchange.isResponsePaused {
            end(exchange)
        }
    }

    private func dropHeld() {
        guard let box = held else { return }
        held = nil
        worker.buffers.giveBack(box)
    }

    /// The server has answered what cannot be read; the session resets the stream.
    func responseMalformed() {
        fail(.malformed)
    }

    /// The session knows the stream no more.
    func closed(_ code: HTTP2ErrorCode) {
        isClosed = true
        guard exchange != nil, !isInputEnded, failure == nil else { return }
        fail(code == .refusedStream && hasReceivedNothing ? .refused : .closedEarly)
    }

    private func breakOff(_ failure: UpstreamFailure) {
        connection?.session.reset(id, .protocolError)
        fail(failure)
    }

    /// Notes what the exchange is told when the session is done.
    private func fail(_ failure: UpstreamFailure) {
        guard self.failure == nil else { return }
        self.failure = failure
        touch()
    }

    private func touch() {
        downstream = exchange?.downstream
        connection?.touch(self)
    }

    /// Goes on after the session has told everything that had come in, or has sent what there was.
    func settle() {
        let downstream = self.downstream
        self.downstream = nil
        if let failure {
            exchange?.upstreamFailed(failure)
        }
        downstream?.advance()
    }

    /// The connection has ended, and with it the stream, unless all of the response is here.
    ///
    /// - Returns: Whether the server was blamed for it.
    func connectionClosed(_ failure: UpstreamFailure, isBlamed: Bool) -> Bool {
        isClosed = true
        slot = 0
        connection = nil
        guard let exchange else {
            retire()
            return false
        }
        guard !isInputEnded || self.failure != nil else { return false }
        // What was never sent, or is no fault of the connection's, stays what it is.
        let own = self.failure.flatMap { $0.blamesServer ? nil : $0 }
        let downstream = exchange.downstream
        exchange.upstreamFailed(own ?? failure, isBlamed: isBlamed)
        downstream?.advance()
        return own == nil
    }

    func setDeadline(_ deadline: Instant?) {
        guard let timer else { return }
        worker.loop.setDeadline(deadline, for: timer)
    }

    func becameReady(_ readiness: Readiness) {}

    func deadlinePassed() {
        guard let exchange else { return }
        if !exchange.machine.isTunnelling, exchange.isWaitingForPeer {
            // The silence is the peer's: its own time-out watches it.
            return setDeadline(worker.loop.now + idleTimeout)
        }
        exchange.upstreamStopped(.readTimedOut)
    }

    func release(reusable: Bool) {
        guard exchange != nil else { return }
        exchange = nil
        target?.activeCount -= 1
        target = nil
        setDeadline(nil)
        let count = heldCount
        dropHeld()
        if let pending {
            worker.buffers.giveBack(pending)
        }
        pending = nil
        sentCount = 0
        guard let connection else { return retire() }
        connection.bodyDropped(count)
        if !isClosed, !isInputEnded || !isOutputEnded {
            connection.session.reset(id, isInputEnded ? .noError : .cancel)
        }
        connection.released(self)
    }

    /// Its place in the connection is another's from here on.
    func leaveSlot() {
        slot = 0
        connection = nil
    }

    /// Ends it: it has a timer on the loop.
    func retire() {
        if let timer {
            worker.loop.deregister(timer)
        }
        timer = nil
    }
}
