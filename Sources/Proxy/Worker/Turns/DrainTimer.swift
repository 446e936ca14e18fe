import EventLoop

/// Ends a worker that has not drained in time.
final class DrainTimer: EventHandler {
    private let worker: Worker

    init(_ worker: Worker, at deadline: Instant) {
        self.worker = worker
        worker.loop.setDeadline(deadline, for: worker.loop.register(timer: self))
    }

    func becameReady(_ readiness: Readiness) {}

    func deadlinePassed() {
        worker.stop()
    }
}
