import EventLoop

/// A peer of the gateway: sends what its plan says and reads what comes back.
final class SimulatedPeer: SimulatedActor {
    let plan: PeerPlan
    private unowned let world: World
    private let address: SocketAddress
    private var end: LinkEnd?
    private var hasBegun = false
    private(set) var isDone = false
    /// What came of each request, in order.
    private(set) var outcomes: [Outcome] = []
    /// The first fault of what was read.
    private(set) var fault: String?
    private(set) var sentCount = 0
    private(set) var readCount = 0
    private var outbox: [UInt8] = []
    private var outboxStart = 0
    /// The requests whose head, and whose body, are in the outbox.
    private var headCount = 0
    private var bodyCount = 0
    private var hasContinue = false
    /// Interim responses before the present one.
    private var hintCount = 0
    private var continueBy: Int64?
    private var hasFinished = false
    private var pausedUntil: Int64 = 0
    private var reader = MessageReader()
    private var head: WireHead?
    private var isTunnelling = false
    private var isOver = false

    /// What came of one request.
    struct Outcome {
        var head: WireHead
        var status: Int
        var body: [UInt8]
        var isComplete: Bool
        var hasTrailer = false
        /// Which request of the plan it is of.
        var place = 0
        var isTunnel = false
        /// Whether the peer itself may have kept it from being whole.
        var isExcused = false
        var endedAt: Int64 = 0
    }

    init(_ plan: PeerPlan, world: World, address: SocketAddress) {
        self.plan = plan
        self.world = world
        self.address = address
    }

    /// Whether the gateway has closed, though this peer does not look.
    var isLeft: Bool { end.map { $0.link.isClosed[1] } ?? false }

    private var now: Int64 { world.kernel.time.now }

    var wakesAt: Int64? {
        if isDone { return nil }
        if !hasBegun { return plan.startsAt }
        if pausedUntil > now { return pausedUntil }
        return continueBy.flatMap { $0 > now ? $0 : nil }
    }

    func act() -> Bool {
        guard !isDone, now >= plan.startsAt else { return false }
        guard hasBegun else {
            hasBegun = true
            end = world.kernel.connectPeer(to: world.listener, from: address)
            isDone = end == nil
            return true
        }
        guard let end, now >= pausedUntil else { return false }
        let hasRead = read(end)
        let hasWritten = !isDone && write(end)
        leaveIfPlanned(end)
        let hasActed = hasRead || hasWritten
        if hasActed, !isDone, world.kernel.random.happens(plan.pausePercent) {
            pausedUntil = now + plan.pause
        }
        return hasActed
    }

    private func leaveIfPlanned(_ end: LinkEnd) {
        guard !isDone else { return }
        if let limit = plan.leavesAfterSent, sentCount >= limit { return leave(end) }
        if let limit = plan.leavesAfterRead, readCount >= limit { return leave(end) }
    }

    private func leave(_ end: LinkEnd) {
        isDone = true
        if plan.leavesByReset { end.reset() } else { end.close() }
    }

    private func fail(_ text: String) {
        if fault == nil {
            fault = text
        }
        if let end { leave(end) }
    }

    // Writing.

    private func write(_ end: LinkEnd) -> Bool {
        fill()
        guard outboxStart < outbox.count else { return finishIfPlanned(end) }
        guard let room = end.room else { return false }
        var count = min(room, plan.writeMax, outbox.count - outboxStart)
        if let limit = plan.stallsWritingAfter ?? plan.leavesAfterSent {
            count = min(count, limit - sentCount)
        }
        guard count > 0 else { return false }
        end.write(Array(outbox[outboxStart..<(outboxStart + count)]))
        outboxStart += count
        sentCount += count
        if outboxStart == outbox.count {
            outbox.removeAll(keepingCapacity: true)
            outboxStart = 0
        }
        return true
    }

    private func finishIfPlanned(_ end: LinkEnd) -> Bool {
        guard plan.halfCloses, !hasFinished, bodyCount == plan.requests.count else { return false }
        hasFinished = true
        end.finish()
        return true
    }

    /// Puts into the outbox what may be sent by now.
    private func fill() {
        while !isOver {
            if bodyCount < headCount {
                let request = plan.requests[bodyCount]
                if request.expected == .tunnelled, !isTunnelling { return }
                if request.expectsContinue, !hasContinue, outcomes.count <= bodyCount,
                    now < continueBy ?? 0
                {
                    return
                }
                outbox += request.bodyBytes()
                bodyCount += 1
                hasContinue = false
                continueBy = nil
            }
            guard headCount < plan.requests.count, headCount < outcomes.count + plan.depth else {
                return
            }
            let request = plan.requests[headCount]
            outbox += request.headBytes()
            headCount += 1
            if request.expectsContinue {
                continueBy = now + 1_000_000_000
            }
        }
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
        case .bytes(let bytes):
            readCount += bytes.count
            reader.feed(bytes)
            parse()
            if !isDone, outcomes.count == plan.requests.count, !isTunnelling { finishAll(end) }
            return true
        case .nothing: return false
        case .ended, .reset:
            streamEnded(end)
            return true
        }
    }

    private func parse() {
        do throws(WireFault) {
            while true {
                if head == nil {
                    guard try readHead() else { return }
                    continue
                }
                if isTunnelling {
                    let more = reader.takeRest()
                    outcomes[outcomes.count - 1].body += more
                    return
                }
                try reader.readBody()
                guard reader.isBodyComplete else { return }
                note(isComplete: true)
            }
        } catch {
            fail("\(error)")
        }
    }

    private func readHead() throws(WireFault) -> Bool {
        guard let next = try reader.readHead() else { return false }
        guard outcomes.count < headCount else { throw WireFault("a response to nothing") }
        let request = plan.requests[outcomes.count]
        let parts = next.start.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0] == "HTTP/1.1", let status = Int(parts[1]) else {
            throw WireFault("a status line: \(next.start)")
        }
        if status == 100 {
            guard request.expectsContinue else { throw WireFault("100 to nobody") }
            hasContinue = true
            return true
        }
        if status == 103 {
            guard next.fields.map(\.name) == ["link"] else { throw WireFault("hints: \(next)") }
            hintCount += 1
            return true
        }
        let mostHints = request.version == "HTTP/1.0" ? 0 : request.response.informational
        guard hintCount == mostHints || next.value("x-origin") == nil else {
            throw WireFault("\(hintCount) hints of \(mostHints)")
        }
        hintCount = 0
        head = next
        if status == 101 {
            guard request.expected == .tunnelled else { throw WireFault("an upgrade") }
            isTunnelling = true
            let place = outcomes.count
            outcomes.append(
                Outcome(
                    head: next,
                    status: 101,
                    body: [],
                    isComplete: true,
                    place: place,
                    isTunnel: true
                )
            )
            return true
        }
        let framing = try MessageReader.framing(of: next)
        // A head that came in part only is answered without knowing that it was to be a HEAD.
        let isHead = request.method == "HEAD" && request.raw == nil && status != 408
        if isHead || status == 204 || status == 304 {
            reader.beginBody(.none)
        } else if let framing {
            reader.beginBody(framing)
        } else {
            guard request.version == "HTTP/1.0", next.value("connection") == "close" else {
                throw WireFault("a response without framing: \(next)")
            }
            reader.beginBody(.untilClose)
        }
        return true
    }

    private func note(isComplete: Bool) {
        guard let head else { return }
        self.head = nil
        let status = Int(head.start.split(separator: " ")[1]) ?? 0
        outcomes.append(
            Outcome(
                head: head,
                status: status,
                body: reader.payload,
                isComplete: isComplete,
                hasTrailer: reader.hasTrailer,
                place: outcomes.count,
                endedAt: now
            )
        )
        if head.values("connection").contains("close") {
            isOver = true
        }
    }

    private func finishAll(_ end: LinkEnd) {
        isOver = true
        if reader.rest > 0 { return fail("bytes after the last response") }
        if plan.staysAtEnd || plan.halfCloses { return }
        leave(end)
    }

    private func streamEnded(_ end: LinkEnd) {
        if !isTunnelling, head != nil {
            reader.streamEnded()
            note(isComplete: reader.isBodyComplete)
        } else if reader.rest > 0, fault == nil, !mayBreakOff {
            fault = "the stream ends in the middle of a head"
        }
        isDone = true
        end.close()
    }

    /// Whether the present response is cut by its origin: a slow peer may have seen part of its head.
    private var mayBreakOff: Bool {
        outcomes.count < plan.requests.count
            && plan.requests[outcomes.count].response.cutAfter != nil
    }

    /// What it is at, for a report.
    var state: String {
        let first = max(0, outcomes.count - 1)
        let requests = plan.requests.enumerated().dropFirst(first).prefix(3).map {
            index,
            request in
            let seen = index < outcomes.count ? "\(outcomes[index].status)" : "-"
            return "[\(request.summary) got \(seen)]"
        }
        return "sent \(sentCount) read \(readCount) payload \(reader.payload.count) "
            + "depth \(plan.depth) \(plan.isGood ? "" : "rude ")\(requests.joined(separator: " "))"
    }
}
