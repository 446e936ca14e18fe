import Access
import Bytes
import Configuration
import EventLoop
import HTTP
import Telemetry

/// One HTTP/1.1 connection of a peer: the driver of its ``HTTP1ServerMachine``, and the wire of one
/// exchange after the other.
///
/// Bytes come in by `readInput`, go on in ``advance()``, and leave in `settle`. One exchange is dealt
/// with at a time; what a peer pipelines waits in the receive buffer, which is bounded.
final class HTTP1Connection: EventHandler, PeerConnection, Runnable {
    let worker: Worker
    private(set) var listenerIndex: Int
    private let listenerAddress: SocketAddress
    private let peer: SocketAddress
    let peerText: [UInt8]
    var transport: Transport?
    private(set) var registration: Registration?
    private(set) var transportScheme: StaticString = "http"
    private(set) var tlsVersionName: StaticString = ""
    /// Its place among the worker's connections.
    var place = 0
    /// Whether the worker will have it go on in the next turn.
    var isRunnable = false

    var phase = Phase.awaitingHead
    var machine: HTTP1ServerMachine
    var exchange: Exchange?
    var received: BufferBox?
    var pending: BufferBox?
    var lastVerdict: VerifiedToken?

    /// How the body of the present response is written.
    var responseFraming = BodyFraming.none
    var isResponseEnded = false
    var closesAfterResponse = false
    /// Bytes of the present request body that came in, by whoever they were taken.
    var bodyCount: UInt64 = 0
    /// Whether the end of a dropped body came before the exchange could be told.
    var owesRequestEnd = false
    /// Whether the response broke off: the peer must not take it for whole.
    var isAborted = false
    /// Whether nothing can be written any more.
    var isBroken = false
    var hasEndedTunnelInput = false
    var isInputEnded = false
    /// Whether a reload has taken the listener away, without which nothing more can be decided.
    private(set) var isListenerGone = false
    private var isReadPaused = false
    private(set) var isWriteBlocked = false
    private(set) var hasProgressed = false
    var waiting = Waiting.nothing
    private var turn = TurnLoop()

    /// What the connection is busy with.
    enum Phase {
        /// -> exchanging, closing, closed
        case awaitingHead
        /// -> awaitingHead, tunnelling, closing, closed
        case exchanging
        /// -> closing, closed
        case tunnelling
        /// What is pending is still sent. -> lingering, closed
        case closing
        /// -> closed
        case lingering
        case closed
    }

    /// Reads of a connection that only waits for its peer's end, before others have their turn.
    private static let drainBudget = 16

    init(_ peer: SocketAddress, listenerIndex: Int, worker: Worker) {
        self.peer = peer
        peerText = peer.address.text
        self.listenerIndex = listenerIndex
        self.worker = worker
        listenerAddress = worker.snapshot.settings.listeners[listenerIndex].address
        machine = HTTP1ServerMachine(limits: worker.requestLimits)
    }

    /// Begins to serve on a socket that is registered for this connection.
    ///
    /// Parameters:
    ///   - transport: The socket, its handshake done.
    ///   - registration: Its place on the loop.
    ///   - received: What has come in already.
    func start(
        _ transport: consuming Transport,
        _ registration: Registration,
        received: BufferBox?
    ) {
        transportScheme = transport.isTLS ? "https" : "http"
        tlsVersionName = transport.versionName
        self.transport = consume transport
        self.registration = registration
        self.received = received
        setInterest(.readable)
        wait(.head, worker.snapshot.timeouts.head)
        if received != nil || self.transport?.hasPendingBytes == true {
            readInput(.readable)
            advance()
        }
    }

    func becameReady(_ readiness: Readiness) {
        switch phase {
        case .lingering: drainInput()
        case .closed: break
        case .awaitingHead, .closing, .exchanging, .tunnelling:
            if readiness.contains(.writable) {
                becameWritable()
            }
            if !readiness.isDisjoint(with: [.readable, .peerFinished, .hungUp, .failed]) {
                readInput(readiness)
            }
            advance()
        }
    }

    private func becameWritable() {
        wantsWriting(false)
        flush()
        if pending == nil {
            exchange?.downstreamDrained()
        }
    }

    /// Reads what there is, up to what may be held.
    private func readInput(_ readiness: Readiness) {
        if isReadPaused || isInputEnded {
            setInterest(interest.subtracting(.readable))
            if !readiness.isDisjoint(with: [.hungUp, .failed]) {
                peerGone()
            }
            return
        }
        let box = received ?? worker.buffers.take()
        received = box
        while phase != .closed {
            let room = BufferPool.size - box.buffer.count
            guard room > 0 else { return pauseReading() }
            switch transport?.read(into: &box.buffer, atMost: room) {
            case .bytes(let count):
                hasProgressed = true
                worker.metrics.bytesReceived(count)
                guard transport?.hasPendingBytes == true else { return }
            case .blocked: return
            case .ended:
                isInputEnded = true
                setInterest(interest.subtracting(.readable))
                return
            case .failed, nil: return peerGone()
            }
        }
    }

    private func pauseReading() {
        isReadPaused = true
        setInterest(interest.subtracting(.readable))
    }

    func resumeReading() {
        guard isReadPaused, !isInputEnded else { return }
        isReadPaused = false
        setInterest(interest.union(.readable))
        if let registration, transport?.hasPendingBytes == true {
            worker.loop.announce(.readable, for: registration)
        }
    }

    /// The peer can be told nothing more.
    func peerGone() {
        exchange?.peerLeft()
        close()
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

    /// Bytes went out by another way than `flush`.
    func noteProgress() {
        hasProgressed = true
    }

    /// - Returns: Whether there may be more to do.
    private func step() -> Bool {
        if isAborted || isBroken {
            peerGone()
            return false
        }
        switch phase {
        case .awaitingHead: return beginNextExchange()
        case .exchanging: return continueExchange()
        case .tunnelling: return continueTunnel()
        case .closed, .closing, .lingering: return false
        }
    }

    /// Sends what is to be sent, closes what is to be closed, and sets the deadline.
    private func settle() {
        guard phase != .closed else { return }
        flush()
        flushUpstream()
        if phase == .closing, pending == nil {
            return linger()
        }
        returnIfEmpty()
        updateDeadline()
        hasProgressed = false
    }

    /// Sends what the upstream's server is owed.
    ///
    /// Where that has made room for bytes that wait here, nobody else would say so.
    private func flushUpstream() {
        guard let upstream = exchange?.upstream else { return }
        guard let received, !received.buffer.isEmpty else { return upstream.flush() }
        let count = upstream.outputCount
        upstream.flush()
        if upstream.outputCount < count {
            worker.runLater(self)
        }
    }

    private func returnIfEmpty() {
        guard let box = received, box.buffer.isEmpty else { return }
        received = nil
        worker.buffers.giveBack(box)
        if isReadPaused {
            resumeReading()
        }
    }

    /// Sends as much as the peer takes.
    private func flush() {
        writePending()
        if isBroken {
            peerGone()
        }
    }

    /// Writes as much as the peer takes, and only notes where it takes nothing any more: the caller
    /// may be in the middle of reading from the other side.
    func writePending() {
        // A socket that was full says when it is not: what waits for that goes on there only, or a
        // response that was put off would be forgotten.
        guard let box = pending, !isWriteBlocked else { return }
        if !isBroken {
            let (count, ending) = transport?.write(allOf: &box.buffer) ?? (0, .broken)
            if count > 0 {
                hasProgressed = true
                worker.metrics.bytesSent(count)
            }
            if ending == .blocked { return wantsWriting(true) }
            isBroken = ending == .broken
        }
        pending = nil
        worker.buffers.giveBack(box)
        // A response that waits goes on when the loop says that there is room: it may have come about
        // just now, and then nothing else would.
        wantsWriting(exchange?.isResponsePaused == true)
    }

    func wantsWriting(_ wants: Bool) {
        guard isWriteBlocked != wants else { return }
        isWriteBlocked = wants
        setInterest(wants ? interest.union(.writable) : interest.subtracting(.writable))
    }

    /// Ends our side, and reads on for a moment, so that the peer sees our last bytes and not a reset
    /// (RFC 9112 §9.6).
    private func linger() {
        transport?.shutdownSending()
        phase = .lingering
        if isInputEnded {
            return close()
        }
        setInterest(.readable)
        wait(.linger, worker.snapshot.timeouts.linger)
        drainInput()
    }

    private func drainInput() {
        let box = received ?? worker.buffers.take()
        received = box
        for _ in 0..<Self.drainBudget {
            box.buffer.clear()
            switch transport?.read(into: &box.buffer, atMost: BufferPool.size) {
            case .bytes: continue
            case .blocked:
                box.buffer.clear()
                return returnIfEmpty()
            case .ended, .failed, nil: return close()
            }
        }
        box.buffer.clear()
    }

    /// Closes an idle connection because the worker stops, and lets a busy one end.
    func drain() {
        switch phase {
        case .awaitingHead where received == nil && pending == nil: close()
        case .awaitingHead where received == nil: phase = .closing
        case .awaitingHead, .closed, .closing, .exchanging, .lingering, .tunnelling: break
        }
    }

    func settingsChanged() {
        if let index = worker.snapshot.listenerIndex(of: listenerAddress) {
            listenerIndex = index
            return
        }
        isListenerGone = true
        if phase == .awaitingHead {
            phase = .closing
            advance()
        }
    }

    /// Whether the present exchange is the last one.
    var mustEnd: Bool { worker.isDraining || isListenerGone }

    /// Closes the connection: once, after it was taken off the loop.
    func close() {
        guard phase != .closed else { return }
        phase = .closed
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
        if let exchange {
            exchange.peerLeft()
            self.exchange = nil
            worker.giveBack(exchange)
        }
        worker.remove(self)
    }

    private var interest: Interest {
        guard let registration else { return [] }
        return worker.loop.interest(of: registration)
    }

    private func setInterest(_ interest: Interest) {
        guard let registration else { return }
        worker.loop.setInterest(interest, for: registration)
    }

    var peerAddress: IPAddress { peer.address }
}
