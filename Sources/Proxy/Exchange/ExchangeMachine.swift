/// The life of one exchange as a pure machine: events in the past tense go in, the next step comes
/// out.
///
/// It knows nothing of sockets, clocks, tokens or logs.
struct ExchangeMachine {
    private var state = State.idle
    private var attempts = 0

    /// Attempts on upstreams before an exchange is answered for them: the first, and two retries.
    static let attemptCountMax = 3
    /// The same where servers vouch each time that they have not touched the request: more, because
    /// connections of HTTP/2 that were begun together end together.
    static let refusalCountMax = 6

    /// Each state names what is awaited; behind it stands what may follow.
    private enum State {
        /// -> deciding, answering
        case idle
        /// -> awaitingVerdict, collecting, consulting, connecting, answering
        case deciding
        /// -> deciding, answering, ended
        case awaitingVerdict
        /// The body of a request to the authorization server. -> consulting, answering, ended
        case collecting
        /// The authorization server's answer. -> answering, ended
        case consulting
        /// -> forwarding, connecting, answering, ended
        case connecting
        /// -> connecting, answering, tunnelling, ended
        case forwarding(Progress)
        /// -> ended
        case answering(isRequestOpen: Bool)
        /// -> ended
        case tunnelling
        /// -> idle, by ``reset()``
        case ended
    }

    private struct Progress {
        var isRequestOpen: Bool
        var isResponseBegun = false
    }

    /// What the driver does next.
    enum Step: Equatable {
        /// Close both sides: what was begun cannot be ended well.
        case abort
        /// Answer in place of the upstream.
        case answer
        /// File the exchange and ask the control plane.
        case ask
        /// Take in the request body, and give it to nobody yet.
        case collect
        /// Borrow or open a connection to an upstream.
        case connect
        /// Hand the whole request to the authorization server.
        case consult
        /// Find the route, the token and the decision.
        case decide
        /// Write the record and let the connection go on.
        case finish
        /// Nothing, until something else happens.
        case none
        /// Send the response head on.
        case sendHead
        /// Send the request head to the upstream that is now there.
        case sendRequest
        /// Relay both ways, until both have ended.
        case tunnel
    }

    /// Whether no request is being dealt with.
    var isIdle: Bool {
        if case .idle = state { true } else { false }
    }

    /// Whether the upstream is awaited, and nothing of its response has been seen.
    var isAwaitingResponse: Bool {
        if case .forwarding(let progress) = state { !progress.isResponseBegun } else { false }
    }

    /// Whether bytes of the request body go to the upstream.
    var isForwarding: Bool {
        if case .forwarding = state { true } else { false }
    }

    /// Whether the exchange is being answered here, so that a request body is dropped.
    var isAnswering: Bool {
        if case .answering = state { true } else { false }
    }

    /// Whether nothing more will come of it.
    var isEnded: Bool {
        switch state {
        case .ended, .idle: true
        case .answering, .awaitingVerdict, .collecting, .connecting, .consulting, .deciding,
            .forwarding, .tunnelling:
            false
        }
    }

    /// Whether both sides speak a protocol of their own.
    var isTunnelling: Bool {
        if case .tunnelling = state { true } else { false }
    }

    /// Whether the upstream's connection is being made.
    var isConnecting: Bool {
        if case .connecting = state { true } else { false }
    }

    /// Whether the control plane is awaited.
    var isAwaitingVerdict: Bool {
        if case .awaitingVerdict = state { true } else { false }
    }

    /// Whether a request body is being taken in for the authorization server.
    var isCollecting: Bool {
        if case .collecting = state { true } else { false }
    }

    /// Whether the authorization server is awaited.
    var isConsulting: Bool {
        if case .consulting = state { true } else { false }
    }

    /// Whether a response has been begun, by us or by the upstream.
    var isResponseBegun: Bool {
        switch state {
        case .answering, .ended, .tunnelling: true
        case .forwarding(let progress): progress.isResponseBegun
        case .awaitingVerdict, .collecting, .connecting, .consulting, .deciding, .idle: false
        }
    }

    /// A whole request head has come in.
    mutating func headReceived() -> Step {
        guard case .idle = state else { return .none }
        state = .deciding
        return .decide
    }

    /// The decision needs the control plane.
    mutating func verdictNeeded() -> Step {
        guard case .deciding = state else { return .none }
        state = .awaitingVerdict
        return .ask
    }

    /// The control plane has answered.
    mutating func verdictArrived() -> Step {
        guard case .awaitingVerdict = state else { return .none }
        state = .deciding
        return .decide
    }

    /// The request may go to an upstream.
    mutating func allowed() -> Step {
        guard case .deciding = state else { return .none }
        attempts = 1
        state = .connecting
        return .connect
    }

    /// The request is the authorization server's, which gets it whole.
    mutating func consultationChosen(isRequestOpen: Bool) -> Step {
        guard case .deciding = state else { return .none }
        state = isRequestOpen ? .collecting : .consulting
        return isRequestOpen ? .collect : .consult
    }

    /// The exchange is to be answered here: a refusal, a fault, or a response of our own.
    mutating func answerChosen(isRequestOpen: Bool) -> Step {
        switch state {
        case .awaitingVerdict, .collecting, .connecting, .consulting, .deciding, .idle:
            state = .answering(isRequestOpen: isRequestOpen)
            return .answer
        case .forwarding(let progress):
            guard !progress.isResponseBegun else {
                state = .ended
                return .abort
            }
            state = .answering(isRequestOpen: progress.isRequestOpen)
            return .answer
        case .answering, .ended, .tunnelling:
            return .none
        }
    }

    /// A connection to an upstream is ready for the request.
    mutating func upstreamConnected(isRequestOpen: Bool) -> Step {
        guard case .connecting = state else { return .none }
        state = .forwarding(Progress(isRequestOpen: isRequestOpen))
        return .sendRequest
    }

    /// The upstream has failed.
    ///
    /// - Parameters:
    ///   - mayRetry: Whether nothing can have been processed, or the request may be made twice, and
    ///     its bytes are still at hand.
    ///   - isRefusal: Whether the server vouches that it has not touched the request.
    ///   - isRequestOpen: Whether some of the request has not come in.
    /// - Returns: To try another, to answer in its place, or to break off.
    mutating func upstreamFailed(
        mayRetry: Bool,
        isRefusal: Bool = false,
        isRequestOpen: Bool
    ) -> Step {
        switch state {
        case .connecting, .forwarding:
            if case .forwarding(let progress) = state, progress.isResponseBegun {
                state = .ended
                return .abort
            }
            let attemptsMax = isRefusal ? Self.refusalCountMax : Self.attemptCountMax
            guard mayRetry, attempts < attemptsMax else {
                state = .answering(isRequestOpen: isRequestOpen)
                return .answer
            }
            attempts += 1
            state = .connecting
            return .connect
        case .tunnelling:
            state = .ended
            return .abort
        case .answering, .awaitingVerdict, .collecting, .consulting, .deciding, .ended, .idle:
            return .none
        }
    }

    /// The request has come in whole.
    mutating func requestEnded() -> Step {
        switch state {
        case .forwarding(var progress):
            progress.isRequestOpen = false
            state = .forwarding(progress)
            return .none
        case .answering:
            state = .ended
            return .finish
        case .collecting:
            state = .consulting
            return .consult
        case .awaitingVerdict, .connecting, .consulting, .deciding, .ended, .idle, .tunnelling:
            return .none
        }
    }

    /// The head of the final response has come in.
    mutating func responseHeadReceived(isUpgrade: Bool) -> Step {
        guard case .forwarding(var progress) = state, !progress.isResponseBegun else {
            return .none
        }
        if isUpgrade {
            state = .tunnelling
            return .tunnel
        }
        progress.isResponseBegun = true
        state = .forwarding(progress)
        return .sendHead
    }

    /// The response has come in whole.
    ///
    /// Where the request has not, what is left of it is dropped.
    mutating func responseEnded() -> Step {
        guard case .forwarding(let progress) = state, progress.isResponseBegun else {
            return .none
        }
        if progress.isRequestOpen {
            state = .answering(isRequestOpen: true)
            return .none
        }
        state = .ended
        return .finish
    }

    /// Our own answer is written whole.
    mutating func answerWritten() -> Step {
        guard case .answering(let isRequestOpen) = state, !isRequestOpen else { return .none }
        state = .ended
        return .finish
    }

    /// Both directions of a tunnel have ended.
    mutating func tunnelEnded() -> Step {
        guard case .tunnelling = state else { return .none }
        state = .ended
        return .finish
    }

    /// The peer has left, or may not stay.
    mutating func peerLeft() -> Step {
        switch state {
        case .ended, .idle: return .none
        case .answering, .awaitingVerdict, .collecting, .connecting, .consulting, .deciding,
            .forwarding, .tunnelling:
            state = .ended
            return .abort
        }
    }

    /// Ready for the next request.
    mutating func reset() {
        state = .idle
        attempts = 0
    }
}
