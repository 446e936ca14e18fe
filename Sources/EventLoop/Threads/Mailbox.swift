import Synchronization

/// A bounded box of values that other threads put in and one loop takes out.
///
/// It wakes the loop only when it was empty: a thousand values posted while the loop is busy cost
/// one wake-up. A full box refuses; what that means is for the sender to say.
public final class Mailbox<Message: Sendable>: Sendable {
    private let contents = Mutex(Contents())
    private let limit: Int
    private let wakeUp: WakeUp
    /// What the loop looks at, without knowing the type of the messages.
    let bell: MailBell

    /// Makes an empty box for at most `limit` messages, whose loop `wakeUp` wakes.
    init(limit: Int, wakeUp: WakeUp) {
        precondition(limit > 0)
        self.limit = limit
        self.wakeUp = wakeUp
        bell = MailBell()
    }

    /// Puts a message in, from any thread.
    ///
    /// - Returns: `false` when the box is full or closed; the message is then gone.
    public func post(_ message: Message) -> Bool {
        let outcome = contents.withLock { contents -> PostOutcome in
            guard !contents.isClosed, contents.messages.count < limit else { return .refused }
            contents.messages.append(message)
            return contents.messages.count == 1 ? .first : .further
        }
        switch outcome {
        case .first:
            bell.ring()
            wakeUp.signal()
            return true
        case .further:
            return true
        case .refused:
            return false
        }
    }

    /// Appends everything in the box to `messages`, oldest first, and leaves the box empty.
    ///
    /// Give it an empty array that keeps its capacity, and the two only change places: nothing is
    /// copied or allocated.
    public func takeAll(into messages: inout [Message]) {
        contents.withLock { contents in
            if messages.isEmpty {
                swap(&messages, &contents.messages)
            } else {
                messages.append(contentsOf: contents.messages)
                contents.messages.removeAll(keepingCapacity: true)
            }
        }
    }

    /// Refuses all further messages, and lets the loop forget the receiver.
    ///
    /// Those inside can still be taken; the receiver is called once more for them. From any thread.
    public func close() {
        contents.withLock { $0.isClosed = true }
        bell.close()
        wakeUp.signal()
    }
}

extension Mailbox {
    private struct Contents {
        var messages: [Message] = []
        var isClosed = false
    }

    private enum PostOutcome {
        case first
        case further
        case refused
    }
}

/// What tells a loop that a mailbox is no longer empty, or closed.
final class MailBell: Sendable {
    private let ringing = Atomic<Bool>(false)
    private let over = Atomic<Bool>(false)

    /// Says that mail has arrived.
    func ring() {
        ringing.store(true, ordering: .releasing)
    }

    /// Says that no more mail can arrive.
    func close() {
        over.store(true, ordering: .releasing)
        ringing.store(true, ordering: .releasing)
    }

    /// Whether it rang since last asked.
    func takeRing() -> Bool {
        ringing.exchange(false, ordering: .acquiring)
    }

    /// Whether it rang and nobody took it yet.
    var isRinging: Bool { ringing.load(ordering: .acquiring) }

    /// Whether no more mail can arrive.
    var isClosed: Bool { over.load(ordering: .acquiring) }
}
