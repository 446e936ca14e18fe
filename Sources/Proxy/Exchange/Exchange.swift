import Access
import Bytes
import Configuration
import EventLoop
import HTTP
import JOSE
import Telemetry

/// One request and its response, whatever the wire: the driver of an ``ExchangeMachine``.
///
/// It owns what the two sides share: the heads, the decision, the record. All side effects of an
/// exchange are performed in ``perform(_:)``. Reused from request to request.
final class Exchange {
    let worker: Worker
    var machine = ExchangeMachine()
    var snapshot: Snapshot
    /// The counters of the conf that it began under.
    var metrics: WorkerMetrics

    /// The request as it came.
    ///
    /// What fills it in, and what else takes time, has it swapped out meanwhile: an access to a property
    /// that stays open while others are called makes every access to it cost a check.
    var head = RequestHead()
    /// Its one canonical path.
    var path = CanonicalPath()
    /// Its host without port, case and trailing dot.
    var host: [UInt8] = []
    /// 32 hexadecimal digits of ours, or what a trusted proxy said.
    var requestID: [UInt8] = []
    /// Which listener it came in on, by its place in ``snapshot``.
    private(set) var listenerIndex = 0
    /// Who the client is, behind the proxies that are trusted.
    var client: IPAddress
    /// Its address as text: the connection's, unless a proxy has named another.
    var clientText: [UInt8] = []
    /// `https` or `http`, as the client used it.
    var scheme: StaticString = "http"
    var isPeerTrusted = false
    /// Whether it is a gRPC call, whose client reads `grpc-status`.
    private(set) var isGRPC = false
    /// When the client of a call gives it up.
    private(set) var callDeadline: Instant?

    /// The path of the authorization server that it is, if it is one.
    var endpoint: EndpointTable.Match?
    /// The body of a request to the authorization server, as far as it has come in.
    var collected: [UInt8] = []
    /// What was decided, and by which route.
    var routeIndex: Int?
    var rule: Route.Rule?
    var token: VerifiedToken?
    var tokenPlace: TokenPlace?
    var refusal: Refusal?
    var isShadowed = false
    /// What an unverified token says of itself, for the log.
    var hearsay: Hearsay?
    var hasAsked = false
    var ticket: UInt64?
    /// What it knows of its end, where only its token's end is one.
    var stream = StreamState()

    /// The answer written here, where the upstream's is not sent on.
    var answer: Answer?
    /// The head of the upstream's response; of another one until ``firstByteAt``.
    var responseHead = ResponseHead()
    /// What a server has refused of the request's body, for the next attempt.
    var refusedBody: BufferBox?
    /// What came behind the body, checked; empty as a rule.
    var requestTrailers = FieldBlock()
    var responseTrailers = FieldBlock()
    var failure: UpstreamFailure?

    var downstream: (any ExchangeDownstream)?
    var upstream: (any ExchangeUpstream)?
    var group: UpstreamGroup?
    var target: UpstreamTarget?
    /// Whether the upstream's bytes wait for room towards the peer.
    var isResponsePaused = false
    var isRequestComplete = false
    var isOverBodyLimit = false
    var mustClose = false

    var bytesReceived: Int64 = 0
    var bytesSent: Int64 = 0
    var discarded = 0
    var startedAt: Instant
    var connectStartedAt: Instant?
    var connectedAt: Instant?
    var requestSentAt: Instant?
    var firstByteAt: Instant?
    var record = AccessRecord()

    init(worker: Worker) {
        self.worker = worker
        snapshot = worker.snapshot
        metrics = worker.metrics
        client = IPAddress(ipv4: 0)
        startedAt = worker.loop.now
    }

    /// The route's conf, once there is a route.
    var route: Route? { routeIndex.map { snapshot.access.routes[$0] } }

    /// Begins with the head that was just read into ``head``.
    func begin(on downstream: any ExchangeDownstream) {
        attach(to: downstream)
        let head = head
        readOrigin(downstream, head)
        isGRPC = GRPCCall.isCall(head)
        if isGRPC {
            do throws(Refusal) {
                callDeadline = try GRPCCall.timeout(of: head.fields).map { startedAt + $0 }
            } catch {
                return refuse(error)
            }
        }
        perform(machine.headReceived())
    }

    /// Begins with a head that could not be read.
    func beginMalformed(_ refusal: Refusal, on downstream: any ExchangeDownstream) {
        attachMalformed(to: downstream)
        mustClose = true
        refuse(refusal)
    }

    /// Writes down a head that could not be read, where the wire has answered it already.
    func recordMalformed(_ refusal: Refusal, on downstream: any ExchangeDownstream) {
        attachMalformed(to: downstream)
        self.refusal = refusal
        answer = .refusal(refusal)
        finish(isAborted: false)
    }

    private func attach(to downstream: any ExchangeDownstream) {
        self.downstream = downstream
        listenerIndex = downstream.listenerIndex
        snapshot = worker.snapshot
        metrics = worker.metrics
        startedAt = worker.loop.now
    }

    private func attachMalformed(to downstream: any ExchangeDownstream) {
        attach(to: downstream)
        // What was read of it may break off anywhere.
        var nothing = RequestHead()
        nothing.removeAll(version: downstream.version)
        head = nothing
        host = []
        client = downstream.peerAddress
        clientText = downstream.peerText
        scheme = downstream.transportScheme
        isPeerTrusted = false
        takeRequestID(nothing.fields)
    }

    /// Performs what the machine asks for.
    func perform(_ step: ExchangeMachine.Step) {
        switch step {
        case .none: break
        case .decide: decide()
        case .ask: break
        case .collect: collect()
        case .connect: connect()
        case .consult: consult()
        case .sendRequest: sendRequest()
        case .sendHead: sendResponseHead()
        case .answer: sendAnswer()
        case .tunnel: beginTunnel()
        case .finish: finish(isAborted: false)
        case .abort: finish(isAborted: true)
        }
    }

    /// The peer has left.
    func peerLeft() {
        perform(machine.peerLeft())
    }

    /// The control plane has answered the errand.
    func verdictArrived(_ verdict: ErrandAnswer) {
        ticket = nil
        downstream?.setExchangeDeadline(nil)
        switch verdict {
        case .decideAgain where machine.isConsulting, .keyUnknown where machine.isConsulting,
            .keysUnavailable where machine.isConsulting:
            refuse(Refusal(.authorizationUnavailable, detail: "control.answer"))
        case .decideAgain:
            decideAgain()
        case .keyUnknown:
            refuseOrShadow(Refusal(.keyUnknown))
        case .keysUnavailable:
            refuseOrShadow(Refusal(.keysUnavailable))
        case .response(let response):
            answer(with: response)
        }
        downstream?.advance()
    }

    /// Decides by the conf and the keys that are in force now: what was found by those of before is
    /// forgotten, as their places may be others'.
    private func decideAgain() {
        let address = snapshot.settings.listeners[listenerIndex].address
        guard let index = worker.snapshot.listenerIndex(of: address) else {
            // Nothing can be decided any more without its listener.
            return refuse(Refusal(.keysUnavailable))
        }
        listenerIndex = index
        snapshot = worker.snapshot
        metrics = worker.metrics
        endpoint = nil
        routeIndex = nil
        rule = nil
        token = nil
        tokenPlace = nil
        hearsay = nil
        perform(machine.verdictArrived())
    }

    /// The time that was set has passed without what was awaited.
    func deadlinePassed() {
        if machine.isAwaitingVerdict {
            withdrawErrand()
            refuseOrShadow(Refusal(.keysUnavailable))
            downstream?.advance()
        } else if machine.isConsulting {
            withdrawErrand()
            refuse(Refusal(.authorizationUnavailable, detail: "control.timeout"))
            downstream?.advance()
        }
    }

    /// Takes the question back: nobody waits for its answer any more.
    func withdrawErrand() {
        if let ticket {
            worker.withdraw(ticket)
        }
        ticket = nil
    }

    /// Forgets everything but memory, ready for the next request.
    ///
    /// The heads, the host and the request's id stay until whoever fills them in anew.
    func reset() {
        worker.removeStream(self)
        machine.reset()
        record.reset()
        endpoint = nil
        // Not kept: a body of the authorization server's may hold a password.
        if !collected.isEmpty {
            collected = []
        }
        routeIndex = nil
        rule = nil
        token = nil
        tokenPlace = nil
        refusal = nil
        isShadowed = false
        hearsay = nil
        hasAsked = false
        ticket = nil
        answer = nil
        failure = nil
        if let refusedBody {
            worker.buffers.giveBack(refusedBody)
        }
        refusedBody = nil
        isGRPC = false
        callDeadline = nil
        if requestTrailers.count > 0 {
            requestTrailers = FieldBlock()
        }
        if responseTrailers.count > 0 {
            responseTrailers = FieldBlock()
        }
        downstream = nil
        upstream = nil
        group = nil
        target = nil
        isResponsePaused = false
        isRequestComplete = false
        isOverBodyLimit = false
        mustClose = false
        isPeerTrusted = false
        bytesReceived = 0
        bytesSent = 0
        discarded = 0
        connectStartedAt = nil
        connectedAt = nil
        requestSentAt = nil
        firstByteAt = nil
    }
}

/// What a token that was not verified says of itself: the sender's word, for the log only.
struct Hearsay {
    var issuer: String?
    var subject: String?
    var keyID: String?
    var algorithm: String?
    var fingerprint: [UInt8]
}
