import EventLoop
import HTTP

/// The one deadline of a connection: what it is for at each moment, and what follows when it passes.
extension HTTP2Connection {
    /// What the deadline of the connection is for; streams have their own.
    enum Waiting {
        case announcement
        case head
        case idle
        case linger
        case nothing
        case rest
        case send
    }

    func deadlinePassed() {
        let ended = waiting
        waiting = .nothing
        switch ended {
        case .announcement:
            leave()
        case .head, .idle:
            session?.shutDown(.noError)
            beginClosing()
        case .linger, .send:
            close()
        case .rest:
            transport?.releaseIdleBuffers()
            wait(.idle, worker.snapshot.timeouts.keepAliveIdle)
        case .nothing:
            break
        }
        updateDeadline()
    }

    func updateDeadline() {
        guard phase != .closed, phase != .lingering, waiting != .announcement else { return }
        let timeouts = worker.snapshot.timeouts
        if isWriteBlocked {
            if waiting != .send || hasProgressed {
                wait(.send, timeouts.sendIdle)
            }
        } else if session?.isInsideHead == true {
            if waiting != .head {
                wait(.head, timeouts.head)
            }
        } else if streamCount == 0 {
            if waiting != .idle && waiting != .rest || hasProgressed {
                rest(timeouts)
            }
        } else if waiting != .nothing {
            wait(.nothing, nil)
        }
    }

    /// Nothing is under way: among many connections the TLS buffers are given back at once, among
    /// few only when the peer has rested for a while.
    private func rest(_ timeouts: Timeouts) {
        guard worker.hasManyConnections else { return wait(.rest, timeouts.rest) }
        transport?.releaseIdleBuffers()
        wait(.idle, timeouts.keepAliveIdle)
    }

    func wait(_ reason: Waiting, _ timeout: Timeout?) {
        waiting = reason
        guard let registration else { return }
        worker.loop.setDeadline(timeout.map { worker.loop.now + $0 }, for: registration)
    }
}
