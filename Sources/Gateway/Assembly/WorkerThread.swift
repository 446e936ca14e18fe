import Access
import Configuration
import EventLoop
import Proxy

/// Starts the thread of one worker.
struct WorkerThread: Sendable {
    let index: Int
    let snapshot: Snapshot
    let equipment: WorkerEquipment
    let desk: any ErrandDesk
    let reporter: any WorkerReporter
    let revocations: RevocationLog
    let inherited: [InheritedListener]
    /// Called in the thread when the worker has ended.
    let ended: @Sendable () -> Void

    /// Starts the thread.
    ///
    /// - Returns: The worker's mailbox, once it listens on every address.
    /// - Throws: ``SystemFault`` of the first thing that could not be had.
    func start() async throws(SystemFault) -> Mailbox<WorkerMessage> {
        let outcome: Result<Mailbox<WorkerMessage>, SystemFault> =
            await withCheckedContinuation { continuation in
                do throws(SystemFault) {
                    _ = try startThread(name: "worker \(index)") {
                        self.run { continuation.resume(returning: $0) }
                    }
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        return try outcome.get()
    }

    private func run(_ begun: (Result<Mailbox<WorkerMessage>, SystemFault>) -> Void) {
        let worker: Worker
        do throws(SystemFault) {
            worker = try make()
            guard let inbox = worker.inbox else {
                return begun(.failure(SystemFault(call: "eventfd", code: 0)))
            }
            begun(.success(inbox))
        } catch {
            return begun(.failure(error))
        }
        worker.run()
        ended()
    }

    private func make() throws(SystemFault) -> Worker {
        let loop = try EventLoop(kernel: try LinuxKernel(inherited: inherited))
        let worker = try Worker(
            index: index,
            loop: loop,
            snapshot: snapshot,
            equipment: equipment,
            desk: desk,
            reporter: reporter,
            revocations: revocations
        )
        for listener in snapshot.settings.listeners {
            let descriptor = try loop.kernel.listen(
                on: listener.address,
                backlog: Worker.backlog,
                sharesPort: true
            )
            try worker.listen(on: listener.address, descriptor: descriptor)
        }
        return worker
    }
}
