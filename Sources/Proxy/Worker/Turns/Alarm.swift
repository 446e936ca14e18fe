import EventLoop

/// Makes a turn happen by a certain time, so that what waits for the end of a turn is not forgotten
/// by an idle worker.
final class Alarm: EventHandler {
    private let loop: EventLoop
    private var registration: Registration?

    init(_ loop: EventLoop) {
        self.loop = loop
        registration = loop.register(timer: self)
    }

    func ring(at moment: Instant?) {
        guard let registration else { return }
        loop.setDeadline(moment, for: registration)
    }

    func becameReady(_ readiness: Readiness) {}

    func deadlinePassed() {}
}
