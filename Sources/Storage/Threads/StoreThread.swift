import Dispatch
import EventLoop
import Synchronization

/// A thread with a connection of its own, and the queue before it.
///
/// The connection is made in the thread and never leaves it. The thread ends once the queue is
/// closed and empty, which it is at the latest when this handle goes away.
final class StoreThread: Sendable {
    private let queue: ErrandQueue
    private let end = ThreadEnd()

    /// Starts the thread and waits until it has opened its connection.
    ///
    /// - Parameters:
    ///   - name: As debuggers show it.
    ///   - countMax: Errands that may wait.
    ///   - counters: Count what is done.
    ///   - open: Opens the connection, in the thread.
    /// - Throws: What `open` threw, or that there is no thread.
    init(
        name: String,
        countMax: Int,
        counters: StoreCounters,
        open: @escaping @Sendable () throws(StorageFault) -> any SQLConnection
    ) throws(StorageFault) {
        queue = ErrandQueue(countMax: countMax)
        let opening = Opening()
        do throws(SystemFault) {
            _ = try startThread(name: name) { [queue, end] in
                Self.work(queue, counting: counters, opening: opening, open)
                end.reached()
            }
        } catch {
            throw .exhausted(detail: error.description)
        }
        if let fault = opening.wait() { throw fault }
    }

    deinit {
        queue.close()
    }

    /// Hands an errand to the thread, or says why not.
    func submit(_ errand: Errand) -> StorageFault? {
        queue.submit(errand)
    }

    /// Errands that wait.
    var waitingCount: Int { queue.count }

    /// Takes no more errands, and returns once those inside are done and the connection is closed.
    func close() async {
        queue.close()
        await end.wait()
    }

    private static func work(
        _ queue: ErrandQueue,
        counting counters: StoreCounters,
        opening: Opening,
        _ open: () throws(StorageFault) -> any SQLConnection
    ) {
        do throws(StorageFault) {
            let connection = try open()
            opening.finish(nil)
            CommitLoop(on: connection, counting: counters).run(queue)
        } catch {
            opening.finish(error)
        }
    }
}

/// What tells the opener of a store how its thread fared.
private final class Opening: Sendable {
    private let bell = DispatchSemaphore(value: 0)
    private let fault = Mutex<StorageFault?>(nil)

    func finish(_ fault: StorageFault?) {
        self.fault.withLock { $0 = fault }
        bell.signal()
    }

    func wait() -> StorageFault? {
        bell.wait()
        return fault.withLock { $0 }
    }
}
