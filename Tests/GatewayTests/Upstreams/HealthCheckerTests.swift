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

    /// Each row: scheme and protocol of the server, and how it is asked.
    @Test(arguments: [
        (true, UpstreamProtocol.http2, "https", OutboundVersion.http2),
        (false, .http2, "http", .http2), (true, .http11, "https", .http11),
        (false, .http11, "http", .http11),
    ])
    func serversAreAskedInTheirOwnProtocol(
        isTLS: Bool,
        wireProtocol: UpstreamProtocol,
        scheme: String,
        version: OutboundVersion
    ) async throws {
        for probe in [HealthProbe.grpc(service: "a.B"), .http(method: "HEAD", path: "/up?a=b")] {
            let server = FakeIssuer()
            let witness = UpstreamWitness()
            let clock = ManualClock()
            var check = Self.check
            check.probe = probe
            var settings = upstream([("orders.test", isTLS)], check: check)
            settings.servers[0].wireProtocol = wireProtocol
            let checker = HealthChecker(
                upstreams: [settings],
                transport: server,
                publisher: witness,
                sink: witness,
                clock: clock,
                unhealthy: [],
                seed: 1
            )
            await checker.setAddresses(try addresses("10.0.0.1"), upstream: 0, server: 0)
            #expect(await eventually { clock.sleeperCount == 1 })
            clock.advance(by: 1)
            #expect(await eventually { server.requests.count == 1 })
            let request = try #require(server.requests.first)
            #expect(request.version == version)
            #expect(request.pinnedAddress == "10.0.0.1" && !request.reusesConnections)
            if case .grpc = probe {
                #expect(request.url == "\(scheme)://orders.test:9000/grpc.health.v1.Health/Check")
                #expect(request.method == "POST")
                #expect(request.body == [0, 0, 0, 0, 5, 0x0A, 3, 97, 46, 66])
                #expect(request.headers == GRPCHealthCall.fields(timeout: .seconds(2)))
            } else {
                #expect(request.url == "\(scheme)://orders.test:9000/up?a=b")
                #expect(request.method == "HEAD" && request.body.isEmpty)
                #expect(request.headers.isEmpty)
            }
            await checker.stop()
        }
    }

    @Test
    func aServerIsFollowedByItsOwnWord() async throws {
        let server = FakeIssuer()
        let witness = UpstreamWitness()
        let clock = ManualClock()
        var check = Self.check
        check.probe = .grpc(service: "")
        check.fall = 1
        check.rise = 1
        var settings = upstream([("orders.test", false)], check: check)
        settings.servers[0].wireProtocol = .http2
        let checker = HealthChecker(
            upstreams: [settings],
            transport: server,
            publisher: witness,
            sink: witness,
            clock: clock,
            unhealthy: [],
            seed: 1
        )
        await checker.setAddresses(try addresses("10.0.0.1"), upstream: 0, server: 0)
        let url = "http://orders.test:9000/grpc.health.v1.Health/Check"
        for (state, expected) in [(UInt8(1), true), (2, false), (1, true)] {
            server.answer(
                url,
                OutboundResponse(
                    status: 200,
                    headers: [OutboundHeader(name: "content-type", value: "application/grpc")],
                    body: [0, 0, 0, 0, 2, 8, state],
                    trailers: [OutboundHeader(name: "grpc-status", value: "0")]
                )
            )
            #expect(await eventually { clock.sleeperCount == 1 })
            clock.advance(by: 5.6)
            #expect(await eventually { witness.health.last?.isHealthy == expected })
        }
        #expect(witness.health.map(\.isHealthy) == [true, false, true])
        await checker.stop()
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
