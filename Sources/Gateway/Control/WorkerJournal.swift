import EventLoop
import Logging
import Proxy
import Synchronization

/// Writes down what workers have to say, each kind at most once a second: a flood from outside must
/// not become a flood of lines.
final class WorkerJournal: WorkerReporter {
    private let log: ProgramLog
    private let state = Mutex(State())

    private struct State {
        var lastHandshake: Int64 = 0
        var lastDescriptors: Int64 = 0
        var suppressed = 0
    }

    init(_ log: ProgramLog) {
        self.log = log
    }

    func handshakeFailed(_ peer: SocketAddress, _ detail: String) {
        let now = WallTime.now().secondsSince1970
        let suppressed: Int? = state.withLock { state in
            guard now != state.lastHandshake else {
                state.suppressed += 1
                return nil
            }
            state.lastHandshake = now
            defer { state.suppressed = 0 }
            return state.suppressed
        }
        guard let suppressed else { return }
        let others = suppressed > 0 ? " (and \(suppressed) others before)" : ""
        log.write(.info, "TLS handshake with \(peer.address) failed: \(detail)\(others)")
    }

    func listenFailed(_ address: SocketAddress, _ fault: SystemFault) {
        log.write(.error, "cannot listen on \(address): \(fault)")
    }

    func outOfDescriptors() {
        let now = WallTime.now().secondsSince1970
        let isDue = state.withLock { state in
            defer { state.lastDescriptors = now }
            return now != state.lastDescriptors
        }
        if isDue {
            log.write(.error, "out of file descriptors: new peers wait; raise LimitNOFILE")
        }
    }
}
