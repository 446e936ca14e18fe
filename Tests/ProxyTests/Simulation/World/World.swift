import Access
import Bytes
import Configuration
import EventLoop
import Glibc
import Synchronization
import Telemetry

@testable import Proxy

/// One run of the whole data plane on a simulated system: a real worker, and everybody outside.
final class World {
    let seed: UInt64
    let scenario: Scenario
    /// Whether origins speak HTTP/2 in place of HTTP/1.1.
    let hasHTTP2Origins: Bool
    let kernel: SimulatedKernel
    let listener = World.address("127.0.0.1:8080")
    /// Where HTTP/2 is spoken too, by prior knowledge.
    let http2Listener = World.address("127.0.0.1:8081")
    var plans: [Int: RequestPlan] = [:]
    var sight = OriginSight()
    var peers: [SimulatedPeer] = []
    var http2Peers: [HTTP2Peer] = []
    /// Called at the end of each turn.
    var turnEnded: () -> Void = {}
    let desk: Kit.Desk
    let worker: Worker
    /// How origins treat a new connection, by chance.
    var dialling = Dialling()
    let log: AccessLog
    /// The lines of the log, after the run.
    private(set) var logLines: [String] = []
    /// Exchanges of others than the planned peers.
    var strangerCount = 0
    private let logPath: String
    var violations: [String] = []
    private let control: SimulatedControl
    private let revocations = RevocationLog()

    /// The likelihoods of what comes of dialling an origin.
    struct Dialling {
        var refusedPercent = 0
        var silentPercent = 0
        var unreachablePercent = 0
        var behaviour = OriginBehaviour()
        var window = 1 << 16
        /// Streams that an HTTP/2 connection of an origin allows.
        var streamCount = 100
    }

    init(
        seed: UInt64,
        scenario: Scenario,
        deskLimit: Int = 1 << 20,
        hasHTTP2Origins: Bool = false
    ) throws {
        self.seed = seed
        self.hasHTTP2Origins = hasHTTP2Origins
        self.scenario = scenario
        kernel = SimulatedKernel(seed: seed, faults: KernelFaults())
        desk = Kit.Desk(limit: deskLimit)
        let number = Self.count.add(1, ordering: .relaxed).newValue
        logPath = "/tmp/gatehouse-simulation-\(getpid())-\(scenario)-\(seed)-\(number).log"
        var limits = AccessLogLimits.usual
        // The writer lives in real time: a busy disk is no fault of the worker.
        limits.closeTime = 60_000_000_000
        log = try AccessLog(path: logPath, format: .json, limits: limits)
        let loop = try EventLoop(kernel: kernel)
        let snapshot = Self.snapshot(generation: 1, keys: [0], hasHTTP2Origins: hasHTTP2Origins)
        worker = try Worker(
            index: 0,
            loop: loop,
            snapshot: snapshot,
            equipment: WorkerEquipment(
                metrics: Self.metrics,
                log: log,
                targets: [Self.targets]
            ),
            desk: desk,
            reporter: Kit.Reporter(),
            revocations: revocations
        )
        control = SimulatedControl(
            kernel: kernel,
            desk: desk,
            inbox: worker.inbox,
            revocations: revocations,
            hasHTTP2Origins: hasHTTP2Origins
        )
        for address in [listener, http2Listener] {
            let descriptor = try kernel.listen(on: address, backlog: 100, sharesPort: true)
            try worker.listen(on: address, descriptor: descriptor)
        }
        kernel.dial = { [unowned self] address in dial(address) }
        control.accessLog = log
        kernel.actors.append(control)
    }

    // What all runs share.

    /// Worlds made: several tests run the same seed of a scenario at once.
    private static let count = Atomic<Int>(0)

    static let settings = withAuthorization(plainSettings(origins: ""))
    static let http2Settings = withAuthorization(plainSettings(origins: "h2c://"))

    private static func plainSettings(origins scheme: String) -> Settings {
        Kit.settings(
            """
            workers 1;
            listen 127.0.0.1:8080;
            listen 127.0.0.1:8081 { protocols h2 http/1.1; }
            access_log stdout format=json;
            head_timeout 5s; body_timeout 5s; keepalive_timeout 5s; send_timeout 5s;
            upgrade_timeout 10s; drain_timeout 10s;
            connection_limit 64;
            issuer https://file.test { jwks_file keys.json; audience api; algorithms ES256; }
            issuer https://url.test {
                jwks_uri http://127.0.0.1:9100/jwks.json; audience api; algorithms ES256;
            }
            upstream one {
                server \(scheme)127.0.0.1:9000; server \(scheme)127.0.0.1:9001;
                connect_timeout 1s; read_timeout 3s; idle_timeout 5s; keepalive_timeout 5s;
                ejection off;
            }
            route /open/ { upstream one; access public; }
            route /limited/ { upstream one; access public; body_limit 1000; }
            route /secure/ { upstream one; scope read; }
            route /stripped/ { upstream one; access public; strip_prefix /stripped; }
            route /text/ { respond 200 "\(String(repeating: "text ", count: 5_000))"; access public; }
            """
        )
    }

    static let metrics = Kit.metrics(settings)

    static func snapshot(
        generation: UInt64,
        keys: [Int],
        hasHTTP2Origins: Bool = false
    ) -> Snapshot {
        Kit.snapshot(
            hasHTTP2Origins ? http2Settings : settings,
            generation: generation,
            keySets: [Kit.keySet([0]), Kit.keySet(keys), Kit.keySet([0])]
        )
    }

    static let targets = [
        TargetState(server: 0, address: address("127.0.0.1:9000"), isHealthy: true),
        TargetState(server: 1, address: address("127.0.0.1:9001"), isHealthy: true),
    ]

    static func address(_ text: String) -> SocketAddress {
        guard let address = SocketAddress(text) else { preconditionFailure(text) }
        return address
    }

    private func dial(_ address: SocketAddress) -> SimulatedKernel.DialOutcome {
        let delay = Int64(kernel.random.number(0...3_000_000))
        if kernel.random.happens(dialling.unreachablePercent) { return .unreachable }
        if kernel.random.happens(dialling.refusedPercent) { return .refused(after: delay) }
        if kernel.random.happens(dialling.silentPercent) { return .silent }
        return .accepted(after: delay, window: dialling.window) { [unowned self] end in
            kernel.actors.append(makeOrigin(end))
        }
    }

    private func makeOrigin(_ end: LinkEnd) -> any SimulatedActor {
        sight.connectionCount += 1
        if hasHTTP2Origins,
            let origin = HTTP2OriginConnection(
                end,
                world: self,
                behaviour: dialling.behaviour,
                streamCount: dialling.streamCount
            )
        {
            return origin
        }
        return OriginConnection(end, world: self, behaviour: dialling.behaviour)
    }

    func add(_ plan: PeerPlan) {
        for request in plan.requests {
            plans[request.id] = request
        }
        let number = plannedPeers.count
        let address = Self.address("192.0.2.\(number % 200 + 1):\(2000 + number)")
        if let peer = HTTP2Peer(plan, world: self, address: address) {
            http2Peers.append(peer)
            kernel.actors.append(peer)
            return
        }
        let peer = SimulatedPeer(plan, world: self, address: address)
        peers.append(peer)
        kernel.actors.append(peer)
    }

    /// Has the control plane do something at a moment.
    func at(_ moment: Int64, _ command: SimulatedControl.Command) {
        control.schedule(command, at: moment)
    }

    func answerErrands(_ script: @escaping (inout SeededGenerator) -> SimulatedControl.Script) {
        control.script = script
    }

    /// How the authorization server answers.
    var consult: (inout SeededGenerator) -> SimulatedControl.Consultation {
        get { control.consultation }
        set { control.consultation = newValue }
    }

    // The run.

    /// Runs until nobody has anything left to do.
    ///
    /// - Returns: What was wrong.
    func run() -> [String] {
        var turns = 0
        while turns < 100_000, kernel.time.now < 3_600_000_000_000 {
            turns += 1
            worker.loop.runTurn(waitingAtMost: nil)
            checkMemory()
            checkHTTP2Memory()
            turnEnded()
            if kernel.isIdle || hasStopped { break }
        }
        if hasStopped {
            _ = kernel.wakeUp.takeSignal()
            var events: [PollEvent] = []
            kernel.poll(into: &events, atMost: Timeout(.seconds(600)))
        } else if !kernel.isIdle {
            violations.append("no end after \(turns) turns")
        }
        checkAtRest()
        stop()
        checkPeers()
        checkLog()
        violations += kernel.violations + sight.violations
        let begun = kernel.time.now / 1_000_000_000
        return violations.prefix(4).map { "\(scenario) \(seed) [\(begun) s]: \($0)" }
    }

    /// Whether a drain has come to its end, where ``Worker/run()`` would return.
    private var hasStopped: Bool { worker.isDraining && worker.connections.isEmpty }

    private func checkMemory() {
        for case let connection as HTTP1Connection in worker.connections {
            let received = connection.received?.buffer.capacity ?? 0
            let pending = connection.pending?.buffer.capacity ?? 0
            let up = connection.exchange?.upstream
            let input = (up as? HTTP1UpstreamConnection)?.received?.buffer.capacity ?? 0
            let held = (up as? HTTP2UpstreamStream)?.heldCount ?? 0
            let output = up?.outputCount ?? 0
            let most = max(received, pending, input, output, held)
            if most > 1 << 18, violations.count < 4 {
                violations.append("a buffer of \(most) bytes")
            }
        }
    }

    private func checkAtRest() {
        for (index, peer) in plannedPeers.enumerated() where !peer.isDone && !peer.isLeft {
            violations.append("peer \(index) waits for ever: \(peer.state)")
        }
        if !worker.connections.isEmpty {
            violations.append("\(worker.connections.count) connections are left\(http2State)")
        }
        if kernel.streamCount != 0 {
            violations.append("\(kernel.streamCount) descriptors are left")
        }
        let listeners = kernel.descriptorCount - kernel.streamCount
        if worker.loop.registrationCount - restingTimerCount > listeners + 3 {
            violations.append("\(worker.loop.registrationCount) handlers are left")
        }
        if !worker.errands.isEmpty {
            violations.append("\(worker.errands.count) errands are left")
        }
        checkRestingStreams()
        if !worker.consultations.isEmpty || !worker.streams.isEmpty {
            violations.append("consultations or streams are left")
        }
    }

    private func stop() {
        _ = worker.inbox?.post(.stop)
        for _ in 0..<3 {
            worker.loop.runTurn(waitingAtMost: .zero)
        }
        if kernel.descriptorCount != 0 {
            violations.append("\(kernel.descriptorCount) descriptors are left at the end")
        }
        worker.loop.deregisterAll()
    }

    private func checkPeers() {
        for (index, peer) in plannedPeers.enumerated() {
            if let fault = peer.fault {
                violations.append("peer \(index): \(fault): \(peer.state)")
            }
            for text in scenario.judge(peer) {
                violations.append("peer \(index): \(text)")
            }
        }
        for (id, count) in sight.headCounts {
            guard let plan = plans[id], !plan.isIdempotent, count > 1 else { continue }
            violations.append("plan \(id), a \(plan.method), was sent \(count) times")
        }
    }

    /// Each response that a peer saw has its one line, with its status; and there are no more lines
    /// than requests.
    private func checkLog() {
        if !log.flushAndClose() { violations.append("the log was not written") }
        var statuses: [String: Int] = [:]
        var lineCount = 0
        let bytes = (try? FileSystem.read(path: logPath, limit: 1 << 26)) ?? []
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            lineCount += 1
            logLines.append(String(line))
            if line.contains("verysecret") { violations.append("a secret: \(line)") }
            guard let id = Self.member("request_id", of: line),
                let status = Self.member("status", of: line).flatMap({ Int($0) })
            else {
                violations.append("a line: \(line)")
                continue
            }
            if statuses[id] != nil { violations.append("two lines of \(id)") }
            statuses[id] = status
        }
        // SAFETY: the system reads the path during the call only.
        _ = unsafe unlink(logPath)
        for peer in plannedPeers {
            for outcome in peer.outcomes {
                let id = outcome.head.value("x-request-id") ?? ""
                if statuses[id] != outcome.status {
                    let line = statuses[id].map(String.init) ?? "none"
                    violations.append("response \(outcome.status) \(id) has line \(line)")
                }
            }
        }
        let requestCount = peers.reduce(0) { $0 + $1.plan.requests.count }
        // A peer that leaves in the middle, or is late, adds one line without a request.
        let most = requestCount + peers.count + strangerCount + streamCount
        if lineCount > most {
            violations.append("\(lineCount) lines of \(most) requests")
        }
        let least = answeredCount
        if lineCount < least {
            violations.append("\(lineCount) lines of \(least) answers")
        }
    }

    static func member(_ name: String, of line: Substring) -> String? {
        let parts = line.split(separator: "\"\(name)\":", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        return String(parts[1].prefix { $0 != "," && $0 != "}" }.filter { $0 != "\"" })
    }
}

/// The control plane of a simulation: answers errands and gives orders, late or never.
final class SimulatedControl: SimulatedActor {
    private let kernel: SimulatedKernel
    private let desk: Kit.Desk
    private let inbox: Mailbox<WorkerMessage>?
    private var waiting: [(at: Int64, command: Command)] = []
    private var generation: UInt64 = 1
    private var keys = [0]
    private let revocations: RevocationLog
    private let hasHTTP2Origins: Bool
    var script: (inout SeededGenerator) -> Script = { _ in .answer(.keyUnknown, after: 0) }
    var consultation: (inout SeededGenerator) -> Consultation = { _ in .answer(after: 0) }

    /// An order to the worker.
    enum Command {
        case adopt(Snapshot, WorkerEquipment)
        case answer(ticket: UInt64, ErrandAnswer)
        case drain(seconds: Int64)
        case reload
        case revoke(session: String, tellsWorker: Bool)
        case snapshotAndAnswer(ticket: UInt64)
    }

    /// How an errand is answered.
    enum Script {
        case answer(ErrandAnswer, after: Int64)
        case keysFirst(after: Int64)
        case never
    }

    /// How a request to the authorization server is answered.
    enum Consultation {
        case answer(after: Int64)
        case never
    }

    init(
        kernel: SimulatedKernel,
        desk: Kit.Desk,
        inbox: Mailbox<WorkerMessage>?,
        revocations: RevocationLog,
        hasHTTP2Origins: Bool
    ) {
        self.hasHTTP2Origins = hasHTTP2Origins
        self.revocations = revocations
        self.kernel = kernel
        self.desk = desk
        self.inbox = inbox
    }

    func schedule(_ command: Command, at moment: Int64) {
        waiting.append((moment, command))
    }

    var wakesAt: Int64? {
        let moments = waiting.map(\.at)
        return moments.min()
    }

    func act() -> Bool {
        var hasActed = false
        for errand in desk.takeAll() {
            hasActed = true
            if case .respond(let request) = errand.question {
                if case .answer(let delay) = consultation(&kernel.random) {
                    let answer = ErrandAnswer.response(World.echo(request))
                    let command = Command.answer(ticket: errand.ticket, answer)
                    waiting.append((kernel.time.now + delay, command))
                }
                continue
            }
            switch script(&kernel.random) {
            case .never: break
            case .answer(let answer, let delay):
                let command = Command.answer(ticket: errand.ticket, answer)
                waiting.append((kernel.time.now + delay, command))
            case .keysFirst(let delay):
                let command = Command.snapshotAndAnswer(ticket: errand.ticket)
                waiting.append((kernel.time.now + delay, command))
            }
        }
        let due = waiting.filter { $0.at <= kernel.time.now }
        waiting.removeAll { $0.at <= kernel.time.now }
        for entry in due {
            hasActed = true
            perform(entry.command)
        }
        return hasActed
    }

    private func perform(_ command: Command) {
        switch command {
        case .adopt(let snapshot, let equipment):
            _ = inbox?.post(.snapshot(snapshot, equipment))
        case .answer(let ticket, let answer):
            _ = inbox?.post(.answered(ticket: ticket, answer))
        case .drain(let seconds):
            _ = inbox?.post(.drain(within: Timeout(.seconds(seconds))))
        case .reload:
            generation += 1
            let next = World.snapshot(
                generation: generation,
                keys: keys,
                hasHTTP2Origins: hasHTTP2Origins
            )
            let equipment = WorkerEquipment(
                metrics: World.metrics,
                log: accessLog,
                targets: [World.targets]
            )
            _ = inbox?.post(.snapshot(next, equipment))
        case .revoke(let session, let tellsWorker):
            revocations.append([RevocationLog.Entry(id: session, expiry: 4_000_000_000)])
            if tellsWorker { _ = inbox?.post(.revoked) }
        case .snapshotAndAnswer(let ticket):
            keys = [0, 1]
            let next = World.snapshot(
                generation: generation,
                keys: keys,
                hasHTTP2Origins: hasHTTP2Origins
            )
            _ = inbox?.post(.snapshot(next, nil))
            _ = inbox?.post(.answered(ticket: ticket, .decideAgain))
        }
    }

    /// The log that the worker has.
    var accessLog: AccessLog?
}
