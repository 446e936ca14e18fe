import Dispatch

/// Holds a thread of the store until a test lets it go on.
final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    /// Waits for one ``open()``.
    func wait() {
        semaphore.wait()
    }

    /// Lets one waiter through, now or later.
    func open() {
        semaphore.signal()
    }
}
