import EventLoop
import Outbound
import Testing

@testable import Configuration
@testable import Gateway

/// Key sets and checks over real sockets and libcurl.
struct OverTheWireTests {
    private func makeClient() throws -> OutboundClient {
        let limits = OutboundLimits(
            concurrencyMax: 8,
            queueMax: 64,
            connectTimeout: .seconds(60),
            responseHeadSizeMax: 16_384,
            idleConnectionMax: 4
        )
        return try OutboundClient(limits: limits, userAgent: "gatehouse/test")
    }

    /// Rotated, hung, filled with 10 MB, broken, asked for ten thousand unknown ids: the keys stay, and
    /// the fetches are counted.
    @Test
    func anIssuerMisbehavesAndNoKeyIsLost() async throws {
        let ring = KeyRing()
        let witness = Witness()
        let server = try await TinyServer(.answer(try ring.set("a")))
        var settings = issuer(keys: .url(server.url("/jwks.json")))
        // As short as a silent server costs, and as long as a busy machine may need for the others.
        settings.keySetPolicy.fetchTimeout = .seconds(2)
        let client = try makeClient()
        let keeper = KeySetKeeper(
            issuers: [settings],
            stateDirectory: nil,
            client: client,
            publisher: witness,
            sink: witness
        )
        await keeper.start()
        #expect(await eventually { await keeper.heldIDs() == ["a"] })
        #expect(server.requests == ["GET /jwks.json HTTP/1.1"])

        // Rotated: the first token of the new key brings it.
        server.behave(.answer(try ring.set("a", "b")))
        guard case .refreshed = await keeper.resolve(issuer: 0, keyID: "b") else {
            Issue.record("b is not known")
            return
        }
        #expect(server.requests.count == 2)

        // Each misbehaviour is met by one unknown id, and costs nothing but that.
        let manners: [(TinyServer.Manner, String)] = [
            (.giant(10_000_000), "response_too_large"), (.silent, "timeout"),
        ]
        for (manner, label) in manners {
            server.behave(manner)
            guard case .unknown = await keeper.resolve(issuer: 0, keyID: "x-\(label)") else {
                Issue.record("\(label)")
                continue
            }
            #expect(await eventually { witness.failures.contains(label) })
            #expect(await keeper.heldIDs() == ["a", "b"])
        }

        // The bucket is empty now; what is still fetched are the retries after a failure.
        server.behave(.status(500))
        let before = await keeper.status()[0]
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<10_000 {
                group.addTask {
                    _ = await keeper.resolve(issuer: 0, keyID: "flood\(number)")
                }
            }
        }
        let after = await keeper.status()[0]
        let fetches =
            after.fetchCount + after.fetchFailureCount - before.fetchCount
            - before.fetchFailureCount
        #expect(fetches <= 8)
        #expect(after.waitingCount == 0)
        #expect(await keeper.heldIDs() == ["a", "b"])

        // Well again, with a third key: the next retry brings it.
        server.behave(.answer(try ring.set("b", "c")))
        #expect(await eventually { await keeper.heldIDs() == ["b", "c"] })
        await keeper.stop()
        await client.shutDown()
        server.stop()
    }

    @Test
    func aCheckFollowsAServerUpAndDown() async throws {
        let server = try await TinyServer(.status(204))
        let witness = UpstreamWitness()
        let client = try makeClient()
        let check = HealthCheckSettings(
            probe: .http(method: "HEAD", path: "/healthz"),
            interval: .milliseconds(20),
            timeout: .seconds(60),
            fall: 2,
            rise: 2
        )
        var settings = upstream([("orders.test", false)], check: check)
        settings.servers[0].port = server.address.port
        let checker = HealthChecker(
            upstreams: [settings],
            client: client,
            publisher: witness,
            sink: witness
        )
        await checker.setAddresses([server.address], upstream: 0, server: 0)
        #expect(await eventually { witness.health.map(\.isHealthy) == [true] })
        #expect(server.requests.first == "HEAD /healthz HTTP/1.1")
        server.behave(.status(503))
        #expect(await eventually { witness.health.map(\.isHealthy) == [true, false] })
        server.behave(.status(301))
        #expect(await eventually { witness.health.map(\.isHealthy) == [true, false, true] })
        server.behave(.hangUp)
        #expect(await eventually { witness.health.map(\.isHealthy) == [true, false, true, false] })
        await checker.stop()
        await client.shutDown()
        server.stop()
    }

    @Test
    func theSystemKnowsItself() throws {
        let found = try SystemNameLookup().addresses(of: "localhost", port: 7)
        #expect(!found.isEmpty)
        #expect(found.allSatisfy { $0.isLoopback && $0.port == 7 })
        #expect(throws: SystemFault.self) {
            try SystemNameLookup().addresses(of: "no such name", port: 7)
        }
    }
}
