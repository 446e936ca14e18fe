import EventLoop
import Testing

@testable import Gateway

typealias Machine = KeySetMachine<FakeKeys>

/// Every event in every state.
struct KeySetMachineTests {
    private static func fresh() -> Machine {
        Machine(rules: .usual, seed: 1, now: instant(0))
    }

    /// A machine that holds `keys` since second 0 and rests.
    private static func holding(_ keys: FakeKeys) -> Machine {
        var machine = fresh()
        _ = machine.deadlinePassed(now: instant(0))
        _ = machine.fetchSucceeded(keys, now: moment(0))
        return machine
    }

    @Test
    func theFirstFetchIsDueAtOnce() {
        var machine = Self.fresh()
        #expect(machine.nextDeadline(now: instant(0)) == instant(0))
        #expect(machine.deadlinePassed(now: instant(0)) == [.beginFetch(.schedule)])
        #expect(machine.isFetching)
        #expect(machine.nextDeadline(now: instant(0)) == nil)
        #expect(machine.deadlinePassed(now: instant(100)).isEmpty)
    }

    @Test
    func asFirstSetIsPublishedAndTheSameOneNotAgain() {
        var machine = Self.fresh()
        _ = machine.deadlinePassed(now: instant(0))
        #expect(machine.fetchSucceeded(["a"], now: moment(1)) == [.publish])
        #expect(machine.generation == 1)
        #expect(machine.held?.fetchedAt == moment(1))
        let due = machine.nextDeadline(now: instant(1)).map(seconds) ?? 0
        #expect((240...300).contains(due))
        #expect(machine.deadlinePassed(now: instant(due)) == [.beginFetch(.schedule)])
        #expect(machine.fetchSucceeded(["a"], now: moment(due + 1)).isEmpty)
        #expect(machine.generation == 1)
        #expect(machine.held?.fetchedAt == moment(due + 1))
    }

    @Test
    func aRotatedSetReplacesTheOneBefore() {
        var machine = Self.holding(["a", "b"])
        _ = machine.deadlinePassed(now: instant(300))
        #expect(machine.fetchSucceeded(["b", "c"], now: moment(301)) == [.publish])
        #expect(machine.held?.keys == ["b", "c"])
        #expect(machine.generation == 2)
    }

    @Test
    func failuresBackOffAndKeepTheSet() {
        var machine = Self.holding(["a"])
        var now = 300.0
        var waits: [Double] = []
        for count in 1...12 {
            #expect(machine.deadlinePassed(now: instant(now)) == [.beginFetch(.schedule)])
            #expect(machine.fetchFailed(now: instant(now + 5)).isEmpty)
            #expect(machine.failureCount == count)
            #expect(machine.held?.keys == ["a"])
            let next = machine.nextDeadline(now: instant(now + 5)).map(seconds) ?? 0
            waits.append(next - now - 5)
            now = next
        }
        for (index, wait) in waits.enumerated() {
            let most = min(30.0, Double(1 << index))
            #expect(wait <= most + 0.001 && wait >= most / 2 - 0.001)
        }
        _ = machine.deadlinePassed(now: instant(now))
        #expect(machine.fetchSucceeded(["a"], now: moment(now)).isEmpty)
        #expect(machine.failureCount == 0)
    }

    @Test
    func aSetTooOldIsDropped() {
        var machine = Self.holding(["a"])
        var now = 300.0
        var steps: [KeySetStep] = []
        while machine.held != nil, now < 100_000 {
            steps = machine.deadlinePassed(now: instant(now))
            if steps.contains(.beginFetch(.schedule)) {
                steps += machine.fetchFailed(now: instant(now + 0.1))
            }
            now = machine.nextDeadline(now: instant(now + 0.1)).map(seconds) ?? 0
        }
        #expect(steps.contains(.publish))
        #expect((86_400...86_401).contains(now) || now < 86_431)
        #expect(machine.generation == 2)
        #expect(machine.heldUntil == nil)
        // Whoever asks now waits for a fetch, and is told to come back.
        let asked = machine.keyRequested("a", ticket: 1, now: instant(now))
        #expect(!asked.contains(.answer(ticket: 1, .unknown)))
    }

    @Test
    func aKnownKeyIsAnsweredWithoutAFetch() {
        var machine = Self.holding(["a"])
        let steps = machine.keyRequested("a", ticket: 7, now: instant(1))
        #expect(steps == [.answer(ticket: 7, .refreshed)])
        #expect(!machine.isFetching)
    }

    @Test
    func anUnknownKeyWaitsForOneFetch() {
        var machine = Self.holding(["a"])
        #expect(machine.keyRequested("b", ticket: 1, now: instant(1)) == [.beginFetch(.unknownKey)])
        #expect(machine.keyRequested("b", ticket: 2, now: instant(1.1)).isEmpty)
        #expect(machine.keyRequested("c", ticket: 3, now: instant(1.2)).isEmpty)
        #expect(machine.waitingCount == 3)
        let steps = machine.fetchSucceeded(["a", "b"], now: moment(1.5))
        #expect(
            steps == [
                .publish, .answer(ticket: 1, .refreshed), .answer(ticket: 2, .refreshed),
                .answer(ticket: 3, .unknown),
            ]
        )
        // Remembered from the start of the fetch.
        let again = machine.keyRequested("c", ticket: 4, now: instant(30.9))
        #expect(again == [.answer(ticket: 4, .unknown)])
        let later = machine.keyRequested("c", ticket: 5, now: instant(31))
        #expect(later == [.beginFetch(.unknownKey)])
    }

    @Test
    func aRememberedIdThatIsPublishedMeanwhileIsKnown() {
        var machine = Self.holding(["a"])
        _ = machine.keyRequested("b", ticket: 1, now: instant(1))
        _ = machine.fetchSucceeded(["a"], now: moment(1.1))
        _ = machine.keyRequested("x", ticket: 2, now: instant(2))
        _ = machine.fetchSucceeded(["a", "b"], now: moment(2.1))
        let steps = machine.keyRequested("b", ticket: 3, now: instant(3))
        #expect(steps == [.answer(ticket: 3, .refreshed)])
    }

    @Test
    func nobodyWaitsLongerThanTwoSeconds() {
        var machine = Self.holding(["a"])
        _ = machine.keyRequested("b", ticket: 1, now: instant(10))
        _ = machine.keyRequested("c", ticket: 2, now: instant(11))
        #expect(machine.nextDeadline(now: instant(11)) == instant(12))
        #expect(machine.deadlinePassed(now: instant(11.999)).isEmpty)
        let first = machine.deadlinePassed(now: instant(12))
        #expect(first == [.answer(ticket: 1, .unknown)])
        #expect(machine.deadlinePassed(now: instant(13)) == [.answer(ticket: 2, .unknown)])
        // The fetch goes on for those who come later.
        #expect(machine.isFetching)
        #expect(machine.fetchSucceeded(["b"], now: moment(14)) == [.publish])
    }

    @Test
    func withoutASetTheAnswerIsToComeBack() {
        var machine = Self.fresh()
        _ = machine.deadlinePassed(now: instant(0))
        #expect(machine.keyRequested("a", ticket: 1, now: instant(0.5)).isEmpty)
        let steps = machine.deadlinePassed(now: instant(2.5))
        #expect(steps == [.answer(ticket: 1, .unavailable(retryAfterSeconds: 1))])
        _ = machine.fetchFailed(now: instant(5))
        guard case .answer(2, .unavailable(let wait)) = machine.fetchFailedRepeatedly(from: 5).last
        else {
            Issue.record("no answer")
            return
        }
        #expect((1...31).contains(wait))
    }

    @Test
    func aShortFailureIsWaitedOut() {
        var machine = Self.fresh()
        _ = machine.deadlinePassed(now: instant(0))
        _ = machine.keyRequested("a", ticket: 1, now: instant(0))
        #expect(machine.fetchFailed(now: instant(0.01)).isEmpty)
        let retry = machine.nextDeadline(now: instant(0.01)) ?? instant(99)
        #expect(seconds(retry) < 1.02)
        #expect(machine.deadlinePassed(now: retry) == [.beginFetch(.schedule)])
        let steps = machine.fetchSucceeded(["a"], now: moment(1.1))
        #expect(steps == [.publish, .answer(ticket: 1, .refreshed)])
    }

    @Test
    func aThousandWaitAndNoMore() {
        var machine = Self.holding(["a"])
        for ticket in 1...1_000 as ClosedRange<UInt64> {
            let steps = machine.keyRequested("b\(ticket)", ticket: ticket, now: instant(1))
            #expect(steps == (ticket == 1 ? [.beginFetch(.unknownKey)] : []))
        }
        let over = machine.keyRequested("z", ticket: 1_001, now: instant(1))
        #expect(over == [.answer(ticket: 1_001, .unknown)])
        let answers = machine.fetchFailed(now: instant(4))
        #expect(answers.count == 1_000)
        #expect(machine.waitingCount == 0)
    }

    @Test
    func stoppingAnswersEverybodyAndEndsAll() {
        var machine = Self.holding(["a"])
        _ = machine.keyRequested("b", ticket: 1, now: instant(1))
        let steps = machine.stopped()
        #expect(steps == [.answer(ticket: 1, .unavailable(retryAfterSeconds: 1))])
        #expect(machine.fetchSucceeded(["b"], now: moment(2)).isEmpty)
        #expect(machine.fetchFailed(now: instant(2)).isEmpty)
        #expect(machine.fetchFoundNothingNew(now: moment(2)).isEmpty)
        #expect(machine.deadlinePassed(now: instant(1_000_000)).isEmpty)
        #expect(machine.nextDeadline(now: instant(2)) == nil)
        let asked = machine.keyRequested("a", ticket: 2, now: instant(3))
        #expect(asked == [.answer(ticket: 2, .unavailable(retryAfterSeconds: 1))])
        #expect(machine.stopped().isEmpty)
    }

    @Test
    func endsOfFetchesThatNeverBeganMeanNothing() {
        var machine = Self.holding(["a"])
        #expect(machine.fetchSucceeded(["z"], now: moment(1)).isEmpty)
        #expect(machine.fetchFailed(now: instant(1)).isEmpty)
        #expect(machine.fetchFoundNothingNew(now: moment(1)).isEmpty)
        #expect(machine.held?.keys == ["a"])
        #expect(machine.failureCount == 0)
    }

    @Test
    func aRestoredSetServesWithItsAge() {
        var machine = Self.fresh()
        #expect(machine.restored(["a"], fetchedAt: moment(-3_600), now: instant(0)) == [.publish])
        #expect(machine.generation == 1)
        #expect(machine.nextDeadline(now: instant(0)) == instant(0))
        #expect(seconds(machine.heldUntil ?? instant(0)) == 82_800)
        // A second one, or one during a fetch, is not taken.
        #expect(machine.restored(["b"], fetchedAt: moment(0), now: instant(0)).isEmpty)

        var young = Self.fresh()
        _ = young.restored(["a"], fetchedAt: moment(-10), now: instant(0))
        #expect(seconds(young.nextDeadline(now: instant(0)) ?? instant(0)) > 200)

        var old = Self.fresh()
        #expect(old.restored(["a"], fetchedAt: moment(-86_400), now: instant(0)).isEmpty)
        #expect(old.held == nil)
        #expect(old.generation == 0)

        var busy = Self.fresh()
        _ = busy.deadlinePassed(now: instant(0))
        #expect(busy.restored(["a"], fetchedAt: moment(0), now: instant(0)).isEmpty)
    }

    @Test
    func aFileIsLookedAtEverySecondAndNeverTooOld() {
        var machine = Machine(rules: .watchedFile, seed: 1, now: instant(0))
        _ = machine.deadlinePassed(now: instant(0))
        #expect(machine.fetchSucceeded(["a"], now: moment(0)) == [.publish])
        var now = 0.0
        for _ in 0..<100 {
            now = machine.nextDeadline(now: instant(now)).map(seconds) ?? 0
            #expect(machine.deadlinePassed(now: instant(now)) == [.beginFetch(.schedule)])
            #expect(machine.fetchFoundNothingNew(now: moment(now)).isEmpty)
        }
        #expect((99...101).contains(now))
        #expect(machine.heldUntil == nil)
        #expect(machine.generation == 1)
        // Gone for a month: kept, and still looked for every second.
        _ = machine.deadlinePassed(now: instant(2_600_000))
        #expect(machine.fetchFailed(now: instant(2_600_000)).isEmpty)
        #expect(machine.held?.keys == ["a"])
        let next = machine.nextDeadline(now: instant(2_600_000)).map(seconds) ?? 0
        #expect(next <= 2_600_001)
    }

    @Test
    func nothingNewWithoutASetIsAFailure() {
        var machine = Machine(rules: .watchedFile, seed: 1, now: instant(0))
        _ = machine.deadlinePassed(now: instant(0))
        #expect(machine.fetchFoundNothingNew(now: moment(0)).isEmpty)
        #expect(machine.failureCount == 1)
        #expect(machine.held == nil)
    }
}

extension Machine {
    /// Fails until the wait is longer than anybody has patience for, then asks with ticket 2.
    fileprivate mutating func fetchFailedRepeatedly(from second: Double) -> [KeySetStep] {
        var now = second
        for _ in 0..<8 {
            now = nextDeadline(now: instant(now)).map(seconds) ?? now
            _ = deadlinePassed(now: instant(now))
            _ = fetchFailed(now: instant(now))
        }
        // Three fetches are in the bucket; without them the schedule is all there is.
        for ticket in 10..<13 as Range<UInt64> {
            _ = keyRequested("k\(ticket)", ticket: ticket, now: instant(now))
            if isFetching {
                _ = fetchFailed(now: instant(now))
            }
        }
        return keyRequested("a", ticket: 2, now: instant(now))
    }
}
