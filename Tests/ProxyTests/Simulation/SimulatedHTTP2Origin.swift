import Bytes
import EventLoop
import HTTP

/// One HTTP/2 connection of an origin: reads requests strictly, and answers each by its plan.
///
/// It is the library's own server, so what it proves is the gateway's use of the wire, not the wire.
final class HTTP2OriginConnection: SimulatedActor, HTTP2ServerHandler {
    private let end: LinkEnd
    private unowned let world: World
    private let behaviour: OriginBehaviour
    private let session: HTTP2ServerSession
    private var streams: [Stream?] = []
    private var outbox = ByteBuffer(capacity: 1 << 12)
    private var isDone = false
    private var isLeaving = false
    private var pausedUntil: Int64 = 0
    private var closesIdleAt: Int64?
    /// Streams that are reset once what they have is written.
    private var ending: [(id: Int32, code: HTTP2ErrorCode)] = []
    /// Whether the connection is closed once what it has is written.
    private var isCut: Bool?

    /// What is known of one request.
    private struct Stream {
        var id: Int32
        var plan: RequestPlan
        var payload: [UInt8] = []
        var hasTrailer = false
        var isInputEnded = false
        var answersAt: Int64?
        var hasAnswered = false
        /// The part of the response's body that was written.
        var written = 0
    }

    init?(_ end: LinkEnd, world: World, behaviour: OriginBehaviour, streamCount: Int) {
        self.end = end
        self.world = world
        self.behaviour = behaviour
        let ample = HTTP2Budget(burst: 100_000, perSecond: 100_000)
        let limits = HTTP2Limits(
            head: HeadLimits(size: 1 << 16, fieldCount: 100, targetSize: 8192),
            streamCount: streamCount,
            streamWindow: 1 << 16,
            connectionWindow: 1 << 18,
            resets: ample,
            controlFrames: ample,
            windowUpdates: ample,
            emptyFrames: ample
        )
        guard let session = try? HTTP2ServerSession(limits: limits) else { return nil }
        self.session = session
    }

    private var now: Int64 { world.kernel.time.now }

    var wakesAt: Int64? {
        if isDone { return nil }
        let moments = ([pausedUntil, closesIdleAt] + streams.map { $0?.answersAt })
            .compactMap(\.self).filter { $0 > now }
        return moments.min()
    }

    func act() -> Bool {
        guard !isDone, now >= pausedUntil else { return false }
        if let closesIdleAt, now >= closesIdleAt, streams.allSatisfy({ $0 == nil }) {
            close(byReset: false)
            return true
        }
        let hasActed = answerDue() || write() || read()
        if hasActed, !isDone, world.kernel.random.happens(behaviour.pausePercent) {
            pausedUntil = now + behaviour.pause
        }
        return hasActed
    }

    private func close(byReset: Bool) {
        isDone = true
        if byReset { end.reset() } else { end.close() }
    }

    private func report(_ text: String) {
        world.sight.violations.append("origin: \(text)")
        close(byReset: true)
    }

    // Reading.

    private func read() -> Bool {
        guard !isDone else { return false }
        switch end.read(atMost: behaviour.readMax) {
        case .bytes(let slice):
            closesIdleAt = nil
            let bytes = Array(slice)
            do throws(HTTP2Fault) {
                try session.receive(bytes.span, now: now, handler: self)
            } catch {
                report("\(error)")
            }
            return true
        case .nothing: return false
        case .ended, .reset:
            close(byReset: false)
            return true
        }
    }

    func requestReceived(_ id: Int32, head: inout RequestHead, isComplete: Bool) -> Int {
        var seen = WireHead(
            start: "\(head.methodBytes.text()) \(head.target.text()) HTTP/1.1",
            fields: [("host", head.host.text())]
        )
        let block = head.fields
        for index in 0..<block.count {
            seen.fields.append((block.name(at: index).text(), block.value(at: index).text()))
        }
        guard let text = seen.value("x-plan"), let number = Int(text),
            let plan = world.plans[number]
        else {
            report("no plan: \(seen)")
            return 0
        }
        let refusals = world.sight.refusalCounts[number, default: 0]
        if plan.response.cutAfter == 0 || refusals < plan.response.refusalCount {
            // It vouches that it has not touched the request.
            world.sight.refusalCounts[number] = refusals + 1
            return 0
        }
        world.sight.headCounts[number, default: 0] += 1
        do throws(WireFault) {
            try HeadJudge.judge(seen, plan, isHTTP2: true)
        } catch {
            report("plan \(number): \(error)")
        }
        var stream = Stream(id: id, plan: plan)
        stream.isInputEnded = isComplete
        if isComplete || plan.expected == .tunnelled || plan.response.isEarly {
            stream.answersAt = now + plan.response.delay
        }
        streams.append(stream)
        return streams.count
    }

    func requestRefused(_ id: Int32, _ fault: ParseFault, isComplete: Bool) -> Int {
        report("refused: \(fault)")
        return 0
    }

    func requestMalformed(_ id: Int32, _ fault: ParseFault) {
        report("malformed: \(fault)")
    }

    func dataReceived(_ slot: Int, _ bytes: Span<UInt8>) {
        session.consumeConnection(bytes.count)
        guard let id = streams[slot - 1]?.id else { return }
        session.consumeStream(id, bytes.count)
        streams[slot - 1]?.payload += bytes.copied()
        if streams[slot - 1]?.plan.expected == .tunnelled {
            session.resumeBody(id)
        }
    }

    func trailersReceived(_ slot: Int, _ trailers: inout FieldBlock) {
        streams[slot - 1]?.hasTrailer = true
    }

    func inputEnded(_ slot: Int) {
        guard let stream = streams[slot - 1] else { return }
        streams[slot - 1]?.isInputEnded = true
        guard stream.plan.expected != .tunnelled else { return session.resumeBody(stream.id) }
        guard stream.payload == stream.plan.body else {
            return report("plan \(stream.plan.id): another body")
        }
        if let hasTrailer = stream.plan.hasTrailer, stream.hasTrailer != hasTrailer {
            return report("plan \(stream.plan.id): trailer \(stream.hasTrailer)")
        }
        if !stream.plan.response.isEarly {
            streams[slot - 1]?.answersAt = now + stream.plan.response.delay
        }
    }

    func streamClosed(_ slot: Int, _ code: HTTP2ErrorCode) {
        streams[slot - 1] = nil
        guard streams.allSatisfy({ $0 == nil }) else { return }
        if world.kernel.random.happens(behaviour.staleIdlePercent) {
            closesIdleAt = now + Int64(world.kernel.random.number(0...2_000_000))
        }
    }

    // Answering.

    private func answerDue() -> Bool {
        for place in streams.indices {
            guard let stream = streams[place], let moment = stream.answersAt, moment <= now else {
                continue
            }
            streams[place]?.answersAt = nil
            if !stream.plan.response.isSilent {
                answer(stream, place)
            }
            return true
        }
        return false
    }

    private func answer(_ stream: Stream, _ place: Int) {
        let plan = stream.plan.response
        streams[place]?.hasAnswered = true
        if plan.cutAfter == 1 {
            return session.reset(stream.id, plan.cutByReset ? .internalError : .cancel)
        }
        var list = HTTP2FieldList()
        if plan.raw != nil {
            list.add(":status", "2x0")
            return session.respond(stream.id, list, hasBody: false)
        }
        for _ in 0..<plan.informational {
            list.removeAll()
            list.add(":status", "103")
            list.add("link", "</a>")
            session.inform(stream.id, list)
        }
        list.removeAll()
        if stream.plan.expected == .tunnelled {
            list.add(":status", "200")
            list.add("x-origin", decimal: stream.plan.id)
            return session.respond(stream.id, list, hasBody: true)
        }
        list.add(":status", decimal: plan.status)
        list.add("x-origin", decimal: stream.plan.id)
        for (name, value) in plan.fields {
            list.add(name.utf8.span, value.utf8.span)
        }
        let body = plan.visibleBody(to: stream.plan.method)
        if case .length = plan.framing, plan.status != 204, plan.status != 304 {
            list.add("content-length", decimal: plan.body.count)
        }
        let hasBody = !body.isEmpty || plan.hasTrailer(to: stream.plan.method)
        session.respond(stream.id, list, hasBody: hasBody)
        if !hasBody, plan.isEarly, !stream.isInputEnded {
            ending.append((stream.id, .noError))
        }
        if plan.closes {
            isLeaving = true
            session.shutDown(.noError)
        }
    }

    func bodyWanted(_ slot: Int, atMost limit: Int) -> HTTP2BodyStep {
        guard let stream = streams[slot - 1] else { return .fail }
        if stream.plan.expected == .tunnelled {
            let count = min(limit, stream.payload.count - stream.written)
            if stream.isInputEnded, stream.written + count == stream.payload.count {
                return .last(count)
            }
            return count > 0 ? .bytes(count) : .wait
        }
        let plan = stream.plan.response
        let body = plan.visibleBody(to: stream.plan.method)
        let left = body.count - stream.written
        var count = min(left, limit)
        if let cut = plan.cutAfter {
            // The head is not counted as in HTTP/1: some bytes of the body go out, and no end.
            count = min(count, min(cut, max(0, body.count - 1)) - stream.written)
            guard count > 0 else {
                if plan.cutByReset {
                    ending.append((stream.id, .internalError))
                } else {
                    isCut = false
                }
                return .wait
            }
            return .bytes(count)
        }
        guard count == left else { return .bytes(count) }
        if plan.isEarly, !stream.isInputEnded {
            ending.append((stream.id, .noError))
        }
        if plan.hasTrailer(to: stream.plan.method) {
            var list = HTTP2FieldList()
            list.add("x-trailer", "1")
            session.submitTrailers(stream.id, list)
            return .lastWithTrailers(count)
        }
        return .last(count)
    }

    func writeBody(_ slot: Int, count: Int, into output: inout ByteBuffer) {
        guard let stream = streams[slot - 1] else { return }
        let body =
            stream.plan.expected == .tunnelled
            ? stream.payload : stream.plan.response.visibleBody(to: stream.plan.method)
        let bytes = Array(body[stream.written..<(stream.written + count)])
        output.append(bytes.span)
        streams[slot - 1]?.written += count
    }

    private func write() -> Bool {
        guard !isDone, let room = end.room else { return false }
        if outbox.isEmpty, !produce() { return false }
        let count = min(room, behaviour.writeMax, outbox.count)
        guard count > 0 else { return false }
        let bytes = outbox.bytes.extracting(0..<count).copied()
        outbox.consume(count)
        end.write(bytes)
        return true
    }

    /// - Returns: Whether there is something to write.
    private func produce() -> Bool {
        if session.wantsToWrite {
            // Taken out: the session may not see the buffer of the one that it tells.
            var fresh = ByteBuffer(capacity: 1 << 12)
            do throws(HTTP2Fault) {
                try session.produce(into: &fresh, upTo: 1 << 14, handler: self)
            } catch {
                report("\(error)")
                return false
            }
            outbox.append(fresh.bytes)
        }
        if outbox.isEmpty, let isCut {
            close(byReset: isCut)
            return false
        }
        // What a stream had was written: its last END_STREAM among it.
        if outbox.isEmpty || !session.wantsToWrite {
            for entry in ending {
                session.reset(entry.id, entry.code)
            }
            ending.removeAll()
        }
        if outbox.isEmpty, isLeaving, streams.allSatisfy({ $0 == nil }) {
            // It reads what still comes, so that its last words are not lost.
            end.finish()
        }
        return !outbox.isEmpty
    }
}
