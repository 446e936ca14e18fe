import Bytes
import EventLoop
import HTTP

/// One HTTP/1.1 connection to an upstream's server: at work for one exchange, or idle in its pool.
final class HTTP1UpstreamConnection: EventHandler {
    let worker: Worker
    private let target: UpstreamTarget
    private let socket: UpstreamSocket
    private var phase = Phase.connecting
    private(set) var exchange: Exchange?
    /// What has come in and is not yet consumed.
    var received: BufferBox?

    /// Reads what the server answers.
    var machine: HTTP1ClientMachine
    /// The head of the response, as far as it has come in.
    var responseHead = ResponseHead()
    /// Whether the body of the present request is written in chunks.
    var writesChunks = false
    /// Whether the present request is the opening handshake of a WebSocket for a peer that has no key
    /// of its own, so that the answer is judged here.
    var isHandshake = false
    /// The key that was made for it.
    var webSocketKey: [UInt8] = []
    /// Whether the server has closed its side.
    private(set) var isInputEnded = false
    /// Whether it ended by a fault and not by the server's word.
    private(set) var isInputBroken = false
    /// Whether nothing of the present response has come in.
    private(set) var hasReceivedNothing = true

    /// The most bytes that are read at first: enough for a head and a page.
    private static let firstReadMax = 16_384
    /// Bytes that are read whatever the peer takes, so that there is something to offer.
    private static let heldBackCountMax = 4096

    private enum Phase {
        /// -> active, closed
        case connecting
        /// -> idle, closed
        case active
        /// -> active, closed
        case idle
        case closed
    }

    private init(_ exchange: Exchange, _ target: UpstreamTarget) {
        worker = exchange.worker
        self.target = target
        self.exchange = exchange
        socket = UpstreamSocket(target, exchange.worker)
        machine = HTTP1ClientMachine(limits: exchange.worker.responseLimits)
    }

    /// Opens a connection for an exchange; it is told when the connection is ready or has failed.
    static func open(to target: UpstreamTarget, for exchange: Exchange) -> UpstreamOpening {
        let connection = HTTP1UpstreamConnection(exchange, target)
        if let failure = connection.socket.connect(for: connection) { return .failed(failure) }
        target.activeCount += 1
        return .opening(connection)
    }

    /// Takes up work after having been idle.
    func begin(_ exchange: Exchange) {
        self.exchange = exchange
        phase = .active
        hasReceivedNothing = true
        target.activeCount += 1
    }

    func becameReady(_ readiness: Readiness) {
        switch phase {
        case .connecting:
            switch socket.make(readiness) {
            case .failed(let failure): exchange?.upstreamStopped(failure)
            case .ready: becomeActive()
            case .underWay: break
            }
        case .active:
            if readiness.contains(.writable) {
                drain()
            }
            if phase == .active,
                !readiness.isDisjoint(with: [.readable, .peerFinished, .hungUp, .failed])
            {
                readInput()
                worker.sendGathered()
            }
        case .idle:
            // Whatever an idle server says, it cannot be an answer.
            target.forget(self)
            close()
        case .closed: break
        }
    }

    func deadlinePassed() {
        switch phase {
        case .connecting: exchange?.upstreamStopped(.connectTimedOut)
        case .active:
            if exchange?.machine.isTunnelling == true {
                exchange?.upstreamStopped(.readTimedOut)
            } else if exchange?.isWaitingForPeer == true {
                // The silence is the peer's: its own time-out watches it.
                setDeadline(worker.loop.now + target.idleTimeout)
            } else {
                exchange?.upstreamStopped(.readTimedOut)
            }
        case .idle:
            target.forget(self)
            close()
        case .closed: break
        }
    }

    private func becomeActive() {
        phase = .active
        exchange?.upstreamConnected()
        flush()
        exchange?.downstream?.advance()
    }

    /// Where the bytes for the server are put; ``flush()`` sends them.
    func output() -> BufferBox { socket.output() }

    /// How many bytes wait to be sent.
    var outputCount: Int { socket.outputCount }

    /// How many bytes may be put behind those that wait, after an attempt to send them where fewer
    /// than `count` would fit.
    ///
    /// Where it stays none, the socket is full and says when it is not.
    func makeRoom(for count: Int) -> Int {
        if UpstreamSocket.outputSizeMax - outputCount < count {
            flush()
        }
        return max(0, UpstreamSocket.outputSizeMax - outputCount)
    }

    /// The silence allowed within a response.
    var idleTimeout: Timeout { target.idleTimeout }

    /// Sends as much as the socket takes.
    func flush() {
        guard phase == .active, socket.send() > 0 else { return }
        guard exchange?.machine.isAwaitingResponse == true else { return }
        // A long body is under way: the wait for the response has not begun.
        setDeadline(worker.loop.now + target.readTimeout)
    }

    /// The socket takes bytes again: send, and let the request body go on.
    private func drain() {
        flush()
        exchange?.downstream?.advance()
    }

    private func readInput() {
        guard !socket.isReadPaused else { return }
        let box = received ?? worker.buffers.take()
        received = box
        readInto(box)
        pump()
        if exchange?.isResponsePaused == false {
            unpauseReading()
        }
        returnIfEmpty()
    }

    private func readInto(_ box: BufferBox) {
        var count = box.buffer.count
        let limit = readLimit(count)
        while !isInputEnded {
            let room = limit - count
            guard room > 0 else { return socket.pauseReading() }
            switch socket.read(into: box, atMost: room) {
            case .bytes(let added):
                count += added
                hasReceivedNothing = false
                guard socket.hasPendingBytes else { return }
            case .blocked: return
            case .ended: endInput()
            case .failed:
                isInputBroken = true
                endInput()
            }
        }
    }

    /// How many bytes may stand here: what the peer does not take waits, for each of its streams.
    private func readLimit(_ count: Int) -> Int {
        guard let exchange, let downstream = exchange.downstream else { return BufferPool.size }
        // What was left and not offered is not whole: a head, the line of a chunk.
        if count > 0, !exchange.isResponsePaused { return BufferPool.size }
        let most = hasReceivedNothing ? Self.firstReadMax : BufferPool.size
        return min(max(downstream.bodyRoom, Self.heldBackCountMax), most)
    }

    /// The end stays readable for ever: it is looked at once.
    private func endInput() {
        isInputEnded = true
        socket.pauseReading()
    }

    /// Goes on reading after the peer has taken what was held.
    func unpauseReading() {
        guard phase == .active, !isInputEnded else { return }
        socket.resumeReading()
    }

    private func returnIfEmpty() {
        guard let box = received, box.buffer.isEmpty else { return }
        received = nil
        worker.buffers.giveBack(box)
    }

    /// Ends the work for an exchange: into the pool, or closed.
    func release(reusable: Bool) {
        exchange = nil
        guard phase == .active else { return close() }
        let isQuiet = (received?.buffer.isEmpty ?? true) && outputCount == 0
        guard reusable, isQuiet, !socket.isReadPaused else { return close() }
        returnIfEmpty()
        target.activeCount -= 1
        phase = .idle
        if !target.keep(self, now: worker.loop.now) {
            target.activeCount += 1
            phase = .active
            close()
        }
    }

    /// Closes the connection: once, after it was taken off the loop.
    func close() {
        guard phase != .closed else { return }
        if phase != .idle {
            target.activeCount -= 1
        }
        phase = .closed
        exchange = nil
        socket.close()
        if let received {
            worker.buffers.giveBack(received)
        }
        received = nil
    }

    /// Says to the server, behind what is pending, that the peer will send no more.
    func shutdownSending() {
        socket.endOutput()
    }

    func setDeadline(_ deadline: Instant?) {
        socket.setDeadline(deadline)
    }
}
