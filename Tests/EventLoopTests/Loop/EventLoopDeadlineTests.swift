import EventLoop
import Testing

/// Deadlines and clocks of a loop, in virtual time.
@Suite
struct EventLoopDeadlineTests {
    let kernel = ScriptedKernel()
    let loop: EventLoop

    init() throws {
        loop = try EventLoop(kernel: kernel)
    }

    @Test
    func aDeadlineIsToldInTimeAndOnce() {
        let handler = Recorder()
        let registration = loop.register(timer: handler)
        let deadline = kernel.time + Timeout(.seconds(10))
        loop.setDeadline(deadline, for: registration)
        #expect(loop.deadline(of: registration) == deadline)
        runTurns(atMost: 10) { handler.entries.isEmpty }
        #expect(handler.entries == [.deadline])
        #expect(loop.deadline(of: registration) == nil)
        #expect(loop.now >= deadline)
        #expect(loop.now.nanoseconds(since: deadline) <= 8_000_000)
        loop.runTurn(waitingAtMost: Timeout(.seconds(60)))
        #expect(handler.entries == [.deadline])
    }

    @Test
    func aDeadlineMovedLaterIsNotToldAtTheFormerTime() {
        let handler = Recorder()
        let registration = loop.register(timer: handler)
        let start = kernel.time
        loop.setDeadline(start + Timeout(.milliseconds(100)), for: registration)
        loop.setDeadline(start + Timeout(.milliseconds(300)), for: registration)
        while loop.now < start + Timeout(.milliseconds(290)) {
            loop.runTurn(waitingAtMost: Timeout(.milliseconds(10)))
            #expect(handler.entries.isEmpty)
        }
        loop.runTurn(waitingAtMost: Timeout(.milliseconds(18)))
        #expect(handler.entries == [.deadline])
    }

    @Test
    func aDeadlineMovedEarlierIsToldEarlier() {
        let handler = Recorder()
        let registration = loop.register(timer: handler)
        let start = kernel.time
        loop.setDeadline(start + Timeout(.seconds(3_600)), for: registration)
        loop.setDeadline(start + Timeout(.milliseconds(20)), for: registration)
        runTurns(atMost: 10) { handler.entries.isEmpty }
        #expect(loop.now.nanoseconds(since: start) <= 28_000_000)
    }

    @Test
    func anUnsetDeadlineIsNotTold() {
        let handler = Recorder()
        let registration = loop.register(timer: handler)
        loop.setDeadline(kernel.time + Timeout(.milliseconds(20)), for: registration)
        loop.setDeadline(nil, for: registration)
        loop.runTurn(waitingAtMost: Timeout(.seconds(1)))
        loop.runTurn(waitingAtMost: Timeout(.seconds(1)))
        #expect(handler.entries.isEmpty)
        #expect(loop.now.nanoseconds(since: kernel.time) == 0)
        #expect(kernel.waits.last == Timeout(.seconds(1)))
    }

    @Test
    func theSlotOfADeregisteredTimerTellsNothingToTheNext() {
        let former = Recorder()
        let tenant = Recorder()
        let stale = loop.register(timer: former)
        loop.setDeadline(kernel.time + Timeout(.milliseconds(5)), for: stale)
        loop.deregister(stale)
        let current = loop.register(timer: tenant)
        #expect(loop.deadline(of: current) == nil)
        loop.runTurn(waitingAtMost: Timeout(.seconds(1)))
        #expect(former.entries.isEmpty && tenant.entries.isEmpty)
    }

    @Test
    func aDeadlineSetForThePastByItsHandlerWaitsForTheNextTurn() {
        let handler = Recorder()
        let registration = loop.register(timer: handler)
        let (loop, kernel) = (loop, kernel)
        handler.whenDeadline = { loop.setDeadline(kernel.time, for: registration) }
        loop.setDeadline(kernel.time, for: registration)
        for turn in 1...3 {
            loop.runTurn(waitingAtMost: nil)
            #expect(handler.entries.count == turn)
        }
        #expect(kernel.waits.allSatisfy { $0 == .zero })
    }

    @Test
    func aTurnTellsABoundedNumberOfDeadlines() {
        let handler = Recorder()
        for _ in 0..<3_000 {
            loop.setDeadline(kernel.time, for: loop.register(timer: handler))
        }
        loop.runTurn(waitingAtMost: nil)
        #expect(handler.entries.count == 1_024)
        loop.runTurn(waitingAtMost: nil)
        loop.runTurn(waitingAtMost: nil)
        #expect(handler.entries.count == 3_000)
    }

    @Test
    func handlersMayDeregisterOthersThatAreDue() {
        let loop = loop
        var registrations: [Registration] = []
        let handler = Recorder()
        for _ in 0..<10 {
            let registration = loop.register(timer: handler)
            loop.setDeadline(kernel.time, for: registration)
            registrations.append(registration)
        }
        handler.whenDeadline = { registrations.forEach(loop.deregister) }
        loop.runTurn(waitingAtMost: nil)
        #expect(handler.entries == [.deadline])
        #expect(loop.registrationCount == 0)
    }

    @Test
    func theWaitIsTheShorterOfLimitAndDeadline() {
        let registration = loop.register(timer: Recorder())
        loop.runTurn(waitingAtMost: Timeout(.seconds(7)))
        #expect(kernel.waits == [Timeout(.seconds(7))])
        loop.setDeadline(kernel.time + Timeout(.seconds(3)), for: registration)
        loop.runTurn(waitingAtMost: Timeout(.milliseconds(1)))
        #expect(kernel.waits.last == Timeout(.milliseconds(1)))
        loop.runTurn(waitingAtMost: Timeout(.seconds(50)))
        let wait = kernel.waits.last ?? nil
        #expect(wait.map { $0 <= Timeout(.seconds(3)) } == true)
        loop.deregister(registration)
        kernel.announce(userWord: 99, .readable)
        loop.runTurn(waitingAtMost: nil)
        #expect(kernel.waits.last == .some(nil))
    }

    @Test
    func manyConnectionsThatKeepMovingTheirDeadlineCostFewRelinks() {
        // A hundred thousand keep-alive connections, each with a request a second and a deadline of
        // 75 s that moves with it. What is counted is virtual: turns that the deadlines cause.
        let handler = Recorder()
        let registrations = (0..<100_000).map { _ in loop.register(timer: handler) }
        let keepAlive = Timeout(.seconds(75))
        for second in 0..<3 {
            for registration in registrations {
                loop.setDeadline(loop.now + keepAlive, for: registration)
            }
            let end = kernel.time + Timeout(.seconds(1))
            let turnsBefore = kernel.waits.count
            runTurns(
                atMost: 10,
                waiting: { Timeout(nanoseconds: end.nanoseconds(since: loop.now)) },
                while: { loop.now < end }
            )
            #expect(kernel.waits.count - turnsBefore <= 2, "second \(second)")
        }
        #expect(handler.entries.isEmpty)
        // 98 turns' worth of deadlines, and the lists that are dealt out on the way.
        runTurns(atMost: 300) { handler.entries.count < 100_000 }
        #expect(loop.now.nanoseconds(since: Instant(nanoseconds: 3_000_000_000)) >= 75_000_000_000)
    }

    /// Runs turns while `condition` holds, and fails when it still does after `limit` of them.
    private func runTurns(
        atMost limit: Int,
        waiting: () -> Timeout? = { nil },
        while condition: () -> Bool
    ) {
        var count = 0
        while condition(), count < limit {
            loop.runTurn(waitingAtMost: waiting())
            count += 1
        }
        #expect(!condition(), "still so after \(count) turns")
    }

    @Test
    func theTimeOfDayFollowsTheTurnAndIsSetRightEverySecond() {
        let start = kernel.wall.nanosecondsSince1970
        #expect(loop.wallTime.nanosecondsSince1970 == start)
        // The system's clock is set back an hour, and ours finds out within a second.
        kernel.wall.nanosecondsSince1970 -= 3_600_000_000_000
        loop.runTurn(waitingAtMost: Timeout(.milliseconds(400)))
        #expect(loop.wallTime.nanosecondsSince1970 == start + 400_000_000)
        loop.runTurn(waitingAtMost: Timeout(.milliseconds(600)))
        #expect(loop.wallTime == kernel.wall)
        loop.runTurn(waitingAtMost: Timeout(.milliseconds(10)))
        #expect(
            loop.wallTime.nanosecondsSince1970 == kernel.wall.nanosecondsSince1970 + 10_000_000
        )
    }
}
