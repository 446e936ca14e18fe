import Bytes
import Dispatch
import Synchronization

/// Lines on their way from a worker to the writer.
internal struct Batch: Sendable {
    internal var bytes: [UInt8]
    internal var lineCount: Int
}

/// What stands between the workers and the writer: a bounded queue, and what was lost.
///
/// A worker that turns never waits here: it tries the lock once, and comes back a turn later when the
/// writer holds it; one that ends waits for it. Spent buffers go back to the workers, so that nothing is allocated in the steady state.
internal final class BatchQueue: Sendable {
    internal let droppedLineCount = Atomic<UInt64>(0)
    internal let writtenLineCount = Atomic<UInt64>(0)
    internal let failedWriteCount = Atomic<UInt64>(0)
    internal let failedReopenCount = Atomic<UInt64>(0)
    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)
    private let waitingSizeMax: Int

    internal init(waitingSizeMax: Int) {
        self.waitingSizeMax = waitingSizeMax
    }

    /// Takes `lines` and leaves an empty array in their place, unless the lock is taken and the worker
    /// cannot wait for it.
    ///
    /// Where too much waits already, the lines are dropped and counted.
    internal func offer(_ lines: inout [UInt8], lineCount: Int, waitsForLock: Bool) -> Offer {
        let isAccepted =
            waitsForLock
            ? state.withLock { take(&lines, lineCount, &$0) }
            : state.withLockIfAvailable { take(&lines, lineCount, &$0) }
        guard let isAccepted else { return .lockTaken }
        if isAccepted {
            wakeUp.signal()
        } else {
            lines.removeAll(keepingCapacity: true)
            countDropped(lineCount)
        }
        return .settled
    }

    private func take(_ lines: inout [UInt8], _ lineCount: Int, _ state: inout State) -> Bool {
        guard !state.isEnding, state.waitingSize + lines.count <= waitingSizeMax else {
            return false
        }
        state.waitingSize += lines.count
        state.waiting.append(Batch(bytes: lines, lineCount: lineCount))
        lines = state.spares.popLast() ?? []
        return true
    }

    /// What became of an offer.
    internal enum Offer {
        /// The writer holds the lock just now: the lines are still the worker's.
        case lockTaken
        /// They are queued, or dropped and counted.
        case settled
    }

    /// Adds lines to those that nobody will read.
    internal func countDropped(_ lineCount: Int) {
        droppedLineCount.add(UInt64(lineCount), ordering: .relaxed)
    }

    /// Asks the writer to open its file anew, behind what waits now.
    internal func requestReopening() {
        state.withLock { $0.isReopening = true }
        wakeUp.signal()
    }

    /// Asks the writer to write what waits and to end; later offers are dropped.
    internal func requestEnd() {
        state.withLock { $0.isEnding = true }
        wakeUp.signal()
    }

    /// The writer's side: waits for something to do.
    internal func waitForWork() -> Work {
        while true {
            wakeUp.wait()
            let work = state.withLock { state in
                let work = Work(
                    batches: state.waiting,
                    isReopening: state.isReopening,
                    isEnding: state.isEnding
                )
                state.waiting = state.emptied
                state.emptied = []
                state.isReopening = false
                return work
            }
            if !work.batches.isEmpty || work.isReopening || work.isEnding {
                return work
            }
        }
    }

    /// What the writer was asked to do, in this order: write, reopen, end.
    internal struct Work {
        internal var batches: [Batch]
        internal let isReopening: Bool
        internal let isEnding: Bool
    }

    /// Gives the room of a batch back, and its memory to whoever comes next.
    internal func recycle(_ bytes: consuming [UInt8]) {
        let size = bytes.count
        bytes.removeAll(keepingCapacity: true)
        // Sixteen: two for each of the workers of a machine that is likely to run this.
        state.withLock { [bytes] state in
            state.waitingSize -= size
            if state.spares.count < 16 {
                state.spares.append(bytes)
            }
        }
    }

    private struct State {
        var waiting: [Batch] = []
        var emptied: [Batch] = []
        var spares: [[UInt8]] = []
        var waitingSize = 0
        var isReopening = false
        var isEnding = false
    }
}
