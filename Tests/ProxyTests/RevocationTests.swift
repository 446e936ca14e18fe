import Access
import Testing

@testable import Proxy

/// Tokens of our own that die before their time, on the simulated system.
@Suite
struct RevocationTests {
    private static let second: Int64 = 1_000_000_000
    private static let token = Kit.token(
        issuer: "https://auth.test",
        key: 0,
        subject: "user-1",
        session: "s1"
    )

    private func request(_ id: Int, _ change: (inout RequestPlan) -> Void = { _ in }) -> RequestPlan
    {
        var plan = RequestPlan(id: id)
        plan.target = "/secure/\(id)"
        plan.fields = [("Authorization", "Bearer \(Self.token)")]
        plan.user = "user-1"
        plan.response.body = Array("well".utf8)
        change(&plan)
        return plan
    }

    private func tunnel(_ id: Int) -> RequestPlan {
        request(id) {
            $0.target = "/secure/tunnel"
            $0.fields += [("Connection", "Upgrade"), ("Upgrade", "echo")]
            $0.expected = .tunnelled
            $0.response = ResponsePlan()
            $0.response.status = 101
        }
    }

    /// Runs one peer, with the session dead after a second and a half.
    ///
    /// - Returns: The statuses it saw, and how many seconds all of it took.
    private func run(
        _ requests: [RequestPlan],
        tellsWorker: Bool = true,
        session: String = "s1",
        _ change: (World, inout PeerPlan) -> Void = { _, _ in }
    ) throws -> (peer: SimulatedPeer, seconds: Int64) {
        let world = try World(seed: 3, scenario: .changing)
        let begin = world.kernel.time.now
        var peer = PeerPlan()
        peer.startsAt = begin
        peer.requests = requests
        change(world, &peer)
        world.add(peer)
        world.at(begin + Self.second * 3 / 2, .revoke(session: session, tellsWorker: tellsWorker))
        let faults = world.run()
        #expect(faults.isEmpty, "\(faults)")
        return (world.peers[0], (world.kernel.time.now - begin) / Self.second)
    }

    /// The worker is told nothing: each decision asks for itself, whoever remembers the token.
    @Test
    func decisionsThatStartLaterRefuse() throws {
        let requests = (1...12).map { request($0) }
        let (peer, _) = try run(requests, tellsWorker: false) {
            $1.pausePercent = 100
            $1.pause = 400_000_000
            $0.add(late(id: 100, at: $1.startsAt + 3 * Self.second))
        }
        // The first peer that was added is the late one: a new connection, a known token.
        #expect(peer.outcomes.map(\.status) == [401])
    }

    private func late(id: Int, at moment: Int64) -> PeerPlan {
        var peer = PeerPlan()
        peer.startsAt = moment
        peer.requests = [request(id)]
        return peer
    }

    @Test
    func aConnectionForgetsItsLastVerdict() throws {
        let requests = (1...12).map { request($0) }
        let (peer, _) = try run(requests, tellsWorker: false) {
            $1.pausePercent = 100
            $1.pause = 400_000_000
        }
        let statuses = peer.outcomes.map(\.status)
        let dead = statuses.firstIndex(of: 401)
        #expect(statuses.first == 200 && statuses.count == 12)
        #expect(dead.map { statuses[$0...].allSatisfy { $0 == 401 } } == true)
    }

    @Test
    func othersGoOn() throws {
        let (peer, _) = try run((1...12).map { request($0) }, session: "s2") {
            $1.pausePercent = 100
            $1.pause = 400_000_000
        }
        #expect(peer.outcomes.map(\.status) == Array(repeating: 200, count: 12))
    }

    @Test
    func tunnelsOfAnIdleWorkerEnd() throws {
        let (ended, seconds) = try run([tunnel(1)])
        #expect(ended.outcomes.first?.status == 101 && seconds < 9)
        let (other, longer) = try run([tunnel(1)], session: "s2")
        #expect(other.outcomes.first?.status == 101 && longer >= 10)
    }

    @Test
    func streamsEnd() throws {
        let stream = request(1) {
            $0.response.framing = .chunked(size: 50)
            $0.response.body = Array(repeating: 0x61, count: 3_000)
        }
        let slowly: (World, inout PeerPlan) -> Void = { world, _ in
            world.dialling.behaviour.writeMax = 100
            world.dialling.behaviour.pausePercent = 100
            world.dialling.behaviour.pause = 200_000_000
        }
        let (ended, _) = try run([stream], slowly)
        #expect(ended.outcomes.first?.status == 200)
        #expect(ended.outcomes.first?.isComplete == false)
        let (other, _) = try run([stream], session: "s2", slowly)
        #expect(other.outcomes.first?.isComplete == true)
    }

    /// It began before: a page may come, a stream may not begin.
    @Test
    func whatIsUnderWayMayAnswerButNotStream() throws {
        let page = request(1) { $0.response.delay = 2 * Self.second }
        #expect(try run([page]).peer.outcomes.map(\.status) == [200])
        var late = tunnel(1)
        late.response.delay = 2 * Self.second
        #expect(try run([late]).peer.outcomes.map(\.status) == [401])
        let stream = request(1) {
            $0.response.delay = 2 * Self.second
            $0.response.fields = [("Content-Type", "Text/Event-Stream; charset=utf-8")]
            $0.response.framing = .chunked(size: 50)
        }
        #expect(try run([stream]).peer.outcomes.map(\.status) == [401])
    }
}
