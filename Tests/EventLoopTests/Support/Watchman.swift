import EventLoop

/// Stops a loop that a test runs and that nobody else stops, so that a fault fails the test rather
/// than hangs it.
final class Watchman: EventHandler {
    private(set) var hasStopped = false
    private let loop: EventLoop

    init(loop: EventLoop) {
        self.loop = loop
    }

    /// Gives the test a minute: many times what it needs on a busy machine.
    func begin() {
        loop.setDeadline(loop.now + Timeout(.seconds(60)), for: loop.register(timer: self))
    }

    func becameReady(_: Readiness) {}

    func deadlinePassed() {
        hasStopped = true
        loop.stop()
    }
}
