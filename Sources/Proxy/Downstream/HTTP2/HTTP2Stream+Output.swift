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
        guard let session = liveSession else { return }
        worker.withFieldList { list in
            list.add(":status", decimal: 100)
            session.inform(id, list)
        }
        scheduleFlush()
    }

    func sendInformation(_ exchange: Exchange) {
        guard let session = liveSession else { return }
        worker.withFieldList { list in
            list.add(":status", decimal: exchange.responseHead.status)
            ResponseHeadWriter.writeInformation(exchange, into: &list)
            session.inform(id, list)
        }
        scheduleFlush()
    }

    func sendHead(_ exchange: Exchange, framing: BodyFraming) {
        guard let session = liveSession else { return }
        let status = exchange.status
        let hasBody = Self.hasBody(exchange, framing, status)
        worker.withFieldList { list in
            list.add(":status", decimal: status)
            Self.writeLength(exchange, framing, status, into: &list)
            ResponseHeadWriter.write(exchange, into: &list)
            session.respond(id, list, hasBody: hasBody)
        }
        self.hasBody = hasBody
        scheduleFlush()
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
        guard hasBody, liveSession != nil else { return available }
        let held = outgoing?.buffer.count ?? 0
        // Our own answers are as long as the conf makes them, and nobody would offer the rest.
        let room = exchange?.answer != nil ? available : allowance - held
        let count = min(room, available)
        guard count > 0 else { return 0 }
        let box = outgoing ?? worker.buffers.take()
        outgoing = box
        box.buffer.append(bytes.extracting(0..<count))
        connection?.outgoingCount += count
        resume()
        return count
    }

    /// Takes a buffer that is worth it, where nothing waits before it and all of it may wait here.
    func adoptBody(_ box: BufferBox) -> Bool {
        guard hasBody, outgoing == nil, liveSession != nil,
            box.buffer.count >= Self.adoptedCountMin, box.buffer.count <= allowance
        else { return false }
        outgoing = box
        connection?.outgoingCount += box.buffer.count
        resume()
        return true
    }

    /// Copying fewer bytes costs less than another buffer for the upstream.
    private static let adoptedCountMin = 4096

    var bodyRoom: Int { max(0, allowance - (outgoing?.buffer.count ?? 0)) }

    /// How many bytes may wait here.
    private var allowance: Int {
        guard let connection, let session = liveSession else { return Self.firstHelping }
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
        if hasBody {
            resume()
        }
        if !isInputEnded {
            connection?.earlyStreams.append(self)
        }
    }

    func abort() {
        guard let session = liveSession else { return }
        hasBody = false
        session.reset(id, resetCode)
        scheduleFlush()
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
            if exchange?.isResponsePaused == true {
                connection?.hungryStreams.append(self)
            }
            return .wait
        }
        guard held <= count, isOutputEnding else { return .bytes(min(held, count)) }
        guard let exchange, exchange.responseTrailers.count > 0, let session = liveSession else {
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
        Self.append(count, of: box.buffer.bytes, to: &output)
        box.buffer.consume(count)
        connection?.outgoingCount -= count
        hasProgressed = true
        if box.buffer.isEmpty {
            outgoing = nil
            worker.buffers.giveBack(box)
        }
    }

    private static func append(
        _ count: Int,
        of bytes: Span<UInt8>,
        to output: inout ByteBuffer
    ) {
        output.append(bytes.extracting(0..<count))
    }

    private func resume() {
        liveSession?.resumeBody(id)
        scheduleFlush()
    }

    private func scheduleFlush() {
        if let connection {
            worker.flushLater(connection)
        }
    }

    private var liveSession: HTTP2ServerSession? {
        guard let connection, connection.isAlive else { return nil }
        return connection.session
    }
}
