/// How a response without an end of its own is brought to one, as a pure machine.
///
/// It knows nothing of sockets, clocks, tokens or frames: whoever drives it says when the token has
/// ended, what has been written, and when the grace is over.
struct StreamEnding {
    private var state = State.none
    /// Whether the token was revoked; else its time was over.
    private(set) var isRevoked = false

    /// What a response is, by the way in which it can end.
    enum Kind {
        /// Events for a script, line by line: ends well behind a last comment.
        case eventStream
        /// A call whose messages stream: ends with a status in its trailers.
        case gRPC
        /// Any other without a length: can only be broken off.
        case other
        /// A protocol that is not known here: can only be broken off.
        case tunnel
        /// Ends by a Close in each direction, and the peer's answer to it.
        case webSocket
    }

    /// Each state names what may still pass; behind it stands what may follow.
    private enum State: Equatable {
        /// No stream. -> running
        case none
        /// Everything. -> leaving, closing, commenting, ended
        case running(Kind)
        /// Everything, until the grace is over. -> ended
        case leaving(Kind)
        /// Of a WebSocket, the frames that are under way, and the peer's Close. -> ended
        case closing(isPeerTold: Bool, hasPeerAnswered: Bool)
        /// The last comment. -> ended
        case commenting
        /// Nothing. -> none, by a new machine
        case ended
    }

    /// What the driver does next.
    enum Step: Equatable {
        /// Put a Close into each direction at its next boundary, within the grace.
        case close
        /// Break both sides off.
        case cut
        /// End both sides of the tunnel well.
        case endTunnel
        case none
        /// Let it go on for the grace.
        case startGrace
        /// Write the last comment, within the grace, and end the response well.
        case writeComment
        /// End the response with the status of a call that may not go on.
        case writeStatus
    }

    /// Whether its token's end is still awaited: of time, or by revocation.
    var isRunning: Bool {
        switch state {
        case .leaving, .running: true
        case .closing, .commenting, .ended, .none: false
        }
    }

    /// Whether it goes on only until the grace is over.
    var isLeaving: Bool {
        if case .leaving = state { true } else { false }
    }

    /// Whether frames of the two endpoints are held back from the next boundary on.
    var isClosing: Bool {
        switch state {
        case .closing, .ended: true
        case .commenting, .leaving, .none, .running: false
        }
    }

    /// Whether the peer of a WebSocket is sent nothing more.
    var isPeerTold: Bool {
        switch state {
        case .closing(let isPeerTold, _): isPeerTold
        case .ended: true
        case .commenting, .leaving, .none, .running: false
        }
    }

    /// Whether the last byte sent must be known.
    var isEventStream: Bool {
        state == .running(.eventStream) || state == .leaving(.eventStream)
    }

    /// It is known what the response is.
    ///
    /// Told again, where more is known of it: a call becomes a response of some kind.
    mutating func begin(_ kind: Kind) {
        switch state {
        case .none, .running: state = .running(kind)
        case .leaving: state = .leaving(kind)
        case .closing, .commenting, .ended: break
        }
    }

    /// The token that let it through is good no more.
    ///
    /// One that was revoked leaves no grace but for an ending in good form.
    mutating func tokenEnded(isRevoked: Bool) -> Step {
        switch state {
        case .running(let kind):
            self.isRevoked = isRevoked
            switch kind {
            case .eventStream:
                state = .commenting
                return .writeComment
            case .webSocket:
                state = .closing(isPeerTold: false, hasPeerAnswered: false)
                return .close
            case .gRPC, .other, .tunnel:
                guard isRevoked else {
                    state = .leaving(kind)
                    return .startGrace
                }
                return end(kind)
            }
        case .leaving(let kind):
            guard isRevoked else { return .none }
            self.isRevoked = true
            return end(kind)
        case .closing, .commenting, .ended, .none:
            return .none
        }
    }

    /// The frames of a WebSocket can no longer be told apart: nothing can be put between them.
    mutating func boundariesLost() {
        switch state {
        case .running(.webSocket): state = .running(.tunnel)
        case .closing, .commenting, .ended, .leaving, .none, .running: break
        }
    }

    /// A Close has gone to the peer whole: the gateway's, or before it the upstream's own.
    mutating func peerTold() -> Step {
        guard case .closing(_, let hasPeerAnswered) = state else { return .none }
        state = .closing(isPeerTold: true, hasPeerAnswered: hasPeerAnswered)
        return endIfClosed()
    }

    /// The peer's Close has come.
    mutating func peerAnswered() -> Step {
        guard case .closing(let isPeerTold, _) = state else { return .none }
        state = .closing(isPeerTold: isPeerTold, hasPeerAnswered: true)
        return endIfClosed()
    }

    /// What was let go on has had its time.
    mutating func gracePassed() -> Step {
        switch state {
        case .leaving(let kind):
            return end(kind)
        case .closing(let isPeerTold, _):
            state = .ended
            return isPeerTold ? .endTunnel : .cut
        case .commenting:
            state = .ended
            return .cut
        case .ended, .none, .running:
            return .none
        }
    }

    private mutating func endIfClosed() -> Step {
        guard state == .closing(isPeerTold: true, hasPeerAnswered: true) else { return .none }
        state = .ended
        return .endTunnel
    }

    private mutating func end(_ kind: Kind) -> Step {
        switch kind {
        case .eventStream:
            state = .commenting
            return .writeComment
        case .gRPC:
            state = .ended
            return .writeStatus
        case .other, .tunnel, .webSocket:
            state = .ended
            return .cut
        }
    }
}
