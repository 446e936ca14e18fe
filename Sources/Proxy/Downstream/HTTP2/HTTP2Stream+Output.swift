import Access
import Bytes
import EventLoop
import HTTP

extension HTTP2Stream: ExchangeDownstream {
    var peerAddress: IPAddress { connection?.peerAddress ?? IPAddress(ipv4: 0) }

    var peerText: [UInt8] { connection?.peerText ?? [] }

    var listenerIndex: Int { connection?.listenerIndex ?? 0 }

    var transportScheme: StaticString { connection?.isTLS == true ? "https" : "http" }

    var version: HTTPVersion { .http2 }

    var tlsVersionName: StaticString { connection?.tlsVersionName ?? "" }

    var lastVerdict: VerifiedToken? {
        get { connection?.lastVerdict }
        set { connection?.lastVerdict = newValue }
    }

    func sendContinue() {
        guard let connection, let session = connection.liveSession else { return }
        worker.withFieldList { list in
            list.add(":status", decimal: 100)
            session.inform(id, list)
        }
        worker.flushLater(connection)
    }

    func sendInformation(_ exchange: Exchange) {
        guard let connection, let session = connection.liveSession else { return }
        worker.withFieldList { list in
            list.add(":status", decimal: exchange.responseHead.status)
            ResponseHeadWriter.writeInformation(exchange, into: &list)
            session.inform(id, list)
        }
        worker.flushLater(connection)
    }

    func sendHead(_ exchange: Exchange, framing: BodyFraming) {
        guard let connection, let session = connection.liveSession else { return }
        let status = exchange.status
        let hasBody = Self.hasBody(exchange, framing, status)
        worker.withFieldList { list in
            list.add(":status", decimal: status)
            Self.writeLength(exchange, framing, status, into: &list)
            ResponseHeadWriter.write(exchange, into: &list)
            session.respond(id, list, hasBody: hasBody)
        }
        self.hasBody = hasBody
        worker.flushLater(connection)
    }

    /// Whether DATA follows, and with it the end of the stream, or the head ends it.
    private static func hasBody(
        _ exchange: Exchange,
        _ framing: BodyFraming,
        _ status: Int
    ) -> Bool {
        if exchange.machine.isTunnelling { return true }
        guard status != 204, status != 304, exchange.head.method != .head else { return false }
        switch framing {
        case .none, .length(0): return false
        case .chunked, .length, .untilClose: return true
        }
    }

    private static func writeLength(
        _ exchange: Exchange,
        _ framing: BodyFraming,
        _ status: Int,
        into list: inout HTTP2FieldList
    ) {
        if exchange.head.method == .head, exchange.answer == nil {
            let fields = exchange.responseHead.fields
            if let field = fields.first(.contentLength) {
                list.add("content-length", fields.value(at: field))
            }
        } else if case .length(let length) = framing, status != 204, status != 304 {
            list.add("content-length", decimal: Int(clamping: length))
        }
    }

    /// Takes what may be held for the peer: a first helping whatever its window, so that a small
    /// response is done with, and more once the session has asked for it, which it does only where
    /// the window has room.
    func sendBody(_ bytes: Span<UInt8>, first available: Int) -> Int {
        guard hasBody, let connection, let session = connection.liveSession else {
            return available
        }
        let count = min(room(for: available, connection, session), available)
        guard count > 0 else { return 0 }
        let box = outgoing ?? worker.buffers.take()
        outgoing = box
        box.buffer.append(bytes.extracting(0..<count))
        connection.outgoingChanged(by: count)
        resume(connection, session)
        return count
    }

    private func room(
        for available: Int,
        _ connection: HTTP2Connection,
        _ session: HTTP2ServerSession
    ) -> Int {
        let held = outgoing?.buffer.count ?? 0
        // The least is allowed whatever the window, which need not be asked for. Our own answers are as
        // long as the conf makes them, and nobody would offer the rest.
        guard held + available > Self.leastHelping, exchange?.answer == nil else {
            return available
        }
        return allowance(connection, session) - held
    }

    /// Takes a buffer that is worth it, where nothing waits before it and all of it may wait here.
    func adoptBody(_ box: BufferBox) -> Bool {
        let count = box.buffer.count
        guard count >= Self.adoptedCountMin, hasBody, outgoing == nil, let connection,
            let session = connection.liveSession, count <= allowance(connection, session)
        else { return false }
        outgoing = box
        connection.outgoingChanged(by: count)
        resume(connection, session)
        return true
    }

    /// Copying fewer bytes costs less than another buffer for the upstream.
    private static let adoptedCountMin = 4096

    var bodyRoom: Int {
        guard let connection, let session = connection.liveSession else { return Self.firstHelping }
        return max(0, allowance(connection, session) - (outgoing?.buffer.count ?? 0))
    }

    /// How many bytes may wait here.
    private func allowance(_ connection: HTTP2Connection, _ session: HTTP2ServerSession) -> Int {
        let open = connection.takesOutput ? session.windowLeft(id) : 0
        return min(max(open, Self.leastHelping), isHungry ? BufferPool.size : Self.firstHelping)
    }

    /// One frame, until the session has asked for more.
    private static let firstHelping = 16_384
    /// A page of memory for a peer that takes nothing, by its windows or by its socket: with as much
    /// that waits at the upstream, a megabyte for the streams of a connection.
    private static let leastHelping = 4096

    func endBody() {
        isOutputEnding = true
        guard let connection else { return }
        if hasBody, let session = connection.liveSession {
            resume(connection, session)
        }
        if !isInputEnded {
            connection.earlyStreams.append(self)
        }
    }

    func abort() {
        guard let connection, let session = connection.liveSession else { return }
        hasBody = false
        session.reset(id, resetCode)
        worker.flushLater(connection)
    }

    private var resetCode: HTTP2ErrorCode {
        guard let exchange else { return .internalError }
        if exchange.isRefusedUntouched { return .refusedStream }
        return exchange.refusal == nil ? .internalError : .cancel
    }

    func beginTunnel() {}

    func endTunnelOutput() {
        endBody()
    }

    /// What the session may send now.
    func bodyWanted(atMost count: Int) -> HTTP2BodyStep {
        let held = outgoing?.buffer.count ?? 0
        if held == 0, !isOutputEnding {
            isHungry = true
            isAsleep = true
            if exchange?.isResponsePaused == true {
                connection?.hungryStreams.append(self)
            }
            return .wait
        }
        guard held <= count, isOutputEnding else { return .bytes(min(held, count)) }
        guard let exchange, exchange.responseTrailers.count > 0,
            let session = connection?.liveSession
        else {
            return .last(held)
        }
        worker.withFieldList { list in
            TrailerWriter.write(exchange.responseTrailers, into: &list)
            session.submitTrailers(id, list)
        }
        return .lastWithTrailers(held)
    }

    /// Gives bytes that ``bodyWanted(atMost:)`` has promised.
    func writeBody(_ count: Int, into output: inout ByteBuffer) {
        guard count > 0, let box = outgoing else { return }
        let left = box.buffer.move(count, to: &output)
        connection?.outgoingChanged(by: -count)
        hasProgressed = true
        if left == 0 {
            outgoing = nil
            worker.buffers.giveBack(box)
        }
    }

    private func resume(_ connection: HTTP2Connection, _ session: HTTP2ServerSession) {
        if isAsleep {
            isAsleep = false
            session.resumeBody(id)
        }
        worker.flushLater(connection)
    }
}

extension HTTP2Connection {
    /// The session, while streams may still be asked for something.
    fileprivate var liveSession: HTTP2ServerSession? { isAlive ? session : nil }
}
