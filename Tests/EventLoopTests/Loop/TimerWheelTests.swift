import Testing

@testable import EventLoop

/// The wheel against a plain list of deadlines.
@Suite
struct TimerWheelTests {
    private static let tick: Int64 = 1 << 22

    @Test(arguments: 0..<30 as Range<UInt64>)
    func itTellsTheSameAsAPlainList(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        // Starts near the powers of two where all digits of the wheel change at once.
        var now = Instant(
            nanoseconds: [0, 1, Self.tick << 6 - 1, Self.tick << 24 - 3, 1 << 61][random.below(5)]
        )
        var wheel = TimerWheel(now: now)
        var list: [Int: Int64] = [:]
        for step in 0..<1_000 {
            for _ in 0..<random.below(4) {
                let slot = random.below(50)
                switch random.below(8) {
                case 0:
                    wheel.setDeadline(nil, of: slot)
                    list[slot] = nil
                case 1:
                    wheel.remove(slot)
                    list[slot] = nil
                default:
                    let deadline = now.nanoseconds + Self.distance(&random)
                    wheel.setDeadline(Instant(nanoseconds: deadline), of: slot)
                    list[slot] = deadline
                }
            }
            let bound = Self.check(wheel, list, now)
            let jump = random.below(3) == 0 ? bound : Self.distance(&random) / 4
            now = Instant(nanoseconds: now.nanoseconds + max(0, jump))
            wheel.advance(to: now)
            var told: Set<Int> = []
            while let slot = wheel.popDue(at: now) {
                #expect(told.insert(slot).inserted)
            }
            let reached = now.nanoseconds / Self.tick * Self.tick
            for slot in told {
                #expect(
                    list[slot].map { $0 <= now.nanoseconds } == true,
                    "seed \(seed) step \(step)"
                )
                list[slot] = nil
            }
            for (slot, deadline) in list {
                #expect(deadline > reached, "seed \(seed) step \(step): \(slot) was missed")
                #expect(wheel.deadline(of: slot)?.nanoseconds == deadline)
            }
        }
    }

    /// The wheel must not sleep longer than a tick past the earliest deadline.
    ///
    /// - Returns: How long it would sleep.
    private static func check(_ wheel: TimerWheel, _ list: [Int: Int64], _ now: Instant) -> Int64 {
        let timeout = wheel.timeout(after: now)
        guard let earliest = list.values.min() else { return timeout?.nanoseconds ?? 1_000 }
        guard let timeout else {
            Issue.record("the wheel would sleep for ever")
            return 0
        }
        #expect(now.nanoseconds + timeout.nanoseconds <= max(earliest + tick, now.nanoseconds))
        return timeout.nanoseconds
    }

    private static func distance(_ random: inout SeededRandom) -> Int64 {
        switch random.below(6) {
        case 0: Int64(random.below(10))
        case 1: -Int64(random.below(1_000_000_000))
        case 2: Int64(random.below(Int(tick) * 3))
        case 3: Int64(random.below(Int(tick) * 100))
        case 4: Int64(random.below(Int(tick) * 5_000))
        default: Int64(random.below(Int(tick) * 1_000_000))
        }
    }

    @Test
    func theFarthestDeadlinesHaveAPlace() {
        var wheel = TimerWheel(now: Instant(nanoseconds: 5))
        wheel.setDeadline(Instant(nanoseconds: .max), of: 0)
        wheel.setDeadline(Instant(nanoseconds: .max - 1), of: 1)
        wheel.setDeadline(Instant(nanoseconds: .min), of: 2)
        wheel.advance(to: Instant(nanoseconds: 6))
        #expect(wheel.popDue(at: Instant(nanoseconds: 6)) == 2)
        #expect(wheel.popDue(at: Instant(nanoseconds: 6)) == nil)
        var turns = 0
        var now = Instant(nanoseconds: 6)
        while let timeout = wheel.timeout(after: now), turns < 100, now.nanoseconds < .max {
            now = now + timeout
            wheel.advance(to: now)
            #expect(wheel.popDue(at: now) == nil || now.nanoseconds >= .max - 1)
            turns += 1
        }
        // One wake-up for each level at most: that is what the wheel's height costs.
        #expect(turns <= 8)
    }

    @Test
    func aDeadlineAtATicksEdgeIsNeitherEarlyNorATickLate() {
        for offset: Int64 in [-1, 0, 1] {
            let deadline = Instant(nanoseconds: Self.tick * 64 + offset)
            var wheel = TimerWheel(now: Instant(nanoseconds: 0))
            wheel.setDeadline(deadline, of: 0)
            let before = Instant(nanoseconds: deadline.nanoseconds - 1)
            wheel.advance(to: before)
            #expect(wheel.popDue(at: before) == nil)
            let after = Instant(nanoseconds: deadline.nanoseconds + Self.tick)
            wheel.advance(to: after)
            #expect(wheel.popDue(at: after) == 0)
        }
    }

    @Test
    func aClockThatStandsStillTellsNothingTwice() {
        let now = Instant(nanoseconds: 1_000_000_000)
        var wheel = TimerWheel(now: now)
        wheel.setDeadline(now, of: 3)
        wheel.advance(to: now)
        #expect(wheel.popDue(at: now) == 3)
        wheel.advance(to: now)
        #expect(wheel.popDue(at: now) == nil)
        #expect(wheel.timeout(after: now) == nil)
    }

    @Test
    func laterDeadlinesOfOneThatIsDueAreHonoured() {
        let now = Instant(nanoseconds: 1_000_000_000)
        var wheel = TimerWheel(now: now)
        wheel.setDeadline(now, of: 0)
        wheel.advance(to: now)
        #expect(wheel.dueCount == 1)
        wheel.setDeadline(now + Timeout(.seconds(1)), of: 0)
        #expect(wheel.popDue(at: now) == nil)
        #expect(wheel.dueCount == 0)
        let later = now + Timeout(.milliseconds(1_005))
        wheel.advance(to: later)
        #expect(wheel.popDue(at: later) == 0)
    }
}
