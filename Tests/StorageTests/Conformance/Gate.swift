import Dispatch
import Storage
import Synchronization

/// Holds the writer of a store until a test lets it go on.
final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let isReached = Atomic<Bool>(false)

    /// Lets the writer go on.
    func open() {
        semaphore.signal()
    }

    /// Makes the writer of `store` wait for ``open()``, and returns once it does.
    ///
    /// No test waits by blocking: there are only as many threads for tasks as processors.
    func hold(_ store: Store) async -> Task<Void, any Error> {
        let held = Task {
            try await store.write { [self] _ in
                isReached.store(true, ordering: .releasing)
                semaphore.wait()
            }
        }
        while !isReached.load(ordering: .acquiring) {
            await Task.yield()
        }
        return held
    }
}
