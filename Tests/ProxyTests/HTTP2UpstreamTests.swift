import EventLoop
import Testing

@testable import Proxy

/// What many exchanges on few connections of HTTP/2 must keep to, one thing at a time.
@Suite
struct HTTP2UpstreamTests {
    private static let second: Int64 = 1_000_000_000

    private func request(_ id: Int, _ change: (inout RequestPlan) -> Void = { _ in }) -> RequestPlan
    {
        var plan = RequestPlan(id: id)
        plan.target = "/open/\(id)"
        plan.response.body = Array("hello \(id)".utf8)
        change(&plan)
        return plan
    }

    /// Runs peers of one request each, half of whom begin after a second.
    private func run(
        _ requests: [RequestPlan],
        at seconds: [Int64],
        streamCount: Int = 100
    ) throws -> World {
        let world = try World(seed: 5, scenario: .failing, hasHTTP2Origins: true)
        world.dialling.streamCount = streamCount
        let begin = world.kernel.time.now
        for (request, moment) in zip(requests, seconds) {
            var peer = PeerPlan()
            peer.startsAt = begin + moment * Self.second
            peer.requests = [request]
            world.add(peer)
        }
        let faults = world.run()
        #expect(faults.isEmpty, "\(faults)")
        return world
    }

    private func statuses(_ world: World) -> [Int] {
        world.peers.flatMap { $0.outcomes.map(\.status) }
    }

    @Test("One connection to each of two servers carries them all")
    func connectionsAreShared() throws {
        let requests = (1...40).map { id in
            request(id) { $0.response.delay = 50_000_000 }
        }
        let world = try run(requests, at: requests.map { _ in 0 })
        #expect(statuses(world) == requests.map { _ in 200 })
        #expect(world.sight.connectionCount == 2)
    }

    @Test("A server that allows three streams gets a connection for each three")
    func limitsOfStreamsAreKept() throws {
        let requests = (1...14).map { id in
            request(id) { $0.response.delay = 50_000_000 }
        }
        // Two exchanges first: from them each connection knows its limit.
        let world = try run(requests, at: requests.map { $0.id <= 2 ? 0 : 1 }, streamCount: 3)
        #expect(statuses(world) == requests.map { _ in 200 })
        #expect(world.sight.connectionCount == 4)
    }

    @Test("A burst towards servers that allow little, and have not said so, comes through")
    func unknownLimitsAreLearned() throws {
        let requests = (1...60).map { id in
            request(id) {
                $0.method = "POST"
                $0.body = [1, 2, 3]
                $0.framing = .length
                $0.response.delay = 50_000_000
            }
        }
        let world = try run(requests, at: requests.map { _ in 0 }, streamCount: 4)
        #expect(statuses(world) == requests.map { _ in 200 })
    }

    @Test("What a server refuses goes to another, whatever the method", arguments: ["GET", "POST"])
    func refusalsAreRetried(method: String) throws {
        let refused = request(1) {
            $0.method = method
            $0.response.refusalCount = 2
        }
        let world = try run([refused], at: [0])
        #expect(statuses(world) == [200])
        #expect(world.sight.refusalCounts == [1: 2])
    }

    @Test("A small body goes along", arguments: [1, 300, 16_384], [false, true])
    func bodiesAreSentAgain(count: Int, isChunked: Bool) throws {
        let refused = request(1) {
            $0.method = "POST"
            $0.body = [UInt8](repeating: 0x61, count: count)
            $0.framing = isChunked ? .chunked(sizes: 1_000) : .length
            $0.response.refusalCount = 2
        }
        let world = try run([refused], at: [0])
        #expect(statuses(world) == [200])
        #expect(world.sight.refusalCounts == [1: 2])
    }

    @Test("Six refusals are enough")
    func refusalsEnd() throws {
        let world = try run([request(1) { $0.response.refusalCount = 9 }], at: [0])
        #expect(statuses(world) == [503])
        #expect(world.sight.refusalCounts == [1: 6])
    }

    @Test("A server that says goodbye gets nothing new, and ends what it has")
    func goodbyesAreHeard() throws {
        let requests = [
            request(1) { $0.response.delay = 2 * Self.second },
            request(2) { $0.response.closes = true },
            request(3) { $0.response.closes = true },
            request(4), request(5),
        ]
        let world = try run(requests, at: [0, 0, 0, 1, 1])
        #expect(statuses(world) == [200, 200, 200, 200, 200])
        #expect(world.sight.connectionCount == 4)
    }

    @Test("A reset ends one exchange, not its neighbours'")
    func resetsEndOneExchange() throws {
        let requests = [
            request(1) { $0.response.delay = Self.second },
            request(2) { $0.response.delay = Self.second },
            request(3) {
                $0.method = "POST"
                $0.response.cutAfter = 1
                $0.response.cutByReset = true
            },
            request(4),
        ]
        let world = try run(requests, at: [0, 0, 0, 0])
        #expect(statuses(world) == [200, 200, 502, 200])
        #expect(world.sight.connectionCount == 2)
    }

    @Test("A WebSocket of HTTP/1.1 goes through a stream, and its key is answered")
    func webSocketsAreTunnelled() throws {
        let upgrade = request(1) {
            $0.fields = [
                ("Connection", "Upgrade"), ("Upgrade", "websocket"),
                ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ]
            $0.expected = .tunnelled
            $0.framing = .bare
            $0.body = Array("hello".utf8)
            $0.response.status = 101
        }
        let world = try run([upgrade], at: [0])
        #expect(statuses(world) == [101])
        let outcome = try #require(world.peers[0].outcomes.first)
        #expect(outcome.body == upgrade.body)
        // RFC 6455 §1.3.
        #expect(outcome.head.value("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }
}

/// What a connection's window is given back.
@Suite
struct WindowCreditTests {
    @Test("Everything at once, as long as little is held")
    func credits() {
        var credit = WindowCredit()
        credit.received(1_000, taken: 0)
        #expect(credit.due() == 1_000)
        #expect(credit.due() == 0)
        credit.taken(1_000)
        #expect(credit.due() == 0)
        #expect(credit.heldCount == 0)
    }

    @Test("Beyond the most that is held, only what is taken")
    func debts() {
        var credit = WindowCredit()
        credit.received(WindowCredit.heldCountMax, taken: 0)
        #expect(credit.due() == WindowCredit.heldCountMax)
        #expect(!credit.isHoldingBack)
        credit.received(500, taken: 100)
        #expect(credit.due() == 100)
        #expect(credit.isHoldingBack)
        credit.taken(300)
        #expect(credit.due() == 300)
        #expect(credit.isHoldingBack)
        credit.taken(WindowCredit.heldCountMax + 100)
        #expect(credit.due() == 100)
        #expect(credit.heldCount == 0 && !credit.isHoldingBack)
    }
}
