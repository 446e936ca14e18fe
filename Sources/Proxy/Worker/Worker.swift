public import Access
import Configuration
public import EventLoop
import HTTP
import JOSE
import Telemetry

/// One thread's share of the data plane: a loop, listeners, connections, upstream pools and a token
/// cache of its own.
///
/// Nothing is shared with other workers but snapshots and counters.
public final class Worker: TurnObserver, MailReceiver {
    let loop: EventLoop
    let index: Int
    private(set) var snapshot: Snapshot
    var upstreams = UpstreamTable()
    let cache: VerifiedTokenCache
    let verifier = TokenSignatureVerifier()
    let revocations: RevocationSet
    private var budget: VerificationBudget?
    private(set) var log: AccessLogSink?
    private var accessLog: AccessLog?
    private(set) var metrics: WorkerMetrics
    private let desk: any ErrandDesk
    private let reporter: any WorkerReporter
    private var mailbox: Mailbox<WorkerMessage>?
    private var mail: [WorkerMessage] = []

    var buffers = BufferPool()
    var requestIDs = RequestIDs()
    /// Bytes in the making, empty between two uses.
    private var scratch: [UInt8] = []
    /// The `Date` field of ``dateSecond``.
    private var date: [UInt8] = []
    private var dateSecond: Int64 = 0

    private var acceptors: [Acceptor] = []
    private(set) var connections: [any PeerConnection] = []
    private var connectionCountMax: Int
    private var freeExchanges: [Exchange] = []
    /// Streams kept for reuse, each with its place on the loop.
    private(set) var freeHTTP2Streams: [HTTP2Stream] = []
    /// The fields of an HTTP/2 head in the making, empty between two uses.
    private var fieldList = HTTP2FieldList()
    /// The connection whose streams hold as much as one write sends, within a turn.
    var filledConnection: HTTP2Connection?
    private(set) var errands: [UInt64: Exchange] = [:]
    /// The exchanges that wait for the authorization server.
    private(set) var consultations: [UInt64: Exchange] = [:]
    private var nextTicket: UInt64 = 0
    /// The exchanges whose end only their token's could be.
    var streams: [Exchange] = []
    /// When ``streams`` is to be looked through: one may have to end.
    var streamsDueAt: Instant?
    let streamAlarm: Alarm
    private var runnable: [any Runnable] = []
    private var flushable: [any TurnFlushing] = []
    private(set) var isDraining = false
    private var drainTimer: DrainTimer?
    private let alarm: Alarm

    /// Exchanges that wait for the control plane, all issuers together: a thousand for each of a
    /// few, and beyond it a refusal costs less than the memory.
    private static let errandCountMax = 4096
    /// Exchanges that wait for the authorization server: as many as it answers in a few seconds.
    ///
    /// Counted by themselves, so that a storm of sign-ins leaves the questions for keys their room. At
    /// 64 KiB of body each they hold 64 MiB at most.
    private static let consultationCountMax = 1024
    /// Bytes of remembered tokens, with their claims: enough for the default of ten thousand tokens
    /// of 800 bytes.
    private static let cacheByteCountMax = 32 << 20
    /// Client addresses with a budget of their own.
    private static let budgetAddressCountMax = 8192
    /// Exchanges kept for reuse.
    private static let freeExchangeCountMax = 256

    /// Makes a worker on a loop that was made in the same thread.
    public init(
        index: Int,
        loop: EventLoop,
        snapshot: Snapshot,
        equipment: WorkerEquipment,
        desk: any ErrandDesk,
        reporter: any WorkerReporter,
        revocations: RevocationLog
    ) throws(SystemFault) {
        self.index = index
        self.loop = loop
        self.snapshot = snapshot
        accessLog = equipment.log
        log = equipment.log?.makeSink()
        metrics = equipment.metrics
        self.desk = desk
        self.reporter = reporter
        self.revocations = RevocationSet(revocations)
        let limits = snapshot.settings.limits
        cache = VerifiedTokenCache(
            countMax: limits.verdictCacheCount,
            byteCountMax: Self.cacheByteCountMax
        )
        connectionCountMax = max(1, limits.connectionCount / snapshot.settings.workerCount)
        budget = Self.makeBudget(snapshot, now: loop.now)
        upstreams.adopt(snapshot, equipment.targets, worker: index)
        alarm = Alarm(loop)
        streamAlarm = Alarm(loop)
        countHealth(equipment.targets)
        loop.turnObserver = self
        mailbox = try loop.makeMailbox(limit: Self.mailCountMax, receiver: self)
    }

    /// Messages of the control plane that may wait: it posts a few for each change, and an answer for
    /// each errand.
    private static let mailCountMax = 16_384

    /// Where the control plane posts to.
    public var inbox: Mailbox<WorkerMessage>? { mailbox }

    /// Listens on an address, with a descriptor that was made for it.
    public func listen(on address: SocketAddress, descriptor: Int32) throws(SystemFault) {
        acceptors.append(try Acceptor(address, descriptor: descriptor, worker: self))
    }

    /// Runs until it is told to stop, or has drained.
    public func run() {
        loop.run()
    }

    /// The present second since 1970.
    var now: Int64 { loop.wallTime.secondsSince1970 }

    /// Takes what the control plane has posted.
    public func mailArrived() {
        mailbox?.takeAll(into: &mail)
        // Taken out first: a message may lead to another.
        let messages = mail
        mail.removeAll(keepingCapacity: true)
        for message in messages {
            receive(message)
        }
    }

    private func receive(_ message: WorkerMessage) {
        switch message {
        case .answered(let ticket, let answer):
            guard
                let exchange = errands.removeValue(forKey: ticket)
                    ?? consultations.removeValue(forKey: ticket)
            else { return }
            exchange.verdictArrived(answer)
        case .drain(let time): drain(within: time)
        case .revoked: catchUpOnRevocations()
        case .snapshot(let snapshot, let equipment): adopt(snapshot, equipment)
        case .stop: stop()
        case .targets(let upstream, let states):
            upstreams.update(upstream, states)
            let place = snapshot.settings.upstreams.firstIndex { $0.name == upstream }
            if let place {
                countHealth(upstream: place, states)
            }
        }
    }

    private func adopt(_ snapshot: Snapshot, _ equipment: WorkerEquipment?) {
        self.snapshot = snapshot
        if let equipment {
            metrics = equipment.metrics
            if equipment.log !== accessLog {
                log?.flush()
                accessLog = equipment.log
                log = equipment.log?.makeSink()
            }
            budget = Self.makeBudget(snapshot, now: loop.now)
            adoptListeners(snapshot)
            for connection in connections {
                connection.settingsChanged()
            }
            connectionCountMax = max(
                1,
                snapshot.settings.limits.connectionCount / snapshot.settings.workerCount
            )
            upstreams.adopt(snapshot, equipment.targets, worker: index)
            countHealth(equipment.targets)
        }
    }

    /// Closes the listeners that are gone, and opens the new ones.
    ///
    /// One that stays is not touched, so that nobody who is connecting is turned away.
    private func adoptListeners(_ snapshot: Snapshot) {
        let addresses = snapshot.settings.listeners.map(\.address)
        acceptors.removeAll { acceptor in
            guard !addresses.contains(acceptor.address) else { return false }
            acceptor.close()
            return true
        }
        for address in addresses where !acceptors.contains(where: { $0.address == address }) {
            do throws(SystemFault) {
                let descriptor = try loop.kernel.listen(
                    on: address,
                    backlog: Self.backlog,
                    sharesPort: true
                )
                try listen(on: address, descriptor: descriptor)
            } catch {
                reporter.listenFailed(address, error)
            }
        }
    }

    /// Peers that may wait to be accepted: what the kernel allows by default.
    public static let backlog = 4096

    private func countHealth(_ targets: [[TargetState]]) {
        for (upstream, states) in targets.enumerated() {
            countHealth(upstream: upstream, states)
        }
    }

    private func countHealth(upstream: Int, _ states: [TargetState]) {
        for server in snapshot.settings.upstreams[upstream].servers.indices {
            metrics.setUpstreamServer(
                upstream: upstream,
                server: server,
                isHealthy: states.contains { $0.server == server && $0.isHealthy }
            )
        }
    }

    /// Goes on with what was put off, and hands log lines over.
    public func turnEnded() {
        if areStreamsDue {
            endStreams()
        }
        if !runnable.isEmpty {
            let works = runnable
            runnable.removeAll(keepingCapacity: true)
            for work in works {
                work.isRunnable = false
                work.advance()
            }
        }
        flushAll()
        if let log {
            log.turnEnded(nowNanoseconds: loop.now.nanoseconds)
            alarm.ring(at: log.dueNanoseconds.map(Instant.init(nanoseconds:)))
        }
        if !runnable.isEmpty {
            loop.skipNextWait()
        }
        if isDraining, connections.isEmpty {
            stop()
        }
    }

    /// Has work go on in the next turn, after the others'.
    func runLater(_ work: any Runnable) {
        guard !work.isRunnable else { return }
        work.isRunnable = true
        runnable.append(work)
        loop.skipNextWait()
    }

    /// Has a connection send at the end of this turn.
    func flushLater(_ connection: any TurnFlushing) {
        guard !connection.isFlushScheduled else { return }
        connection.isFlushScheduled = true
        flushable.append(connection)
    }

    /// Sends what the event at hand has brought, where it is much.
    func sendGathered() {
        guard let connection = filledConnection else { return }
        filledConnection = nil
        connection.sendGathered()
    }

    /// Sends what the turn has left with connections of many streams.
    ///
    /// What one sends may leave something with another, which then has its turn too: each comes once
    /// more only when an exchange has moved on, and exchanges move within budgets.
    private func flushAll() {
        var position = 0
        while position < flushable.count {
            let connection = flushable[position]
            position += 1
            connection.isFlushScheduled = false
            connection.flushAtTurnEnd()
        }
        flushable.removeAll(keepingCapacity: true)
        filledConnection = nil
    }
}

extension Worker {
    /// Whether one more peer may be taken.
    var hasRoomForConnection: Bool { connections.count < connectionCountMax }

    /// Whether the memory of idle connections counts more than the cost of giving it back: beyond
    /// 128, whose TLS buffers are 4 MiB.
    var hasManyConnections: Bool { connections.count > 128 }

    func add(_ connection: any PeerConnection) {
        connection.place = connections.count
        connections.append(connection)
        metrics.connectionAccepted()
    }

    /// Puts the connection that a negotiation has led to in its place.
    func replace(_ negotiation: Negotiation, with connection: any PeerConnection) {
        connection.place = negotiation.place
        connections[negotiation.place] = connection
    }

    func remove(_ connection: any PeerConnection) {
        let place = connection.place
        guard place < connections.count, connections[place] === connection else { return }
        let last = connections.removeLast()
        if last !== connection {
            connections[place] = last
            last.place = place
        }
        metrics.connectionClosed()
    }

    func takeExchange() -> Exchange {
        freeExchanges.popLast() ?? Exchange(worker: self)
    }

    func giveBack(_ exchange: Exchange) {
        exchange.reset()
        guard freeExchanges.count < Self.freeExchangeCountMax else { return }
        freeExchanges.append(exchange)
    }

    func takeHTTP2Stream() -> HTTP2Stream {
        freeHTTP2Streams.popLast() ?? HTTP2Stream(worker: self)
    }

    /// Keeps a stream that has ended for the next one.
    func giveBack(_ stream: HTTP2Stream) {
        guard freeHTTP2Streams.count < Self.freeExchangeCountMax else { return stream.retire() }
        freeHTTP2Streams.append(stream)
    }

    /// Lends a list for the fields of one head: empty, with memory from earlier uses.
    ///
    /// Not to be asked for again within.
    func withFieldList(_ body: (inout HTTP2FieldList) -> Void) {
        var list = HTTP2FieldList()
        swap(&list, &fieldList)
        body(&list)
        list.removeAll()
        swap(&list, &fieldList)
    }

    /// Files an exchange under a ticket and asks the control plane.
    ///
    /// - Returns: The ticket, or `nil` where too many wait already.
    func file(_ exchange: Exchange, _ question: Errand.Question) -> UInt64? {
        var isConsultation = false
        if case .respond = question {
            isConsultation = true
        }
        let hasRoom =
            isConsultation
            ? consultations.count < Self.consultationCountMax
            : errands.count < Self.errandCountMax
        guard hasRoom else { return nil }
        nextTicket += 1
        let errand = Errand(worker: index, ticket: nextTicket, question: question)
        guard desk.post(errand) else { return nil }
        if isConsultation {
            consultations[nextTicket] = exchange
        } else {
            errands[nextTicket] = exchange
        }
        return nextTicket
    }

    /// Takes a question back: its answer will be for nobody.
    func withdraw(_ ticket: UInt64) {
        if errands.removeValue(forKey: ticket) == nil {
            consultations[ticket] = nil
        }
    }

    /// Refuses an address whose failed signature checks have used up its budget.
    func checkBudget(of client: IPAddress) throws(Refusal) {
        guard let budget, !budget.allows(client, at: loop.now) else { return }
        throw Refusal(.verificationBudgetExhausted)
    }

    /// Charges an address for a signature that was not the key's.
    func signatureFailed(_ client: IPAddress) {
        budget?.charge(client, at: loop.now)
    }

    private static func makeBudget(_ snapshot: Snapshot, now: Instant) -> VerificationBudget? {
        snapshot.settings.signatureFailureBudget.map {
            VerificationBudget(
                $0,
                workerCount: snapshot.settings.workerCount,
                addressCountMax: budgetAddressCountMax,
                now: now
            )
        }
    }

    /// The value of a `Date` field, made once a second.
    func withDate(_ body: (Span<UInt8>) -> Void) {
        let now = now
        if now != dateSecond {
            dateSecond = now
            var value: [UInt8] = []
            HTTPDate.append(secondsSince1970: now, to: &value)
            date = value
        }
        let value = date
        body(value.span)
    }

    /// Lends bytes in the making: empty, with memory from earlier uses.
    ///
    /// Not to be asked for again within.
    func withScratch<Result>(_ body: (inout [UInt8]) -> Result) -> Result {
        var text: [UInt8] = []
        swap(&text, &scratch)
        defer {
            text.removeAll(keepingCapacity: true)
            swap(&text, &scratch)
        }
        return body(&text)
    }

    func handshakeFailed(_ peer: SocketAddress, _ detail: String) {
        metrics.handshakeEnded(.failed)
        reporter.handshakeFailed(peer, detail)
    }

    func reportOutOfDescriptors() {
        reporter.outOfDescriptors()
    }

    private func drain(within time: Timeout) {
        guard !isDraining else { return }
        isDraining = true
        for acceptor in acceptors {
            acceptor.close()
        }
        acceptors.removeAll()
        for connection in connections {
            connection.drain()
        }
        upstreams.retire()
        drainTimer = DrainTimer(self, at: loop.now + time)
    }

    /// Ends at once: what still runs is cut.
    func stop() {
        for acceptor in acceptors {
            acceptor.close()
        }
        acceptors.removeAll()
        for connection in connections {
            connection.close()
        }
        upstreams.retire()
        drainTimer = nil
        mailbox?.close()
        log?.flush()
        loop.stop()
    }
}
