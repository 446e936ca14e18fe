import EventLoop
import Gateway
import Synchronization
import Testing

/// A clock that a test moves.
final class ManualClock: ControlClock {
    private let state = Mutex(State())

    private struct State {
        var nanoseconds: Int64 = 0
        var lastNumber = 0
        var sleepers: [Int: (deadline: Instant, continuation: CheckedContinuation<Void, Never>)] =
            [:]
        var cancelled: Set<Int> = []
    }

    func now() -> Moment {
        moment(Double(state.withLock { $0.nanoseconds }) / 1e9)
    }

    func sleep(until deadline: Instant) async {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    let isOver =
                        state.nanoseconds >= deadline.nanoseconds
                        || state.cancelled.remove(number) != nil
                    if !isOver {
                        state.sleepers[number] = (deadline, continuation)
                    }
                    return isOver
                }
                if isOver {
                    continuation.resume()
                }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                if state.sleepers[number] == nil {
                    state.cancelled.insert(number)
                }
                return state.sleepers.removeValue(forKey: number)
            }
            sleeper?.continuation.resume()
        }
    }

    /// Lets time pass, and wakes whoever it is time for.
    func advance(by seconds: Double) {
        let woken = state.withLock { state in
            state.nanoseconds += Int64((seconds * 1e9).rounded())
            let due = state.sleepers.filter { $0.value.deadline.nanoseconds <= state.nanoseconds }
            for number in due.keys {
                state.sleepers[number] = nil
            }
            return due.values.map(\.continuation)
        }
        for continuation in woken {
            continuation.resume()
        }
    }

    /// How many sleep.
    var sleeperCount: Int { state.withLock { $0.sleepers.count } }
}

/// Looks every 2 ms whether something has come to be, for a minute at most: no good run comes near it,
/// on any machine.
func eventually(_ condition: () async -> Bool) async -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
        if await condition() {
            return true
        }
        try? await Task.sleep(for: .milliseconds(2))
    }
    return await condition()
}
