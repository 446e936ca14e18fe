import Access
import EventLoop
import HTTP
import Telemetry

/// The one deadline of a connection: what it is for at each moment, and what follows when it passes.
extension HTTP1Connection {
    /// What the deadline is for.
    enum Waiting {
        case body
        case discard
        case head
        case idle
        case linger
        case nothing
        case quiet
        case send
        case tunnel
        case verdict
    }

    func deadlinePassed() {
        let ended = waiting
        waiting = .nothing
        switch ended {
        case .head: headTimedOut()
        case .idle:
            transport?.releaseIdleBuffers()
            wait(.quiet, worker.snapshot.timeouts.keepAliveIdle)
        case .discard, .linger, .quiet: close()
        case .send, .tunnel: peerGone()
        case .body:
            exchange?.bodyTimedOut()
            advance()
        case .verdict: exchange?.deadlinePassed()
        case .nothing: break
        }
    }

    private func headTimedOut() {
        guard received != nil else { return close() }
        refuseHead(Refusal(.requestMalformed, detail: "head.timeout", status: 408))
        advance()
    }

    /// The time of this head is over: the next one, which may be here in part, has its own.
    func headEnded() {
        if waiting == .head {
            wait(.nothing, nil)
        }
    }

    /// What is under way keeps to the conf that it began under.
    private var timeouts: Timeouts {
        switch phase {
        case .exchanging, .tunnelling: exchange?.snapshot.timeouts ?? worker.snapshot.timeouts
        case .awaitingHead, .closed, .closing, .lingering: worker.snapshot.timeouts
        }
    }

    func updateDeadline() {
        let timeouts = timeouts
        if waiting == .verdict { return }
        if isWriteBlocked {
            if waiting != .send || hasProgressed {
                wait(.send, timeouts.sendIdle)
            }
            return
        }
        switch phase {
        case .awaitingHead:
            if received != nil {
                if waiting != .head {
                    wait(.head, timeouts.head)
                }
            } else if waiting != .head || hasProgressed {
                rest(timeouts)
            }
        case .exchanging: updateBodyDeadline(timeouts)
        case .tunnelling: wait(.tunnel, timeouts.upgradeIdle)
        case .closed, .closing, .lingering: break
        }
    }

    private func updateBodyDeadline(_ timeouts: Timeouts) {
        guard let exchange, !machine.isBodyComplete, !isInputEnded else {
            return wait(.nothing, nil)
        }
        if exchange.machine.isAnswering {
            if waiting != .discard {
                wait(.discard, timeouts.discard)
            }
        } else if exchange.machine.isCollecting || exchange.machine.isForwarding && received == nil
        {
            if waiting != .body || hasProgressed {
                wait(.body, timeouts.bodyIdle)
            }
        } else {
            wait(.nothing, nil)
        }
    }

    /// Nothing is under way.
    ///
    /// Among many connections the TLS buffers are given back at once, among few only when the peer
    /// has rested for a while.
    private func rest(_ timeouts: Timeouts) {
        guard worker.hasManyConnections else { return wait(.idle, timeouts.rest) }
        transport?.releaseIdleBuffers()
        wait(.quiet, timeouts.keepAliveIdle)
    }

    func wait(_ reason: Waiting, _ timeout: Timeout?) {
        guard reason != .nothing || waiting != .nothing else { return }
        waiting = reason
        guard let registration else { return }
        worker.loop.setDeadline(timeout.map { worker.loop.now + $0 }, for: registration)
    }

    /// Waits for the control plane until a moment that the exchange has chosen.
    func waitForVerdict(until deadline: Instant?) {
        waiting = deadline == nil ? .nothing : .verdict
        guard let registration else { return }
        worker.loop.setDeadline(deadline, for: registration)
    }
}
