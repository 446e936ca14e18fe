/// The deadlines of all registrations, by slot.
///
/// A hierarchical wheel: seven levels of 64 lists, each level's lists 64 times as wide as those of
/// the one below, so that every deadline that an ``Instant`` can name has a place and none needs a
/// second look before the time of its list comes. A list of a higher level is then dealt out to the
/// lower ones.
///
/// Deadlines are lazy: most are moved later many times before they pass, so a later deadline is one
/// store. The node stays in its list, and is dealt out anew when the list's time comes. Only an
/// earlier deadline moves the node at once.
///
/// Costs: setting and moving are constant; 32 bytes a slot. A deadline passes at the first turn
/// that begins at or after it, rounded up to a tick: never early, at most 4.2 ms late by the wheel.
struct TimerWheel {
    private var nodes: [Node] = []
    private var lists = [List](repeating: List(), count: dueList + 1)
    /// Which lists of each level hold somebody, one bit each.
    private var occupied = InlineArray<7, UInt64>(repeating: 0)
    /// All ticks up to this one were dealt with.
    private var currentTick: UInt64
    /// When the wheel was last turned, within that tick or before it.
    private var currentMoment: Instant

    /// How many wait to be told that their deadline passed, those included whose deadline was
    /// moved or unset meanwhile.
    private(set) var dueCount = 0

    /// Makes an empty wheel that begins to turn at `now`.
    init(now: Instant) {
        currentTick = Self.tickReached(now)
        currentMoment = now
    }

    /// The deadline of `slot`, or `nil`.
    func deadline(of slot: Int) -> Instant? {
        guard slot < nodes.count, nodes[slot].deadline != unset else { return nil }
        return Instant(nanoseconds: nodes[slot].deadline)
    }

    /// Sets, moves or unsets the deadline of `slot`.
    mutating func setDeadline(_ deadline: Instant?, of slot: Int) {
        if slot >= nodes.count {
            guard deadline != nil else { return }
            let added = slot + 1 - nodes.count
            nodes.append(contentsOf: repeatElement(Node(), count: added))
        }
        guard let deadline else {
            nodes[slot].deadline = unset
            return
        }
        nodes[slot].deadline = min(deadline.nanoseconds, unset - 1)
        let tick = tick(of: deadline)
        if nodes[slot].list >= 0 {
            guard tick < nodes[slot].tick else { return }
            unlink(slot)
        }
        link(slot, at: tick)
    }

    /// Forgets `slot` at once, so that it can be given to another.
    mutating func remove(_ slot: Int) {
        guard slot < nodes.count else { return }
        nodes[slot].deadline = unset
        if nodes[slot].list >= 0 {
            unlink(slot)
        }
    }

    /// How long after `now` the wheel must be turned next, or `nil` when it is empty.
    ///
    /// It may be earlier than the earliest deadline, for dealing a list out, never later.
    func timeout(after now: Instant) -> Timeout? {
        guard dueCount == 0 else { return .zero }
        guard let next = nextList() else { return nil }
        let tick = Int64(clamping: next.tick)
        let (start, tooLate) = tick.multipliedReportingOverflow(by: tickLength)
        let moment = Instant(nanoseconds: tooLate ? .max : start)
        return Timeout(nanoseconds: moment.nanoseconds(since: now))
    }

    /// Turns the wheel to `now`: those whose time has come are due.
    mutating func advance(to now: Instant) {
        let reached = Self.tickReached(now)
        while let next = nextList(), next.tick <= reached {
            currentTick = next.tick
            dealOut(next.list)
        }
        currentTick = max(currentTick, reached)
        currentMoment = now
    }

    /// Takes one slot whose deadline has passed at `now`, or `nil` when there is none.
    ///
    /// Its deadline is then unset. Nodes whose deadline was moved later meanwhile go back to their
    /// new lists on the way.
    mutating func popDue(at now: Instant) -> Int? {
        while let slot = firstSlot(of: dueList) {
            unlink(slot)
            let deadline = nodes[slot].deadline
            if deadline == unset {
                continue
            }
            guard deadline <= now.nanoseconds else {
                link(slot, at: tick(of: Instant(nanoseconds: deadline)))
                continue
            }
            nodes[slot].deadline = unset
            return slot
        }
        return nil
    }

    // Every linked node's tick and `currentTick` agree in all digits above its level, and the
    // node's digit at its level is the larger one. So the lowest level that holds anybody holds the
    // earliest, and its first list is the next one.
    private func nextList() -> (list: Int, tick: UInt64)? {
        for level in 0..<levelCount where occupied[level] != 0 {
            let digit = occupied[level].trailingZeroBitCount
            let shift = UInt64(level * digitBits)
            let above = currentTick >> shift & ~UInt64(listsPerLevel - 1)
            return (level * listsPerLevel + digit, (above | UInt64(digit)) << shift)
        }
        return nil
    }

    /// Gives every node of a list whose time has come the place that its deadline deserves now.
    private mutating func dealOut(_ list: Int) {
        while let slot = firstSlot(of: list) {
            unlink(slot)
            let deadline = nodes[slot].deadline
            if deadline != unset {
                link(slot, at: tick(of: Instant(nanoseconds: deadline)))
            }
        }
    }

    private func firstSlot(of list: Int) -> Int? {
        let first = lists[list].first
        return first >= 0 ? Int(first) : nil
    }

    private mutating func link(_ slot: Int, at tick: UInt64) {
        var list = dueList
        if tick > currentTick {
            let level = (UInt64.bitWidth - 1 - (tick ^ currentTick).leadingZeroBitCount) / digitBits
            let digit = Int(tick >> UInt64(level * digitBits) & UInt64(listsPerLevel - 1))
            list = level * listsPerLevel + digit
            occupied[level] |= 1 << UInt64(digit)
        } else {
            dueCount += 1
        }
        let last = lists[list].last
        nodes[slot].tick = tick
        nodes[slot].list = Int32(list)
        nodes[slot].previous = last
        nodes[slot].next = -1
        if last >= 0 {
            nodes[Int(last)].next = Int32(slot)
        } else {
            lists[list].first = Int32(slot)
        }
        lists[list].last = Int32(slot)
    }

    private mutating func unlink(_ slot: Int) {
        let node = nodes[slot]
        let list = Int(node.list)
        nodes[slot].list = -1
        if node.previous >= 0 {
            nodes[Int(node.previous)].next = node.next
        } else {
            lists[list].first = node.next
        }
        if node.next >= 0 {
            nodes[Int(node.next)].previous = node.previous
        } else {
            lists[list].last = node.previous
        }
        if list == dueList {
            dueCount -= 1
        } else if lists[list].first < 0 {
            occupied[list / listsPerLevel] &= ~(1 << UInt64(list % listsPerLevel))
        }
    }

    /// The last tick that has begun at `now`.
    private static func tickReached(_ now: Instant) -> UInt64 {
        UInt64(max(0, now.nanoseconds) / tickLength)
    }

    /// The first tick that begins at or after `deadline`; the current one where it has passed.
    private func tick(of deadline: Instant) -> UInt64 {
        guard deadline > currentMoment else { return currentTick }
        let (whole, rest) = max(0, deadline.nanoseconds).quotientAndRemainder(
            dividingBy: tickLength
        )
        return UInt64(whole) + (rest == 0 ? 0 : 1)
    }
}

extension TimerWheel {
    /// The deadline of one slot, and its place in a list.
    private struct Node {
        /// In nanoseconds of the monotonic clock.
        var deadline = unset
        /// The tick of its place: the deadline's, or that of an earlier deadline.
        var tick: UInt64 = 0
        var next: Int32 = -1
        var previous: Int32 = -1
        /// -1 while in none.
        var list: Int32 = -1
    }

    private struct List {
        var first: Int32 = -1
        var last: Int32 = -1
    }
}

/// 2^22 ns, 4.2 ms: half of the coarsest resolution that the time-outs of a gateway can bear, and a
/// shift rather than a division.
private let tickLength: Int64 = 1 << 22

/// 64 lists a level, so that one word says which of them hold somebody.
private let digitBits = 6
private let listsPerLevel = 1 << digitBits

/// 2^42 ticks are more than `Int64.max` nanoseconds.
private let levelCount = 7

/// The list of those whose time has come, behind those of the levels.
private let dueList = levelCount * listsPerLevel

/// The deadline of those that have none.
private let unset = Int64.max
