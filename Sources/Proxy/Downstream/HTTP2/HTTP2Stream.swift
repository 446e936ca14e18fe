import Access
import Bytes
import EventLoop
import HTTP

/// One HTTP/2 stream of a peer: the wire of one exchange.
///
/// Reused from stream to stream. What the exchange sends waits here until the session asks for it (`HTTP2Stream+Output`); what the
/// peer sends waits here until the exchange takes it. Both are bounded: by the stream's window, and by
/// what is let in from the upstream before the peer's window has asked for more.
final class HTTP2Stream: EventHandler, Runnable {
    let worker: Worker
    /// The connection, while there is one.
    private(set) var connection: HTTP2Connection?
    /// The number that the peer gave it.
    private(set) var id: Int32 = 0
    /// Its place in the connection.
    private(set) var slot = 0
    private(set) var exchange: Exchange?
    /// Whether the exchange has begun, or only its request is held.
    private var isBegun = false
    var isRunnable = false

    /// Bytes of the request body that wait for the exchange.
    private var received: BufferBox?
    private(set) var isInputEnded = false
    private var hasEndedTunnelInput = false

    /// Bytes of the response body that wait for the session.
    var outgoing: BufferBox?
    /// Whether the session takes a body after the head.
    var hasBody = false
    /// Whether the session has asked for more than there was, so that more may be held for it.
    var isHungry = false
    /// Whether the session was told that there is nothing to send now.
    var isAsleep = false
    /// Whether the response is complete but for what waits.
    var isOutputEnding = false
    var hasProgressed = false

    private(set) var timer: Registration?
    private var waiting = Waiting.nothing
    private var waitingDeadline: Instant?
    private var exchangeDeadline: Instant?
    /// The first of all, which the timer is set to.
    private var timerDeadline: Instant?
    private var turn = TurnLoop()

    /// What the deadline is for, beside what the exchange has set.
    private enum Waiting {
        case body
        case idle
        case nothing
        case send
    }

    init(worker: Worker) {
        self.worker = worker
    }

    /// Becomes the stream of that number.
    func attach(to connection: HTTP2Connection, id: Int32, slot: Int) {
        self.connection = connection
        self.id = id
        self.slot = slot
    }

    /// Takes a request, whose exchange is to ``begin()``.
    func hold(_ head: inout RequestHead, isComplete: Bool) {
        let exchange = worker.takeExchange()
        self.exchange = exchange
        swap(&exchange.head, &head)
        isInputEnded = isComplete
        // Behind the offer of another protocol there is no body.
        exchange.isRequestComplete = isComplete || exchange.head.isExtendedConnect
    }

    /// Begins the exchange of the request that is held.
    func begin() {
        guard let exchange, !isBegun else { return }
        isBegun = true
        exchange.begin(on: self)
        if exchange.callDeadline != nil {
            setTimer()
        }
        advance()
    }

    /// Answers a request that cannot be taken in.
    func begin(refusing refusal: Refusal, isComplete: Bool) {
        let exchange = worker.takeExchange()
        self.exchange = exchange
        isBegun = true
        isInputEnded = isComplete
        exchange.isRequestComplete = true
        exchange.beginMalformed(refusal, on: self)
        advance()
    }

    /// Takes bytes of the request body.
    ///
    /// - Returns: How many the exchange has taken; the rest waits here.
    func dataReceived(_ bytes: Span<UInt8>) -> Int {
        hasProgressed = true
        var taken = 0
        if received == nil {
            taken = offer(bytes)
        }
        if taken < bytes.count, exchange != nil {
            let box = received ?? worker.buffers.takeSmall()
            received = box
            box.buffer.append(bytes.extracting(taken...))
        } else {
            taken = bytes.count
        }
        advance()
        return taken
    }

    func trailersReceived(_ trailers: inout FieldBlock) {
        guard let exchange else { return }
        swap(&exchange.requestTrailers, &trailers)
    }

    func inputEnded() {
        isInputEnded = true
        advance()
    }

    /// How many bytes of the request body wait here.
    var heldCount: Int { received?.buffer.count ?? 0 }

    /// The session could send more than the upstream was let to give.
    func feed() {
        exchange?.downstreamDrained()
    }

    /// Goes on with whatever is possible now, within the budget of one turn.
    func advance() {
        guard turn.begin() else { return }
        while turn.goesOn(step()) {}
        if turn.isUsedUp {
            worker.runLater(self)
        }
        settle()
    }

    /// - Returns: Whether there may be more to do.
    private func step() -> Bool {
        guard let exchange, isBegun else { return false }
        if exchange.isOverBodyLimit {
            exchange.bodyTooLarge()
            return true
        }
        if exchange.machine.isTunnelling {
            return continueTunnel(exchange)
        }
        guard !exchange.isRequestComplete else { return false }
        guard let box = received else {
            if isInputEnded {
                exchange.requestEnded()
            }
            return isInputEnded
        }
        let taken = offer(box.buffer.bytes)
        take(taken, from: box)
        return taken > 0 || exchange.isOverBodyLimit
    }

    /// Offers bytes of the request body, or of the tunnel, to the exchange.
    ///
    /// - Returns: How many bytes are dealt with. What comes behind the offer of a protocol waits for
    ///   the answer to it; what comes behind the end of the response is for nobody.
    private func offer(_ bytes: Span<UInt8>) -> Int {
        guard let exchange, !isOutputEnding else { return bytes.count }
        guard isBegun else { return 0 }
        if exchange.machine.isTunnelling {
            return exchange.acceptTunnel(bytes)
        }
        guard !exchange.isRequestComplete else { return 0 }
        return exchange.acceptBody(bytes, first: bytes.count)
    }

    private func continueTunnel(_ exchange: Exchange) -> Bool {
        if let box = received {
            let taken = exchange.acceptTunnel(box.buffer.bytes)
            take(taken, from: box)
            return taken > 0
        }
        if isInputEnded, !hasEndedTunnelInput {
            hasEndedTunnelInput = true
            exchange.upstream?.shutdownSending()
        }
        return false
    }

    private func take(_ count: Int, from box: BufferBox) {
        guard count > 0 else { return }
        box.buffer.consume(count)
        connection?.bodyTaken(self, count)
        if box.buffer.isEmpty {
            received = nil
            worker.buffers.giveBack(box)
        }
    }

    /// Sends what the upstream's server is owed, and sets the deadline.
    private func settle() {
        guard let exchange, isBegun, connection != nil else { return }
        if let upstream = exchange.upstream {
            let count = received == nil ? 0 : upstream.outputCount
            upstream.flush()
            if count > 0, upstream.outputCount < count {
                // That has made room for bytes that wait here, and nobody else would say so.
                worker.runLater(self)
            }
        }
        updateDeadline(exchange)
        hasProgressed = false
    }

    /// The stream is over, by both ends or by a reset: lets go of everything.
    func end() {
        if let outgoing {
            connection?.outgoingChanged(by: -outgoing.buffer.count)
            self.outgoing = nil
            worker.buffers.giveBack(outgoing)
        }
        connection = nil
        if let exchange {
            self.exchange = nil
            exchange.peerLeft()
            worker.giveBack(exchange)
        }
        isBegun = false
        if let received {
            self.received = nil
            worker.buffers.giveBack(received)
        }
        isInputEnded = false
        hasEndedTunnelInput = false
        hasBody = false
        isHungry = false
        isAsleep = false
        isOutputEnding = false
        hasProgressed = false
        waiting = .nothing
        waitingDeadline = nil
        exchangeDeadline = nil
        setTimer()
    }

    /// Goes away for good.
    func retire() {
        if let timer {
            worker.loop.deregister(timer)
        }
        timer = nil
    }
}

/// The deadlines of a stream.
extension HTTP2Stream {
    func becameReady(_ readiness: Readiness) {}

    func deadlinePassed() {
        timerDeadline = nil
        let now = worker.loop.now
        if let deadline = exchange?.callDeadline, deadline <= now {
            exchange?.callDeadlinePassed()
        } else if let deadline = exchangeDeadline, deadline <= now {
            exchangeDeadline = nil
            exchange?.deadlinePassed()
        } else if let deadline = waitingDeadline, deadline <= now {
            let ended = waiting
            waiting = .nothing
            waitingDeadline = nil
            switch ended {
            // It is awaited anew where the window was shut by us.
            case .body where !isHeldBack: exchange?.bodyTimedOut()
            // What was sent since has moved no deadline: that would cost each frame.
            case .idle where !hasProgressed: exchange?.peerLeft()
            case .send where !hasProgressed && isStalled: giveUpSending()
            case .body, .idle, .nothing, .send: break
            }
        }
        setTimer()
        advance()
    }

    /// The peer does not take what waits for it: nobody holds it for ever, whether or not the exchange
    /// has handed over everything and is at its end.
    private func giveUpSending() {
        guard let exchange else { return }
        if exchange.machine.isEnded {
            abort()
        } else {
            exchange.peerLeft()
        }
    }

    /// Sets the time at which the exchange is told that it took too long.
    func setExchangeDeadline(_ deadline: Instant?) {
        guard deadline != exchangeDeadline else { return }
        exchangeDeadline = deadline
        setTimer()
    }

    private func updateDeadline(_ exchange: Exchange) {
        let timeouts = exchange.snapshot.timeouts
        if isStalled {
            wait(.send, timeouts.sendIdle)
        } else if exchange.machine.isTunnelling || isDuplex {
            wait(.idle, timeouts.upgradeIdle)
        } else if !exchange.isRequestComplete, received == nil,
            exchange.machine.isCollecting || exchange.machine.isForwarding
        {
            wait(.body, timeouts.bodyIdle)
        } else if waiting != .nothing {
            waiting = .nothing
            waitingDeadline = nil
            setTimer()
        }
    }

    /// Whether bytes wait for the peer's window.
    private var isStalled: Bool { outgoing != nil || exchange?.isResponsePaused == true }

    /// Whether the peer had no window to send its body in.
    private var isHeldBack: Bool {
        guard let connection, let exchange else { return false }
        return connection.hasHeldBack(within: exchange.snapshot.timeouts.bodyIdle)
    }

    /// Whether both sides may go on sending: nobody owes the other the next word.
    private var isDuplex: Bool {
        guard let exchange else { return false }
        return !exchange.isRequestComplete && exchange.machine.isForwarding
            && exchange.machine.isResponseBegun
    }

    /// Waits anew where something moved or the reason is another, else goes on waiting.
    private func wait(_ reason: Waiting, _ timeout: Timeout) {
        guard waiting != reason || hasProgressed else { return }
        waiting = reason
        waitingDeadline = worker.loop.now + timeout
        setTimer()
    }

    private static func earliest(_ one: Instant?, _ other: Instant?) -> Instant? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }

    private func setTimer() {
        let earliest = Self.earliest(
            Self.earliest(waitingDeadline, exchangeDeadline),
            exchange?.machine.isEnded == false ? exchange?.callDeadline : nil
        )
        guard earliest != timerDeadline else { return }
        timerDeadline = earliest
        let timer = timer ?? worker.loop.register(timer: self)
        self.timer = timer
        worker.loop.setDeadline(earliest, for: timer)
    }
}
