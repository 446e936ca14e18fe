import Glibc

/// The mailboxes of one loop, with those who read them.
struct PostOffice {
    /// What senders wake the loop with.
    let wakeUp: WakeUp
    /// The boxes in the order they were made.
    private(set) var boxes: [Box] = []

    /// Makes an office without boxes.
    init(wakeUp: WakeUp) {
        self.wakeUp = wakeUp
    }

    /// Makes one more box.
    mutating func makeMailbox<Message: Sendable>(
        limit: Int,
        receiver: any MailReceiver
    ) throws(SystemFault) -> Mailbox<Message> {
        guard boxes.count < boxCountMax else {
            throw SystemFault(call: "makeMailbox", code: ENOSPC)
        }
        let mailbox = Mailbox<Message>(limit: limit, wakeUp: wakeUp)
        boxes.append(Box(bell: mailbox.bell, receiver: receiver))
        return mailbox
    }

    /// Lets go of the receivers of closed boxes whose last mail was announced.
    mutating func forgetClosed() {
        boxes.removeAll { $0.bell.isClosed && !$0.bell.isRinging }
    }

    /// Lets go of all receivers.
    ///
    /// Boxes that others still hold take mail until they are full.
    mutating func closeAll() {
        boxes.removeAll()
    }
}

extension PostOffice {
    /// One box and its reader.
    struct Box {
        /// Tells whether there is mail.
        let bell: MailBell
        /// Who takes it.
        let receiver: any MailReceiver
    }
}

/// Sixty-four: a worker has a handful, one for each plane that talks to it.
private let boxCountMax = 64
