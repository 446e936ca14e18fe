import Bytes
import EventLoop
import HTTP

/// What the origins of a simulation have seen.
struct OriginSight {
    /// Heads seen, by plan.
    var headCounts: [Int: Int] = [:]
    /// Requests refused as untouched, by plan.
    var refusalCounts: [Int: Int] = [:]
    /// Connections that gateways have begun.
    var connectionCount = 0
    var violations: [String] = []
}

/// One connection of an origin: reads requests strictly, and answers by plan.
final class OriginConnection: SimulatedActor {
    private let end: LinkEnd
    private unowned let world: World
    private var reader = MessageReader()
    private var request: RequestPlan?
    private var isReadingBody = false
    private var outbox: [UInt8] = []
    private var outboxStart = 0
    private var answersAt: Int64?
    private var cut: Int?
    private var closesAfter = false
    private var isTunnel = false
    private var isEndSeen = false
    private var isDone = false
    private var pausedUntil: Int64 = 0
    private let behaviour: OriginBehaviour
    private var closesIdleAt: Int64?
    private var requestCount = 0
    private var lastPlan: String?
    /// What answers the handshake of the present request's tunnel.
    private var handshake: [(String, String)] = []

    init(_ end: LinkEnd, world: World, behaviour: OriginBehaviour) {
        self.end = end
        self.world = world
        self.behaviour = behaviour
        closesIdleAt = nil
    }

    private var now: Int64 { world.kernel.time.now }

    var wakesAt: Int64? {
        if isDone { return nil }
        let moments = [answersAt, pausedUntil, closesIdleAt].compactMap(\.self).filter { $0 > now }
        return moments.min()
    }

    func act() -> Bool {
        guard !isDone, now >= pausedUntil else { return false }
        if let closesIdleAt, now >= closesIdleAt, request == nil {
            close(byReset: false)
            return true
        }
        let hasActed = answerIfDue() || write() || read()
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
        world.sight.violations.append("origin, plan \(request?.id ?? -1): \(text)")
        close(byReset: true)
    }

    private func read() -> Bool {
        guard !isDone, !isEndSeen else { return false }
        if request != nil, !isReadingBody, !isTunnel { return readQuietly() }
        switch end.read(atMost: behaviour.readMax) {
        case .bytes(let bytes):
            closesIdleAt = nil
            reader.feed(bytes)
            parse()
            return true
        case .nothing: return false
        case .reset:
            close(byReset: false)
            return true
        case .ended:
            isEndSeen = true
            if isTunnel {
                closesAfter = true
                closeIfDone()
            } else {
                close(byReset: false)
            }
            return true
        }
    }

    /// While it answers, nothing may come.
    private func readQuietly() -> Bool {
        switch end.read(atMost: 64) {
        case .bytes:
            report("bytes before the response has ended")
            return true
        case .nothing: return false
        case .ended, .reset:
            isEndSeen = true
            close(byReset: false)
            return true
        }
    }

    private func parse() {
        do throws(WireFault) {
            if isTunnel {
                outbox += reader.takeRest()
                return
            }
            if request == nil {
                guard let head = try reader.readHead() else { return }
                try begin(head)
            }
            try reader.readBody()
            guard let request, isReadingBody else { return }
            if reader.isBodyComplete {
                isReadingBody = false
                // What goes through a tunnel is no body.
                let body = request.expected == .tunnelled ? [] : request.body
                guard reader.payload.span.isEqual(to: body.span) else {
                    throw WireFault("another body")
                }
                if let hasTrailer = request.hasTrailer, reader.hasTrailer != hasTrailer {
                    throw WireFault("trailer \(reader.hasTrailer)")
                }
                if reader.rest > 0, !isTunnel { throw WireFault("bytes after the request") }
                if !request.response.isEarly { beginAnswer(request) }
                endIfAnswered()
            }
        } catch {
            report("\(error), \(requestCount) requests before, \(String(describing: lastPlan))")
        }
    }

    private func begin(_ head: WireHead) throws(WireFault) {
        guard let text = head.value("x-plan"), let id = Int(text), let plan = world.plans[id] else {
            throw WireFault("no plan: \(head)")
        }
        request = plan
        lastPlan = plan.summary
        requestCount += 1
        world.sight.headCounts[id, default: 0] += 1
        try HeadJudge.judge(head, plan)
        handshake = Self.handshake(head)
        reader.beginBody(try MessageReader.framing(of: head) ?? .none)
        isReadingBody = true
        if plan.response.isEarly { beginAnswer(plan) }
    }

    private static func handshake(_ head: WireHead) -> [(String, String)] {
        guard let name = head.value("upgrade"), let key = head.value("sec-websocket-key") else {
            return []
        }
        let bytes = Array(key.utf8)
        var accept: [UInt8] = []
        WebSocketHandshake.appendAccept(of: bytes.span, to: &accept)
        return [
            ("Upgrade", name), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", String(decoding: accept, as: UTF8.self)),
        ]
    }

    private func beginAnswer(_ plan: RequestPlan) {
        guard !plan.response.isSilent else { return }
        answersAt = now + plan.response.delay
    }

    private func answerIfDue() -> Bool {
        guard let answersAt, now >= answersAt, let request else { return false }
        self.answersAt = nil
        var response = request.response
        if response.status == 101 { response.fields += handshake }
        outbox += response.bytes(id: request.id, method: request.method)
        cut = request.response.cutAfter
        closesAfter =
            request.response.closes || request.response.isUntilClose
            || request.response.raw != nil || request.response.isEarly
        if request.response.status == 101 {
            isTunnel = true
            closesAfter = false
            outbox += reader.takeRest()
        }
        return true
    }

    private func write() -> Bool {
        guard !isDone, outboxStart < outbox.count, let room = end.room else { return false }
        var count = min(room, behaviour.writeMax, outbox.count - outboxStart)
        if let cut {
            count = min(count, cut - outboxStart)
            if outboxStart >= cut {
                close(byReset: request?.response.cutByReset ?? false)
                return true
            }
        }
        guard count > 0 else { return false }
        end.write(Array(outbox[outboxStart..<(outboxStart + count)]))
        outboxStart += count
        endIfAnswered()
        return true
    }

    private func endIfAnswered() {
        guard outboxStart == outbox.count, answersAt == nil, !outbox.isEmpty else { return }
        outbox.removeAll(keepingCapacity: true)
        outboxStart = 0
        if let cut, cut >= 0, request?.response.cutAfter != nil {
            return close(byReset: request?.response.cutByReset ?? false)
        }
        closeIfDone()
        guard !isDone, !isTunnel, !isReadingBody else { return }
        request = nil
        if world.kernel.random.happens(behaviour.staleIdlePercent) {
            closesIdleAt = now + Int64(world.kernel.random.number(0...2_000_000))
        }
    }

    private func closeIfDone() {
        guard closesAfter, outboxStart == outbox.count else { return }
        if isReadingBody {
            // It has said all, and reads what still comes, so that its last words are not lost.
            end.finish()
            return
        }
        close(byReset: false)
    }
}

/// How the connections of an origin behave.
struct OriginBehaviour {
    var readMax = 1 << 16
    var writeMax = 1 << 16
    var pausePercent = 0
    var pause: Int64 = 0
    var staleIdlePercent = 0
}

/// What an origin may be sent.
enum HeadJudge {
    static func judge(
        _ head: WireHead,
        _ plan: RequestPlan,
        isHTTP2: Bool = false
    ) throws(WireFault) {
        let target = plan.forwarded ?? plan.target
        guard head.start == "\(plan.method) \(target) HTTP/1.1" else {
            throw WireFault("start line \(head.start) for \(target)")
        }
        for name in ["host", "x-request-id", "x-forwarded-for", "x-forwarded-proto", "forwarded"] {
            guard head.values(name).count == 1 else { throw WireFault("\(name) not once: \(head)") }
        }
        guard head.value("host") == plan.host else { throw WireFault("host \(head)") }
        try judgeFraming(head, plan, isHTTP2: isHTTP2)
        try judgeIdentity(head, plan)
        let isUpgrade = plan.expected == .tunnelled
        for name in ["connection", "upgrade"] {
            // HTTP/2 has no such field; the library reads an extended CONNECT as an upgrade.
            let isThere = isUpgrade && (name == "upgrade" || !isHTTP2)
            guard head.values(name).count == (isThere ? 1 : 0) else {
                throw WireFault("\(name): \(head)")
            }
        }
        guard !isHTTP2 || head.values("sec-websocket-key").isEmpty else {
            throw WireFault("a key: \(head)")
        }
        guard head.values("te") == (isHTTP2 && plan.asksForTrailers ? ["trailers"] : []) else {
            throw WireFault("te: \(head)")
        }
        for name in ["trailer", "keep-alive", "proxy-connection", "expect", "x-hop"] {
            guard head.values(name).isEmpty else { throw WireFault("\(name): \(head)") }
        }
    }

    private static func judgeFraming(
        _ head: WireHead,
        _ plan: RequestPlan,
        isHTTP2: Bool
    ) throws(WireFault) {
        let framing = try MessageReader.framing(of: head)
        switch (plan.framing, framing) {
        case (.none, nil), (.bare, nil): break
        case (.chunked, .chunked) where !isHTTP2: break
        case (.chunked, nil) where isHTTP2: break
        case (.length, .length(plan.declaredLength)): break
        // Where the head ends the stream, there is no body to frame.
        case (_, nil) where plan.isHTTP2 && plan.endsWithHead: break
        default: throw WireFault("framing \(String(describing: framing))")
        }
    }

    private static func judgeIdentity(_ head: WireHead, _ plan: RequestPlan) throws(WireFault) {
        var users: [String] = []
        for (name, value) in head.fields {
            let folded = String(
                name.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "-" }
            )
            guard folded.hasPrefix("x-stack-") || folded == "x-forwarded-for" else { continue }
            guard !value.contains("evil") else { throw WireFault("forged: \(name): \(value)") }
            if folded == "x-stack-user-id" { users.append(value) }
        }
        guard users == (plan.user.map { [$0] } ?? []) else { throw WireFault("users \(users)") }
        if plan.user != nil, head.value("authorization") != nil {
            throw WireFault("the token went on")
        }
    }
}
