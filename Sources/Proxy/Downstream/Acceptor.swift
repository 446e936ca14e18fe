import Configuration
import EventLoop
import TLS
import Telemetry

/// One worker's listener on one address.
final class Acceptor: EventHandler {
    let address: SocketAddress
    private let worker: Worker
    private var socket: Socket?
    private var registration: Registration?
    private var isResting = false

    /// Connections taken in one turn: enough for a burst, few enough that those already here are
    /// served in between.
    private static let budget = 64

    init(_ address: SocketAddress, descriptor: Int32, worker: Worker) throws(SystemFault) {
        self.address = address
        self.worker = worker
        socket = Socket(descriptor: descriptor, kernel: worker.loop.kernel)
        registration = try worker.loop.register(
            self,
            descriptor: descriptor,
            interest: .readable
        )
    }

    func becameReady(_ readiness: Readiness) {
        acceptSome(atMost: Self.budget)
    }

    func deadlinePassed() {
        guard isResting, let registration else { return }
        isResting = false
        worker.loop.setInterest(.readable, for: registration)
    }

    /// Takes what waits, and listens no more.
    func close() {
        acceptSome(atMost: 4096)
        if let registration {
            worker.loop.deregister(registration)
        }
        registration = nil
        socket = nil
    }

    private func acceptSome(atMost budget: Int) {
        guard let descriptor = socket?.descriptor else { return }
        for _ in 0..<budget {
            guard worker.hasRoomForConnection else { return rest(.connectionLimit) }
            switch worker.loop.kernel.accept(descriptor) {
            case .accepted(let accepted, let peer): begin(accepted, peer)
            case .wouldBlock: return
            case .outOfDescriptors: return rest(.outOfDescriptors)
            case .failed: return
            }
        }
    }

    private func begin(_ descriptor: Int32, _ peer: SocketAddress) {
        let socket = Socket(descriptor: descriptor, kernel: worker.loop.kernel)
        guard let index = worker.snapshot.listenerIndex(of: address) else { return }
        var tls: TLSConnection?
        if let context = worker.snapshot.listenerTLS[index] {
            do throws(TLSFault) {
                tls = try context.makeConnection(descriptor: descriptor)
            } catch {
                worker.metrics.handshakeEnded(.failed)
                return
            }
        }
        Negotiation.begin(
            Transport(socket, tls: tls),
            peer: peer,
            listenerIndex: index,
            worker: worker
        )
    }

    private enum Cause {
        case connectionLimit
        case outOfDescriptors
    }

    /// Leaves new peers in the kernel's queue for a while.
    private func rest(_ cause: Cause) {
        guard let registration, !isResting else { return }
        isResting = true
        switch cause {
        case .connectionLimit: worker.metrics.connectionRefused(.limit)
        case .outOfDescriptors:
            worker.metrics.connectionRefused(.descriptors)
            if let descriptor = socket?.descriptor {
                _ = worker.loop.kernel.refuseOne(descriptor)
            }
            worker.reportOutOfDescriptors()
        }
        worker.loop.setInterest([], for: registration)
        worker.loop.setDeadline(
            worker.loop.now + worker.snapshot.timeouts.acceptRest,
            for: registration
        )
    }
}

extension Snapshot {
    /// The listener of an address, or `nil` where a reload has taken it away.
    func listenerIndex(of address: SocketAddress) -> Int? {
        settings.listeners.firstIndex { $0.address == address }
    }
}
