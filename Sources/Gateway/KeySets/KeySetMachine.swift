import EventLoop

/// The life of one issuer's key set: when to fetch, what to answer meanwhile, when to give up.
///
/// No I/O, no clock, no log: events carry the time and return ``KeySetStep``s, to be performed in
/// order. One fetch is in flight at most, and its end must be reported by one of ``fetchSucceeded``,
/// ``fetchFoundNothingNew`` and ``fetchFailed``. After each event the driver wakes the machine at
/// ``nextDeadline``.
///
/// Invariants: every ticket is answered exactly once, at the latest ``KeySetRules/waitMax`` after it
/// came; a held set is replaced as a whole or kept as a whole; a failure never takes a key away, age
/// alone does.
struct KeySetMachine<Keys: PublishedKeys> {
    /// The set in use, or `nil` before the first and after one grew too old.
    private(set) var held: HeldKeys<Keys>?
    /// Counts the changes of what is held: each other set, and its loss.
    private(set) var generation: UInt64
    /// Fetches that failed since the last one that did not.
    private(set) var failureCount = 0

    private let rules: KeySetRules
    private var random: SeededRandom
    private var state = State.resting(scheduled: Instant(nanoseconds: 0))
    private var bucket: FetchBucket
    private var memory: UnknownKeyMemory
    private var waiting: [Waiting] = []
    /// From when on a fetch is wanted for ids that no fetch so far could have brought.
    private var demand: Instant?
    private var lastFetchBegan: Instant?
    /// Whether the last fetch left ids that were asked for unexplained.
    private var isFlooded = false

    /// A machine that holds nothing and is due at `now`.
    ///
    /// - Parameters:
    ///   - rules: What it lives by.
    ///   - seed: Decides the jitter.
    ///   - generation: The changes that went before, where a machine follows another.
    ///   - now: When its life begins.
    init(rules: KeySetRules, seed: UInt64, generation: UInt64 = 0, now: Instant) {
        self.rules = rules
        self.generation = generation
        random = SeededRandom(seed: seed)
        bucket = FetchBucket(size: rules.bucketSize, refill: rules.bucketRefill)
        memory = UnknownKeyMemory(time: rules.memoryTime, countMax: rules.memoryMax)
        state = .resting(scheduled: now)
    }

    /// A set of an earlier life was found, on disk or in the machine before this one.
    ///
    /// It is held as what it is, with its age, and fetched again when that says so: a gateway that
    /// restarts all the time does not ask more often. A set too old is left alone.
    mutating func restored(_ keys: Keys, fetchedAt: Moment, now: Instant) -> [KeySetStep] {
        guard case .resting = state, held == nil else { return [] }
        if let limit = rules.staleLifetime, fetchedAt.instant + limit <= now {
            return []
        }
        generation += 1
        held = HeldKeys(keys: keys, fetchedAt: fetchedAt)
        state = .resting(scheduled: max(now, fetchedAt.instant + refreshDelay()))
        return [.publish]
    }

    /// An exchange asks for a key that its snapshot lacks.
    mutating func keyRequested(_ keyID: String, ticket: UInt64, now: Instant) -> [KeySetStep] {
        if case .stopped = state {
            return [.answer(ticket: ticket, .unavailable(retryAfterSeconds: 1))]
        }
        var steps: [KeySetStep] = []
        dropIfTooOld(now, &steps)
        if let held, held.keys.lists(keyID) {
            return steps + [.answer(ticket: ticket, .refreshed)]
        }
        if let end = memory.knownUntil(keyID, at: now) {
            want(at: end)
            return steps + [.answer(ticket: ticket, withoutFetch(now))]
        }
        let entry = Waiting(ticket: ticket, keyID: keyID, deadline: now + rules.waitMax)
        let hasRoom = waiting.count < rules.waitingMax
        if hasRoom, isFetching {
            waiting.append(entry)
            return steps
        }
        want(at: now)
        guard hasRoom, let begin = nextFetch(at: now), begin < entry.deadline else {
            return steps + [.answer(ticket: ticket, withoutFetch(now))]
        }
        waiting.append(entry)
        if begin <= now {
            steps.append(beginFetch(now))
        }
        return steps
    }

    /// The fetch brought a set with at least one usable key.
    mutating func fetchSucceeded(_ keys: Keys, now: Moment) -> [KeySetStep] {
        guard case .fetching(let began, let cause) = state else { return [] }
        failureCount = 0
        let isChanged = held.map { !$0.keys.hasSameKeys(as: keys) } ?? true
        held = HeldKeys(keys: keys, fetchedAt: now)
        state = .resting(scheduled: max(now.instant, began + refreshDelay()))
        var steps: [KeySetStep] = []
        if isChanged {
            generation += 1
            steps.append(.publish)
        }
        let isExplained = answerWaiting(&steps, keys: keys, began: began)
        isFlooded = !isExplained && !isChanged && cause == .unknownKey
        if !isExplained {
            // The ids may be published a moment after this fetch, and be asked for only once more.
            want(at: began + rules.memoryTime)
        }
        return steps
    }

    /// The fetch found what an earlier one had seen already: a file that nobody has touched.
    mutating func fetchFoundNothingNew(now: Moment) -> [KeySetStep] {
        guard case .fetching = state else { return [] }
        guard let held else { return fetchFailed(now: now.instant) }
        return fetchSucceeded(held.keys, now: now)
    }

    /// The fetch brought nothing that could be used; the set held is kept.
    mutating func fetchFailed(now: Instant) -> [KeySetStep] {
        guard case .fetching(_, let cause) = state else { return [] }
        failureCount += 1
        let next = now + retryDelay()
        state = .resting(scheduled: next)
        if cause == .unknownKey {
            isFlooded = true
        }
        var steps: [KeySetStep] = []
        dropIfTooOld(now, &steps)
        let answer = withoutFetch(now)
        // Who can wait for the next try may still be served by it.
        for entry in waiting where entry.deadline <= next {
            steps.append(.answer(ticket: entry.ticket, answer))
        }
        waiting.removeAll { $0.deadline <= next }
        return steps
    }

    /// The time of ``nextDeadline`` has come.
    ///
    /// Coming too early does nothing.
    mutating func deadlinePassed(now: Instant) -> [KeySetStep] {
        var steps: [KeySetStep] = []
        if case .stopped = state {
            return steps
        }
        dropIfTooOld(now, &steps)
        let overdue = waiting.prefix { $0.deadline <= now }
        if !overdue.isEmpty {
            let answer = withoutFetch(now)
            for entry in overdue {
                steps.append(.answer(ticket: entry.ticket, answer))
            }
            waiting.removeFirst(overdue.count)
        }
        if let begin = nextFetch(at: now), begin <= now {
            steps.append(beginFetch(now))
        }
        return steps
    }

    /// The gateway is going down, or another machine takes over.
    ///
    /// Everybody who waits is answered, and what comes later changes nothing.
    mutating func stopped() -> [KeySetStep] {
        state = .stopped
        let steps = waiting.map { entry in
            KeySetStep.answer(ticket: entry.ticket, .unavailable(retryAfterSeconds: 1))
        }
        waiting = []
        return steps
    }

    /// When ``deadlinePassed(now:)`` has something to do, or `nil` where only other events have.
    mutating func nextDeadline(now: Instant) -> Instant? {
        if case .stopped = state {
            return nil
        }
        var deadlines = [waiting.first?.deadline, nextFetch(at: now)]
        if let held, let limit = rules.staleLifetime {
            deadlines.append(held.fetchedAt.instant + limit)
        }
        return deadlines.compactMap { $0 }.min()
    }

    /// Whether a fetch is in flight.
    var isFetching: Bool {
        if case .fetching = state { true } else { false }
    }

    /// How many exchanges wait.
    var waitingCount: Int { waiting.count }

    /// When the held set will be dropped if nothing brings another, or `nil` where it will not be.
    var heldUntil: Instant? {
        guard let held, let limit = rules.staleLifetime else { return nil }
        return held.fetchedAt.instant + limit
    }
}

extension KeySetMachine {
    /// Answers everybody who waits from a set that is fresh.
    ///
    /// - Parameters:
    ///   - steps: Where the answers go.
    ///   - keys: What the fetch brought.
    ///   - began: When the fetch began: an id it lacks was absent at that time, not later.
    /// - Returns: Whether somebody got what he waited for, or nobody waited.
    private mutating func answerWaiting(
        _ steps: inout [KeySetStep],
        keys: Keys,
        began: Instant
    ) -> Bool {
        var isExplained = waiting.isEmpty
        for entry in waiting {
            if keys.lists(entry.keyID) {
                isExplained = true
                steps.append(.answer(ticket: entry.ticket, .refreshed))
            } else {
                memory.remember(entry.keyID, absentSince: began)
                steps.append(.answer(ticket: entry.ticket, .unknown))
            }
        }
        waiting = []
        return isExplained
    }

    /// What is said to somebody for whom no fetch is waited.
    private mutating func withoutFetch(_ now: Instant) -> KeySetStep.Answer {
        guard held == nil else { return .unknown }
        let wait = nextFetch(at: now)?.nanoseconds(since: now) ?? 0
        return .unavailable(retryAfterSeconds: max(1, Int(wait / 1_000_000_000) + 1))
    }

    /// Notes that a fetch at `instant` or later would be of use.
    private mutating func want(at instant: Instant) {
        demand = demand.map { min($0, instant) } ?? instant
    }

    /// When the next fetch begins: as scheduled, or before that for ids that were asked for, as the
    /// bucket allows.
    ///
    /// `nil` while one is in flight.
    private mutating func nextFetch(at now: Instant) -> Instant? {
        guard case .resting(let scheduled) = state else { return nil }
        guard let demand else { return scheduled }
        var earliest = max(demand, bucket.nextAvailable(at: now))
        if isFlooded, bucket.available(at: now) <= 1, let lastFetchBegan {
            earliest = max(earliest, lastFetchBegan + rules.floodSpacing)
        }
        return min(scheduled, earliest)
    }

    private mutating func beginFetch(_ now: Instant) -> KeySetStep {
        guard case .resting(let scheduled) = state else {
            preconditionFailure("a fetch begins while one is in flight")
        }
        let cause: KeySetStep.FetchCause = scheduled <= now ? .schedule : .unknownKey
        if cause == .unknownKey {
            bucket.spend(at: now)
        }
        demand = nil
        lastFetchBegan = now
        state = .fetching(began: now, cause: cause)
        return .beginFetch(cause)
    }

    private mutating func dropIfTooOld(_ now: Instant, _ steps: inout [KeySetStep]) {
        guard let end = heldUntil, end <= now else { return }
        held = nil
        generation += 1
        memory.forgetAll()
        steps.append(.publish)
    }

    private mutating func refreshDelay() -> Timeout {
        guard rules.jitters else { return rules.refresh }
        let whole = rules.refresh.nanoseconds
        return Timeout(nanoseconds: whole - Int64.random(in: 0...whole / 5, using: &random))
    }

    /// Doubles from failure to failure; up to half of it is taken off at random, so that gateways that
    /// lost an issuer together do not come back together.
    private mutating func retryDelay() -> Timeout {
        let factor = Int64(1) << Int64(min(failureCount - 1, 30))
        let (product, overflow) = rules.retryMin.nanoseconds.multipliedReportingOverflow(by: factor)
        let delay = overflow ? rules.retryMax.nanoseconds : min(product, rules.retryMax.nanoseconds)
        return Timeout(nanoseconds: delay - Int64.random(in: 0...delay / 2, using: &random))
    }
}

extension KeySetMachine {
    private enum State {
        /// A fetch begins at the latest as scheduled. Then: fetching, stopped.
        case resting(scheduled: Instant)
        /// One fetch is in flight. Then: resting, stopped.
        case fetching(began: Instant, cause: KeySetStep.FetchCause)
        /// Nothing follows.
        case stopped
    }

    private struct Waiting {
        let ticket: UInt64
        let keyID: String
        let deadline: Instant
    }
}

/// A key set in use.
struct HeldKeys<Keys: PublishedKeys>: Sendable {
    /// The keys.
    var keys: Keys
    /// When a fetch last brought them.
    var fetchedAt: Moment
}

/// What a ``KeySetMachine`` asks its driver to do.
enum KeySetStep: Hashable, Sendable {
    /// Tells the exchange of that ticket.
    case answer(ticket: UInt64, Answer)
    /// Starts a fetch, and reports how it ended within the time that one fetch may take.
    case beginFetch(FetchCause)
    /// Lets the workers have what the machine now holds, or know that it holds nothing any more.
    case publish

    /// What an exchange is told.
    enum Answer: Hashable, Sendable {
        /// The set held lists the key.
        case refreshed
        /// No set is held.
        case unavailable(retryAfterSeconds: Int)
        /// A set is held, and lacks the key.
        case unknown
    }

    /// Why a fetch begins.
    enum FetchCause: String, Hashable, Sendable {
        case schedule
        case unknownKey = "unknown_key"
    }
}
