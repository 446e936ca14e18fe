import EventLoop
import Testing

@testable import Gateway

struct FetchBucketTests {
    @Test
    func threeAtOnceThenOneEveryThirtySeconds() {
        var bucket = FetchBucket(size: 3, refill: Timeout(.seconds(30)))
        for left in [3, 2, 1] {
            #expect(bucket.available(at: instant(10)) == left)
            bucket.spend(at: instant(10))
        }
        #expect(bucket.nextAvailable(at: instant(10)) == instant(40))
        #expect(bucket.available(at: instant(39.9)) == 0)
        #expect(bucket.available(at: instant(40)) == 1)
        bucket.spend(at: instant(45))
        // The next one comes at its own time, not counted from the spending.
        #expect(bucket.nextAvailable(at: instant(45)) == instant(70))
        #expect(bucket.available(at: instant(10_000)) == 3)
        bucket.spend(at: instant(10_000))
        bucket.spend(at: instant(10_000))
        bucket.spend(at: instant(10_000))
        #expect(bucket.nextAvailable(at: instant(10_000)) == instant(10_030))
    }

    @Test
    func memoryIsBoundedAndForgetsTheOldestFirst() {
        var memory = UnknownKeyMemory(time: Timeout(.seconds(30)), countMax: 4_096)
        for number in 0..<20_000 {
            memory.remember("k\(number)", absentSince: instant(1))
        }
        #expect(memory.count == 4_096)
        #expect(memory.knownUntil("k19999", at: instant(2)) == instant(31))
        #expect(memory.knownUntil("k\(20_000 - 4_096)", at: instant(2)) == instant(31))
        #expect(memory.knownUntil("k\(20_000 - 4_097)", at: instant(2)) == nil)
        #expect(memory.knownUntil("k19999", at: instant(31)) == nil)
        memory.remember("k19999", absentSince: instant(40))
        #expect(memory.knownUntil("k19999", at: instant(41)) == instant(70))
        #expect(memory.count == 4_096)
        memory.forgetAll()
        #expect(memory.count == 0)
        #expect(memory.knownUntil("k19999", at: instant(41)) == nil)
    }

    /// What a flood may cost: the second fetch at once, the third 5 s later, then one every 30 s.
    @Test
    func aFloodLeavesTheLastFetchForFiveSeconds() {
        var machine = Machine(rules: .usual, seed: 3, now: instant(0))
        _ = machine.deadlinePassed(now: instant(0))
        _ = machine.fetchSucceeded(["a"], now: moment(0))
        var begins: [Double] = []
        var ticket: UInt64 = 0
        var now = 10.0
        while now < 135 {
            ticket += 1
            let steps = machine.keyRequested("x\(ticket)", ticket: ticket, now: instant(now))
            for step in steps + machine.deadlinePassed(now: instant(now)) {
                if case .beginFetch = step {
                    begins.append(now)
                    _ = machine.fetchSucceeded(["a"], now: moment(now))
                }
            }
            now += 0.01
        }
        let expected = [10, 10.01, 15.01, 40, 70, 100, 130]
        #expect(begins.count == expected.count)
        for (begin, wanted) in zip(begins, expected) {
            #expect(abs(begin - wanted) < 0.05, "\(begins)")
        }
    }

    /// A real rotation in the middle of a flood: the fetch that explains it gives the rest free.
    @Test
    func aFetchThatExplainsIsNoFlood() {
        var machine = Machine(rules: .usual, seed: 3, now: instant(0))
        _ = machine.deadlinePassed(now: instant(0))
        _ = machine.fetchSucceeded(["a"], now: moment(0))
        for (index, id) in ["b", "c", "d"].enumerated() {
            let now = 10 + Double(index) / 10
            let steps = machine.keyRequested(id, ticket: UInt64(index), now: instant(now))
            #expect(steps == [.beginFetch(.unknownKey)])
            let done = machine.fetchSucceeded(["a", id], now: moment(now))
            #expect(done == [.publish, .answer(ticket: UInt64(index), .refreshed)])
        }
    }
}
