import Access
import Bytes
import EventLoop
import HTTP
import Telemetry

extension HTTP1Connection: ExchangeDownstream {
    var version: HTTPVersion { .http11 }

    func sendContinue() {
        guard exchange?.head.version == .http11 else { return }
        output().buffer.append("HTTP/1.1 100 Continue\r\n\r\n")
    }

    func sendInformation(_ exchange: Exchange) {
        let box = output()
        let status = exchange.responseHead.status
        box.buffer.append("HTTP/1.1 ")
        box.buffer.append(decimal: status)
        box.buffer.append(UInt8(ascii: " "))
        box.buffer.append(StatusText.reason(status))
        box.buffer.append("\r\n")
        ResponseHeadWriter.writeInformation(exchange, into: &box.buffer)
        box.buffer.append("\r\n")
    }

    func sendHead(_ exchange: Exchange, framing: BodyFraming) {
        if exchange.machine.isAnswering, !exchange.isRequestComplete {
            dropReceivedBody(exchange)
        }
        let box = output()
        writeHead(exchange, framing, into: &box.buffer)
    }

    private func writeHead(
        _ exchange: Exchange,
        _ framing: BodyFraming,
        into output: inout ByteBuffer
    ) {
        let status = exchange.status
        output.append("HTTP/1.1 ")
        output.append(decimal: status)
        output.append(UInt8(ascii: " "))
        output.append(StatusText.reason(status))
        output.append("\r\n")
        ResponseHeadWriter.write(exchange, into: &output)
        writeFraming(exchange, framing, status, into: &output)
        if exchange.machine.isTunnelling {
            output.append("connection: upgrade\r\n\r\n")
            return
        }
        decidePersistence(exchange)
        if closesAfterResponse {
            output.append("connection: close\r\n")
        } else if exchange.head.version == .http10 {
            output.append("connection: keep-alive\r\n")
        }
        output.append("\r\n")
    }

    /// One framing, said once; a peer that knows no chunks gets the end of the connection instead.
    private func writeFraming(
        _ exchange: Exchange,
        _ framing: BodyFraming,
        _ status: Int,
        into output: inout ByteBuffer
    ) {
        responseFraming = framing
        let isAnswer = exchange.answer != nil
        if status == 204 || status == 304 || status == 101 || status < 200 {
            responseFraming = .none
            return
        }
        if exchange.head.method == .head, !isAnswer {
            responseFraming = .none
            let fields = exchange.responseHead.fields
            if let field = fields.first(.contentLength) {
                output.append("content-length: ")
                output.append(fields.value(at: field))
                output.append("\r\n")
            }
            return
        }
        switch framing {
        case .none:
            output.append("content-length: 0\r\n")
        case .length(let length):
            output.append("content-length: ")
            output.append(decimal: length)
            output.append("\r\n")
        case .chunked, .untilClose:
            if exchange.head.version == .http10 {
                responseFraming = .untilClose
                exchange.mustClose = true
            } else {
                responseFraming = .chunked
                output.append("transfer-encoding: chunked\r\n")
            }
        }
    }

    /// Whether the connection stays is decided once, here, where it is also said.
    private func decidePersistence(_ exchange: Exchange) {
        closesAfterResponse =
            !exchange.head.keepsAlive || exchange.mustClose || mustEnd || isInputEnded
            || exchange.machine.isAnswering && !canDropRest(exchange)
    }

    /// Whether what is left of a refused request's body is known to be little enough to be read and
    /// dropped.
    ///
    /// A peer that awaits `100 Continue` may never send it.
    private func canDropRest(_ exchange: Exchange) -> Bool {
        if exchange.isRequestComplete || machine.isBodyComplete { return true }
        guard !exchange.head.expectsContinue, case .length(let length) = exchange.head.framing
        else { return false }
        return length - min(length, bodyCount) <= UInt64(Self.discardCountMax)
    }

    func sendBody(_ bytes: Span<UInt8>, first available: Int) -> Int {
        guard exchange?.answer == nil else {
            // Our own answers are as long as the conf makes them, and nobody would offer the rest.
            output().buffer.append(bytes.extracting(0..<available))
            return available
        }
        var taken = 0
        // Less than all is taken only where the socket is full: then it will say when it is not.
        while taken < available {
            guard phase != .closed, !isBroken else { return available }
            let count = sendPiece(bytes.extracting(taken..<available))
            taken += count
            if count == 0, isWriteBlocked { break }
        }
        return taken
    }

    var bodyRoom: Int {
        exchange?.isResponsePaused == true ? Self.heldBackCountMax : BufferPool.size
    }

    /// What is read for a peer that takes nothing: an eighth of a buffer, so that many such peers hold
    /// as little.
    private static let heldBackCountMax = 16_384

    /// Nothing is copied here: what is large goes to the socket from where it is.
    func adoptBody(_ box: BufferBox) -> Bool { false }

    private func sendPiece(_ bytes: Span<UInt8>) -> Int {
        if responseFraming != .chunked, bytes.count >= Self.directCountMin {
            writePending()
            guard pending == nil else { return 0 }
            return sendDirectly(bytes)
        }
        let room = BufferPool.size - (pending?.buffer.count ?? 0)
        let count = min(room, bytes.count)
        guard count > 0 else {
            writePending()
            return 0
        }
        let box = output()
        if responseFraming == .chunked {
            ChunkWriter.begin(count: count, into: &box.buffer)
            box.buffer.append(bytes.extracting(0..<count))
            ChunkWriter.end(into: &box.buffer)
        } else {
            box.buffer.append(bytes.extracting(0..<count))
        }
        if box.buffer.count >= BufferPool.size / 2 {
            writePending()
        }
        return count
    }

    /// A large piece goes from the upstream's buffer to the socket without a copy between.
    private func sendDirectly(_ bytes: Span<UInt8>) -> Int {
        switch transport?.write(bytes) {
        case .bytes(let count):
            worker.metrics.bytesSent(count)
            noteProgress()
            return count
        case .blocked:
            wantsWriting(true)
            return 0
        case .ended, .failed, nil:
            // What is left of the body goes nowhere.
            isBroken = true
            return bytes.count
        }
    }

    func endBody() {
        if responseFraming == .chunked {
            let box = output()
            writeLastChunk(into: &box.buffer)
        }
        isResponseEnded = true
    }

    /// Trailers go to those who say that they read them (RFC 9110 §6.5.1).
    private func writeLastChunk(into output: inout ByteBuffer) {
        guard let exchange, exchange.responseTrailers.count > 0, acceptsTrailers(exchange.head)
        else { return ChunkWriter.last(into: &output) }
        ChunkWriter.beginTrailers(into: &output)
        TrailerWriter.write(exchange.responseTrailers, into: &output)
        output.append("\r\n")
    }

    private func acceptsTrailers(_ head: RequestHead) -> Bool {
        guard let field = head.fields.first(.te) else { return false }
        return FieldSyntax.listContains("trailers", in: head.fields.value(at: field))
    }

    func abort() {
        guard phase != .closed else { return }
        closesAfterResponse = true
        isAborted = true
        worker.runLater(self)
    }

    func setExchangeDeadline(_ deadline: Instant?) {
        waitForVerdict(until: deadline)
    }

    func beginTunnel() {
        phase = .tunnelling
        responseFraming = .none
    }

    func endTunnelOutput() {
        isResponseEnded = true
    }

    /// Takes the peer's bytes through the tunnel.
    ///
    /// - Returns: Whether there may be more to do.
    func continueTunnel() -> Bool {
        guard let exchange else { return false }
        if isResponseEnded {
            self.exchange = nil
            worker.giveBack(exchange)
            phase = .closing
            return false
        }
        guard let box = received, !box.buffer.isEmpty else {
            if isInputEnded, !hasEndedTunnelInput {
                hasEndedTunnelInput = true
                exchange.upstream?.shutdownSending()
            }
            return false
        }
        let taken = exchange.acceptTunnel(box.buffer.bytes)
        box.buffer.consume(taken)
        if taken > 0 {
            resumeReading()
        }
        return taken > 0
    }

    /// Where bytes for the peer are put; `settle` sends them.
    private func output() -> BufferBox {
        if let pending { return pending }
        let box = worker.buffers.take()
        pending = box
        return box
    }

    /// Pieces this large are worth a system call of their own.
    private static let directCountMin = 16_384
}
