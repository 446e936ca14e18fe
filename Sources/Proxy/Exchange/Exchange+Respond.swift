import Access
import Bytes
import EventLoop
import HTTP

extension Exchange {
    /// The head of an interim response stands in ``responseHead``: sent on, as a proxy has to (RFC 9110
    /// §15.2).
    ///
    /// But for a `100`, which the gateway has said by itself to a peer that waits for it; and not to
    /// one of HTTP/1.0, which knows no interim responses.
    func informationReceived() {
        if responseHead.status != 100, head.version != .http10, machine.isAwaitingResponse {
            downstream?.sendInformation(self)
        }
    }

    /// The head of the final response stands in ``responseHead``.
    ///
    /// - Returns: Whether its body is wanted; else the wire has been released.
    func responseHeadReceived() -> Bool {
        firstByteAt = worker.loop.now
        target?.succeeded()
        guard mayBeginStream() else { return false }
        perform(machine.responseHeadReceived(isUpgrade: responseHead.isUpgrade))
        return true
    }

    /// Takes of the first `available` bytes, which are the response body's.
    ///
    /// - Returns: How many were taken. Where that is not all, ``isResponsePaused`` holds until the
    ///   wire is told to go on.
    func responseBodyReceived(_ bytes: Span<UInt8>, first available: Int) -> Int {
        let taken = downstream?.sendBody(bytes, first: available) ?? 0
        bytesSent += Int64(taken)
        if stream.ending.isEventStream, taken > 0 {
            stream.lastByte = bytes[taken - 1]
        }
        isResponsePaused = taken < available
        return taken
    }

    /// Hands over a whole buffer of the response body, which spares a copy of it.
    ///
    /// - Returns: Whether it was taken, with its memory; else nothing has happened.
    func adoptResponseBody(_ box: BufferBox) -> Bool {
        let count = box.buffer.count
        guard downstream?.adoptBody(box) == true else { return false }
        bytesSent += Int64(count)
        return true
    }

    /// The response has ended well; its trailers, if any, stand in ``responseTrailers``.
    ///
    /// The wire is reusable as far as the response says: the request may still be open.
    func responseEnded(isReusable: Bool) {
        if !isRequestComplete {
            mustClose = true
        }
        downstream?.endBody()
        releaseUpstream(reusable: isRequestComplete && isReusable)
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
        if !stream.lastWords.isEmpty {
            sendLastWords()
        }
        upstream?.resumeReading()
    }

    /// Writes an answer of our own, whole.
    func sendAnswer() {
        guard let downstream, let answer else { return }
        withdrawErrand()
        downstream.setExchangeDeadline(nil)
        // A call's client reads the fields alone.
        let isTold = isGRPC && answer.grpcStatus != nil
        let body = isTold ? [] : AnswerBody.make(answer, self)
        downstream.sendHead(self, framing: isTold ? .none : .length(UInt64(body.count)))
        if head.method != .head, !body.isEmpty {
            bytesSent += Int64(downstream.sendBody(body.span, first: body.count))
        }
        downstream.endBody()
        perform(machine.answerWritten())
    }

    /// The status that the peer gets.
    var status: Int {
        if let answer {
            return isGRPC && answer.grpcStatus != nil ? 200 : answer.status
        }
        // HTTP/2 has no word for a change of protocol (RFC 8441 §4).
        return responseHead.isUpgrade && head.isExtendedConnect ? 200 : responseHead.status
    }
}

extension Exchange {
    /// Both sides speak a protocol of their own: bytes go through as they come.
    func beginTunnel() {
        downstream?.sendHead(self, framing: .none)
        downstream?.beginTunnel()
        upstream?.setDeadline(worker.loop.now + snapshot.timeouts.upgradeIdle)
    }

    /// Takes of the first `available` bytes, which came through the tunnel.
    ///
    /// - Returns: How many were taken, as in ``responseBodyReceived(_:first:)``.
    func tunnelReceived(_ bytes: Span<UInt8>, first available: Int) -> Int {
        let taken: Int
        if let frames = stream.webSocket {
            taken = framesReceived(bytes, first: available, frames)
        } else {
            taken = responseBodyReceived(bytes, first: available)
        }
        upstream?.setDeadline(worker.loop.now + snapshot.timeouts.upgradeIdle)
        return taken
    }

    /// The upstream sends nothing more through the tunnel.
    func tunnelEndedByUpstream() {
        downstream?.endTunnelOutput()
        releaseUpstream(reusable: false)
        perform(machine.tunnelEnded())
    }

    /// Takes bytes of the peer for the tunnel; returns how many.
    func acceptTunnel(_ bytes: Span<UInt8>) -> Int {
        guard let upstream else { return bytes.count }
        let count: Int
        if let frames = stream.webSocket {
            count = acceptFrames(bytes, frames, upstream)
        } else {
            count = upstream.sendBody(bytes, first: bytes.count)
        }
        guard count > 0 else { return 0 }
        upstream.setDeadline(worker.loop.now + snapshot.timeouts.upgradeIdle)
        bytesReceived += Int64(count)
        return count
    }
}
