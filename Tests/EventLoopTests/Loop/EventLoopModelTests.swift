import Testing

@testable import EventLoop

/// Random events, deadlines and registrations from inside handlers, against what must always hold.
@Suite
struct EventLoopModelTests {
    @Test(arguments: 0..<40 as Range<UInt64>)
    func nobodyIsToldWhatDoesNotConcernThem(seed: UInt64) throws {
        let kernel = ScriptedKernel()
        let world = World(loop: try EventLoop(kernel: kernel), kernel: kernel, seed: seed)
        for _ in 0..<30 {
            world.act()
        }
        for _ in 0..<400 {
            for entry in kernel.watched.keys.sorted() where world.random.below(3) == 0 {
                let bits = UInt8(truncatingIfNeeded: world.random.next()) & 31
                kernel.announce(entry, Readiness(rawValue: bits))
                world.announced(entry, Readiness(rawValue: bits))
            }
            // Somebody always acts: those that are silenced and have no deadline wait for ever.
            repeat {
                world.act()
            } while world.players.count < 12
            world.turnBegins()
            let limit = Timeout(nanoseconds: Int64(world.random.below(40_000_000)))
            world.loop.runTurn(waitingAtMost: limit)
            world.turnEnded()
        }
        #expect(world.faults.isEmpty, "seed \(seed): \(world.faults.prefix(3))")
        #expect(world.toldCount > 500, "seed \(seed)")
        #expect(world.loop.registrationCount == world.players.count, "seed \(seed)")
    }
}

/// The players of one run, and what is known of each.
private final class World {
    let loop: EventLoop
    let kernel: ScriptedKernel
    var random: SeededRandom
    var players: [Int: Player] = [:]
    var faults: [String] = []
    var toldCount = 0
    private var nextName = 0
    private var freeDescriptors = Array(10..<40 as Range<Int32>)

    init(loop: EventLoop, kernel: ScriptedKernel, seed: UInt64) {
        self.loop = loop
        self.kernel = kernel
        random = SeededRandom(seed: seed)
    }

    /// Deadlines as they stand when the turn begins must not be missed by it.
    private var deadlinesAtStart: [Int: Instant] = [:]
    /// Nor must events for those who did not change their mind.
    private var announcements: [Int: Readiness] = [:]
    private var interestsAtStart: [Int: Interest] = [:]

    func announced(_ descriptor: Int32, _ readiness: Readiness) {
        for player in players.values where player.descriptor == descriptor {
            announcements[player.name] = readiness
        }
    }

    func turnBegins() {
        deadlinesAtStart = players.compactMapValues(\.deadline)
        interestsAtStart = players.mapValues(\.interest)
    }

    func turnEnded() {
        for (name, readiness) in announcements {
            let wanted = readiness.intersection([.readable, .writable])
            guard let player = players[name], player.interest == interestsAtStart[name],
                !player.changedItsMind, !wanted.isEmpty,
                wanted.rawValue & player.interest.rawValue != 0
            else { continue }
            faults.append("\(name) with \(player.interest) was not told \(readiness)")
        }
        announcements = [:]
        for player in players.values {
            player.changedItsMind = false
        }
        for (name, deadline) in deadlinesAtStart {
            guard let player = players[name], player.deadline == deadline else { continue }
            if loop.now.nanoseconds(since: deadline) >= 8_000_000 {
                faults.append("\(name) was not told that its deadline passed")
            }
        }
    }

    func told(_ name: Int, _ readiness: Readiness) {
        toldCount += 1
        announcements[name] = nil
        guard let player = players[name] else {
            faults.append("\(name) was told \(readiness) after it had left")
            return
        }
        var allowed: Readiness = [.hungUp, .failed]
        if player.interest.contains(.readable) {
            allowed.formUnion([.readable, .peerFinished])
        }
        if player.interest.contains(.writable) {
            allowed.insert(.writable)
        }
        if readiness.isEmpty || !readiness.isSubset(of: allowed) {
            faults.append("\(name) with \(player.interest) was told \(readiness)")
        }
        act()
    }

    func deadlinePassed(_ name: Int) {
        toldCount += 1
        guard let player = players[name], let deadline = player.deadline else {
            faults.append("\(name) was told of a deadline that was not set")
            return
        }
        if deadline > loop.now {
            faults.append("\(name) was told of its deadline too early")
        }
        player.deadline = nil
        act()
    }

    /// Does one thing to the loop, to anybody.
    func act() {
        switch random.below(10) {
        case 0, 1:
            enter()
        case 2:
            leave()
        case 3, 4, 5:
            guard let player = anybody, player.descriptor >= 0 else { return }
            player.interest = Interest(rawValue: UInt8(random.below(4)))
            player.changedItsMind = true
            loop.setInterest(player.interest, for: player.registration)
        case 6:
            guard let player = anybody else { return }
            player.deadline = nil
            loop.setDeadline(nil, for: player.registration)
        default:
            guard let player = anybody else { return }
            let ahead = Int64(random.below(random.below(4) == 0 ? 2_000_000_000 : 60_000_000))
            player.deadline = Instant(nanoseconds: loop.now.nanoseconds + ahead)
            loop.setDeadline(player.deadline, for: player.registration)
        }
    }

    private var anybody: Player? {
        guard !players.isEmpty else { return nil }
        let names = players.keys.sorted()
        return players[names[random.below(names.count)]]
    }

    private func enter() {
        let name = nextName
        nextName += 1
        let player = Player(name: name, world: self)
        if random.below(4) == 0 || freeDescriptors.isEmpty {
            player.registration = loop.register(timer: player)
        } else {
            player.descriptor = freeDescriptors.remove(at: random.below(freeDescriptors.count))
            player.interest = Interest(rawValue: UInt8(random.below(4)))
            guard
                let registration = try? loop.register(
                    player,
                    descriptor: player.descriptor,
                    interest: player.interest
                )
            else {
                faults.append("\(name) could not register")
                return
            }
            player.registration = registration
        }
        players[name] = player
    }

    private func leave() {
        guard let player = anybody else { return }
        loop.deregister(player.registration)
        players[player.name] = nil
        if player.descriptor >= 0 {
            freeDescriptors.append(player.descriptor)
        }
    }
}

private final class Player: EventHandler {
    let name: Int
    var descriptor: Int32 = -1
    var interest: Interest = []
    /// Whether the interest changed since the last turn ended, if only for a moment.
    var changedItsMind = false
    var deadline: Instant?
    var registration = Registration(slot: .max, generation: 0)
    private unowned let world: World

    init(name: Int, world: World) {
        self.name = name
        self.world = world
    }

    func becameReady(_ readiness: Readiness) {
        world.told(name, readiness)
    }

    func deadlinePassed() {
        world.deadlinePassed(name)
    }
}
