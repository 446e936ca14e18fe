import Bytes
import Configuration
import EventLoop
import HTTP
import TLS

/// One HTTP/1.1 connection to an upstream's server: at work for one exchange, or idle in its pool.
final class HTTP1UpstreamConnection: EventHandler {
    let worker: Worker
    private let target: UpstreamTarget
    private var transport: Transport?
    private var registration: Registration?
    private var phase: Phase
    private(set) var exchange: Exchange?
    /// What has come in and is not yet consumed.
    var received: BufferBox?
    private var pending: BufferBox?
    private var isReadPaused = false

    /// Reads what the server answers.
    var machine: HTTP1ClientMachine
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
    /// Whether nothing more will be written behind what is pending.
    private var isOutputEnding = false
    /// Whether nothing of the present response has come in.
    private(set) var hasReceivedNothing = true

    /// The most bytes that are read at first: enough for a head and a page.
    private static let firstReadMax = 16_384
    /// Bytes that are read whatever the peer takes, so that there is something to offer.
    private static let heldBackCountMax = 4096

    private enum Phase {
        /// -> securing, active, closed
        case connecting
        /// -> active, closed
        case securing
        /// -> idle, closed
        case active
        /// -> active, closed
        case idle
        case closed
    }

    private init(_ exchange: Exchange, _ target: UpstreamTarget, phase: Phase) {
        worker = exchange.worker
        self.target = target
        self.exchange = exchange
        self.phase = phase
        machine = HTTP1ClientMachine(limits: exchange.worker.responseLimits)
    }

    /// Opens a connection for an exchange; it is told when the connection is ready or has failed.
    static func open(to target: UpstreamTarget, for exchange: Exchange) -> UpstreamOpening {
        let worker = exchange.worker
        let descriptor: Int32
        switch worker.loop.kernel.connect(to: target.state.address) {
        case .connected(let made), .inProgress(let made): descriptor = made
        case .failed(let fault):
            return .failed(fault.isOutOfDescriptors ? .outOfDescriptors : .connectFailed)
        }
        let connection = HTTP1UpstreamConnection(exchange, target, phase: .connecting)
        connection.transport = Transport(
            Socket(descriptor: descriptor, kernel: worker.loop.kernel)
        )
        do throws(SystemFault) {
            connection.registration = try worker.loop.register(
                connection,
                descriptor: descriptor,
                interest: [.readable, .writable]
            )
        } catch {
            connection.transport = nil
            return .failed(.outOfDescriptors)
        }
        target.activeCount += 1
        connection.setDeadline(worker.loop.now + target.connectTimeout)
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
        case .connecting: connected(readiness)
        case .securing: secure()
        case .active:
            if readiness.contains(.writable) {
                drain()
            }
            if phase == .active,
                !readiness.isDisjoint(with: [.readable, .peerFinished, .hungUp, .failed])
            {
                readInput()
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
        case .connecting, .securing: exchange?.upstreamStopped(.connectTimedOut)
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

    private func connected(_ readiness: Readiness) {
        guard let descriptor = transport?.descriptor else { return }
        if worker.loop.kernel.connectFault(descriptor) != nil {
            exchange?.upstreamStopped(.connectFailed)
            return
        }
        guard readiness.contains(.writable) else {
            if !readiness.isDisjoint(with: [.hungUp, .failed]) {
                exchange?.upstreamStopped(.connectFailed)
            }
            return
        }
        guard let context = target.tls else { return becomeActive() }
        do throws(TLSFault) {
            let tls = try context.makeConnection(
                descriptor: descriptor,
                serverName: target.server.host
            )
            transport?.secure(with: tls)
        } catch {
            exchange?.upstreamStopped(.tlsFailed)
            return
        }
        phase = .securing
        secure()
    }

    private func secure() {
        switch transport?.handshake() {
        case .complete: becomeActive()
        case .wantsRead: setInterest(.readable)
        case .wantsWrite: setInterest([.readable, .writable])
        case .failed, nil: exchange?.upstreamStopped(.tlsFailed)
        }
    }

    private func becomeActive() {
        phase = .active
        setInterest(.readable)
        exchange?.upstreamConnected()
        flush()
        exchange?.downstream?.advance()
    }

    /// Where the bytes for the server are put; ``flush()`` sends them.
    func output() -> BufferBox {
        if let pending { return pending }
        let box = worker.buffers.take()
        pending = box
        return box
    }

    /// How many bytes wait to be sent.
    var outputCount: Int { pending?.buffer.count ?? 0 }

    /// How many bytes may be put behind those that wait, after an attempt to send them where fewer
    /// than `count` would fit.
    ///
    /// Where it stays none, the socket is full and says when it is not.
    func makeRoom(for count: Int) -> Int {
        if BufferPool.size - outputCount < count {
            flush()
        }
        return max(0, BufferPool.size - outputCount)
    }

    /// The silence allowed within a response.
    var idleTimeout: Timeout { target.idleTimeout }

    /// Sends as much as the socket takes.
    func flush() {
        guard phase == .active, let pending, !pending.buffer.isEmpty else { return }
        switch transport?.write(pending.buffer.bytes) {
        case .bytes(let count):
            pending.buffer.consume(count)
            if hasReceivedNothing {
                // A long body is under way: the wait for the response has not begun.
                setDeadline(worker.loop.now + target.readTimeout)
            }
        case .blocked, nil: break
        case .ended, .failed:
            // What the server said before it closed still counts: reading will tell.
            pending.buffer.clear()
        }
        if pending.buffer.isEmpty {
            worker.buffers.giveBack(pending)
            self.pending = nil
            wantsWriting(false)
            if isOutputEnding {
                transport?.shutdownSending()
            }
        } else {
            wantsWriting(true)
        }
    }

    /// The socket takes bytes again: send, and let the request body go on.
    private func drain() {
        flush()
        exchange?.downstream?.advance()
    }

    private func readInput() {
        guard !isReadPaused else {
            return setInterest(interest.subtracting(.readable))
        }
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
        let limit = readLimit(box.buffer.count)
        while !isInputEnded {
            let room = limit - box.buffer.count
            guard room > 0 else { return pauseReading() }
            switch transport?.read(into: &box.buffer, atMost: room) {
            case .bytes:
                hasReceivedNothing = false
                guard transport?.hasPendingBytes == true else { return }
            case .blocked: return
            case .ended: endInput()
            case .failed, nil:
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
        setInterest(interest.subtracting(.readable))
    }

    /// Forgets bytes that were dealt with.
    func consume(_ count: Int) {
        received?.buffer.consume(count)
    }

    private func pauseReading() {
        isReadPaused = true
        setInterest(interest.subtracting(.readable))
    }

    /// Goes on reading after the peer has taken what was held.
    func unpauseReading() {
        guard isReadPaused, phase == .active, !isInputEnded else { return }
        isReadPaused = false
        setInterest(interest.union(.readable))
        if let registration, transport?.hasPendingBytes == true {
            worker.loop.announce(.readable, for: registration)
        }
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
        guard reusable, isQuiet, !isReadPaused else { return close() }
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
        if let registration {
            worker.loop.deregister(registration)
        }
        registration = nil
        transport = nil
        if let received {
            worker.buffers.giveBack(received)
        }
        received = nil
        if let pending {
            worker.buffers.giveBack(pending)
        }
        pending = nil
    }

    /// Says to the server, behind what is pending, that the peer will send no more.
    func shutdownSending() {
        isOutputEnding = true
        if pending == nil {
            transport?.shutdownSending()
        } else {
            flush()
        }
    }

    func setDeadline(_ deadline: Instant?) {
        guard let registration else { return }
        worker.loop.setDeadline(deadline, for: registration)
    }

    private var interest: Interest {
        guard let registration else { return [] }
        return worker.loop.interest(of: registration)
    }

    private func setInterest(_ interest: Interest) {
        guard let registration else { return }
        worker.loop.setInterest(interest, for: registration)
    }

    private func wantsWriting(_ wants: Bool) {
        let now = interest
        guard now.contains(.writable) != wants else { return }
        setInterest(wants ? now.union(.writable) : now.subtracting(.writable))
    }
}
