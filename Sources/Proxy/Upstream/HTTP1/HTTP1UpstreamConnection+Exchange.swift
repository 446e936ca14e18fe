import Bytes
import EventLoop
import HTTP

// What the wire does for its exchange: the request out, and the response in, step by step.

extension HTTP1UpstreamConnection: ExchangeUpstream {
    func sendRequest(_ exchange: Exchange, _ target: UpstreamTarget) {
        let head = exchange.head
        machine.begin(requestMethod: head.method, upgradeRequested: head.upgrade)
        writesChunks = head.framing == .chunked
        isHandshake = head.isExtendedConnect
        let key = isHandshake ? makeKey() : []
        UpstreamHeadWriter.write(exchange, target, key: key.span, into: &output().buffer)
        if writesChunks, exchange.isRequestComplete, exchange.refusedBody == nil {
            // A body without bytes has ended before there was anyone to tell.
            endBody(exchange)
        }
    }

    private func makeKey() -> [UInt8] {
        var key: [UInt8] = []
        worker.requestIDs.appendWebSocketKey(to: &key)
        webSocketKey = key
        return key
    }

    func sendBody(_ bytes: Span<UInt8>, first available: Int) -> Int {
        let count = min(makeRoom(for: available), available)
        guard count > 0 else { return 0 }
        let box = output()
        if writesChunks {
            ChunkWriter.begin(count: count, into: &box.buffer)
            box.buffer.append(bytes.extracting(0..<count))
            ChunkWriter.end(into: &box.buffer)
        } else {
            box.buffer.append(bytes.extracting(0..<count))
        }
        return count
    }

    func endBody(_ exchange: Exchange) {
        guard writesChunks else { return }
        let box = output()
        ChunkWriter.beginTrailers(into: &box.buffer)
        UpstreamHeadWriter.writeTrailers(exchange, into: &box.buffer)
        box.buffer.append("\r\n")
    }

    /// HTTP/1.1 has no way to refuse a request untouched.
    func takeBody() -> BufferBox? { nil }

    func resumeReading() {
        unpauseReading()
        pump()
    }

    /// Tells the exchange as much of the response as there is, and as the peer takes.
    func pump() {
        guard let exchange else { return }
        do throws(ParseFault) {
            var hasProgressed = false
            while self.exchange === exchange, !exchange.isResponsePaused {
                if exchange.machine.isTunnelling {
                    if !pumpTunnel(exchange) { break }
                } else {
                    guard try pumpResponse(exchange) else { break }
                    hasProgressed = true
                }
            }
            if hasProgressed, self.exchange === exchange,
                exchange.machine.isForwarding, exchange.machine.isResponseBegun
            {
                setDeadline(worker.loop.now + idleTimeout)
            }
            if self.exchange === exchange, isInputEnded, !exchange.isResponsePaused {
                try inputEnded(exchange)
            }
        } catch {
            exchange.upstreamFailed(.malformed)
        }
        exchange.downstream?.advance()
    }

    /// - Returns: Whether there may be more to do.
    private func pumpResponse(_ exchange: Exchange) throws(ParseFault) -> Bool {
        guard let input = received else { return false }
        switch try machine.advance(over: input.buffer.bytes, head: &responseHead) {
        case .needsMore:
            return false
        case .informational(let consumed):
            input.buffer.consume(consumed)
            swap(&exchange.responseHead, &responseHead)
            exchange.informationReceived()
            return true
        case .head(let consumed):
            input.buffer.consume(consumed)
            swap(&exchange.responseHead, &responseHead)
            if exchange.responseHead.isUpgrade {
                writesChunks = false
            }
            if isHandshake, let failure = handshakeFailure(exchange) {
                exchange.upstreamFailed(failure)
                return false
            }
            return exchange.responseHeadReceived()
        case .body(let skip, let count):
            drop(skip, from: input)
            if count == input.buffer.count, exchange.adoptResponseBody(input) {
                // The end of the body may stand behind it, and is found in what is here.
                received = worker.buffers.take()
                machine.bodyConsumed(count)
            } else {
                let taken = exchange.responseBodyReceived(input.buffer.bytes, first: count)
                machine.bodyConsumed(taken)
                input.buffer.consume(taken)
            }
            return true
        case .end(let consumed):
            drop(consumed, from: input)
            var trailers = FieldBlock()
            try machine.takeTrailers(into: &trailers)
            if trailers.count > 0 {
                exchange.responseTrailers = trailers
            }
            exchange.responseEnded(isReusable: machine.isReusable && !isInputEnded)
            return false
        }
    }

    /// What is wrong with the answer to a handshake that was made here: its peer has no key to judge
    /// it by, and would take every 2xx for a WebSocket (RFC 8441 §5).
    private func handshakeFailure(_ exchange: Exchange) -> UpstreamFailure? {
        let (head, key) = (exchange.responseHead, webSocketKey)
        guard head.isUpgrade else { return head.status < 300 ? .noWebSocket : nil }
        let isAnswered = WebSocketHandshake.isAnswered(
            by: head.fields,
            key: key.span,
            asked: exchange.head.fields
        )
        return isAnswered ? nil : .badWebSocket
    }

    /// Forgets framing, of which a body with a length has none.
    private func drop(_ count: Int, from input: BufferBox) {
        if count > 0 {
            input.buffer.consume(count)
        }
    }

    /// - Returns: Whether there may be more to do.
    private func pumpTunnel(_ exchange: Exchange) -> Bool {
        guard let input = received, !input.buffer.isEmpty else { return false }
        let taken = exchange.tunnelReceived(input.buffer.bytes, first: input.buffer.count)
        input.buffer.consume(taken)
        return true
    }

    /// The server has closed its side: the end of a response without length, or too early.
    private func inputEnded(_ exchange: Exchange) throws(ParseFault) {
        guard !exchange.machine.isTunnelling else { return exchange.tunnelEndedByUpstream() }
        switch try machine.peerClosed() {
        // A body that ends with the connection is whole only where the connection ended well.
        case .complete where !isInputBroken: exchange.responseEnded(isReusable: false)
        case .complete, .truncated: exchange.upstreamFailed(.closedEarly)
        }
    }
}
