import Access
import Bytes
import Configuration
import EventLoop
import HTTP
import Telemetry

/// One HTTP/2 connection of a peer: the driver of its ``HTTP2ServerSession``, and the owner of its
/// streams.
///
/// Bytes come in by `readInput` and go through the session, which tells of heads, bodies and ends
/// (`HTTP2Connection+Session`). What streams have to send is collected and leaves once a turn, in
/// ``flushAtTurnEnd()``: one pass of the session, one write.
final class HTTP2Connection: EventHandler, PeerConnection, Runnable, TurnFlushing {
    let worker: Worker
    private let peer: SocketAddress
    let peerText: [UInt8]
    private(set) var listenerIndex: Int
    private let listenerAddress: SocketAddress
    var transport: Transport?
    private(set) var registration: Registration?
    private(set) var isTLS = false
    private(set) var tlsVersionName: StaticString = ""
    var place = 0
    var isFlushScheduled = false
    var isRunnable = false

    /// `nil` only where the library had no memory for it: then the connection is closed at once.
    private(set) var session: HTTP2ServerSession?
    /// The streams by slot; slots begin with 1.
    var streams: [HTTP2Stream?] = []
    var freeSlots: [Int] = []
    /// How many streams there are.
    var streamCount = 0
    /// Requests whose exchanges are to begin, oldest first.
    var unbegun: [UnbegunStream] = []
    /// Streams that could send more than their upstreams were let to give.
    var hungryStreams: [HTTP2Stream] = []
    /// Streams whose response is complete before their request is.
    var earlyStreams: [HTTP2Stream] = []
    /// Bytes of request bodies that nobody has taken yet, and those that still fill the connection's
    /// window.
    var credit = WindowCredit()
    /// When the window was last kept shut for what slow streams held.
    var heldBackUntil: Instant?
    /// Bytes of response bodies that wait in the streams for the session, all together.
    private var outgoingCount = 0
    var lastVerdict: VerifiedToken?

    /// Frames that wait for the socket.
    private(set) var pending: BufferBox?
    private(set) var phase = Phase.open
    private var isInputEnded = false
    private(set) var isWriteBlocked = false
    private(set) var hasProgressed = false
    var waiting = Waiting.nothing

    /// What the connection is busy with.
    enum Phase {
        /// -> announced, leaving, closing, closed
        case open
        /// The peer was told that the end is near; it may still begin streams. -> leaving, closing,
        /// closed
        case announced
        /// No stream may begin; those that run go on. -> closing, closed
        case leaving
        /// What is pending is still sent. -> lingering, closed
        case closing
        /// -> closed
        case lingering
        case closed
    }

    /// Reads of one connection before others have their turn: four records of TLS.
    private static let readBudget = 4
    /// Passes at the end of a turn, or of an event within it: a megabyte, then others have theirs.
    private static let flushBudget = 16

    init(_ peer: SocketAddress, listenerIndex: Int, worker: Worker) {
        self.peer = peer
        peerText = peer.address.text
        self.listenerIndex = listenerIndex
        self.worker = worker
        listenerAddress = worker.snapshot.settings.listeners[listenerIndex].address
        session = try? HTTP2ServerSession(limits: worker.http2Limits)
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
        isTLS = transport.isTLS
        tlsVersionName = transport.versionName
        self.transport = consume transport
        self.registration = registration
        setInterest(.readable)
        guard session != nil else { return close() }
        worker.flushLater(self)
        if let received {
            receive(received.buffer.bytes)
            worker.buffers.giveBack(received)
        }
        if phase == .open, self.transport?.hasPendingBytes == true {
            readInput()
        }
        updateDeadline()
    }

    func becameReady(_ readiness: Readiness) {
        if phase == .lingering {
            return drainInput()
        }
        if readiness.contains(.writable) {
            wantsWriting(false)
            worker.flushLater(self)
        }
        if !readiness.isDisjoint(with: [.readable, .peerFinished, .hungUp, .failed]) {
            readInput()
        }
        updateDeadline()
    }

    private func readInput() {
        guard !isInputEnded else {
            // Only the end of the other direction can be news.
            return setInterest(interest.subtracting(.readable))
        }
        let box = worker.buffers.take()
        var reads = 0
        reading: while phase != .closed, reads < Self.readBudget {
            reads += 1
            box.buffer.clear()
            switch transport?.read(into: &box.buffer, atMost: BufferPool.size) {
            case .bytes(let count):
                hasProgressed = true
                worker.metrics.bytesReceived(count)
                // What comes behind the end of the session is for nobody.
                if isAlive {
                    receive(box.buffer.bytes)
                }
                guard transport?.hasPendingBytes == true else { break reading }
            case .blocked:
                break reading
            case .ended, .failed, nil:
                inputEnded()
                break reading
            }
        }
        worker.buffers.giveBack(box)
        if reads == Self.readBudget, let registration, transport?.hasPendingBytes == true {
            worker.loop.announce(.readable, for: registration)
        }
    }

    /// Shows the session what has come in.
    private func receive(_ bytes: Span<UInt8>) {
        do throws(HTTP2Fault) {
            try session?.receive(bytes, now: worker.loop.now.nanoseconds, handler: self)
            giveBackConnectionWindow()
        } catch {
            failed(error)
        }
        worker.flushLater(self)
    }

    /// The peer sends nothing more: nobody is left to answer.
    private func inputEnded() {
        isInputEnded = true
        close()
    }

    /// The connection is at its end by the peer's fault: the session has said so in a GOAWAY.
    private func failed(_ fault: HTTP2Fault) {
        worker.metrics.http2Failed(.peer, HTTP2Failure(fault))
        beginClosing()
    }

    func flushAtTurnEnd() {
        guard phase != .closed, phase != .lingering else { return }
        if !unbegun.isEmpty {
            // Streams that are reset from here are gone once their frames are written.
            _ = produce()
            beginExchanges()
        }
        send()
        settle()
    }

    /// Sends what streams have gathered before the turn ends, where it is as much as one write sends.
    ///
    /// What was just read from an upstream is then still in the processor's caches; by the end of the
    /// turn the bodies of hundreds of streams may have passed through them. What does not fill a
    /// record waits for the end of the turn.
    func sendGathered() {
        guard phase != .closed, phase != .lingering else { return }
        worker.flushLater(self)
        var passes = 0
        while passes < Self.flushBudget, outgoingCount > 0, produce(), holdsWholeRecord {
            passes += 1
            writePending(mayKeepTail: true)
            guard phase != .closed, !isWriteBlocked else { return }
            feedHungryStreams()
        }
    }

    private func send() {
        var passes = 0
        while passes < Self.flushBudget, produce() || !hungryStreams.isEmpty {
            passes += 1
            writePending(
                mayKeepTail: session?.wantsToWrite == true || !hungryStreams.isEmpty
            )
            guard phase != .closed, !isWriteBlocked else { break }
            feedHungryStreams()
        }
        if passes == Self.flushBudget {
            worker.runLater(self)
        }
    }

    /// Goes on in this turn with what the last one has left.
    func advance() {
        worker.flushLater(self)
    }

    /// Lets the session write its frames, as many as one write should have.
    ///
    /// - Returns: Whether there is something to write.
    private func produce() -> Bool {
        guard let session, !isWriteBlocked else { return false }
        if session.wantsToWrite {
            let box = pending ?? worker.buffers.take()
            pending = box
            if !box.buffer.isEmpty, !holdsWholeRecord {
                // What is left of the last write moves to the front while it is little: later, all
                // that stands behind it would have to move too.
                box.buffer.reserve(Self.outputSize + Self.recordSize)
            }
            do throws(HTTP2Fault) {
                try session.produce(into: &box.buffer, upTo: Self.outputSize, handler: self)
            } catch {
                failed(error)
            }
            if box.buffer.isEmpty {
                worker.buffers.giveBack(box)
                pending = nil
            }
        }
        let hasCut = cutEarlyStreams()
        return hasCut || pending?.buffer.isEmpty == false
    }

    /// Has peers stop sending what nobody will read, once their responses have left whole (RFC 9113
    /// §8.1).
    ///
    /// - Returns: Whether there were any.
    private func cutEarlyStreams() -> Bool {
        guard !earlyStreams.isEmpty, let session else { return false }
        var hasCut = false
        earlyStreams.removeAll { stream in
            guard stream.connection === self else { return true }
            guard session.hasEnded(stream.id) else { return false }
            if !stream.isInputEnded {
                session.reset(stream.id, .noError)
                hasCut = true
            }
            return true
        }
        return hasCut
    }

    /// Frames collected for one write: four records of TLS, and the heads of the frames.
    private static let outputSize = 65_536

    /// Writes what there is; where more follows at once, only whole records of it.
    ///
    /// Frames do not fill records: what is left over of each write would cost a record, and a system
    /// call, of its own.
    private func writePending(mayKeepTail: Bool) {
        let whole = (pending?.buffer.count ?? 0) / Self.recordSize * Self.recordSize
        let tail = mayKeepTail && whole > 0 ? (pending?.buffer.count ?? 0) - whole : 0
        while let pending, pending.buffer.count > tail {
            switch write(pending.buffer.bytes, butTail: tail) {
            case .bytes(let count):
                hasProgressed = true
                pending.buffer.consume(count)
                worker.metrics.bytesSent(count)
            case .blocked:
                return wantsWriting(true)
            case .ended, .failed, nil:
                return close()
            }
        }
        if let pending, pending.buffer.isEmpty {
            worker.buffers.giveBack(pending)
            self.pending = nil
        }
    }

    private var holdsWholeRecord: Bool { (pending?.buffer.count ?? 0) >= Self.recordSize }

    private func write(_ bytes: Span<UInt8>, butTail tail: Int) -> Transport.Outcome? {
        transport?.write(bytes.extracting(0..<(bytes.count - tail)))
    }

    /// The most bytes of a record of TLS (RFC 8446 §5.1).
    private static let recordSize = 16_384

    /// Has upstreams give more for the streams whose windows have room.
    private func feedHungryStreams() {
        guard !hungryStreams.isEmpty else { return }
        let streams = hungryStreams
        hungryStreams.removeAll(keepingCapacity: true)
        for stream in streams {
            stream.feed()
        }
    }

    /// Goes on to the end where nothing is left to do, and sets the deadline.
    private func settle() {
        switch phase {
        case .leaving where streamCount == 0, .open where session?.isFinished == true,
            .announced where session?.isFinished == true:
            beginClosing()
        case .announced, .closed, .closing, .leaving, .lingering, .open:
            break
        }
        if phase == .closing, pending == nil, session?.wantsToWrite != true {
            linger()
        }
        updateDeadline()
        hasProgressed = false
    }

    func drain() {
        announceEnd()
    }

    /// The new conf may have other certificates, limits and listeners: the peer is asked to come
    /// back, and what runs goes on as it began.
    func settingsChanged() {
        if let index = worker.snapshot.listenerIndex(of: listenerAddress) {
            listenerIndex = index
            announceEnd()
        } else {
            // No request can be decided any more without its listener.
            refuseUnbegun()
            leave()
        }
    }

    /// Tells the peer to begin no more streams here, and waits a moment for those that it has
    /// begun meanwhile (RFC 9113 §6.8).
    private func announceEnd() {
        guard phase == .open else { return }
        guard streamCount > 0 || session?.isInsideHead == true else { return leave() }
        phase = .announced
        session?.announceShutdown()
        worker.flushLater(self)
        worker.loop.skipNextWait()
        wait(.announcement, worker.snapshot.timeouts.announcement)
    }

    /// Takes no more streams, and ends with the last one.
    func leave() {
        guard phase == .open || phase == .announced else { return }
        phase = .leaving
        session?.shutDown(.noError)
        worker.flushLater(self)
        worker.loop.skipNextWait()
    }

    /// Sends what is pending, and nothing of the streams.
    func beginClosing() {
        guard phase != .closed, phase != .lingering else { return }
        phase = .closing
        abandonStreams()
        worker.flushLater(self)
        worker.loop.skipNextWait()
    }

    /// Ends our side, and reads on for a moment, so that the peer sees our last frames and not a
    /// reset of the connection.
    private func linger() {
        transport?.shutdownSending()
        phase = .lingering
        // Many that were ended for a flood linger at a time, and nothing of them is needed but the
        // socket.
        session = nil
        transport?.releaseIdleBuffers()
        setInterest(.readable)
        wait(.linger, worker.snapshot.timeouts.linger)
    }

    private func drainInput() {
        let box = worker.buffers.take()
        var reads = 0
        while phase == .lingering, reads < Self.flushBudget {
            reads += 1
            box.buffer.clear()
            switch transport?.read(into: &box.buffer, atMost: BufferPool.size) {
            case .bytes: continue
            case .blocked: reads = Self.flushBudget
            case .ended, .failed, nil: close()
            }
        }
        worker.buffers.giveBack(box)
    }

    func close() {
        guard phase != .closed else { return }
        phase = .closed
        if let registration {
            worker.loop.deregister(registration)
        }
        registration = nil
        abandonStreams()
        transport = nil
        if let pending {
            worker.buffers.giveBack(pending)
        }
        pending = nil
        unbegun.removeAll()
        hungryStreams.removeAll()
        earlyStreams.removeAll()
        worker.remove(self)
    }

    /// Tells every exchange that its peer has left.
    private func abandonStreams() {
        for slot in streams.indices {
            if let stream = streams[slot] {
                release(stream)
            }
        }
    }

    /// Whether new streams are taken.
    var takesStreams: Bool { phase == .open || phase == .announced }
    /// Whether the session may still be asked for something.
    var isAlive: Bool { phase == .open || phase == .announced || phase == .leaving }

    /// A stream holds more of its response body, or less.
    func outgoingChanged(by count: Int) {
        outgoingCount += count
        if count > 0, outgoingCount >= Self.outputSize {
            worker.filledConnection = self
        }
    }

    /// Whether streams may hold more of their response bodies than a page each.
    var takesOutput: Bool { !isWriteBlocked && outgoingCount < Self.outgoingCountMax }

    /// As much as one turn sends.
    private static let outgoingCountMax = flushBudget * outputSize

    var peerAddress: IPAddress { peer.address }

    private func wantsWriting(_ wants: Bool) {
        guard isWriteBlocked != wants else { return }
        isWriteBlocked = wants
        setInterest(wants ? interest.union(.writable) : interest.subtracting(.writable))
    }

    private var interest: Interest {
        guard let registration else { return [] }
        return worker.loop.interest(of: registration)
    }

    private func setInterest(_ interest: Interest) {
        guard let registration else { return }
        worker.loop.setInterest(interest, for: registration)
    }
}
