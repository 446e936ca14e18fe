import Bytes
import EventLoop
import HTTP

// The request out: its head once, its body as the server's windows allow.

extension HTTP2UpstreamStream: ExchangeUpstream {
    /// Bytes of the body that are kept for another attempt: forms and calls of a few messages, which
    /// are most of what has a body.
    private static let keptCountMax = 16_384

    var outputCount: Int { (pending?.buffer.count ?? 0) - sentCount }

    var idleTimeout: Timeout { target?.idleTimeout ?? .zero }

    func sendRequest(_ exchange: Exchange, _ target: UpstreamTarget) {
        isTunnelRequest = exchange.asksForWebSocket
        guard let connection else { return }
        awaitsSettings = isTunnelRequest && !connection.session.hasSettings
        if !awaitsSettings {
            submit(exchange, target, connection)
        }
    }

    /// The server's settings have come: hands over a request that has waited for them.
    func submitIfWaiting() {
        guard awaitsSettings, let exchange, let target, let connection else { return }
        awaitsSettings = false
        submit(exchange, target, connection)
    }

    private func submit(
        _ exchange: Exchange,
        _ target: UpstreamTarget,
        _ connection: HTTP2UpstreamConnection
    ) {
        if isTunnelRequest {
            guard connection.session.allowsExtendedConnect else { return fail(.noWebSocket) }
        }
        let isWhole =
            !isTunnelRequest && exchange.isRequestComplete && exchange.refusedBody == nil
        let hasBody = !isWhole || exchange.requestTrailers.count > 0
        isOutputEnding = isWhole
        isOutputEnded = !hasBody
        worker.withFieldList { list in
            UpstreamHeadWriter.write(exchange, target, into: &list)
            do throws(HTTP2Fault) {
                id = try connection.session.request(
                    slot,
                    list,
                    method: isTunnelRequest ? .connect : exchange.head.method,
                    hasBody: hasBody
                )
                isClosed = false
            } catch {
                // It is out of numbers, or of memory: another connection has both.
                connection.leave()
                fail(.refused)
            }
        }
        worker.flushLater(connection)
    }

    func sendBody(_ bytes: Span<UInt8>, first available: Int) -> Int {
        guard connection != nil, failure == nil else { return 0 }
        let room = UpstreamSocket.outputSizeMax - (pending?.buffer.count ?? 0)
        let count = min(max(0, room), available)
        owesRoom = count < available
        guard count > 0 else { return 0 }
        let box = pending ?? worker.buffers.take()
        pending = box
        box.buffer.append(bytes.extracting(0..<count))
        wake()
        return count
    }

    func endBody(_ exchange: Exchange) {
        isOutputEnding = true
        wake()
    }

    func shutdownSending() {
        isOutputEnding = true
        wake()
    }

    func flush() {
        if let connection {
            worker.flushLater(connection)
        }
    }

    private func wake() {
        guard let connection else { return }
        if isAsleep, id != 0 {
            isAsleep = false
            connection.session.resumeBody(id)
        }
        worker.flushLater(connection)
    }

    /// Says how much of the body is there to be sent.
    func bodyWanted(atMost limit: Int) -> HTTP2BodyStep {
        guard let exchange, let connection else { return .wait }
        let count = min(outputCount, limit)
        guard isOutputEnding, count == outputCount else {
            isAsleep = count == 0
            return count > 0 ? .bytes(count) : .wait
        }
        isOutputEnded = true
        guard !isTunnelRequest, exchange.requestTrailers.count > 0 else { return .last(count) }
        var hasTrailers = false
        worker.withFieldList { list in
            UpstreamHeadWriter.writeTrailers(exchange, into: &list)
            if list.count > 0 {
                hasTrailers = true
                connection.session.submitTrailers(id, list)
            }
        }
        return hasTrailers ? .lastWithTrailers(count) : .last(count)
    }

    /// Writes the next `count` bytes of the body.
    func writeBody(_ count: Int, into output: inout ByteBuffer) {
        guard let box = pending else { return }
        Self.append(box.buffer.bytes, sentCount..<(sentCount + count), to: &output)
        sentCount += count
        if !keepsBody || sentCount > Self.keptCountMax {
            forgetSent()
        }
        if let target, exchange?.machine.isAwaitingResponse == true {
            // A long body is under way: the wait for the response has not begun.
            setDeadline(worker.loop.now + target.readTimeout)
        }
        if owesRoom {
            owesRoom = false
            touch()
        }
    }

    private static func append(
        _ bytes: Span<UInt8>,
        _ part: Range<Int>,
        to output: inout ByteBuffer
    ) {
        output.append(bytes.extracting(part))
    }

    /// Keeps nothing of the body that was sent, from here on.
    private func forgetSent() {
        keepsBody = false
        guard let box = pending else { return }
        box.buffer.consume(sentCount)
        sentCount = 0
        if box.buffer.isEmpty {
            worker.buffers.giveBack(box)
            pending = nil
        }
    }

    func takeBody() -> BufferBox? {
        guard keepsBody else { return nil }
        let box = pending
        pending = nil
        sentCount = 0
        return box
    }

    /// Something of the response has come: the request is not sent again.
    func noteAnswer() {
        guard hasReceivedNothing else { return }
        hasReceivedNothing = false
        forgetSent()
    }
}
