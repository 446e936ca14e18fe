import Bytes
import EventLoop
import Glibc

/// One of those outside of the gateway: a peer, an origin's connection, the control plane.
protocol SimulatedActor: AnyObject {
    /// Does what it can do now.
    ///
    /// - Returns: Whether it did anything.
    func act() -> Bool
    /// When it wants to act though nothing happens to it.
    var wakesAt: Int64? { get }
}

/// The likelihoods of what a kernel may do at any time, in percent.
struct KernelFaults {
    var shortRead = 0
    var shortWrite = 0
    var spuriousBlock = 0
    /// A poll that tells only some of what is ready.
    var partialPoll = 0
    var connectAtOnce = 0
}

/// A system of which everything is pretended: sockets in memory, a clock that goes on by waiting,
/// and faults by seed.
///
/// It also watches the gateway: descriptors are used only while they are open.
final class SimulatedKernel: Kernel {
    let time = SimulatedTime()
    let wakeUp = WakeUp()
    var random: SeededGenerator
    var faults: KernelFaults
    var actors: [any SimulatedActor] = []
    /// What a connection to an address comes to.
    var dial: (SocketAddress) -> DialOutcome = { _ in .unreachable }
    /// Descriptors that there may be.
    var descriptorCountMax = 1 << 20
    /// Bytes that each direction of a peer's connection holds.
    var window = 1 << 16
    var latency: Int64 = 0
    /// How far the clock of the day has been set, by the moment.
    var wallOffset: (Int64) -> Int64 = { _ in 0 }
    /// What the gateway has done that no program may do.
    var violations: [String] = []
    /// Told what the gateway does, to look into a run.
    var trace: ((String) -> Void)?
    /// Whether nobody will ever do anything again.
    private(set) var isIdle = false
    private(set) var pollCount = 0
    private var links: [Link] = []
    private var entries: [Int32: Entry] = [:]
    private var idlePollCount = 0

    /// What comes of dialling an origin.
    enum DialOutcome {
        case accepted(after: Int64, window: Int, (LinkEnd) -> Void)
        case refused(after: Int64)
        case silent
        case unreachable
    }

    private struct Entry {
        var kind: Kind
        var watched: (interest: Interest, userWord: UInt64)?
    }

    private enum Kind {
        case listener(Listener)
        case connecting(Connecting)
        case stream(LinkEnd)
    }

    final class Listener {
        let address: SocketAddress
        var waiting: [(LinkEnd, SocketAddress)] = []

        init(_ address: SocketAddress) {
            self.address = address
        }
    }

    private struct Connecting {
        var decidedAt: Int64
        var outcome: DialOutcome
    }

    init(seed: UInt64, faults: KernelFaults) {
        random = SeededGenerator(seed: seed)
        self.faults = faults
    }

    /// Open descriptors that are not listeners.
    var streamCount: Int {
        entries.values.count {
            if case .listener = $0.kind { false } else { true }
        }
    }

    /// All open descriptors.
    var descriptorCount: Int { entries.count }

    // The outside.

    /// A peer connects to a listener of the gateway.
    func connectPeer(to address: SocketAddress, from peer: SocketAddress) -> LinkEnd? {
        for entry in entries.values {
            guard case .listener(let listener) = entry.kind, listener.address == address else {
                continue
            }
            let link = Link(time: time, windows: [window, window], latency: latency)
            links.append(link)
            listener.waiting.append((LinkEnd(link: link, side: 1), peer))
            return LinkEnd(link: link, side: 0)
        }
        return nil
    }

    // Time and readiness.

    func monotonicNow() -> Instant { Instant(nanoseconds: time.now) }

    func wallNow() -> WallTime {
        let offset = wallOffset(time.now)
        return WallTime(nanosecondsSince1970: 1_700_000_000_000_000_000 + time.now + offset)
    }

    func poll(into events: inout [PollEvent], atMost limit: Timeout?) {
        events.removeAll(keepingCapacity: true)
        pollCount += 1
        isIdle = false
        let begin = time.now
        let deadline = limit.map { (Instant(nanoseconds: begin) + $0).nanoseconds }
        for _ in 0..<100_000 {
            runActors()
            collect(into: &events)
            if !events.isEmpty || wakeUp.isSignalled {
                trace?(
                    "\(time.now / 1000) turn \(events.map { "\($0.userWord & 0xFFFF):\($0.readiness.rawValue)" })"
                )
                return noteBusyTurn()
            }
            guard let next = [deadline, nextHappening()].compactMap(\.self).min() else {
                isIdle = true
                return
            }
            if let deadline, next >= deadline {
                time.now = max(time.now, deadline)
                return
            }
            time.now = max(time.now + 1, next)
        }
        violations.append("the outside spins")
    }

    /// A turn takes a little time; so many of them in a row without any waiting are a spin.
    private func noteBusyTurn() {
        time.now += Int64(random.number(500...5_000))
        idlePollCount += 1
        if idlePollCount == 5_000 {
            violations.append("the gateway spins")
        }
    }

    private func noteWork() {
        idlePollCount = 0
    }

    private func runActors() {
        for _ in 0..<200 {
            for link in links {
                link.deliver()
            }
            var hasActed = false
            for actor in actors where actor.act() {
                hasActed = true
            }
            if !hasActed { break }
        }
        links.removeAll { $0.isClosed[0] && $0.isClosed[1] }
    }

    private func nextHappening() -> Int64? {
        var next: Int64?
        for link in links {
            if let arrival = link.nextArrival {
                next = min(next ?? .max, arrival)
            }
        }
        for actor in actors {
            if let moment = actor.wakesAt {
                next = min(next ?? .max, moment)
            }
        }
        for entry in entries.values {
            if case .connecting(let connecting) = entry.kind, connecting.decidedAt > time.now,
                connecting.decidedAt < .max
            {
                next = min(next ?? .max, connecting.decidedAt)
            }
        }
        return next
    }

    private func collect(into events: inout [PollEvent]) {
        for descriptor in entries.keys.sorted() {
            decide(descriptor)
            guard let entry = entries[descriptor], let watched = entry.watched else { continue }
            let readiness = readiness(of: entry.kind).intersection(tellable(watched.interest))
            if !readiness.isEmpty {
                events.append(PollEvent(userWord: watched.userWord, readiness: readiness))
            }
        }
        events.shuffle(using: &random)
        if events.count > 1, random.happens(faults.partialPoll) {
            events.removeLast(random.number(0...(events.count - 1)))
        }
    }

    private func tellable(_ interest: Interest) -> Readiness {
        var tellable: Readiness = [.hungUp, .failed]
        if interest.contains(.readable) {
            tellable.formUnion([.readable, .peerFinished])
        }
        if interest.contains(.writable) {
            tellable.formUnion(.writable)
        }
        return tellable
    }

    /// Turns a connection that was being made into what it has become.
    private func decide(_ descriptor: Int32) {
        guard case .connecting(let connecting)? = entries[descriptor]?.kind,
            connecting.decidedAt <= time.now
        else { return }
        if case .accepted(_, let window, let accept) = connecting.outcome {
            let link = Link(time: time, windows: [window, window], latency: latency)
            links.append(link)
            entries[descriptor]?.kind = .stream(LinkEnd(link: link, side: 0))
            accept(LinkEnd(link: link, side: 1))
        }
    }

    private func readiness(of kind: Kind) -> Readiness {
        switch kind {
        case .listener(let listener): return listener.waiting.isEmpty ? [] : .readable
        case .connecting(let connecting):
            return connecting.decidedAt <= time.now
                ? [.readable, .writable, .hungUp, .failed] : []
        case .stream(let end):
            var readiness: Readiness = []
            if end.isReadable { readiness.insert(.readable) }
            if end.isPeerFinished { readiness.insert(.peerFinished) }
            if end.room.map({ $0 > 0 }) ?? true { readiness.insert(.writable) }
            if end.link.isReset[end.side] { readiness.formUnion([.hungUp, .failed]) }
            if end.isPeerFinished, end.link.isFinished[end.side] { readiness.insert(.hungUp) }
            return readiness
        }
    }

    func watch(_ descriptor: Int32, _ interest: Interest, userWord: UInt64) throws(SystemFault) {
        if entries[descriptor]?.watched != nil {
            violations.append("descriptor \(descriptor) is watched twice")
        }
        try rewatch(descriptor, interest, userWord: userWord)
    }

    func rewatch(_ descriptor: Int32, _ interest: Interest, userWord: UInt64) throws(SystemFault) {
        guard entries[descriptor] != nil else {
            violations.append("descriptor \(descriptor) is watched and not open")
            throw SystemFault(call: "epoll_ctl", code: EBADF)
        }
        trace?("\(time.now / 1000) watch \(descriptor) \(interest.rawValue)")
        entries[descriptor]?.watched = (interest, userWord)
    }

    func unwatch(_ descriptor: Int32) {
        entries[descriptor]?.watched = nil
    }

    // Transfer.

    private func end(_ descriptor: Int32, _ call: String) -> LinkEnd? {
        guard case .stream(let end)? = entries[descriptor]?.kind else {
            violations.append("\(call) on descriptor \(descriptor), which is no open stream")
            return nil
        }
        return end
    }

    func receive(
        _ descriptor: Int32,
        into buffer: inout ByteBuffer,
        atMost limit: Int
    ) -> IOOutcome {
        guard let end = end(descriptor, "receive") else {
            return .failed(SystemFault(call: "recv", code: EBADF))
        }
        if random.happens(faults.spuriousBlock) { return .wouldBlock }
        defer { trace?("\(time.now / 1000) receive \(descriptor): \(buffer.count)") }
        let most = random.happens(faults.shortRead) ? min(limit, random.number(1...90)) : limit
        switch end.read(atMost: most) {
        case .bytes(let bytes):
            noteWork()
            buffer.append(bytes.span)
            return .bytes(bytes.count)
        case .ended:
            noteWork()
            return .endOfStream
        case .nothing: return .wouldBlock
        case .reset: return .failed(SystemFault(call: "recv", code: ECONNRESET))
        }
    }

    func send(_ descriptor: Int32, _ bytes: Span<UInt8>) -> IOOutcome {
        guard let end = end(descriptor, "send") else {
            return .failed(SystemFault(call: "send", code: EBADF))
        }
        if end.link.isFinished[end.side] {
            violations.append("send after the end on descriptor \(descriptor)")
        }
        guard let room = end.room else { return .failed(SystemFault(call: "send", code: EPIPE)) }
        if room == 0 || random.happens(faults.spuriousBlock) { return .wouldBlock }
        let most = random.happens(faults.shortWrite) ? random.number(1...90) : bytes.count
        let count = min(room, most, bytes.count)
        noteWork()
        trace?("\(time.now / 1000) send \(descriptor): \(count) of \(bytes.count)")
        end.write(bytes.extracting(0..<count).copied())
        return .bytes(count)
    }

    func send(_ descriptor: Int32, _ first: Span<UInt8>, _ second: Span<UInt8>) -> IOOutcome {
        var both = first.copied()
        both.append(second)
        return send(descriptor, both.span)
    }

    // Sockets.

    private func open(_ kind: Kind) -> Int32 {
        var descriptor: Int32 = 3
        while entries[descriptor] != nil {
            descriptor += 1
        }
        trace?("\(time.now / 1000) open \(descriptor)")
        entries[descriptor] = Entry(kind: kind, watched: nil)
        return descriptor
    }

    func listen(
        on address: SocketAddress,
        backlog: Int,
        sharesPort: Bool
    ) throws(SystemFault)
        -> Int32
    {
        open(.listener(Listener(address)))
    }

    func accept(_ descriptor: Int32) -> AcceptOutcome {
        guard case .listener(let listener)? = entries[descriptor]?.kind else {
            violations.append("accept on descriptor \(descriptor), which is no listener")
            return .failed(SystemFault(call: "accept4", code: EBADF))
        }
        guard !listener.waiting.isEmpty else { return .wouldBlock }
        guard entries.count < descriptorCountMax else { return .outOfDescriptors }
        let (end, peer) = listener.waiting.removeFirst()
        return .accepted(descriptor: open(.stream(end)), peer: peer)
    }

    func refuseOne(_ descriptor: Int32) -> Bool {
        guard case .listener(let listener)? = entries[descriptor]?.kind,
            !listener.waiting.isEmpty
        else { return false }
        listener.waiting.removeFirst().0.reset()
        return true
    }

    func connect(to address: SocketAddress) -> ConnectOutcome {
        guard entries.count < descriptorCountMax else {
            return .failed(SystemFault(call: "socket", code: EMFILE))
        }
        let outcome = dial(address)
        switch outcome {
        case .unreachable: return .failed(SystemFault(call: "connect", code: ENETUNREACH))
        case .accepted(let delay, let window, let accept):
            if random.happens(faults.connectAtOnce) {
                let link = Link(time: time, windows: [window, window], latency: latency)
                links.append(link)
                accept(LinkEnd(link: link, side: 1))
                return .connected(open(.stream(LinkEnd(link: link, side: 0))))
            }
            return begin(outcome, decidedAt: time.now + delay)
        case .refused(let delay): return begin(outcome, decidedAt: time.now + delay)
        case .silent: return begin(outcome, decidedAt: .max)
        }
    }

    private func begin(_ outcome: DialOutcome, decidedAt: Int64) -> ConnectOutcome {
        .inProgress(open(.connecting(Connecting(decidedAt: decidedAt, outcome: outcome))))
    }

    func connectFault(_ descriptor: Int32) -> SystemFault? {
        switch entries[descriptor]?.kind {
        case .connecting(let connecting):
            return connecting.decidedAt <= time.now
                ? SystemFault(call: "connect", code: ECONNREFUSED) : nil
        case .stream(let end):
            return end.link.isReset[end.side]
                ? SystemFault(call: "connect", code: ECONNRESET) : nil
        case .listener, nil:
            violations.append("connectFault on descriptor \(descriptor)")
            return nil
        }
    }

    func shutdownSending(_ descriptor: Int32) {
        switch entries[descriptor]?.kind {
        case .stream(let end):
            trace?("\(time.now / 1000) shutdown \(descriptor)")
            end.finish()
        case .connecting: break
        case .listener, nil: violations.append("shutdown on descriptor \(descriptor)")
        }
    }

    func close(_ descriptor: Int32) {
        trace?("\(time.now / 1000) close \(descriptor)")
        guard let entry = entries.removeValue(forKey: descriptor) else {
            violations.append("descriptor \(descriptor) is closed twice")
            return
        }
        if entry.watched != nil {
            violations.append("descriptor \(descriptor) is closed while it is watched")
        }
        switch entry.kind {
        case .stream(let end): end.close()
        case .connecting: break
        case .listener(let listener):
            for (end, _) in listener.waiting {
                end.reset()
            }
        }
    }

    func localAddress(_ descriptor: Int32) -> SocketAddress? { nil }

    func makeWakeUp() throws(SystemFault) -> WakeUp { wakeUp }
}
