import EventLoop
import Outbound
import Testing

@testable import Configuration
@testable import Gateway

struct HealthCheckerTests {
    private static let check = HealthCheckSettings(
        probe: .http(method: "GET", path: "/healthz"),
        interval: .seconds(5),
        timeout: .seconds(2),
        fall: 3,
        rise: 2
    )

    /// Every event in every state: `+` for a good check, `-` for a bad one, and what comes of it.
    @Test(arguments: [
        ("+", "h"), ("-", "u"), ("+--", "h"), ("+---", "u"), ("+--+--", "h"), ("+--+---", "u"),
        ("-+", "u"), ("-++", "h"), ("-+-+", "u"), ("-+-++", "h"), ("-++--", "h"), ("-++---", "u"),
        ("+++++++---", "u"), ("----------++", "h"),
    ])
    func fallAndRise(_ checks: String, _ expected: String) {
        var machine = HealthMachine(fall: 3, rise: 2, isKnownUnhealthy: false)
        #expect(machine.isHealthy)
        var told: Bool?
        for check in checks {
            let isTold = check == "+" ? machine.checkSucceeded() : machine.checkFailed()
            if isTold {
                #expect(told != machine.isHealthy, "told twice")
                told = machine.isHealthy
            } else {
                #expect(told == machine.isHealthy, "not told")
            }
        }
        #expect(machine.isHealthy == (expected == "h"))
    }

    @Test
    func aServerKnownAsIllHasToProveItself() {
        var machine = HealthMachine(fall: 3, rise: 2, isKnownUnhealthy: true)
        #expect(!machine.isHealthy)
        #expect(machine.checkSucceeded() == false)
        #expect(machine.checkSucceeded() == true)
        #expect(machine.isHealthy)
        var careless = HealthMachine(fall: 0, rise: -1, isKnownUnhealthy: false)
        #expect(careless.checkFailed() == true)
        #expect(careless.checkSucceeded() == true)
    }

    @Test
    func changesAreToldAndChecksGoToTheAddress() async throws {
        let server = FakeIssuer()
        let witness = UpstreamWitness()
        let clock = ManualClock()
        let url = "https://orders.test:9000/healthz"
        server.serve(url, text: "ok")
        let checker = HealthChecker(
            upstreams: [upstream([("orders.test", true)], check: Self.check)],
            transport: server,
            publisher: witness,
            sink: witness,
            clock: clock,
            unhealthy: [],
            seed: 1
        )
        let places = try addresses("10.0.0.1")
        await checker.setAddresses(places, upstream: 0, server: 0)
        #expect(await eventually { clock.sleeperCount == 1 })
        clock.advance(by: 1)
        #expect(await eventually { witness.health.count == 1 })
        let request = try #require(server.requests.first)
        #expect(request.url == url)
        #expect(request.pinnedAddress == "10.0.0.1")
        #expect(!request.allowsPlainHTTP)
        #expect(!request.reusesConnections)
        #expect(request.timeout == .seconds(2))

        func check(_ count: Int) async {
            for _ in 0..<count {
                let before = server.requests.count
                #expect(await eventually { clock.sleeperCount == 1 })
                clock.advance(by: 5.6)
                #expect(await eventually { server.requests.count == before + 1 })
            }
            #expect(await eventually { clock.sleeperCount == 1 })
        }
        server.serve(url, text: "no", status: 503)
        await check(2)
        #expect(witness.health.count == 1)
        // Our own troubles say nothing about the server.
        server.fail(url, .queueFull)
        await check(2)
        #expect(witness.health.count == 1)
        server.fail(url, .peerTooSlow(detail: "2 s"))
        await check(1)
        #expect(witness.health.map(\.isHealthy) == [true, false])
        #expect(
            await checker.unhealthyTargets() == [
                HealthTarget(upstream: "orders", host: "orders.test", address: places[0])
            ]
        )
        server.serve(url, text: "", status: 302)
        await check(2)
        #expect(witness.health.map(\.isHealthy) == [true, false, true])
        #expect(await checker.unhealthyTargets().isEmpty)

        await checker.setAddresses([], upstream: 0, server: 0)
        #expect(await eventually { clock.sleeperCount == 0 })
        let count = server.requests.count
        clock.advance(by: 100)
        #expect(server.requests.count == count)
        await checker.stop()
        await checker.setAddresses(places, upstream: 0, server: 0)
        #expect(clock.sleeperCount == 0)
    }

    @Test
    func whatNeedsNoCheckGetsNone() async throws {
        let server = FakeIssuer()
        let witness = UpstreamWitness()
        let clock = ManualClock()
        let checker = HealthChecker(
            upstreams: [upstream([("::1", false)]), upstream([("::1", false)], check: Self.check)],
            transport: server,
            publisher: witness,
            sink: witness,
            clock: clock,
            unhealthy: [
                HealthTarget(upstream: "orders", host: "::1", address: try addresses("::1")[0])
            ],
            seed: 1
        )
        let places = try addresses("::1")
        await checker.setAddresses(places, upstream: 0, server: 0)
        await checker.setAddresses(places, upstream: 7, server: 0)
        await checker.setAddresses(places, upstream: 1, server: 7)
        #expect(clock.sleeperCount == 0)
        await checker.setAddresses(places, upstream: 1, server: 0)
        await checker.setAddresses(places, upstream: 1, server: 0)
        #expect(await eventually { clock.sleeperCount == 1 })
        #expect(await checker.unhealthyTargets().count == 1)
        clock.advance(by: 1)
        #expect(await eventually { server.requests.count == 1 })
        #expect(server.requests.first?.url == "http://[::1]:9000/healthz")
        await checker.stop()
    }
}
