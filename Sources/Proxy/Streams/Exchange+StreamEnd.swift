import Access
import Bytes
import Configuration
import EventLoop
import HTTP

// The end of a stream whose token has ended. It begins at the end of a turn, when no exchange is in
// the middle of an event of its own.

extension Exchange {
    /// What came of looking at a stream.
    enum StreamLook {
        /// It was ended, or its end has begun.
        case acted
        /// It is to be looked at again by that time; `nil` where only a revocation can end it.
        case later(Instant?)
    }

    /// Ends the stream as far as it is time.
    func lookAtStream() -> StreamLook {
        guard isStreaming, let token, let expiry = route?.settings.tokenExpiry else {
            worker.removeStream(self)
            return .later(nil)
        }
        if stream.isOver {
            tunnelEndedByUpstream()
        } else if let end = stream.graceEndsAt, worker.loop.now >= end {
            perform(stream.ending.gracePassed())
        } else if stream.ending.isRunning, isRevoked(token) {
            tokenEnded(isRevoked: true)
        } else if stream.ending.isRunning, !stream.ending.isLeaving, expiry != .keep {
            let end = token.expiry
            guard worker.now >= end else { return .later(worker.moment(ofSecond: end)) }
            tokenEnded(isRevoked: false)
        } else {
            return .later(stream.graceEndsAt)
        }
        downstream?.advance()
        return .acted
    }

    /// Whether anything passes that has no end of its own.
    private var isStreaming: Bool {
        if machine.isTunnelling { return true }
        return machine.isForwarding && (machine.isResponseBegun || !isRequestComplete)
    }

    private func isRevoked(_ token: VerifiedToken) -> Bool {
        guard let own = token.own else { return false }
        return worker.revocations.isRevoked(own)
    }

    private func tokenEnded(isRevoked: Bool) {
        if let frames = stream.webSocket, frames.toPeer.isLost || frames.toUpstream.isLost {
            stream.ending.boundariesLost()
        }
        perform(stream.ending.tokenEnded(isRevoked: isRevoked))
    }

    /// Performs what the machine of the end asks for.
    private func perform(_ step: StreamEnding.Step) {
        switch step {
        case .none: break
        case .startGrace: startGrace()
        case .close:
            noteEnd()
            startGrace()
            tellPeer()
            tellUpstream()
        case .writeComment:
            noteEnd()
            startGrace()
            writeComment()
        case .writeStatus:
            noteEnd()
            writeStatus()
        case .endTunnel: tunnelEndedByUpstream()
        case .cut:
            noteEnd()
            perform(machine.peerLeft())
        }
    }

    /// Has the log and the counters say why.
    private func noteEnd() {
        let detail = stream.ending.isRevoked ? Self.revokedDetail : Self.expiredDetail
        refusal = Refusal(endReason, detail: detail)
    }

    private var endReason: Reason { stream.ending.isRevoked ? .tokenRevoked : .tokenExpired }

    private func startGrace() {
        let grace: Timeout
        switch route?.settings.tokenExpiry {
        case .close(let length): grace = Timeout(length)
        case .keep, nil: grace = snapshot.timeouts.closing
        }
        let end = worker.loop.now + grace
        stream.graceEndsAt = end
        worker.lookAtStreams(by: end)
    }

    /// Ends a call with its status; one whose response has not begun is refused.
    private func writeStatus() {
        guard machine.isResponseBegun else {
            return interrupt(refusal ?? Refusal(endReason))
        }
        endCall(.unauthenticated, endReason.word)
    }

    /// Gives an event stream a last line, a comment, and ends it (HTML, "Interpreting an event
    /// stream").
    ///
    /// An event that was sent in part must not be completed: no blank line may come about, and what is
    /// begun of a line must become nothing that takes effect at once. `retry: 10`, of 10000, would; with
    /// a colon behind it, it is no number.
    private func writeComment() {
        releaseUpstream(reusable: false)
        var words: [UInt8] = []
        if stream.lastByte != UInt8(ascii: "\n"), stream.lastByte != UInt8(ascii: "\r") {
            words.append(":\n")
        }
        words.append(": ")
        words.append(endReason.word)
        words.append("\n")
        stream.lastWords = words
        sendLastWords()
    }

    /// Sends as much of the last words as the peer takes; goes on when it has taken what it holds.
    func sendLastWords() {
        let words = stream.lastWords
        let taken = downstream?.sendBody(words.span, first: words.count) ?? words.count
        bytesSent += Int64(taken)
        stream.lastWords = Array(words.dropFirst(taken))
        isResponsePaused = taken < words.count
        guard !isResponsePaused else { return }
        if machine.isTunnelling {
            note(stream.ending.peerTold())
        } else {
            endBodyEarly()
        }
    }

    /// Ends the response well, before the upstream has.
    private func endBodyEarly() {
        if !isRequestComplete {
            mustClose = true
        }
        downstream?.endBody()
        perform(machine.responseEnded())
    }
}

// The two directions of a WebSocket (RFC 6455 §7.1): each is sent a Close at the next boundary of its
// frames, and nothing more of what the other end says.

extension Exchange {
    /// Takes of the first `available` bytes, which are the upstream's frames.
    func framesReceived(
        _ bytes: Span<UInt8>,
        first available: Int,
        _ frames: WebSocketTunnel
    ) -> Int {
        guard stream.ending.isClosing else {
            let taken = responseBodyReceived(bytes, first: available)
            frames.toPeer.follow(bytes.extracting(0..<taken))
            return taken
        }
        guard !stream.ending.isPeerTold, stream.lastWords.isEmpty else { return available }
        let rest = frames.toPeer.countToBoundary(in: bytes.extracting(0..<available))
        if rest > 0 {
            let taken = responseBodyReceived(bytes, first: rest)
            frames.toPeer.follow(bytes.extracting(0..<taken))
            guard taken == rest else { return taken }
        }
        tellPeer()
        return available
    }

    /// Takes the peer's frames; returns how many bytes.
    func acceptFrames(
        _ bytes: Span<UInt8>,
        _ frames: WebSocketTunnel,
        _ upstream: any ExchangeUpstream
    ) -> Int {
        guard stream.ending.isClosing else {
            let count = upstream.sendBody(bytes, first: bytes.count)
            frames.toUpstream.follow(bytes.extracting(0..<count))
            return count
        }
        var rest = 0
        if !frames.isUpstreamTold {
            rest = frames.toUpstream.countToBoundary(in: bytes)
            if rest > 0 {
                let count = upstream.sendBody(bytes, first: rest)
                frames.toUpstream.follow(bytes.extracting(0..<count))
                guard count == rest else { return count }
            }
            tellUpstream()
        }
        frames.toUpstream.follow(bytes.extracting(rest...))
        sendLastWordsToUpstream(frames, upstream)
        if frames.toUpstream.isClosed {
            note(stream.ending.peerAnswered())
        }
        return bytes.count
    }

    /// Sends the peer its Close, where its frames allow it.
    private func tellPeer() {
        guard stream.ending.isClosing, !stream.ending.isPeerTold, stream.lastWords.isEmpty,
            let frames = stream.webSocket
        else { return }
        if frames.toPeer.isClosed {
            note(stream.ending.peerTold())
        } else if frames.toPeer.isAtBoundary {
            stream.lastWords = close.serverFrame()
            sendLastWords()
        }
    }

    /// Sends the upstream its Close, where its frames allow it.
    private func tellUpstream() {
        guard stream.ending.isClosing, let upstream, let frames = stream.webSocket,
            !frames.isUpstreamTold
        else { return }
        if frames.toUpstream.isClosed {
            frames.isUpstreamTold = true
            note(stream.ending.peerAnswered())
        } else if frames.toUpstream.isAtBoundary {
            frames.isUpstreamTold = true
            frames.lastWordsToUpstream = close.clientFrame(maskingKey: .random(in: 0 ... .max))
            sendLastWordsToUpstream(frames, upstream)
        }
    }

    private func sendLastWordsToUpstream(
        _ frames: WebSocketTunnel,
        _ upstream: any ExchangeUpstream
    ) {
        let words = frames.lastWordsToUpstream
        guard !words.isEmpty else { return }
        frames.lastWordsToUpstream.removeFirst(upstream.sendBody(words.span, first: words.count))
        upstream.flush()
    }

    private var close: WebSocketClose {
        WebSocketClose(
            code: WebSocketClose.policyViolation,
            reason: endReason.word
        )
    }

    /// Notes that both ends have parted; the rest follows when the turn ends, because one of the wires
    /// may be in the middle of reading.
    private func note(_ step: StreamEnding.Step) {
        guard step == .endTunnel else { return }
        stream.isOver = true
        worker.lookAtStreams(by: worker.loop.now)
    }
}
