import Access
import Bytes
import HTTP

extension HTTP1Connection {
    /// Reads the next request head, and begins its exchange.
    ///
    /// - Returns: Whether there may be more to do.
    func beginNextExchange() -> Bool {
        guard hasRoomForResponse else { return false }
        guard let box = received, !box.buffer.isEmpty else {
            if isInputEnded {
                // What is pending is still sent.
                phase = .closing
            }
            return false
        }
        let exchange = self.exchange ?? worker.takeExchange()
        self.exchange = exchange
        var head = RequestHead()
        swap(&head, &exchange.head)
        do throws(ParseFault) {
            let step = try machine.advance(over: box.buffer.bytes, head: &head)
            swap(&head, &exchange.head)
            switch step {
            case .head(let consumed):
                box.buffer.consume(consumed)
                begin(exchange)
                return true
            case .needsMore:
                if isInputEnded {
                    phase = .closing
                }
                return false
            case .body, .end:
                return false
            }
        } catch {
            refuseHead(
                Refusal(
                    error.status == 431 || error.status == 414 ? .headTooLarge : .requestMalformed,
                    detail: "\(error.detail)",
                    status: error.status
                )
            )
            return true
        }
    }

    /// Whether the peer takes its responses: one that only sends requests waits for its turn, or
    /// what it does not read would grow without bound.
    private var hasRoomForResponse: Bool {
        if let pending, pending.buffer.count >= BufferPool.size / 2 {
            writePending()
        }
        return !isWriteBlocked && !isBroken
    }

    private func begin(_ exchange: Exchange) {
        phase = .exchanging
        headEnded()
        isResponseEnded = false
        closesAfterResponse = false
        owesRequestEnd = false
        bodyCount = 0
        exchange.isRequestComplete = machine.isBodyComplete
        exchange.begin(on: self)
    }

    /// Answers what cannot be read, once; the connection's framing is lost with it.
    func refuseHead(_ refusal: Refusal) {
        let exchange = self.exchange ?? worker.takeExchange()
        self.exchange = exchange
        phase = .exchanging
        isResponseEnded = false
        exchange.isRequestComplete = true
        exchange.beginMalformed(refusal, on: self)
    }

    /// Goes on with the present exchange: its request body, and its end.
    ///
    /// - Returns: Whether there may be more to do.
    func continueExchange() -> Bool {
        guard let exchange else { return false }
        if exchange.isOverBodyLimit {
            exchange.bodyTooLarge()
            return true
        }
        if owesRequestEnd {
            owesRequestEnd = false
            exchange.requestEnded()
            return true
        }
        if isResponseEnded, closesAfterResponse || exchange.machine.isIdle {
            return endExchange(exchange)
        }
        if !exchange.isRequestComplete {
            return readBody(exchange)
        }
        return isResponseEnded ? endExchange(exchange) : false
    }

    /// Offers the next bytes of the request body to the exchange.
    private func readBody(_ exchange: Exchange) -> Bool {
        if machine.isBodyComplete {
            // The last byte of a length was taken: nothing more announces the end.
            exchange.requestEnded()
            return true
        }
        guard let box = received, !box.buffer.isEmpty else {
            if isInputEnded {
                peerGone()
            }
            return false
        }
        var noHead = RequestHead()
        do throws(ParseFault) {
            switch try machine.advance(over: box.buffer.bytes, head: &noHead) {
            case .body(let skip, let count):
                box.buffer.consume(skip)
                let taken = exchange.acceptBody(box.buffer.bytes, first: count)
                take(taken, from: box)
                guard exchange.discarded <= Self.discardCountMax else {
                    closesAfterResponse = true
                    return true
                }
                return taken > 0 || exchange.isOverBodyLimit
            case .end(let consumed):
                box.buffer.consume(consumed)
                var trailers = FieldBlock()
                try machine.takeTrailers(into: &trailers)
                if trailers.count > 0 {
                    exchange.requestTrailers = trailers
                }
                exchange.requestEnded()
                return true
            case .needsMore:
                if isInputEnded {
                    peerGone()
                }
                return false
            case .head:
                return false
            }
        } catch {
            exchange.interrupt(Refusal(.requestMalformed, detail: "\(error.detail)"))
            return true
        }
    }

    private func take(_ count: Int, from box: BufferBox) {
        machine.bodyConsumed(count)
        box.buffer.consume(count)
        bodyCount += UInt64(count)
        if count > 0 {
            resumeReading()
        }
    }

    /// Drops what has come in of a body that nobody will read, so that the answer can say truly
    /// whether the connection stays.
    func dropReceivedBody(_ exchange: Exchange) {
        guard let box = received else { return }
        var noHead = RequestHead()
        while !machine.isBodyComplete, !box.buffer.isEmpty {
            do throws(ParseFault) {
                switch try machine.advance(over: box.buffer.bytes, head: &noHead) {
                case .body(let skip, let count):
                    box.buffer.consume(skip)
                    take(count, from: box)
                case .end(let consumed):
                    box.buffer.consume(consumed)
                    owesRequestEnd = true
                    return
                case .head, .needsMore:
                    return
                }
            } catch {
                exchange.mustClose = true
                return
            }
        }
    }

    /// The exchange is over: the next one, or the end of the connection.
    private func endExchange(_ exchange: Exchange) -> Bool {
        if !exchange.isRequestComplete {
            exchange.perform(exchange.machine.requestEnded())
        }
        self.exchange = nil
        worker.giveBack(exchange)
        if closesAfterResponse || isListenerGone || mustEnd && received?.buffer.isEmpty ?? true {
            phase = .closing
            return false
        }
        machine.beginNext()
        phase = .awaitingHead
        resumeReading()
        return true
    }

    /// Bytes of a refused request's body that are read and dropped, to keep the connection; a peer
    /// that sends more is cheaper to disconnect.
    static let discardCountMax = 65_536
}
