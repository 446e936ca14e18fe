import Bytes
import EventLoop
import HTTP
import Telemetry

/// One HTTP/2 connection to an upstream's server: the driver of its ``HTTP2ClientSession``, and the
/// owner of its streams.
///
/// Bytes come in by `readInput` and go through the session, which tells of heads, bodies and ends
/// (`HTTP2UpstreamConnection+Session`). What streams have to send is collected and leaves once a turn,
/// in ``flushAtTurnEnd()``: one pass of the session, one write. Exchanges are told of what has failed,
/// and go on, only when the session is done with what it was given: it is never called from within.
final class HTTP2UpstreamConnection: EventHandler, TurnFlushing {
    let worker: Worker
    let target: UpstreamTarget
    let session: HTTP2ClientSession
    private let socket: UpstreamSocket
    private(set) var phase = Phase.connecting
    var isFlushScheduled = false
    var credit = WindowCredit()

    /// The streams by slot; slots begin with 1.
    var streams: [HTTP2UpstreamStream?] = []
    var freeSlots: [Int] = []
    /// Streams between two uses.
    var spare: [HTTP2UpstreamStream] = []
    /// Streams that go on when the session is done.
    var touched: [HTTP2UpstreamStream] = []
    /// Streams that have their slot.
    var streamCount = 0
    /// Whether no exchange may begin here any more.
    private(set) var isLeaving = false
    /// Whether the server has refused a stream, and has ended none since.
    ///
    /// It may allow a number, and count streams longer than we do.
    var isRefusing = false
    private var hadSettings = false
    /// Streams that the server allows, as it has said last.
    private(set) var allowedCount = Int.max
    /// Whether all that was begun here waits because the server allows no stream.
    ///
    /// It may do so for a moment (RFC 9113 §6.5.2): until its time is over, the connection is one that
    /// is still being made.
    var isHeldUp = false

    private var droppedCount = 0

    enum Phase {
        /// -> active, closed
        case connecting
        /// -> lingering, closed
        case active
        /// Nothing runs here any more; the server is to see our last frames. -> closed
        case lingering
        case closed
    }

    /// Reads of one connection before others have their turn: four records of TLS.
    private static let readBudget = 4
    /// Passes of one turn: a megabyte, then others have theirs.
    private static let flushBudget = 16

    private init(_ target: UpstreamTarget, _ worker: Worker) throws(HTTP2Fault) {
        self.worker = worker
        self.target = target
        socket = UpstreamSocket(target, worker)
        session = try HTTP2ClientSession(limits: worker.upstreamHTTP2Limits)
    }

    /// What became of opening one.
    enum Opening {
        case failed(UpstreamFailure)
        case opened(HTTP2UpstreamConnection)
    }

    /// Opens a connection; the exchanges that begin on it are told when it is ready or has failed.
    static func open(to target: UpstreamTarget, worker: Worker) -> Opening {
        guard let connection = try? HTTP2UpstreamConnection(target, worker) else {
            return .failed(.outOfDescriptors)
        }
        if let failure = connection.socket.connect(for: connection) { return .failed(failure) }
        return .opened(connection)
    }

    /// Whether one more exchange may begin here.
    var hasRoom: Bool { !isLeaving && !isRefusing && !isOver && streamCount < limit }

    /// Whether it carries nothing any more.
    var isOver: Bool { phase == .closed || phase == .lingering }

    /// What this connection allows; until it has said so, what the last one did.
    private var limit: Int {
        if isHeldUp { return Self.streamCountMax }
        let allowed = min(Self.streamCountMax, session.streamCountMax)
        return session.hasSettings ? allowed : min(allowed, target.streamCountSeen ?? allowed)
    }

    /// Whether it is ready, and not still being made.
    var isActive: Bool { phase == .active && !isHeldUp }

    /// Streams of one connection, whatever the server allows: beyond it another connection has more
    /// windows and another of the server's threads.
    private static let streamCountMax = 128

    func becameReady(_ readiness: Readiness) {
        switch phase {
        case .connecting:
            switch socket.make(readiness) {
            case .failed(let failure): close(failure)
            case .ready: becomeActive()
            case .underWay: break
            }
        case .active:
            if readiness.contains(.writable) {
                socket.becameWritable()
                worker.flushLater(self)
            }
            if !readiness.isDisjoint(with: [.readable, .peerFinished, .hungUp, .failed]) {
                readInput()
                worker.sendGathered()
            }
        case .lingering: dropInput()
        case .closed: break
        }
    }

    func deadlinePassed() {
        switch phase {
        case .connecting: close(.connectTimedOut)
        case .active where isHeldUp: giveUpWaiting()
        case .active where streamCount == 0: sayGoodbye()
        case .lingering: endLingering()
        case .active, .closed: break
        }
    }

    private func becomeActive() {
        phase = .active
        setDeadline(nil)
        // By place: an exchange that begins now may lead to another's end.
        var place = 0
        while place < streams.count {
            if let exchange = streams[place]?.exchange {
                let downstream = exchange.downstream
                exchange.upstreamConnected()
                downstream?.advance()
            }
            place += 1
        }
        if streamCount == 0 {
            rest()
        }
        worker.flushLater(self)
    }

    private func readInput() {
        let box = worker.buffers.take()
        var reads = 0
        reading: while phase == .active, reads < Self.readBudget {
            reads += 1
            box.buffer.clear()
            switch socket.read(into: box, atMost: BufferPool.size) {
            case .bytes:
                receive(box.buffer.bytes)
                guard socket.hasPendingBytes else { break reading }
            case .blocked:
                break reading
            case .ended, .failed:
                close(.closedEarly)
                break reading
            }
        }
        worker.buffers.giveBack(box)
        if phase == .active, reads == Self.readBudget {
            socket.announcePendingBytes()
        }
    }

    /// Shows the session what has come in.
    private func receive(_ bytes: Span<UInt8>) {
        do throws(HTTP2Fault) {
            try session.receive(bytes, now: worker.loop.now.nanoseconds, handler: self)
        } catch {
            worker.metrics.http2Failed(.upstream, HTTP2Failure(error))
            return breakOff()
        }
        if session.hasSettings {
            allowedCount = session.streamCountMax
            target.streamCountSeen = allowedCount > 0 ? allowedCount : nil
            if isHeldUp, allowedCount > 0 {
                goOn()
            }
        }
        if !hadSettings, session.hasSettings {
            hadSettings = true
            if allowedCount == 0, streamCount > 0 {
                // Each attempt costs it a connection.
                target.failed(at: worker.loop.now)
            }
            submitWaiting()
        }
        settleTouched()
        worker.flushLater(self)
    }

    /// Hands over the requests for which the server's settings count.
    private func submitWaiting() {
        for stream in streams {
            stream?.submitIfWaiting()
        }
    }

    /// The server does not keep to the protocol: it is told so, once.
    private func breakOff() {
        if !socket.isWriteBlocked, produce() {
            socket.send()
        }
        closeBroken()
    }

    /// Ends what runs here, and reads on for a moment, so that the server sees why and not a reset of
    /// the connection.
    private func closeBroken() {
        guard !isOver else { return }
        guard socket.outputCount == 0 else { return close(.malformed) }
        socket.endOutput()
        end(.malformed, in: .lingering)
        setDeadline(worker.loop.now + worker.snapshot.timeouts.linger)
    }

    /// Drops what still comes, but not without end: it may be a flood.
    private func dropInput() {
        let box = worker.buffers.take()
        var reads = 0
        reading: while reads < Self.readBudget {
            reads += 1
            box.buffer.clear()
            switch socket.read(into: box, atMost: BufferPool.size) {
            case .bytes(let count):
                droppedCount += count
                guard droppedCount > Self.droppedCountMax else { continue reading }
            case .blocked: break reading
            case .ended, .failed: break
            }
            endLingering()
            break reading
        }
        worker.buffers.giveBack(box)
        if phase == .lingering, reads == Self.readBudget {
            socket.announcePendingBytes()
        }
    }

    private func endLingering() {
        phase = .closed
        socket.close()
    }

    /// Bytes that are dropped of a server that has broken the rules: what may be on its way when it is
    /// told so, a window of the connection.
    private static let droppedCountMax = 1 << 20

    func flushAtTurnEnd() {
        guard phase == .active else { return }
        var passes = 0
        while passes < Self.flushBudget, !socket.isWriteBlocked, phase == .active, produce() {
            passes += 1
            socket.send()
            settleTouched()
        }
        guard phase == .active else { return }
        settleTouched()
        if passes == Self.flushBudget {
            worker.flushLater(self)
            worker.loop.skipNextWait()
        } else if streamCount > allowedCount, !socket.isWriteBlocked {
            reviewWaiting()
        }
        if isLeaving, streamCount == 0 || session.isFinished {
            sayGoodbye()
        }
    }

    /// Lets the session write its frames, as many as one write should have.
    ///
    /// - Returns: Whether there is something to write.
    private func produce() -> Bool {
        guard session.wantsToWrite else { return socket.outputCount > 0 }
        let box = socket.output()
        do throws(HTTP2Fault) {
            try session.produce(
                into: &box.buffer,
                upTo: UpstreamSocket.outputSizeMax,
                handler: self
            )
        } catch {
            worker.metrics.http2Failed(.upstream, HTTP2Failure(error))
            // The GOAWAY that says so is among the frames.
            socket.send()
            closeBroken()
            return false
        }
        guard box.buffer.isEmpty else { return true }
        // Gives the buffer back.
        socket.send()
        return false
    }

    /// No exchange begins here any more; those that run go on.
    func leave() {
        isLeaving = true
    }

    /// The server is not in the conf any more, or the worker ends.
    func retire() {
        leave()
        guard phase == .active else {
            // Those that wait for the connection still want it.
            if streams.allSatisfy({ $0?.exchange == nil }) {
                close(.closedEarly)
            }
            return
        }
        if streams.allSatisfy({ $0?.exchange == nil }) {
            sayGoodbye()
        } else {
            session.shutDown(.noError)
            worker.flushLater(self)
        }
    }

    /// Ends a connection on which nothing is under way.
    func sayGoodbye(_ failure: UpstreamFailure = .closedEarly) {
        session.shutDown(.noError)
        writeLastWords()
        close(failure)
    }

    /// One attempt to send what the session has to say, before the connection is closed.
    private func writeLastWords() {
        guard !socket.isWriteBlocked, produce() else { return }
        socket.endOutput()
    }

    /// Closes the connection: once, after it was taken off the loop.
    ///
    /// What still runs on it has failed.
    func close(_ failure: UpstreamFailure) {
        guard phase != .closed else { return }
        if phase == .lingering { return endLingering() }
        socket.close()
        end(failure, in: .closed)
    }

    private func end(_ failure: UpstreamFailure, in phase: Phase) {
        self.phase = phase
        target.forget(self)
        // Says which requests were never sent.
        session.abandon(.internalError, handler: self)
        closeStreams(failure)
    }

    func setDeadline(_ deadline: Instant?) {
        socket.setDeadline(deadline)
    }
}

extension Worker {
    /// The bounds of an HTTP/2 connection to a server.
    var upstreamHTTP2Limits: HTTP2Limits {
        var limits = http2Limits
        limits.head = responseLimits
        return limits
    }
}
