import EventLoop

/// One who writes down what a loop tells it, and may act on it.
final class Recorder: EventHandler, TurnObserver, MailReceiver {
    enum Entry: Equatable {
        case deadline
        case mail
        case ready(Readiness)
        case turnEnded
    }

    var entries: [Entry] = []
    /// What it does when told of readiness, after writing it down.
    var whenReady: ((Readiness) -> Void)?
    var whenDeadline: (() -> Void)?
    var whenMail: (() -> Void)?

    func becameReady(_ readiness: Readiness) {
        entries.append(.ready(readiness))
        whenReady?(readiness)
    }

    func deadlinePassed() {
        entries.append(.deadline)
        whenDeadline?()
    }

    func turnEnded() {
        entries.append(.turnEnded)
    }

    func mailArrived() {
        entries.append(.mail)
        whenMail?()
    }
}
