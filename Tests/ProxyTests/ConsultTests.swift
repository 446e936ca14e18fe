import Access
import Testing

@testable import Proxy

/// Requests to the authorization server, on the simulated system.
@Suite
struct ConsultTests {
    private func request(_ id: Int, chunked: Bool) -> RequestPlan {
        var plan = RequestPlan(id: id)
        plan.method = "POST"
        plan.host = "auth.test"
        plan.target = "/oauth2/token"
        plan.body = Array("grant_type=x&code=y".utf8)
        plan.framing = chunked ? .chunked(sizes: 7) : .length
        plan.expected = .consulted
        return plan
    }

    @Test(arguments: [false, true])
    func bodiesAreCutAtEveryByte(chunked: Bool) throws {
        let whole = request(1, chunked: chunked)
        let size = whole.headBytes().count + whole.bodyBytes().count
        for cut in 1...size {
            let world = try World(seed: UInt64(cut), scenario: .consulting)
            for (index, change) in Self.cuts(at: cut).enumerated() {
                var peer = PeerPlan()
                peer.startsAt = world.kernel.time.now
                peer.requests = [request(index + 1, chunked: chunked)]
                change(&peer)
                world.add(peer)
            }
            let faults = world.run()
            #expect(faults.isEmpty, "cut at \(cut): \(faults)")
            #expect(world.peers[0].outcomes.first?.status == 200)
        }
    }

    private static func cuts(at count: Int) -> [(inout PeerPlan) -> Void] {
        [
            { $0.writeMax = count },
            { $0.leavesAfterSent = count },
            {
                $0.leavesAfterSent = count
                $0.leavesByReset = true
            },
            { $0.stallsWritingAfter = count },
        ]
    }

    @Test
    func nobodyWaitsForEver() throws {
        let world = try World(seed: 1, scenario: .consulting)
        world.consult = { _ in .never }
        var peer = PeerPlan()
        peer.startsAt = world.kernel.time.now
        peer.requests = [request(1, chunked: false)]
        world.add(peer)
        #expect(world.run().isEmpty)
        #expect(world.peers[0].outcomes.first?.status == 503)
        #expect(world.peers[0].outcomes.first?.head.value("retry-after") == "5")
    }

    @Test
    func aFullDeskIsAnAnswer() throws {
        let world = try World(seed: 1, scenario: .consulting, deskLimit: 0)
        var peer = PeerPlan()
        peer.startsAt = world.kernel.time.now
        peer.requests = [request(1, chunked: true)]
        world.add(peer)
        #expect(world.run().isEmpty)
        #expect(world.peers[0].outcomes.first?.status == 503)
        #expect(world.peers[0].outcomes.first?.head.value("retry-after") == "1")
    }

    @Test
    func whoLeavesTakesTheTicketBack() throws {
        let world = try World(seed: 1, scenario: .consulting)
        world.consult = { _ in .answer(after: 2_000_000_000) }
        var peer = PeerPlan()
        peer.startsAt = world.kernel.time.now
        peer.requests = [request(1, chunked: false)]
        peer.leavesAfterSent = peer.requests[0].headBytes().count + peer.requests[0].body.count
        peer.leavesByReset = true
        world.add(peer)
        #expect(world.run().isEmpty)
        #expect(world.peers[0].outcomes.isEmpty && world.worker.consultations.isEmpty)
    }
}
