import Bytes
import EventLoop
import HTTP

/// A peer of the gateway that speaks HTTP/2: the requests of its plan are streams of one connection.
///
/// The library's own client is its wire, so what it proves is the gateway's use of the wire; that the
/// wire is right is proved in HTTPTests and by foreign clients.
final class HTTP2Peer: PlannedPeer {
    let plan: PeerPlan
    let manner: HTTP2PeerPlan
    private unowned let world: World
    private let address: SocketAddress
    private var end: LinkEnd?
    private var hasBegun = false
    let session: HTTP2ClientSession
    /// What is known of the requests begun, in order.
    var streams: [Stream] = []
    private(set) var isDone = false
    private(set) var fault: String?
    private(set) var sentCount = 0
    private(set) var readCount = 0
    private var outbox: [UInt8] = []
    private var outboxStart = 0
    private var frames = FrameReader()
    private var pingCount = 0
    private var hasSaidGoodbye = false
    private var pausedUntil: Int64 = 0
    private var alarms: [(at: Int64, Alarm)] = []
    /// Bytes of each stream, in the order in which they came, that no window has got back.
    private var owed: [(slot: Int, count: Int)] = []
    private var isGivingLate = false
    /// The codes of the resets that came, by stream.
    private(set) var resets: [(stream: Int, code: Int)] = []
    /// The GOAWAY frames that came.
    private(set) var goaways: [(lastStream: Int, code: Int, at: Int64)] = []
    var draining = false

    /// What was put off.
    private enum Alarm {
        case cancel(slot: Int)
        case give
        case resume(slot: Int)
    }

    /// One request under way, or over.
    struct Stream {
        var id: Int32
        var begunAt: Int64
        var head: WireHead?
        var status = 0
        var body: [UInt8] = []
        var trailers: [(name: String, value: String)] = []
        var isTunnel = false
        var isInputEnded = false
        var isCancelled = false
        var closed: HTTP2ErrorCode?
        var endedAt: Int64 = 0
        var continueCount = 0
        var continueBy: Int64 = 0
        var informationCount = 0
        var sent = 0
        var isOutputEnded = false
        var restsUntil: Int64 = 0
    }

    init?(_ plan: PeerPlan, world: World, address: SocketAddress) {
        guard let manner = plan.http2 else { return nil }
        self.plan = plan
        self.manner = manner
        self.world = world
        self.address = address
        let ample = HTTP2Budget(burst: 1 << 20, perSecond: 1 << 20)
        let limits = HTTP2Limits(
            head: HeadLimits(size: 1 << 16, fieldCount: 200, targetSize: 8192),
            streamCount: 1 << 10,
            streamWindow: manner.streamWindow,
            connectionWindow: manner.connectionWindow,
            resets: ample,
            controlFrames: ample,
            windowUpdates: ample,
            emptyFrames: ample
        )
        guard let session = try? HTTP2ClientSession(limits: limits) else { return nil }
        self.session = session
    }

    var isLeft: Bool { end.map { $0.link.isClosed[1] } ?? false }

    var now: Int64 { world.kernel.time.now }

    var wakesAt: Int64? {
        if isDone { return nil }
        if !hasBegun { return plan.startsAt }
        if pausedUntil > now { return pausedUntil }
        let moments = alarms.map(\.at)
        return moments.min()
    }

    func act() -> Bool {
        guard !isDone, now >= plan.startsAt else { return false }
        guard hasBegun else {
            hasBegun = true
            end = world.kernel.connectPeer(to: world.http2Listener, from: address)
            isDone = end == nil
            return true
        }
        guard let end, now >= pausedUntil else { return false }
        let hasWoken = wake()
        let hasRead = read(end)
        beginRequests()
        let hasWritten = !isDone && write(end)
        leaveIfPlanned(end)
        let hasActed = hasRead || hasWritten || hasWoken
        if hasActed, !isDone, world.kernel.random.happens(plan.pausePercent) {
            pausedUntil = now + plan.pause
        }
        return hasActed
    }

    private func wake() -> Bool {
        let due = alarms.filter { $0.at <= now }
        guard !due.isEmpty else { return false }
        alarms.removeAll { $0.at <= now }
        for (_, alarm) in due {
            switch alarm {
            case .cancel(let slot):
                guard streams[slot - 1].closed == nil else { continue }
                streams[slot - 1].isCancelled = true
                session.reset(streams[slot - 1].id, .cancel)
            case .give:
                giveSome()
            case .resume(let slot):
                session.resumeBody(streams[slot - 1].id)
            }
        }
        return true
    }

    private func leaveIfPlanned(_ end: LinkEnd) {
        guard !isDone else { return }
        if let limit = plan.leavesAfterSent, sentCount >= limit { return leave(end) }
        if let limit = plan.leavesAfterRead, readCount >= limit { return leave(end) }
    }

    private func leave(_ end: LinkEnd) {
        isDone = true
        if plan.leavesByReset { end.reset() } else { end.close() }
        session.abandon(.cancel, handler: self)
    }

    func fail(_ text: String) {
        if fault == nil {
            fault = text
        }
    }

    // Writing.

    private var openCount: Int { streams.count { $0.closed == nil } }

    private var mayBegin: Bool {
        guard !draining, !hasSaidGoodbye, streams.count < plan.requests.count else { return false }
        if let limit = manner.goawayAfter, streams.count >= limit { return false }
        let request = plan.requests[streams.count]
        // Whether tunnels are taken is known only by the gateway's SETTINGS.
        return openCount < plan.depth && (request.expected != .tunnelled || session.hasSettings)
    }

    private func beginRequests() {
        while !isDone, mayBegin {
            let request = plan.requests[streams.count]
            if request.expected == .tunnelled, !session.allowsExtendedConnect {
                return fail("no extended CONNECT")
            }
            let slot = streams.count + 1
            streams.append(Stream(id: 0, begunAt: now))
            do throws(HTTP2Fault) {
                let isTunnel = request.expected == .tunnelled
                streams[slot - 1].id = try session.request(
                    slot,
                    request.fieldList(),
                    method: isTunnel ? .connect : Method(request.method.utf8.span),
                    hasBody: !request.endsWithHead
                )
            } catch {
                streams[slot - 1].closed = .refusedStream
                return fail("a request cannot be made: \(error)")
            }
            if let delay = request.stream.cancelsAfter {
                alarms.append((now + delay, .cancel(slot: slot)))
            }
            if request.expectsContinue {
                streams[slot - 1].continueBy = now + 1_000_000_000
                alarms.append((now + 1_000_000_000, .resume(slot: slot)))
            }
        }
        guard !hasSaidGoodbye, !draining else { return }
        // A GOAWAY would overtake requests that were not yet written.
        if let limit = manner.goawayAfter, streams.count >= limit, !session.wantsToWrite {
            return sayGoodbye()
        }
        if manner.saysGoodbye, isOver { sayGoodbye() }
    }

    private func sayGoodbye() {
        hasSaidGoodbye = true
        session.shutDown(.noError)
    }

    /// Whether nothing is to be awaited but the end of the connection.
    private var isOver: Bool {
        openCount == 0
            && (draining || hasSaidGoodbye || streams.count == plan.requests.count)
    }

    private func write(_ end: LinkEnd) -> Bool {
        guard let room = end.room else { return false }
        if outboxStart == outbox.count {
            produce()
        }
        guard outboxStart < outbox.count else { return finishIfOver(end) }
        var count = min(room, plan.writeMax, outbox.count - outboxStart)
        if count > 1, world.kernel.random.happens(manner.cutPercent) {
            count = world.kernel.random.number(1...count)
        }
        if let limit = plan.stallsWritingAfter ?? plan.leavesAfterSent {
            count = min(count, limit - sentCount)
        }
        guard count > 0 else { return false }
        end.write(Array(outbox[outboxStart..<(outboxStart + count)]))
        outboxStart += count
        sentCount += count
        return true
    }

    private func produce() {
        outbox.removeAll(keepingCapacity: true)
        outboxStart = 0
        if session.wantsToWrite {
            var fresh = ByteBuffer(capacity: 1 << 12)
            do throws(HTTP2Fault) {
                try session.produce(into: &fresh, upTo: manner.producesMax, handler: self)
            } catch {
                fail("the gateway breaks a rule: \(error)")
            }
            outbox = fresh.bytes.copied()
        }
        if sentCount > 0, !outbox.isEmpty, pingCount < 50,
            world.kernel.random.happens(manner.pingPercent)
        {
            pingCount += 1
            outbox += [0, 0, 8, WireFrame.ping, 0, 0, 0, 0, 0] + Array("gatehous".utf8)
        }
    }

    private func finishIfOver(_ end: LinkEnd) -> Bool {
        guard isOver, hasBegun, sentCount > 0, end.room != nil else { return false }
        // The gateway has been told, or has told us, and closes.
        if plan.staysAtEnd || hasSaidGoodbye || draining && plan.halfCloses { return false }
        leave(end)
        return true
    }

    // Reading.

    private func read(_ end: LinkEnd) -> Bool {
        if let limit = plan.stallsReadingAfter, readCount >= limit { return false }
        var most = plan.readMax
        if let limit = plan.stallsReadingAfter ?? plan.leavesAfterRead {
            most = min(most, limit - readCount)
        }
        guard most > 0 else { return false }
        switch end.read(atMost: most) {
        case .bytes(let slice):
            readCount += slice.count
            look(at: slice)
            let bytes = Array(slice)
            do throws(HTTP2Fault) {
                try session.receive(bytes.span, now: now, handler: self)
            } catch {
                fail("the gateway breaks a rule: \(error)")
                leave(end)
            }
            return true
        case .nothing:
            return false
        case .ended, .reset:
            isDone = true
            end.close()
            session.abandon(.internalError, handler: self)
            return true
        }
    }

    private func look(at bytes: ArraySlice<UInt8>) {
        frames.feed(bytes)
        while let frame = frames.next() {
            if frame.type == WireFrame.reset {
                resets.append((frame.stream, frame.code))
            } else if frame.type == WireFrame.goaway {
                goaways.append((frame.lastStream, frame.code, now))
                if frame.code != 0, plan.isGood {
                    fail("GOAWAY with \(frame.code) \(frame.debugText)")
                }
            }
        }
    }

    /// Gives received bytes back to the windows, or puts it off.
    func owe(_ slot: Int, _ count: Int) {
        guard let giving = manner.giving else { return give(slot, count) }
        owed.append((slot, count))
        guard !isGivingLate else { return }
        isGivingLate = true
        alarms.append((now + giving.delay, .give))
    }

    private func giveSome() {
        guard let giving = manner.giving else { return }
        var left = giving.pieceMax
        while left > 0, let first = owed.first {
            let count = min(left, first.count)
            give(first.slot, count)
            left -= count
            owed[0].count -= count
            if owed[0].count == 0 { owed.removeFirst() }
        }
        isGivingLate = !owed.isEmpty
        if isGivingLate { alarms.append((now + giving.delay, .give)) }
    }

    private func give(_ slot: Int, _ count: Int) {
        session.consumeConnection(count)
        if !plan.requests[slot - 1].stream.withholdsWindow {
            session.consumeStream(streams[slot - 1].id, count)
        }
    }

    /// Goes on with the body of a stream after a rest.
    func rest(_ slot: Int, until moment: Int64) {
        streams[slot - 1].restsUntil = moment
        alarms.append((moment, .resume(slot: slot)))
    }

    // Judging.

    var outcomes: [SimulatedPeer.Outcome] {
        streams.enumerated().compactMap { place, stream in
            guard let head = stream.head else { return nil }
            return SimulatedPeer.Outcome(
                head: head,
                status: stream.status,
                body: stream.body,
                isComplete: stream.isInputEnded,
                hasTrailer: !stream.trailers.isEmpty,
                place: place,
                isTunnel: stream.isTunnel,
                isExcused: plan.requests[place].stream.isExcused,
                endedAt: stream.endedAt
            )
        }
    }

    var lacksResponse: Bool {
        // It was turned away before anything could be said.
        guard readCount > 0 else { return false }
        if streams.count < plan.requests.count, !draining, manner.goawayAfter == nil { return true }
        return streams.indices.contains { lacksResponse($0) }
    }

    private func lacksResponse(_ place: Int) -> Bool {
        let stream = streams[place]
        guard stream.head == nil, !plan.requests[place].stream.isExcused else { return false }
        let mayBeRefused = draining || plan.requests[place].mayBeRefused
        return !(mayBeRefused && stream.closed == .refusedStream)
    }

    /// Streams of which the gateway must have written a line: it has said something about them.
    var answeredCount: Int {
        let refused = UInt32(HTTP2ErrorCode.refusedStream.rawValue)
        let reset = Set(resets.filter { $0.code != Int(refused) }.map { Int32($0.stream) })
        return streams.count { $0.head != nil || reset.contains($0.id) }
    }

    var state: String {
        let lacking = streams.indices.filter { lacksResponse($0) }
        let places =
            lacking.isEmpty ? streams.indices.filter { !streams[$0].isInputEnded } : lacking
        let requests = places.prefix(3).map { place in
            let stream = streams[place]
            return "[\(plan.requests[place].summary) got \(stream.status) \(stream.body.count) "
                + "sent \(stream.sent) closed \(stream.closed.map { "\($0)" } ?? "-")"
                + "\(plan.requests[place].stream.isExcused ? " excused" : "")]"
        }
        return "http/2 sent \(sentCount) read \(readCount) begun \(streams.count) of "
            + "\(plan.requests.count) depth \(plan.depth) \(plan.isGood ? "" : "rude ")"
            + "window \(manner.streamWindow) \(draining ? "draining " : "")"
            + "goaways \(goaways.map { "\($0.lastStream)/\($0.code)" }) "
            + requests.joined(separator: " ")
    }
}
