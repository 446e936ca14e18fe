import Proxy

/// Makes the world of a seed.
extension World {
    /// A world with everybody in it, ready to run.
    static func make(
        _ scenario: Scenario,
        seed: UInt64,
        hasHTTP2Origins: Bool = false,
        hasHTTP2Peers: Bool = false
    ) throws -> World {
        let isFull = scenario == .consulting && seed % 7 == 6
        let world = try World(
            seed: seed,
            scenario: scenario,
            deskLimit: isFull ? 0 : 1 << 20,
            hasHTTP2Origins: hasHTTP2Origins
        )
        var random = SeededGenerator(seed: seed &* 31 &+ 7)
        world.shapeKernel(&random)
        world.shapeOrigins(&random)
        // A series of its own, so that those of the others stay as they are.
        var other = SeededGenerator(seed: seed &+ 1_000)
        world.dialling.streamCount = other.one(of: [100, 100, 1, 3])
        var id = 1
        for _ in 0..<random.number(1...4) {
            var plan =
                hasHTTP2Peers && !random.happens(15)
                ? world.makeHTTP2Peer(&random, firstID: &id)
                : world.makePeer(&random, firstID: &id)
            for place in plan.requests.indices where hasHTTP2Origins {
                plan.requests[place].mayBeRefused = plan.requests[place].body.count > 16_384
                plan.requests[place].mayQueue = world.dialling.streamCount < 100
            }
            world.add(plan)
        }
        world.shapeControl(&random)
        return world
    }

    private func shapeKernel(_ random: inout SeededGenerator) {
        kernel.faults.shortRead = random.one(of: [0, 0, 10, 50])
        kernel.faults.shortWrite = random.one(of: [0, 0, 10, 40])
        kernel.faults.spuriousBlock = random.one(of: [0, 0, 5, 20])
        kernel.faults.partialPoll = random.one(of: [0, 30])
        kernel.faults.connectAtOnce = random.one(of: [0, 50])
        kernel.window = random.one(of: [1 << 16, 1 << 16, 1 << 18, 5_000, 700])
        kernel.latency = random.one(of: [0, 50_000, 2_000_000])
        if scenario == .starving {
            // Two are the listeners'.
            kernel.descriptorCountMax = random.number(3...7)
        }
    }

    private func shapeOrigins(_ random: inout SeededGenerator) {
        dialling.window = random.one(of: [1 << 16, 1 << 16, 1 << 18, 5_000, 700])
        dialling.behaviour.readMax = random.one(of: [1 << 16, 1 << 16, 5_000, 300])
        dialling.behaviour.writeMax = random.one(of: [1 << 16, 1 << 16, 5_000, 300])
        dialling.behaviour.pausePercent = random.one(of: [0, 0, 20])
        dialling.behaviour.pause = 3_000_000
        if random.happens(15), scenario != .draining {
            // Slower in all than any time-out, and never silent for as long as one.
            dialling.window = 1 << 16
            dialling.behaviour.writeMax = 20_000
            dialling.behaviour.readMax = 20_000
            dialling.behaviour.pausePercent = 100
            // Of HTTP/2 one connection carries what else several would.
            dialling.behaviour.pause = hasHTTP2Origins ? 40_000_000 : 400_000_000
            kernel.faults = KernelFaults()
        }
        guard scenario == .failing || scenario == .changing else { return }
        dialling.behaviour.staleIdlePercent = random.one(of: [0, 50, 100])
        dialling.refusedPercent = random.one(of: [0, 0, 30, 100])
        dialling.silentPercent = random.one(of: [0, 0, 30])
        dialling.unreachablePercent = random.one(of: [0, 0, 30])
    }

    private func shapeControl(_ random: inout SeededGenerator) {
        let begin = kernel.time.now
        switch scenario {
        case .errands, .changing:
            let kind = random.number(0...4)
            answerErrands { random in
                let delay = Int64(random.number(0...1_000_000_000))
                return switch kind == 4 ? random.number(0...3) : kind {
                case 0: .keysFirst(after: delay)
                case 1: .answer(.keyUnknown, after: delay)
                case 2: .answer(.keysUnavailable(retryAfterSeconds: 5), after: delay)
                default: .never
                }
            }
        case .consulting:
            let mayHang = random.happens(20)
            consult = { random in
                mayHang && random.happens(20)
                    ? .never : .answer(after: Int64(random.number(0...200_000_000)))
            }
        case .clean, .draining, .failing, .rude, .starving: break
        }
        guard scenario == .changing || scenario == .draining else { return }
        for _ in 0..<random.number(0...3) {
            at(begin + Int64(random.number(0...300_000_000)), .reload)
        }
        if scenario == .draining || random.happens(50) {
            let seconds: Int64 = scenario == .draining ? 600 : 10
            at(begin + Int64(random.number(0...300_000_000)), .drain(seconds: seconds))
        }
    }

    private func makePeer(_ random: inout SeededGenerator, firstID: inout Int) -> PeerPlan {
        var peer = PeerPlan()
        peer.startsAt = kernel.time.now + Int64(random.number(0...20_000_000))
        peer.depth = random.one(of: [1, 1, 2, 8])
        peer.readMax = random.one(of: [1 << 16, 1 << 16, 5_000, 200])
        peer.writeMax = random.one(of: [1 << 16, 1 << 16, 5_000, 60])
        peer.pausePercent = random.one(of: [0, 0, 20])
        peer.pause = Int64(random.number(1...10_000_000))
        if random.happens(5) {
            peer.readMax = 20_000
            peer.writeMax = 20_000
            peer.pausePercent = 100
            peer.pause = 400_000_000
        }
        peer.halfCloses = random.happens(15)
        peer.staysAtEnd = random.happens(15)
        let count = random.one(of: [1, 1, 2, 5, 12])
        for index in 0..<count {
            let request = makeRequest(&random, id: firstID, isLast: index == count - 1)
            peer.requests.append(request)
            firstID += 1
            if request.expected == .tunnelled { break }
        }
        if scenario == .rude || scenario == .consulting && random.happens(40) {
            makeRude(&peer, &random)
        }
        return peer
    }

    func makeRude(_ peer: inout PeerPlan, _ random: inout SeededGenerator) {
        let size = peer.requests.reduce(0) { $0 + $1.headBytes().count + $1.bodyBytes().count }
        peer.leavesByReset = random.happens(50)
        switch random.number(0...5) {
        case 0: peer.leavesAfterSent = random.number(0...size)
        case 1: peer.leavesAfterRead = random.one(of: [1, 100, random.number(1...60_000)])
        case 2: peer.stallsReadingAfter = random.one(of: [0, 10, random.number(1...60_000)])
        case 3: peer.stallsWritingAfter = random.number(0...size)
        default: break
        }
    }

    func makeRequest(
        _ random: inout SeededGenerator,
        id: Int,
        isLast: Bool
    ) -> RequestPlan {
        var plan = RequestPlan(id: id)
        plan.method = random.one(of: ["GET", "GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS"])
        plan.target = "/open/\(id)?q=\(id)"
        plan.fields = [("X-Stack-User-Id", "evil"), ("x_stack.user-id", "evil")]
        if random.happens(30) {
            plan.fields += [("Connection", "X-Hop"), ("X-Hop", "1"), ("TE", "trailers")]
        }
        if random.happens(20) {
            plan.fields.append(("X-Long", String(repeating: "l", count: random.number(1...4_000))))
        }
        if plan.method == "POST" || plan.method == "PUT" {
            plan.body = random.bytes(random.bodySize())
            plan.framing =
                random.happens(50)
                ? .chunked(sizes: random.one(of: [7, 1_000, 65_536, 100_000])) : .length
            if case .chunked(7) = plan.framing { plan.body = Array(plan.body.prefix(3_000)) }
            plan.expectsContinue = !plan.body.isEmpty && random.happens(25)
        }
        plan.response = makeResponse(&random, plan.method)
        vary(&plan, &random, isLast: isLast)
        return plan
    }

    private func makeResponse(_ random: inout SeededGenerator, _ method: String) -> ResponsePlan {
        var plan = ResponsePlan()
        plan.status = random.one(of: [200, 200, 200, 201, 204, 304, 404, 500])
        plan.body = random.bytes(random.bodySize())
        plan.informational = random.one(of: [0, 0, 0, 1, 3])
        plan.delay = random.one(of: [0, 0, 1_000_000, 40_000_000])
        // An HTTP/2 connection that ends may meet requests of others, which is a failure.
        plan.closes = random.happens(15) && !(hasHTTP2Origins && scenario.isKind)
        switch random.number(0...5) {
        case 0, 1: plan.framing = .chunked(size: random.one(of: [900, 16_000, 65_536, 200_000]))
        case 2: plan.framing = .untilClose
        case 3:
            plan.framing = .chunked(size: 5)
            plan.body = Array(plan.body.prefix(2_000))
        default: plan.framing = .length
        }
        if random.happens(20) {
            plan.fields.append(("X-Long", String(repeating: "L", count: random.number(1...8_000))))
        }
        guard scenario == .failing else { return plan }
        if random.happens(30) {
            let size = plan.bytes(id: 10, method: method).count
            plan.cutAfter = random.one(of: [0, 1, random.number(0...400), random.number(0...size)])
            plan.cutByReset = random.happens(50)
        } else if random.happens(10) {
            plan.raw = random.one(of: [
                Array("HTTP/1.1 200\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n".utf8),
                Array("HTTP/2 what\r\n\r\n".utf8), [0, 1, 2, 10, 10], Array("\r\n\r\n".utf8),
                Array("HTTP/1.1 101 No\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n".utf8),
            ])
        } else if random.happens(5) {
            plan.isSilent = true
        } else if hasHTTP2Origins, random.happens(30) {
            plan.refusalCount = random.number(1...3)
        }
        return plan
    }

    /// Makes something special of some requests.
    private func vary(_ plan: inout RequestPlan, _ random: inout SeededGenerator, isLast: Bool) {
        let isPlain = plan.framing.isNone
        if scenario == .consulting, random.happens(70) {
            return makeConsulted(&plan, &random, isLast: isLast)
        }
        switch random.number(0...15) {
        case 0, 1:
            plan.target = "/secure/\(plan.id)"
            plan.fields.append(("Authorization", "Bearer \(Tokens.good)"))
            plan.user = "user-1"
        case 2 where isPlain:
            plan.target = "/secure/\(plan.id)"
            plan.expected = .refused([401])
        case 3 where isPlain && plan.method != "HEAD":
            plan.target = "/text/"
            plan.expected = .refused([200])
        case 4:
            plan.target = "/stripped/a/../b%41/\(plan.id)"
            plan.forwarded = "/bA/\(plan.id)"
        case 5 where isLast:
            plan.version = "HTTP/1.0"
            if case .chunked = plan.framing { plan.framing = .length }
            plan.expectsContinue = false
        case 6 where isLast && isPlain:
            plan.method = "GET"
            plan.target = "/open/tunnel"
            plan.fields += [
                ("Connection", "Upgrade"), ("Upgrade", hasHTTP2Origins ? "websocket" : "echo"),
                ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ]
            plan.framing = .bare
            plan.body = random.bytes(random.bodySize())
            plan.expected = .tunnelled
            plan.response = ResponsePlan()
            plan.response.status = 101
        case 7 where scenario == .rude || isLast:
            makeRefused(&plan, &random)
        case 8, 9, 10:
            guard scenario == .errands || scenario == .changing else { return }
            plan.target = "/secure/\(plan.id)"
            let token = random.one(of: [Tokens.later, Tokens.never])
            plan.fields.append(("Authorization", "Bearer \(token)"))
            plan.user = "user-2"
        case 11 where isLast && !isPlain:
            plan.response.isEarly = true
            plan.response.status = 413
        default: break
        }
        if isLast, random.happens(20) { plan.fields.append(("Connection", "close")) }
    }

    private func makeConsulted(
        _ plan: inout RequestPlan,
        _ random: inout SeededGenerator,
        isLast: Bool
    ) {
        plan.host = "auth.test"
        plan.target = random.one(of: [
            "/oauth2/token", "/oauth2/callback/corp?code=verysecret&state=verysecret",
            "/oauth2/userinfo?scope=a",
        ])
        plan.expected = .consulted
        if !plan.framing.isNone, random.happens(10) {
            plan.body = random.bytes(random.number(65_530...65_542))
            plan.framing = .length
        }
        // The rest of a refused body has a second to come, and a slow peer is then cut off.
        if !isLast { plan.body = Array(plan.body.prefix(65_536)) }
    }

    private func makeRefused(_ plan: inout RequestPlan, _ random: inout SeededGenerator) {
        switch random.number(0...3) {
        case 0:
            plan.raw = Array("GET / HTTP/1.1\nHost: x\n\n".utf8)
            plan.expected = .refused([400, 408])
        case 1:
            plan.raw =
                Array(
                    "POST /open/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked"
                        .utf8
                ) + [13, 10, 13, 10]
            plan.expected = .refused([400, 408])
        case 2:
            plan.target = "/nowhere/"
            plan.expected = .refused([404])
        default:
            plan.target = "/limited/\(plan.id)"
            if plan.body.count > 1_000 { plan.expected = .refused([413, 200]) }
        }
        if plan.expected == .refused([413, 200]) {
            plan.response.isEarly = false
        }
    }
}

extension RequestPlan.Framing {
    var isNone: Bool {
        if case .none = self { true } else { false }
    }
}

/// Tokens of these runs: one that is good, one whose key is known later, one whose key never is.
enum Tokens {
    static let good = Kit.token(issuer: "https://file.test", key: 0, subject: "user-1")
    static let later = Kit.token(issuer: "https://url.test", key: 1, subject: "user-2")
    static let never = Kit.token(issuer: "https://url.test", key: 2, subject: "user-2")
}
