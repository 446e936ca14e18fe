import Configuration
import EventLoop
import Testing

@testable import Proxy

/// Which server takes a request.
@Suite
struct UpstreamGroupTests {
    private let now = Instant(nanoseconds: 1_000_000_000)

    /// A group of these servers, one address each.
    private func group(
        _ servers: String,
        _ more: String = "",
        healthy: (Int) -> Bool = { _ in true }
    ) -> UpstreamGroup {
        let settings = Kit.settings(
            """
            listen 127.0.0.1:8080;
            upstream one { \(servers) \(more) }
            route / { upstream one; access public; }
            """
        )
        let group = UpstreamGroup(
            settings.upstreams[0],
            index: 0,
            tls: nil,
            workerCount: 1,
            firstTurn: 0
        )
        group.update(
            settings.upstreams[0].servers.indices.map { server in
                TargetState(
                    server: server,
                    address: World.address("127.0.0.1:\(9000 + server)"),
                    isHealthy: healthy(server)
                )
            }
        )
        return group
    }

    private func choose(
        _ group: UpstreamGroup,
        _ key: String = "",
        avoiding avoided: UpstreamTarget? = nil,
        at moment: Instant? = nil
    ) -> Int? {
        let key = Array(key.utf8)
        return group.choose(for: key.span, avoiding: avoided, at: moment ?? now)?.state.server
    }

    private let two = "server 127.0.0.1:9000; server 127.0.0.1:9001;"

    @Test
    func roundRobinGivesEachItsWeight() {
        let group = group("server 127.0.0.1:9000 weight=3; server 127.0.0.1:9001;")
        var counts = [0, 0]
        for _ in 0..<40 {
            if let server = choose(group) { counts[server] += 1 }
        }
        #expect(counts == [30, 10])
    }

    @Test
    func leastBusyIsChosenByWeight() {
        let group = group(
            "server 127.0.0.1:9000 weight=2; server 127.0.0.1:9001;",
            "balance least_conn;"
        )
        group.targets[0].activeCount = 3
        group.targets[1].activeCount = 2
        #expect(choose(group) == 0)
        group.targets[0].activeCount = 5
        #expect(choose(group) == 1)
    }

    @Test
    func hashStaysAndMovesOnlyWhoMust() {
        let three = two + "server 127.0.0.1:9002;"
        let whole = group(three, "balance hash(sub);")
        let part = group(three, "balance hash(sub);", healthy: { $0 != 2 })
        var counts = [0, 0, 0]
        for index in 0..<300 {
            let user = "user-\(index)"
            guard let server = choose(whole, user) else { continue }
            counts[server] += 1
            #expect(choose(whole, user) == server)
            if server != 2 { #expect(choose(part, user) == server) }
        }
        #expect(counts.allSatisfy { $0 > 50 }, "\(counts)")
    }

    @Test
    func backupsServeOnlyWhereNoOtherCan() {
        let servers = "server 127.0.0.1:9000; server 127.0.0.1:9001 backup;"
        let well = group(servers)
        #expect((0..<10).allSatisfy { _ in choose(well) == 0 })
        #expect(choose(group(servers, healthy: { $0 == 1 })) == 1)
        #expect(choose(well, avoiding: well.targets[0]) == 1)
        #expect(choose(group(servers, healthy: { _ in false })) == nil)
    }

    @Test
    func avoidedOneIsTakenWhereThereIsNoOther() {
        let single = group("server 127.0.0.1:9000;")
        #expect(choose(single, avoiding: single.targets[0]) == 0)
        let both = group(two)
        #expect((0..<10).allSatisfy { _ in choose(both, avoiding: both.targets[0]) == 1 })
    }

    @Test
    func failuresInARowEject() {
        let group = group(two, "ejection failures=2 time=10s;")
        let bad = group.targets[0]
        bad.failed(at: now)
        bad.succeeded()
        bad.failed(at: now)
        #expect(bad.isAvailable(at: now), "an answer between ends the row")
        bad.failed(at: now)
        #expect((0..<10).allSatisfy { _ in choose(group) == 1 })
        #expect(bad.isAvailable(at: now + Timeout(.seconds(10))))
        group.targets[1].failed(at: now)
        group.targets[1].failed(at: now)
        #expect(choose(group) != nil, "all ejected: tried all the same")
    }

    @Test
    func knownTargetsAreKeptThroughAnUpdate() {
        let group = group(two)
        let first = group.targets[0]
        group.update([
            first.state,
            TargetState(server: 1, address: World.address("127.0.0.1:9005"), isHealthy: false),
            TargetState(server: 7, address: World.address("127.0.0.1:9007"), isHealthy: true),
        ])
        #expect(group.targets.count == 2 && group.targets[0] === first)
        #expect((0..<5).allSatisfy { _ in choose(group) == 0 })
    }

    @Test
    func requestIDsAreHexadecimalAndUnique() {
        var ids = RequestIDs()
        var seen: Set<[UInt8]> = []
        for _ in 0..<1_000 {
            var text: [UInt8] = []
            ids.append(to: &text)
            #expect(text.count == 32 && seen.insert(text).inserted)
            #expect(text.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x61 && $0 <= 0x66 })
        }
    }
}
