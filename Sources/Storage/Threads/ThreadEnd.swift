import Synchronization

/// Lets callers wait for the end of a thread.
final class ThreadEnd: Sendable {
    private let state = Mutex(State())

    /// Says that the thread has ended, and lets everybody who waits for that go on.
    func reached() {
        let waiting = state.withLock { state in
            state.isReached = true
            let waiting = state.waiting
            state.waiting = []
            return waiting
        }
        for continuation in waiting {
            continuation.resume()
        }
    }

    /// Returns once the thread has ended.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                if !state.isReached {
                    state.waiting.append(continuation)
                }
                return state.isReached
            }
            if isReached {
                continuation.resume()
            }
        }
    }
}

extension ThreadEnd {
    private struct State {
        var isReached = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
}
