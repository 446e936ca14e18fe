import Access
import Bytes
import EventLoop
import HTTP

extension Exchange {
    /// Reads as much of the upstream's response as there is, and as the peer takes.
    func pumpResponse() {
        guard let upstream else { return }
        do throws(ParseFault) {
            while self.upstream === upstream, !isResponsePaused {
                if machine.isTunnelling {
                    if !pumpTunnel(upstream) { break }
                    continue
                }
                if try !pumpResponseStep(upstream) { break }
            }
            if self.upstream === upstream, upstream.isInputEnded, !isResponsePaused {
                try upstreamEnded(upstream)
            }
        } catch {
            upstreamFailed(.malformed)
        }
        downstream?.advance()
    }

    /// - Returns: Whether there may be more to do.
    private func pumpResponseStep(_ upstream: UpstreamConnection) throws(ParseFault) -> Bool {
        guard let input = upstream.input else { return false }
        switch try upstream.machine.advance(over: input.buffer.bytes, head: &responseHead) {
        case .needsMore:
            return false
        case .informational(let consumed):
            upstream.consume(consumed)
            return true
        case .head(let consumed):
            upstream.consume(consumed)
            upstream.setDeadline(worker.loop.now + (target?.idleTimeout ?? upstream.idleTimeout))
            firstByteAt = worker.loop.now
            target?.succeeded()
            guard mayBeginStream() else { return false }
            perform(machine.responseHeadReceived(isUpgrade: responseHead.isUpgrade))
            return true
        case .body(let skip, let count):
            upstream.consume(skip)
            let taken =
                downstream?.sendBody(input.buffer.bytes, first: count) ?? 0
            bytesSent += Int64(taken)
            upstream.machine.bodyConsumed(taken)
            upstream.consume(taken)
            upstream.setDeadline(worker.loop.now + upstream.idleTimeout)
            isResponsePaused = taken < count
            return true
        case .end(let consumed):
            upstream.consume(consumed)
            endResponse(upstream)
            return false
        }
    }

    /// The upstream has closed its side: the end of a response without length, or too early.
    private func upstreamEnded(_ upstream: UpstreamConnection) throws(ParseFault) {
        if machine.isTunnelling {
            downstream?.endTunnelOutput()
            releaseUpstream(reusable: false)
            perform(machine.tunnelEnded())
            return
        }
        switch try upstream.machine.peerClosed() {
        // A body that ends with the connection is whole only where the connection ended well.
        case .complete where !upstream.isInputBroken: endResponse(upstream)
        case .complete, .truncated: upstreamFailed(.closedEarly)
        }
    }

    private func endResponse(_ upstream: UpstreamConnection) {
        if !isRequestComplete {
            mustClose = true
        }
        downstream?.endBody()
        releaseUpstream(
            reusable: isRequestComplete && upstream.machine.isReusable && !upstream.isInputEnded
        )
        perform(machine.responseEnded())
    }

    /// Sends the upstream's head on.
    func sendResponseHead() {
        downstream?.sendHead(self, framing: responseHead.framing)
    }

    /// The peer has taken what was held for it.
    func downstreamDrained() {
        guard isResponsePaused else { return }
        isResponsePaused = false
        upstream?.resumeReading()
        pumpResponse()
    }

    /// Writes an answer of our own, whole.
    func sendAnswer() {
        guard let downstream, let answer else { return }
        withdrawErrand()
        downstream.setExchangeDeadline(nil)
        let body = AnswerBody.make(answer, self)
        downstream.sendHead(self, framing: .length(UInt64(body.count)))
        if head.method != .head, !body.isEmpty {
            bytesSent += Int64(downstream.sendBody(body.span, first: body.count))
        }
        downstream.endBody()
        perform(machine.answerWritten())
    }

    /// The status that the peer gets.
    var status: Int { answer?.status ?? responseHead.status }
}

extension Exchange {
    /// Both sides speak a protocol of their own: bytes go through as they come.
    func beginTunnel() {
        downstream?.sendHead(self, framing: .none)
        downstream?.beginTunnel()
        upstream?.setDeadline(worker.loop.now + snapshot.timeouts.upgradeIdle)
    }

    /// - Returns: Whether there may be more to do.
    private func pumpTunnel(_ upstream: UpstreamConnection) -> Bool {
        guard let input = upstream.input, !input.buffer.isEmpty else { return false }
        let count = input.buffer.count
        let taken = downstream?.sendBody(input.buffer.bytes, first: count) ?? 0
        bytesSent += Int64(taken)
        upstream.consume(taken)
        upstream.setDeadline(worker.loop.now + snapshot.timeouts.upgradeIdle)
        isResponsePaused = taken < count
        return true
    }

    /// Takes bytes of the peer for the tunnel; returns how many.
    func acceptTunnel(_ bytes: Span<UInt8>) -> Int {
        guard let upstream else { return bytes.count }
        let count = min(upstream.makeRoom(for: bytes.count), bytes.count)
        guard count > 0 else { return 0 }
        upstream.output().buffer.append(bytes.extracting(0..<count))
        upstream.setDeadline(worker.loop.now + snapshot.timeouts.upgradeIdle)
        bytesReceived += Int64(count)
        return count
    }
}
