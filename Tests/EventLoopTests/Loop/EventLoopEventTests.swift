import EventLoop
import Testing

/// What a loop tells, driven by a scripted kernel.
@Suite
struct EventLoopEventTests {
    let kernel = ScriptedKernel()
    let loop: EventLoop

    init() throws {
        loop = try EventLoop(kernel: kernel)
    }

    @Test
    func eventsReachTheHandlerOfTheirDescriptor() throws {
        let first = Recorder()
        let second = Recorder()
        _ = try loop.register(first, descriptor: 10, interest: .readable)
        _ = try loop.register(second, descriptor: 11, interest: [.readable, .writable])
        kernel.announce(11, [.readable, .writable])
        loop.runTurn(waitingAtMost: .zero)
        #expect(first.entries.isEmpty)
        #expect(second.entries == [.ready([.readable, .writable])])
        #expect(loop.registrationCount == 2)
    }

    @Test
    func eventsOfADeregisteredHandlerAreDropped() throws {
        let handler = Recorder()
        let registration = try loop.register(handler, descriptor: 10, interest: .readable)
        kernel.announce(10, .readable)
        loop.deregister(registration)
        loop.runTurn(waitingAtMost: .zero)
        #expect(handler.entries.isEmpty)
        #expect(loop.registrationCount == 0)
        #expect(kernel.calls == [.watch(10, .readable), .unwatch(10)])
    }

    @Test
    func anEventPolledForTheFormerTenantDoesNotReachTheNewOne() throws {
        let killer = Recorder()
        let victim = Recorder()
        let tenant = Recorder()
        _ = try loop.register(killer, descriptor: 10, interest: .readable)
        let victimRegistration = try loop.register(victim, descriptor: 11, interest: .readable)
        let (loop, kernel) = (loop, kernel)
        killer.whenReady = { [unowned killer] _ in
            loop.deregister(victimRegistration)
            // The same descriptor number and the same slot, as after close and accept.
            #expect(throws: Never.self) {
                _ = try loop.register(tenant, descriptor: 11, interest: .readable)
            }
            killer.whenReady = nil
        }
        kernel.announce(10, .readable)
        kernel.announce(11, .readable)
        loop.runTurn(waitingAtMost: .zero)
        #expect(victim.entries.isEmpty)
        #expect(tenant.entries.isEmpty)
        kernel.announce(11, .readable)
        loop.runTurn(waitingAtMost: .zero)
        #expect(tenant.entries == [.ready(.readable)])
    }

    @Test
    func aHandlerMayDeregisterItselfWhileItIsTold() throws {
        let handler = Recorder()
        let registration = try loop.register(handler, descriptor: 10, interest: .readable)
        let loop = loop
        handler.whenReady = { _ in loop.deregister(registration) }
        kernel.announce(10, .readable)
        kernel.announce(10, .readable)
        loop.runTurn(waitingAtMost: .zero)
        #expect(handler.entries == [.ready(.readable)])
        #expect(loop.registrationCount == 0)
    }

    @Test
    func aHandlerIsLetGoWhenDeregistered() throws {
        var handler: Recorder? = Recorder()
        weak let witness = handler
        let registration = try loop.register(
            try #require(handler),
            descriptor: 10,
            interest: .readable
        )
        handler = nil
        #expect(witness != nil)
        loop.deregister(registration)
        #expect(witness == nil)
    }

    @Test
    func interestIsCheckedAgainAtDelivery() throws {
        let first = Recorder()
        let second = Recorder()
        _ = try loop.register(first, descriptor: 10, interest: .readable)
        let other = try loop.register(second, descriptor: 11, interest: [.readable, .writable])
        let loop = loop
        first.whenReady = { _ in loop.setInterest(.writable, for: other) }
        kernel.announce(10, .readable)
        kernel.announce(11, [.readable, .writable, .peerFinished])
        loop.runTurn(waitingAtMost: .zero)
        #expect(second.entries == [.ready(.writable)])
        #expect(loop.interest(of: other) == .writable)
    }

    @Test
    func changesOfInterestAreToldOnceBeforeTheNextPoll() throws {
        let handler = Recorder()
        let registration = try loop.register(handler, descriptor: 10, interest: .readable)
        loop.setInterest([], for: registration)
        loop.setInterest([.readable, .writable], for: registration)
        loop.setInterest(.writable, for: registration)
        #expect(kernel.calls == [.watch(10, .readable)])
        loop.runTurn(waitingAtMost: .zero)
        #expect(kernel.calls == [.watch(10, .readable), .rewatch(10, .writable)])
        loop.runTurn(waitingAtMost: .zero)
        #expect(kernel.calls.count == 2)
    }

    @Test
    func aChangeOfInterestDiesWithItsRegistration() throws {
        let handler = Recorder()
        let registration = try loop.register(handler, descriptor: 10, interest: .readable)
        loop.setInterest(.writable, for: registration)
        loop.deregister(registration)
        _ = try loop.register(handler, descriptor: 12, interest: .readable)
        loop.runTurn(waitingAtMost: .zero)
        #expect(kernel.calls == [.watch(10, .readable), .unwatch(10), .watch(12, .readable)])
    }

    @Test
    func aHangUpComesTogetherWithWhatIsReadable() throws {
        let handler = Recorder()
        _ = try loop.register(handler, descriptor: 10, interest: .readable)
        kernel.announce(10, [.readable, .peerFinished, .hungUp, .failed])
        loop.runTurn(waitingAtMost: .zero)
        #expect(handler.entries == [.ready([.readable, .peerFinished, .hungUp, .failed])])
    }

    @Test
    func halfCloseIsToldToReadersOnly() throws {
        let reader = Recorder()
        let writer = Recorder()
        _ = try loop.register(reader, descriptor: 10, interest: .readable)
        _ = try loop.register(writer, descriptor: 11, interest: .writable)
        kernel.announce(10, [.peerFinished])
        kernel.announce(11, [.peerFinished])
        loop.runTurn(waitingAtMost: .zero)
        #expect(reader.entries == [.ready(.peerFinished)])
        #expect(writer.entries.isEmpty)
    }

    @Test
    func theEndIsToldOnceToOneWithoutInterestAndThenSilenced() throws {
        let handler = Recorder()
        let registration = try loop.register(handler, descriptor: 10, interest: .readable)
        loop.setInterest([], for: registration)
        loop.runTurn(waitingAtMost: .zero)
        for _ in 0..<3 {
            kernel.announce(10, [.readable, .peerFinished, .hungUp])
            loop.runTurn(waitingAtMost: .zero)
        }
        #expect(handler.entries == [.ready(.hungUp)])
        #expect(kernel.watched[10] == nil)
        // Interested again, it is watched again, and what was left is readable.
        loop.setInterest(.readable, for: registration)
        loop.runTurn(waitingAtMost: .zero)
        #expect(kernel.calls.last == .watch(10, .readable))
        kernel.announce(10, [.readable, .hungUp])
        loop.runTurn(waitingAtMost: .zero)
        #expect(handler.entries == [.ready(.hungUp), .ready([.readable, .hungUp])])
        loop.deregister(registration)
        #expect(kernel.calls.last == .unwatch(10))
    }

    @Test
    func aSilencedDescriptorIsNotUnwatchedTwice() throws {
        let handler = Recorder()
        let registration = try loop.register(handler, descriptor: 10, interest: [])
        for _ in 0..<2 {
            kernel.announce(10, .failed)
            loop.runTurn(waitingAtMost: .zero)
        }
        loop.deregister(registration)
        #expect(kernel.calls == [.watch(10, []), .unwatch(10)])
        #expect(handler.entries == [.ready(.failed)])
    }

    @Test
    func aDescriptorThatCannotBeWatchedLeavesNoTrace() throws {
        let fault = SystemFault(call: "epoll_ctl", code: 1)
        kernel.watchFault = fault
        #expect(throws: fault) {
            _ = try loop.register(Recorder(), descriptor: 10, interest: .readable)
        }
        #expect(loop.registrationCount == 0)
        loop.runTurn(waitingAtMost: .zero)
    }

    @Test
    func aChangeThatTheKernelRefusesIsToldAsAFailure() throws {
        let handler = Recorder()
        let registration = try loop.register(handler, descriptor: 10, interest: .readable)
        loop.setInterest(.writable, for: registration)
        kernel.watchFault = SystemFault(call: "epoll_ctl", code: 2)
        let loop = loop
        handler.whenReady = { _ in loop.deregister(registration) }
        loop.runTurn(waitingAtMost: .zero)
        #expect(handler.entries == [.ready(.failed)])
        #expect(loop.registrationCount == 0)
    }

    @Test
    func staleRegistrationsAreIgnoredEverywhere() throws {
        let former = Recorder()
        let tenant = Recorder()
        let stale = try loop.register(former, descriptor: 10, interest: .readable)
        loop.deregister(stale)
        let current = try loop.register(tenant, descriptor: 11, interest: .readable)
        loop.setInterest([], for: stale)
        loop.setDeadline(kernel.time, for: stale)
        loop.deregister(stale)
        #expect(loop.interest(of: stale) == [])
        #expect(loop.deadline(of: stale) == nil)
        loop.runTurn(waitingAtMost: .zero)
        #expect(former.entries.isEmpty && tenant.entries.isEmpty)
        #expect(loop.interest(of: current) == .readable)
        #expect(loop.registrationCount == 1)
    }

    @Test
    func wordsThatNobodyWasGivenAreIgnored() throws {
        let handler = Recorder()
        _ = try loop.register(handler, descriptor: 10, interest: .readable)
        for word: UInt64 in [1, 7, 1 << 32, .max, .max - 1] {
            kernel.announce(userWord: word, .readable)
        }
        loop.runTurn(waitingAtMost: .zero)
        #expect(handler.entries.isEmpty)
    }

    @Test
    func whatIsAnnouncedIsToldInTheNextTurnWithoutAWait() throws {
        let handler = Recorder()
        let registration = try loop.register(handler, descriptor: 10, interest: .readable)
        let loop = loop
        handler.whenReady = { [unowned handler] _ in
            guard handler.entries.count < 3 else { return }
            loop.announce([.readable, .writable], for: registration)
        }
        kernel.announce(10, .readable)
        for turn in 1...3 {
            loop.runTurn(waitingAtMost: nil)
            #expect(handler.entries.count == turn)
        }
        #expect(handler.entries == [Recorder.Entry](repeating: .ready(.readable), count: 3))
        loop.runTurn(waitingAtMost: nil)
        #expect(handler.entries.count == 3)
        #expect(kernel.waits == [nil, .zero, .zero, nil])
    }

    @Test
    func anAnnouncementDiesWithItsRegistrationOrItsInterest() throws {
        let first = Recorder()
        let second = Recorder()
        let stale = try loop.register(first, descriptor: 10, interest: .readable)
        loop.announce(.readable, for: stale)
        loop.deregister(stale)
        loop.announce(.readable, for: stale)
        let current = try loop.register(second, descriptor: 10, interest: .readable)
        loop.announce(.readable, for: current)
        loop.setInterest([], for: current)
        loop.runTurn(waitingAtMost: nil)
        #expect(first.entries.isEmpty && second.entries.isEmpty)
    }

    @Test
    func aTimerRegistrationHasNoInterest() throws {
        let handler = Recorder()
        let registration = loop.register(timer: handler)
        loop.setInterest(.readable, for: registration)
        loop.runTurn(waitingAtMost: .zero)
        #expect(kernel.calls.isEmpty)
        #expect(loop.interest(of: registration) == [])
    }

    @Test
    func aFinishedLoopKeepsNobodyAlive() throws {
        var handler: Recorder? = Recorder()
        weak let witness = handler
        do {
            let handler = try #require(handler)
            _ = try loop.register(handler, descriptor: 10, interest: .readable)
            _ = loop.register(timer: handler)
            let box: Mailbox<Int> = try loop.makeMailbox(limit: 1, receiver: handler)
            #expect(box.post(1))
            loop.turnObserver = handler
        }
        handler = nil
        #expect(witness != nil)
        loop.deregisterAll()
        #expect(witness == nil)
        #expect(kernel.watched.isEmpty)
        loop.runTurn(waitingAtMost: .zero)
    }

    @Test
    func aTurnTellsEventsThenDeadlinesThenMailThenItsEnd() throws {
        let handler = Recorder()
        let registration = try loop.register(handler, descriptor: 10, interest: .readable)
        loop.turnObserver = handler
        let box: Mailbox<Int> = try loop.makeMailbox(limit: 4, receiver: handler)
        loop.setDeadline(kernel.time, for: registration)
        #expect(box.post(1))
        kernel.announce(10, .readable)
        loop.runTurn(waitingAtMost: nil)
        #expect(handler.entries == [.ready(.readable), .deadline, .mail, .turnEnded])
    }
}
