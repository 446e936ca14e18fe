import Bytes
import CLinux
import EventLoop
import Glibc
import Testing

/// The real kernel over loopback sockets.
@Suite
struct LinuxKernelTests {
    let kernel: LinuxKernel

    init() throws {
        kernel = try LinuxKernel()
    }

    @Test
    func clocksGoOn() {
        let first = kernel.monotonicNow()
        let second = kernel.monotonicNow()
        #expect(second >= first)
        // Later than the day these lines were written, earlier than the clock's own end.
        #expect(kernel.wallNow().secondsSince1970 > 1_700_000_000)
    }

    @Test
    func bytesGoBothWays() throws {
        let pair = try ConnectedPair(kernel)
        #expect(kernel.send(pair.near.descriptor, [1, 2, 3].span) == .bytes(3))
        var buffer = ByteBuffer(capacity: 4)
        try waitUntil(pair.far, .readable)
        #expect(pair.far.receive(into: &buffer, atMost: 100) == .bytes(3))
        #expect(buffer.bytes.copied() == [1, 2, 3])
        #expect(pair.far.send([4, 5].span, [6].span) == .bytes(3))
        buffer.clear()
        try waitUntil(pair.near, .readable)
        #expect(pair.near.receive(into: &buffer, atMost: 2) == .bytes(2))
        #expect(pair.near.receive(into: &buffer, atMost: 2) == .bytes(1))
        #expect(pair.near.receive(into: &buffer, atMost: 2) == .wouldBlock)
        #expect(buffer.bytes.copied() == [4, 5, 6])
    }

    @Test
    func nothingIsMovedWhereNothingIsAsked() throws {
        let pair = try ConnectedPair(kernel)
        var buffer = ByteBuffer(capacity: 4)
        let none: [UInt8] = []
        #expect(pair.near.send(none.span) == .bytes(0))
        #expect(pair.near.send(none.span, none.span) == .bytes(0))
        #expect(pair.near.send(none.span, [7].span) == .bytes(1))
        #expect(pair.near.send([8].span, none.span) == .bytes(1))
        try waitUntil(pair.far, .readable)
        #expect(pair.far.receive(into: &buffer, atMost: 0) == .bytes(0))
        #expect(pair.far.receive(into: &buffer, atMost: 1) == .bytes(1))
        try waitUntil(pair.far, .readable)
        #expect(pair.far.receive(into: &buffer, atMost: 9) == .bytes(1))
        #expect(buffer.bytes.copied() == [7, 8])
    }

    @Test
    func aHalfClosedConnectionStillCarriesTheOtherDirection() throws {
        let pair = try ConnectedPair(kernel)
        #expect(pair.near.send([9].span) == .bytes(1))
        pair.near.shutdownSending()
        var buffer = ByteBuffer(capacity: 4)
        try waitUntil(pair.far, .readable)
        #expect(pair.far.receive(into: &buffer, atMost: 4) == .bytes(1))
        try waitUntil(pair.far, .readable)
        #expect(pair.far.receive(into: &buffer, atMost: 4) == .endOfStream)
        #expect(pair.far.send([1].span) == .bytes(1))
        try waitUntil(pair.near, .readable)
        #expect(pair.near.receive(into: &buffer, atMost: 4) == .bytes(1))
    }

    @Test
    func writingToOneWhoHasGoneIsAFaultAndNoSignal() throws {
        let pair = try ConnectedPair(kernel)
        let near = pair.giveUpFar()
        var outcome = near.send([1].span)
        // The first write meets the peer's reset, one of the next ones learns of it.
        let end = kernel.monotonicNow() + longWait
        while kernel.monotonicNow() < end {
            if case .failed = outcome { break }
            outcome = near.send([1].span, [2].span)
            sched_yield()
        }
        guard case .failed(let fault) = outcome else {
            Issue.record("still writing: \(outcome)")
            return
        }
        #expect(fault.code == EPIPE || fault.code == ECONNRESET)
    }

    @Test
    func aFullSocketWouldBlock() throws {
        let pair = try ConnectedPair(kernel)
        let block = [UInt8](repeating: 1, count: 1 << 20)
        var sent = 0
        var outcome = pair.near.send(block.span)
        while case .bytes(let count) = outcome, sent < 1 << 30 {
            sent += count
            outcome = pair.near.send(block.span)
        }
        #expect(outcome == .wouldBlock)
        var received = 0
        try waitUntil(pair.far, .readable)
        var buffer = ByteBuffer(capacity: 1 << 20)
        while case .bytes(let count) = pair.far.receive(into: &buffer, atMost: 1 << 20) {
            received += count
            buffer.clear()
        }
        #expect(received > 0 && received <= sent)
    }

    @Test
    func refusedConnectionsSaySo() throws {
        let listener = try listener(on: "127.0.0.1:0")
        let address = try #require(kernel.localAddress(listener.descriptor))
        _ = consume listener
        switch kernel.connect(to: address) {
        case .connected(let descriptor):
            kernel.close(descriptor)
            Issue.record("connected to nobody")
        case .failed(let fault):
            #expect(fault.code == ECONNREFUSED)
        case .inProgress(let descriptor):
            let socket = Socket(descriptor: descriptor, kernel: kernel)
            try waitUntil(socket, .writable)
            #expect(kernel.connectFault(socket.descriptor)?.code == ECONNREFUSED)
            // Asked once, it is forgotten.
            #expect(kernel.connectFault(socket.descriptor) == nil)
        }
    }

    @Test(arguments: ["127.0.0.1:0", "[::1]:0"])
    func acceptedConnectionsAreReadyForALoop(address: String) throws {
        let pair = try ConnectedPair(kernel, on: address)
        for descriptor in [pair.near.descriptor, pair.far.descriptor] {
            #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
            #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
            var isUndelayed: Int32 = 0
            let answer = unsafe gatehouse_option(
                descriptor,
                Int32(IPPROTO_TCP),
                TCP_NODELAY,
                &isUndelayed
            )
            #expect(answer == 0 && isUndelayed != 0)
        }
        #expect(pair.peer.isLoopback)
        #expect(pair.peer == kernel.localAddress(pair.near.descriptor))
    }

    @Test
    func nobodyWaitsAtAQuietListener() throws {
        let listener = try listener(on: "127.0.0.1:0")
        #expect(kernel.accept(listener.descriptor) == .wouldBlock)
        #expect(!kernel.refuseOne(listener.descriptor))
    }

    @Test
    func aRefusedConnectionIsClosedUnseen() throws {
        let listener = try listener(on: "127.0.0.1:0")
        let address = try #require(kernel.localAddress(listener.descriptor))
        let client = try connected(to: address)
        try waitUntil(listener, .readable)
        #expect(kernel.refuseOne(listener.descriptor))
        try waitUntil(client, .readable)
        var buffer = ByteBuffer(capacity: 1)
        #expect(client.receive(into: &buffer, atMost: 1) == .endOfStream)
        #expect(kernel.accept(listener.descriptor) == .wouldBlock)
    }

    @Test
    func workersShareAPortAndOthersDoNot() throws {
        let first = try listener(on: "127.0.0.1:0", sharesPort: true)
        let address = try #require(kernel.localAddress(first.descriptor))
        let second = Socket(
            descriptor: try kernel.listen(on: address, backlog: 8, sharesPort: true),
            kernel: kernel
        )
        #expect(kernel.localAddress(second.descriptor) == address)
        let fault = #expect(throws: SystemFault.self) {
            _ = try kernel.listen(on: address, backlog: 8, sharesPort: false)
        }
        #expect(fault?.code == EADDRINUSE)
        #expect(fault?.call == "bind" || fault?.call == "listen")
    }

    @Test
    func anIPv6ListenerTakesNoIPv4() throws {
        let all = try listener(on: "[::]:0")
        let port = try #require(kernel.localAddress(all.descriptor)).port
        // The same port of IPv4 is still free, which it would not be for a dual-stack socket.
        let other = try listener(on: "127.0.0.1:\(port)")
        #expect(kernel.localAddress(other.descriptor)?.port == port)
    }

    @Test
    func listenersOfTheServiceManagerAreUsedInPlaceOfNewOnes() throws {
        let given = try listener(on: "127.0.0.1:0")
        let address = try #require(kernel.localAddress(given.descriptor))
        let adopting = try LinuxKernel(
            inherited: [InheritedListener(descriptor: given.descriptor, address: address)]
        )
        // Without sharing, a socket of our own could not be bound there.
        let descriptor = try adopting.listen(on: address, backlog: 8, sharesPort: false)
        let adopted = Socket(descriptor: descriptor, kernel: adopting)
        #expect(adopted.descriptor != given.descriptor)
        let client = try connected(to: address)
        try waitUntil(adopted, .readable)
        guard case .accepted(let accepted, let peer) = adopting.accept(adopted.descriptor) else {
            Issue.record("nobody was accepted")
            return
        }
        #expect(peer == kernel.localAddress(client.descriptor))
        adopting.close(accepted)
    }

    @Test
    func faultsNameTheirCall() {
        let fault = #expect(throws: SystemFault.self) {
            _ = try kernel.listen(
                on: SocketAddress(address: IPAddress(ipv4: 0xC000_0201), port: 0),
                backlog: 1,
                sharesPort: false
            )
        }
        #expect(fault == SystemFault(call: "bind", code: EADDRNOTAVAIL))
        #expect(
            fault?.description == "bind: Cannot assign requested address (EADDRNOTAVAIL)"
        )
        #expect(throws: SystemFault(call: "epoll_ctl", code: EBADF)) {
            try kernel.watch(99_999, .readable, userWord: 1)
        }
        kernel.unwatch(99_999)
        #expect(kernel.localAddress(99_999) == nil)
        #expect(kernel.connectFault(99_999)?.code == EBADF)
    }

    @Test
    func theWakeUpEndsAWaitAndIsNoEvent() throws {
        let wakeUp = try kernel.makeWakeUp()
        var events = [PollEvent(userWord: 1, readiness: .failed)]
        wakeUp.signal()
        wakeUp.signal()
        kernel.poll(into: &events, atMost: longWait)
        #expect(events.isEmpty)
        #expect(wakeUp.takeSignal())
        #expect(!wakeUp.takeSignal())
        // Drained: the next poll waits.
        kernel.poll(into: &events, atMost: .zero)
        #expect(!wakeUp.isSignalled)
        let sleeper = try startThread(name: "waker") { wakeUp.signal() }
        kernel.poll(into: &events, atMost: longWait)
        #expect(wakeUp.takeSignal())
        sleeper.join()
    }

    @Test
    func aPollTellsWhatHappenedToAConnection() throws {
        let pair = try ConnectedPair(kernel)
        var events: [PollEvent] = []
        try kernel.watch(pair.far.descriptor, [.readable, .writable], userWord: 42)
        kernel.poll(into: &events, atMost: .zero)
        #expect(events == [PollEvent(userWord: 42, readiness: .writable)])
        try kernel.rewatch(pair.far.descriptor, .readable, userWord: 43)
        #expect(pair.near.send([1].span) == .bytes(1))
        kernel.poll(into: &events, atMost: longWait)
        #expect(events == [PollEvent(userWord: 43, readiness: .readable)])
        // Half-closed: what was sent is still readable.
        pair.near.shutdownSending()
        #expect(isTold([.readable, .peerFinished]))
        var buffer = ByteBuffer(capacity: 4)
        #expect(pair.far.receive(into: &buffer, atMost: 4) == .bytes(1))
        // Both directions over, by our own doing.
        pair.far.shutdownSending()
        #expect(isTold([.readable, .peerFinished, .hungUp]))
        // Without interest, the end is told all the same, and nothing else.
        try kernel.rewatch(pair.far.descriptor, [], userWord: 44)
        kernel.poll(into: &events, atMost: longWait)
        #expect(events == [PollEvent(userWord: 44, readiness: .hungUp)])
        kernel.unwatch(pair.far.descriptor)
        kernel.poll(into: &events, atMost: .zero)
        #expect(events.isEmpty)
    }

    @Test
    func onePollTellsABoundedNumberOfEvents() throws {
        var pairs: [PairBox] = []
        for word in 0..<300 as Range<UInt64> {
            let pair = try ConnectedPair(kernel)
            try kernel.watch(pair.near.descriptor, .writable, userWord: word)
            pairs.append(PairBox(pair))
        }
        var events: [PollEvent] = []
        var seen: Set<UInt64> = []
        for _ in 0..<2 {
            kernel.poll(into: &events, atMost: .zero)
            #expect(events.count == 256)
            seen.formUnion(events.map(\.userWord))
        }
        // The system hands the others out first the next time.
        #expect(seen.count == 300)
        #expect(pairs.count == 300)
    }

    /// Polls until the one connection that is watched is told of so: what the peer did may take a
    /// moment to arrive, though it is on the same machine.
    private func isTold(_ readiness: Readiness) -> Bool {
        var events: [PollEvent] = []
        let end = kernel.monotonicNow() + longWait
        while events.first?.readiness != readiness, kernel.monotonicNow() < end {
            kernel.poll(into: &events, atMost: longWait)
        }
        return events.first?.readiness == readiness
    }

    private func listener(on text: String, sharesPort: Bool = false) throws -> Socket {
        try ConnectedPair.listener(kernel, on: text, sharesPort: sharesPort)
    }

    private func connected(to address: SocketAddress) throws -> Socket {
        try ConnectedPair.connected(kernel, to: address)
    }

    private func waitUntil(_ socket: borrowing Socket, _ interest: Interest) throws {
        try ConnectedPair.waitUntil(kernel, socket, interest)
    }
}

/// Longer than any wait that ends by itself, so that a fault fails the test rather than hangs it.
private let longWait = Timeout(.seconds(60))
