/// One thread's loop: who is ready, whose deadline passed, who has mail.
///
/// A loop belongs to the thread that made it and is not `Sendable`; what other threads have for it
/// comes by ``Mailbox``. Handlers are told in turns of one ``runTurn(waitingAtMost:)`` each: events,
/// then deadlines, then mail, then ``TurnObserver/turnEnded()``.
///
/// Costs: nothing is allocated in a turn once the tables have grown to the number of registrations.
/// A change of interest is told to the kernel once, before the next poll, however often it changes
/// within a turn.
public final class EventLoop {
    /// The way to the system.
    public let kernel: any Kernel
    /// When this turn's events were polled.
    ///
    /// Read once a turn, so that all of a turn agrees.
    public private(set) var now: Instant
    /// Called at the end of every turn; held strongly.
    public var turnObserver: (any TurnObserver)?

    private var registry: Registry
    private var events: [PollEvent] = []
    /// What handlers announced for the next turn, and what is told of it in this one.
    private var announcements: [PollEvent] = []
    private var announced: [PollEvent] = []
    /// Whose interest the kernel must be told before the next poll.
    private var changes: [Registration] = []
    private var post: PostOffice
    private var wallAnchor: WallTime
    private var wallAnchorMoment: Instant
    private var isInTurn = false
    private var skipsNextWait = false
    private var isStopping = false

    /// Makes a loop for this thread.
    ///
    /// - Throws: Where the kernel has no wake-up left to give.
    public init(kernel: any Kernel) throws(SystemFault) {
        self.kernel = kernel
        post = PostOffice(wakeUp: try kernel.makeWakeUp())
        now = kernel.monotonicNow()
        registry = Registry(wheel: TimerWheel(now: now))
        wallAnchor = kernel.wallNow()
        wallAnchorMoment = now
    }

    /// The time of day at ``now``: moves with it, and is set right by the system's clock every
    /// second.
    public var wallTime: WallTime {
        let (sum, overflow) = wallAnchor.nanosecondsSince1970.addingReportingOverflow(
            now.nanoseconds(since: wallAnchorMoment)
        )
        return overflow ? wallAnchor : WallTime(nanosecondsSince1970: sum)
    }

    /// How many are registered, those with only a deadline included.
    public var registrationCount: Int { registry.table.count }

    /// Watches `descriptor` for `handler`, which is held strongly until it is deregistered.
    ///
    /// The owner of the descriptor deregisters before closing it.
    ///
    /// - Throws: Where the kernel cannot watch it: out of memory, or not a thing to poll.
    public func register(
        _ handler: any EventHandler,
        descriptor: Int32,
        interest: Interest
    ) throws(SystemFault) -> Registration {
        let registration = registry.table.insert(
            handler,
            descriptor: descriptor,
            interest: interest
        )
        do throws(SystemFault) {
            try kernel.watch(descriptor, interest, userWord: registration.userWord)
        } catch {
            _ = registry.table.remove(at: Int(registration.slot))
            throw error
        }
        registry.table[Int(registration.slot)].state = .isWatched
        return registration
    }

    /// Registers one that has only deadlines.
    public func register(timer handler: any EventHandler) -> Registration {
        registry.table.insert(handler, descriptor: -1, interest: [])
    }

    /// Changes what the handler is told from now on, events of this turn that still wait included.
    public func setInterest(_ interest: Interest, for registration: Registration) {
        if registry.setInterest(interest, for: registration) {
            changes.append(registration)
        }
    }

    /// What the handler is told; nothing for a stale registration.
    public func interest(of registration: Registration) -> Interest {
        registry.interest(of: registration)
    }

    /// Tells a handler in the next turn that it is ready, whatever the kernel says, and does not wait
    /// before that turn.
    ///
    /// For work that is left in memory, where no poll sees it: bytes that TLS has decrypted, a second
    /// request behind the first. It counts as an event: checked against the interest at delivery,
    /// dropped with the registration, after those of the kernel. Announced twice, it is told twice.
    public func announce(_ readiness: Readiness, for registration: Registration) {
        guard registry.table.index(of: registration) != nil else { return }
        announcements.append(PollEvent(userWord: registration.userWord, readiness: readiness))
    }

    /// Sets, moves or unsets the one deadline of a registration.
    ///
    /// Moving it later is one store. It passes once, within 8 ms of the moment and never before it;
    /// one that has passed already is told in the next turn, or in this one.
    public func setDeadline(_ deadline: Instant?, for registration: Registration) {
        registry.setDeadline(deadline, for: registration)
    }

    /// The deadline that is set and has not passed, or `nil`.
    public func deadline(of registration: Registration) -> Instant? {
        guard let index = registry.table.index(of: registration) else { return nil }
        return registry.wheel.deadline(of: index)
    }

    /// Ends a registration: its handler is told nothing more, and let go.
    ///
    /// Events that were polled for it already are dropped. Stale registrations are ignored.
    public func deregister(_ registration: Registration) {
        guard let index = registry.table.index(of: registration) else { return }
        if registry.table[index].state.contains(.isWatched) {
            kernel.unwatch(registry.table[index].descriptor)
        }
        registry.wheel.remove(index)
        let handler = registry.table.remove(at: index)
        // The last reference may end here, with all tables at rest.
        _ = consume handler
    }

    /// Gives a registration to another handler: its descriptor, its deadline and what it is interested
    /// in stay as they are.
    ///
    /// For a connection that becomes another one, once it is known what is spoken on it.
    public func handOver(_ registration: Registration, to handler: any EventHandler) {
        guard let index = registry.table.index(of: registration) else { return }
        let previous = registry.table[index].handler
        registry.table[index].handler = handler
        // The last reference may end here, with the table at rest.
        _ = consume previous
    }

    /// Makes a box that other threads may post to, and whose receiver this loop calls.
    ///
    /// - Parameters:
    ///   - limit: How many messages may wait in it.
    ///   - receiver: Held strongly until the box is closed.
    /// - Returns: The box, for those who post and for the receiver.
    /// - Throws: `ENOSPC` beyond 64 boxes: they are for planes, not for connections.
    public func makeMailbox<Message: Sendable>(
        limit: Int,
        receiver: any MailReceiver
    ) throws(SystemFault) -> Mailbox<Message> {
        try post.makeMailbox(limit: limit, receiver: receiver)
    }

    /// Runs one turn.
    ///
    /// - Parameter limit: The longest wait for the first event; the next deadline may end it
    ///   before. `nil` waits for events, deadlines or mail only.
    public func runTurn(waitingAtMost limit: Timeout?) {
        precondition(!isInTurn)
        isInTurn = true
        tellChanges()
        let wait = skipsNextWait ? .zero : waitLimit(limit)
        skipsNextWait = false
        swap(&announced, &announcements)
        kernel.poll(into: &events, atMost: wait)
        now = kernel.monotonicNow()
        anchorWallTime()
        for index in events.indices {
            deliver(events[index])
        }
        deliverAnnouncements()
        fireDeadlines()
        deliverMail()
        turnObserver?.turnEnded()
        isInTurn = false
    }

    /// Runs turns until ``stop()``.
    public func run() {
        isStopping = false
        while !isStopping {
            runTurn(waitingAtMost: nil)
        }
    }

    /// Makes the next turn poll without waiting: some work was put off to it that no event announces.
    public func skipNextWait() {
        skipsNextWait = true
    }

    /// Makes ``run()`` return after this turn.
    ///
    /// From the loop's own thread; others post mail.
    public func stop() {
        isStopping = true
    }

    /// Lets go of every handler, receiver and observer, so that a finished loop keeps nobody alive.
    ///
    /// Descriptors are not closed: that is their owners' part.
    public func deregisterAll() {
        turnObserver = nil
        post.closeAll()
        for index in 0..<registry.table.slotCount where registry.table.isTaken(index) {
            deregister(registry.table.registration(at: index))
        }
    }

    private func waitLimit(_ limit: Timeout?) -> Timeout? {
        guard announcements.isEmpty else { return .zero }
        guard let timer = registry.wheel.timeout(after: now) else { return limit }
        return limit.map { min($0, timer) } ?? timer
    }

    private func anchorWallTime() {
        guard now.nanoseconds(since: wallAnchorMoment) >= wallAnchorLifetime else { return }
        wallAnchor = kernel.wallNow()
        wallAnchorMoment = now
    }

    /// Tells the kernel every interest that changed since the last poll.
    private func tellChanges() {
        var position = 0
        // A handler that is told of a failure may change others' interest: the list may grow.
        while position < changes.count {
            let registration = changes[position]
            position += 1
            guard let index = registry.table.index(of: registration) else { continue }
            tellChange(of: index, registration)
        }
        changes.removeAll(keepingCapacity: true)
    }

    private func tellChange(of index: Int, _ registration: Registration) {
        let slot = registry.table[index]
        registry.table[index].state = .isWatched
        do throws(SystemFault) {
            if slot.state.contains(.isWatched) {
                try kernel.rewatch(slot.descriptor, slot.interest, userWord: registration.userWord)
            } else {
                try kernel.watch(slot.descriptor, slot.interest, userWord: registration.userWord)
            }
        } catch {
            registry.table[index].state.remove(.isWatched)
            slot.handler?.becameReady(.failed)
        }
    }

    /// Tells one event to whom it concerns, as far as it is still wanted.
    private func deliver(_ event: PollEvent) {
        guard let index = registry.table.index(of: Registration(userWord: event.userWord)) else {
            return
        }
        let readiness = event.readiness.intersection(registry.table[index].interest.tellable)
        guard !readiness.isEmpty else { return }
        if readiness.isDisjoint(with: [.readable, .writable]) {
            // Nothing but the end: a level-triggered kernel repeats it for ever. Told once, it is
            // silenced until the handler is interested in something again.
            guard !registry.table[index].state.contains(.isEndTold) else {
                silence(index)
                return
            }
            registry.table[index].state.insert(.isEndTold)
        }
        // Taken out first: the table is the handler's to change while it is told.
        guard let handler = registry.table[index].handler else { return }
        handler.becameReady(readiness)
    }

    private func deliverAnnouncements() {
        for index in announced.indices {
            deliver(announced[index])
        }
        announced.removeAll(keepingCapacity: true)
    }

    private func silence(_ index: Int) {
        guard registry.table[index].state.contains(.isWatched) else { return }
        kernel.unwatch(registry.table[index].descriptor)
        registry.table[index].state.remove(.isWatched)
    }

    private func fireDeadlines() {
        registry.wheel.advance(to: now)
        // Those that become due by what handlers do now are left for the next turn.
        var budget = min(registry.wheel.dueCount, deadlineCountMax)
        while budget > 0, let slot = registry.wheel.popDue(at: now) {
            budget -= 1
            guard let handler = registry.table[slot].handler else { continue }
            handler.deadlinePassed()
        }
    }

    private func deliverMail() {
        guard post.wakeUp.takeSignal() else { return }
        var index = 0
        while index < post.boxes.count {
            let box = post.boxes[index]
            if box.bell.takeRing() {
                box.receiver.mailArrived()
            }
            index += 1
        }
        post.forgetClosed()
    }
}

/// Who is registered, and their deadlines.
///
/// One value, so that setting a deadline or an interest costs one check of exclusive access.
private struct Registry {
    var table = RegistrationTable()
    var wheel: TimerWheel

    mutating func setDeadline(_ deadline: Instant?, for registration: Registration) {
        guard let index = table.index(of: registration) else { return }
        wheel.setDeadline(deadline, of: index)
    }

    func interest(of registration: Registration) -> Interest {
        guard let index = table.index(of: registration) else { return [] }
        return table[index].interest
    }

    /// - Returns: Whether the kernel is now to be told, and was not before.
    mutating func setInterest(_ interest: Interest, for registration: Registration) -> Bool {
        guard let index = table.index(of: registration), table[index].descriptor >= 0,
            table[index].interest != interest
        else { return false }
        table[index].interest = interest
        return table[index].state.insert(.isChanged).inserted
    }
}

/// How many deadlines one turn tells at most: a thousand idle connections that end together must
/// not hold up those that are served.
private let deadlineCountMax = 1_024

/// A second: a step of the system's clock is seen as soon as a token's times can tell.
private let wallAnchorLifetime: Int64 = 1_000_000_000
