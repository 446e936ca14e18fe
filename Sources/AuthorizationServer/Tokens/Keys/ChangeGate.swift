import Synchronization

/// Lets one task at a time through, in the order in which they came.
///
/// For changes that wait for the store in between: a lock of the language must not be held then.
final class ChangeGate: Sendable {
    private let state = Mutex(State())

    /// Waits until nobody else is inside.
    ///
    /// Every return is followed by one ``leave()``.
    func enter() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.isTaken else {
                    state.isTaken = true
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree {
                continuation.resume()
            }
        }
    }

    /// Lets the next one in.
    func leave() {
        let next: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isTaken = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }

    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
}
