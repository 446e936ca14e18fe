import Access
import Bytes
import Configuration
import EventLoop
import HTTP

extension Exchange {
    /// Borrows an idle connection of the chosen server, or opens one.
    func connect() {
        guard let group else { return upstreamFailed(.noServer) }
        let avoided = target
        guard let chosen = chooseTarget(group, avoiding: avoided) else {
            return upstreamFailed(.noServer)
        }
        target = chosen
        connectStartedAt = worker.loop.now
        if let idle = chosen.takeIdle() {
            upstream = idle
            idle.begin(self)
            upstreamConnected()
            return
        }
        switch UpstreamConnection.open(to: chosen, for: self) {
        case .opened(let connection): upstream = connection
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
        return worker.withScratch { text in
            client.appendText(to: &text)
            return group.choose(for: text.span, avoiding: avoided, at: worker.loop.now)
        }
    }

    /// The connection is ready: send the request on it.
    func upstreamConnected() {
        connectedAt = worker.loop.now
        perform(machine.upstreamConnected(isRequestOpen: !isRequestComplete))
    }

    /// Writes the request head anew, and lets the body follow.
    func sendRequest() {
        guard let upstream, let target else { return }
        upstream.machine.begin(requestMethod: head.method, upgradeRequested: head.upgrade)
        UpstreamHeadWriter.write(self, target, into: &upstream.output().buffer)
        if isRequestComplete, head.framing == .chunked {
            // A body without bytes has ended before there was anyone to tell.
            ChunkWriter.last(into: &upstream.output().buffer)
        }
        requestSentAt = worker.loop.now
        if head.expectsContinue, !isRequestComplete, head.framing != .none {
            downstream?.sendContinue()
        }
        upstream.setDeadline(worker.loop.now + target.readTimeout)
    }

    /// Takes of the first `available` bytes, which are the request body's.
    ///
    /// - Returns: How many were taken; the rest waits with the peer until ``UpstreamConnection`` has
    ///   written what it holds.
    func acceptBody(_ bytes: Span<UInt8>, first available: Int) -> Int {
        if machine.isAnswering {
            discarded += available
            return available
        }
        if machine.isCollecting {
            return collectBody(bytes, first: available)
        }
        guard machine.isForwarding, let upstream else { return 0 }
        let count = min(upstream.makeRoom(for: available), available)
        guard count > 0 else { return 0 }
        bytesReceived += Int64(count)
        if let limit = route?.settings.bodySizeLimit, bytesReceived > Int64(limit) {
            isOverBodyLimit = true
            return 0
        }
        let box = upstream.output()
        if head.framing == .chunked {
            ChunkWriter.begin(count: count, into: &box.buffer)
            box.buffer.append(bytes.extracting(0..<count))
            ChunkWriter.end(into: &box.buffer)
        } else {
            box.buffer.append(bytes.extracting(0..<count))
        }
        return count
    }

    /// The request has come in whole.
    func requestEnded() {
        isRequestComplete = true
        if machine.isForwarding, head.framing == .chunked, let upstream {
            ChunkWriter.last(into: &upstream.output().buffer)
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
    func upstreamFailed(_ failure: UpstreamFailure) {
        self.failure = failure
        let wasConnecting = machine.isConnecting
        let isUntouched = upstream?.hasReceivedNothing ?? true
        if failure.blamesServer {
            target?.failed(at: worker.loop.now)
        }
        releaseUpstream(reusable: false)
        let mayRetry: Bool
        switch failure {
        case .noServer, .outOfDescriptors, .readTimedOut, .malformed: mayRetry = false
        case .closedEarly, .connectFailed, .connectTimedOut, .tlsFailed:
            mayRetry =
                wasConnecting
                || head.method.isIdempotent && head.framing == .none && isUntouched
        }
        let step = machine.upstreamFailed(
            mayRetry: mayRetry,
            isRequestOpen: !isRequestComplete
        )
        if step == .answer {
            answer = .upstreamFailure(failure)
        }
        perform(step)
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

    /// Gives the connection back to its pool, or closes it.
    func releaseUpstream(reusable: Bool) {
        guard let connection = upstream else { return }
        upstream = nil
        connection.release(reusable: reusable)
    }
}
