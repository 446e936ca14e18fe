import Bytes
import EventLoop
import HTTP

// The response in, as the session tells it, and on to the exchange as the peer takes it.

extension HTTP2UpstreamStream {
    /// An interim response has come.
    func informationReceived(_ head: inout ResponseHead) {
        noteAnswer()
        guard let exchange, failure == nil else { return }
        // There is no such status in HTTP/2 (RFC 9113 §8.6).
        guard head.status != 101 else { return breakOff(.malformed) }
        swap(&exchange.responseHead, &head)
        exchange.informationReceived()
        touch()
    }

    /// The head of the response has come, and may be all of it.
    func responseReceived(_ head: inout ResponseHead, isComplete: Bool) {
        noteAnswer()
        guard let exchange, failure == nil else { return }
        // There is no such status in HTTP/2 (RFC 9113 §8.6).
        guard head.status != 101 else { return breakOff(.malformed) }
        if isTunnelRequest, head.status < 300 {
            answerUpgrade(&head, exchange.head.fields)
        }
        swap(&exchange.responseHead, &head)
        setDeadline(worker.loop.now + idleTimeout)
        touch()
        // Who is told of a length of none takes the response for whole: that it is must be known.
        isHeadHeld = !isComplete && exchange.responseHead.framing == .length(0)
        if !isHeadHeld {
            _ = exchange.responseHeadReceived()
        }
    }

    private func answerUpgrade(_ head: inout ResponseHead, _ fields: FieldBlock) {
        for index in 0..<fields.count
        where fields.name(at: index).isEqualIgnoringCase(to: "sec-websocket-key") {
            return head.becomeUpgrade(answering: fields.value(at: index).copied())
        }
        head.becomeUpgrade(answering: [])
    }

    /// Bytes of the body have come.
    ///
    /// - Returns: How many of them are dealt with; the others are held.
    func dataReceived(_ bytes: Span<UInt8>) -> Int {
        guard let exchange, failure == nil else { return bytes.count }
        touch()
        var taken = 0
        if heldCount == 0, !exchange.isResponsePaused {
            taken = deliver(bytes, to: exchange)
        }
        guard taken < bytes.count else { return taken }
        let box = held ?? worker.buffers.take()
        held = box
        box.buffer.append(bytes.extracting(taken...))
        return taken
    }

    private func deliver(_ bytes: Span<UInt8>, to exchange: Exchange) -> Int {
        if exchange.machine.isTunnelling {
            return exchange.tunnelReceived(bytes, first: bytes.count)
        }
        setDeadline(worker.loop.now + idleTimeout)
        return exchange.responseBodyReceived(bytes, first: bytes.count)
    }

    /// The fields behind the body have come.
    func trailersReceived(_ trailers: inout FieldBlock) {
        guard let exchange, failure == nil else { return }
        swap(&exchange.responseTrailers, &trailers)
    }

    /// The server has ended its side well.
    func inputEnded() {
        isInputEnded = true
        guard let exchange, failure == nil else { return }
        touch()
        if isHeadHeld {
            isHeadHeld = false
            guard exchange.responseHeadReceived() else { return }
        }
        if heldCount == 0 {
            end(exchange)
        }
    }

    private func end(_ exchange: Exchange) {
        if exchange.machine.isTunnelling {
            exchange.tunnelEndedByUpstream()
        } else {
            exchange.responseEnded(isReusable: true)
        }
    }

    func resumeReading() {
        guard let exchange, failure == nil else { return }
        let downstream = exchange.downstream
        pump(exchange)
        downstream?.advance()
    }

    private func pump(_ exchange: Exchange) {
        while let box = held, !box.buffer.isEmpty, !exchange.isResponsePaused {
            let taken = deliver(box.buffer.bytes, to: exchange)
            box.buffer.consume(taken)
            connection?.bodyTaken(id, taken)
        }
        guard heldCount == 0 else { return }
        dropHeld()
        if isInputEnded, !exchange.isResponsePaused {
            end(exchange)
        }
    }

    /// Forgets what the peer has not taken.
    func dropHeld() {
        guard let box = held else { return }
        held = nil
        worker.buffers.giveBack(box)
    }
}
