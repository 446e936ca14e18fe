import Access
import Bytes
import Configuration
import EventLoop
import HTTP

extension Exchange {
    /// Takes a wire to the chosen server, or has one made.
    func connect() {
        guard let group else { return upstreamFailed(.noServer) }
        let avoided = target
        guard let chosen = chooseTarget(group, avoiding: avoided) else {
            return upstreamFailed(.noServer)
        }
        target = chosen
        connectStartedAt = worker.loop.now
        connectedAt = nil
        requestSentAt = nil
        switch chosen.open(for: self) {
        case .ready(let wire):
            upstream = wire
            upstreamConnected()
        case .opening(let wire): upstream = wire
        case .failed(let failure): upstreamFailed(failure)
        }
    }

    /// By the subject where it is known, else by the client's address.
    private func chooseTarget(
        _ group: UpstreamGroup,
        avoiding avoided: UpstreamTarget?
    ) -> UpstreamTarget? {
        if let subject = token?.subject, !subject.isEmpty {
            return group.choose(for: subject.span, avoiding: avoided, at: worker.loop.now)
        }
        let text = clientText
        return group.choose(for: text.span, avoiding: avoided, at: worker.loop.now)
    }

    /// The connection is ready: send the request on it.
    func upstreamConnected() {
        connectedAt = worker.loop.now
        perform(machine.upstreamConnected(isRequestOpen: !isRequestComplete))
    }

    /// Writes the request head anew, and lets the body follow.
    func sendRequest() {
        guard let upstream, let target else { return }
        upstream.sendRequest(self, target)
        let now = worker.loop.now
        requestSentAt = now
        if head.expectsContinue, !isRequestComplete, head.framing != .none {
            downstream?.sendContinue()
        }
        upstream.setDeadline(now + target.readTimeout)
        followCall()
        if let box = refusedBody {
            refusedBody = nil
            sendAgain(box, to: upstream)
        }
    }

    /// Sends what another server has refused of the body.
    private func sendAgain(_ box: BufferBox, to upstream: any ExchangeUpstream) {
        let count = box.buffer.count
        let taken = upstream.sendBody(box.buffer.bytes, first: count)
        worker.buffers.giveBack(box)
        guard taken == count else { return upstreamFailed(.closedEarly) }
        if isRequestComplete {
            upstream.endBody(self)
        }
    }

    /// Takes of the first `available` bytes, which are the request body's.
    ///
    /// - Returns: How many were taken; the rest waits with the peer until the upstream's wire has
    ///   sent what it holds.
    func acceptBody(_ bytes: Span<UInt8>, first available: Int) -> Int {
        if machine.isAnswering {
            discarded += available
            return available
        }
        if machine.isCollecting {
            return collectBody(bytes, first: available)
        }
        guard machine.isForwarding, let upstream else { return 0 }
        if let limit = route?.settings.bodySizeLimit,
            bytesReceived + Int64(available) > Int64(limit)
        {
            bytesReceived += Int64(available)
            isOverBodyLimit = true
            return 0
        }
        let count = upstream.sendBody(bytes, first: available)
        bytesReceived += Int64(count)
        return count
    }

    /// The request has come in whole.
    func requestEnded() {
        isRequestComplete = true
        if machine.isForwarding {
            upstream?.endBody(self)
        }
        perform(machine.requestEnded())
    }

    /// A chunked body has grown past the route's limit.
    func bodyTooLarge() {
        isOverBodyLimit = false
        interrupt(Refusal(.bodyTooLarge))
    }

    /// The rest of the request body did not come in time.
    func bodyTimedOut() {
        interrupt(Refusal(.requestMalformed, detail: "body.timeout", status: 408))
    }

    /// Refuses a request whose body is under way to an upstream already.
    func interrupt(_ refusal: Refusal) {
        mustClose = true
        self.refusal = refusal
        if !machine.isResponseBegun {
            answer = .refusal(refusal)
        }
        releaseUpstream(reusable: false)
        perform(machine.answerChosen(isRequestOpen: true))
    }

    /// The upstream has failed: try another, or answer for it.
    ///
    /// The server is blamed once for what many exchanges meet together.
    func upstreamFailed(_ failure: UpstreamFailure, isBlamed: Bool = true) {
        if stream.ending.isPeerTold {
            // It was told to end, and has.
            return tunnelEndedByUpstream()
        }
        self.failure = failure
        let wasConnecting = machine.isConnecting
        let isUntouched = upstream?.hasReceivedNothing ?? true
        if failure.blamesServer, isBlamed {
            target?.failed(at: worker.loop.now)
        }
        // Nothing of it was sent where it waited for room on a connection that was ready.
        let isUnsent = failure == .refused || failure == .connectTimedOut && !wasConnecting
        if isUnsent, bytesReceived > 0 {
            refusedBody = upstream?.takeBody()
        }
        releaseUpstream(reusable: false)
        let mayRetry: Bool
        switch failure {
        case .badWebSocket, .deadlineExceeded, .malformed, .noServer, .noWebSocket,
            .outOfDescriptors, .readTimedOut:
            mayRetry = false
        case .connectTimedOut where !isUnsent, .closedEarly, .connectFailed, .tlsFailed:
            mayRetry =
                wasConnecting
                || head.method.isIdempotent && head.framing == .none && isUntouched
        case .connectTimedOut, .refused:
            // The server has done nothing, and vouches for that where it was sent.
            mayRetry = bytesReceived == 0 || refusedBody != nil
        }
        let step = machine.upstreamFailed(
            mayRetry: mayRetry,
            isRefusal: failure == .refused,
            isRequestOpen: !isRequestComplete
        )
        if step == .answer {
            answer = .upstreamFailure(failure)
            if isRefusedUntouched, downstream?.version == .http2 {
                // A reset says that, and an answer could not (RFC 9113 §8.7).
                return perform(machine.peerLeft())
            }
        }
        perform(step)
    }

    /// Whether it ends because servers vouched again and again that they had not touched the request:
    /// its client may make it once more, whatever the method.
    var isRefusedUntouched: Bool {
        if case .upstreamFailure(.refused) = answer { true } else { false }
    }

    /// The upstream has failed by itself, in an event of its own.
    func upstreamStopped(_ failure: UpstreamFailure) {
        upstreamFailed(failure)
        downstream?.advance()
    }

    /// Whether the upstream is silent because the peer is: it has not sent the rest of its request,
    /// or not taken what was sent to it.
    var isWaitingForPeer: Bool {
        isResponsePaused || !isRequestComplete && upstream?.outputCount == 0
    }

    /// Gives the wire back, or breaks it off.
    func releaseUpstream(reusable: Bool) {
        guard let wire = upstream else { return }
        upstream = nil
        wire.release(reusable: reusable)
    }
}
