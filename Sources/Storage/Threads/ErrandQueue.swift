import Dispatch
import Synchronization

/// What waits for a thread of the store, in the order in which it came.
///
/// Bounded: what would be one too many is refused at once.
final class ErrandQueue: Sendable {
    private let state = Mutex(State())
    private let bell = DispatchSemaphore(value: 0)
    private let countMax: Int

    /// Makes an empty queue.
    ///
    /// - Parameter countMax: Errands that may wait at once.
    init(countMax: Int) {
        self.countMax = countMax
    }

    /// Errands that wait.
    var count: Int { state.withLock { $0.waiting.count } }

    /// Takes an errand in, or says why not; a refused one is not answered.
    func submit(_ errand: Errand) -> StorageFault? {
        let (fault, isFirst) = state.withLock { state -> (StorageFault?, Bool) in
            guard !state.isClosed else { return (.closed, false) }
            guard state.waiting.count < countMax else { return (.overloaded, false) }
            state.waiting.append(errand)
            return (nil, state.waiting.count == 1)
        }
        if isFirst {
            bell.signal()
        }
        return fault
    }

    /// Waits until errands are there, and takes all of them.
    ///
    /// - Returns: `nil` once the queue is closed and empty.
    func takeAll() -> [Errand]? {
        while true {
            bell.wait()
            let (taken, isClosed) = state.withLock { state in
                let taken = state.waiting
                state.waiting = []
                return (taken, state.isClosed)
            }
            if !taken.isEmpty {
                if isClosed {
                    // The bell of the closing may be the one that was just heard.
                    bell.signal()
                }
                return taken
            }
            if isClosed { return nil }
        }
    }

    /// Takes no more errands; those inside are still run.
    func close() {
        state.withLock { $0.isClosed = true }
        bell.signal()
    }
}

extension ErrandQueue {
    private struct State {
        var waiting: [Errand] = []
        var isClosed = false
    }
}
