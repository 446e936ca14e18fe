/// One who is told when a descriptor becomes ready and when a deadline passes.
///
/// Both methods run in the loop's thread, between two polls. They may register, deregister and set
/// whatever they like, themselves included; they must not block.
public protocol EventHandler: AnyObject {
    /// The descriptor is ready for `readiness`, which holds at least one member.
    ///
    /// Level-triggered: what is left undone is told again in the next turn, for as long as the
    /// interest lasts. Read before acting on ``Readiness/hungUp``.
    func becameReady(_ readiness: Readiness)

    /// The deadline that was set has passed, and is now unset.
    func deadlinePassed()
}

/// One who acts once a turn, on what all the events of the turn left behind.
public protocol TurnObserver: AnyObject {
    /// Everything of this turn was told; the next poll follows.
    func turnEnded()
}

/// One who is told that a mailbox is no longer empty.
public protocol MailReceiver: AnyObject {
    /// There is mail. All of it must be taken (``Mailbox/takeAll(into:)``): what is left in the box
    /// does not call again.
    func mailArrived()
}
