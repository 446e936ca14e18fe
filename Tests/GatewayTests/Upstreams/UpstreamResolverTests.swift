import EventLoop
import Testing

@testable import Configuration
@testable import Gateway

struct UpstreamResolverTests {
    @Test
    func addressesKeepTheirPlacesAndOutliveTheNameServer() throws {
        var record = NameRecord(seed: 1)
        #expect(record.resolved(try addresses("10.0.0.1", "10.0.0.2")) == true)
        #expect(record.resolved(try addresses("10.0.0.2", "10.0.0.1")) == false)
        #expect(record.addresses == (try addresses("10.0.0.1", "10.0.0.2")))
        record.failed()
        #expect(record.isFailing)
        #expect(record.addresses.count == 2)
        #expect(record.nextDelay() == .seconds(10))
        #expect(record.resolved([]) == false)
        #expect(record.isFailing)
        #expect(record.resolved(try addresses("10.0.0.3", "10.0.0.2", "::1")) == true)
        #expect(record.addresses == (try addresses("10.0.0.2", "10.0.0.3", "::1")))
        #expect(!record.isFailing)
        for _ in 0..<100 {
            #expect((.seconds(10) ... .seconds(30)).contains(record.nextDelay()))
        }
    }

    @Test
    func literalsAreTakenAndNamesFollowed() async throws {
        let lookup = FakeLookup()
        let witness = UpstreamWitness()
        let clock = ManualClock()
        lookup.set("orders.test", ["10.0.0.1", "fd00::1"])
        let resolver = UpstreamResolver(
            upstreams: [upstream([("127.0.0.1", false), ("orders.test", false), ("::1", true)])],
            publisher: witness,
            sink: witness,
            lookup: lookup,
            clock: clock,
            seed: 1
        )
        await resolver.start(waitingAtMost: .seconds(5))
        let found = await resolver.addresses()
        #expect(found[0][0] == (try addresses("127.0.0.1")))
        #expect(found[0][1] == (try addresses("10.0.0.1", "fd00::1")))
        #expect(found[0][2] == (try addresses("::1")))
        #expect(lookup.count == 1)

        lookup.set("orders.test", nil)
        #expect(await eventually { clock.sleeperCount == 1 })
        clock.advance(by: 30)
        #expect(await eventually { witness.events.count == 2 })
        guard case .nameUnresolved("orders.test", _, 2) = witness.events.last else {
            Issue.record("\(witness.events)")
            return
        }
        #expect(await resolver.addresses()[0][1].count == 2)

        lookup.set("orders.test", ["10.0.0.9"])
        #expect(await eventually { clock.sleeperCount == 1 })
        clock.advance(by: 10)
        #expect(await eventually { witness.addresses.last == (try? addresses("10.0.0.9")) })
        #expect(witness.events.contains(.nameRecovered(host: "orders.test")))
        await resolver.stop()
        #expect(await eventually { clock.sleeperCount == 0 })
    }

    @Test
    func aReloadKeepsWhatIsKnownOfNames() async throws {
        let witness = UpstreamWitness()
        let clock = ManualClock()
        let lookup = FakeLookup()
        lookup.set("orders.test", ["10.0.0.1"])
        var resolver = UpstreamResolver(
            upstreams: [upstream([("orders.test", false)])],
            publisher: witness,
            sink: witness,
            lookup: lookup,
            clock: clock,
            seed: 1
        )
        await resolver.start(waitingAtMost: .seconds(5))
        let held = await resolver.inheritance()
        await resolver.stop()
        lookup.set("orders.test", nil)
        resolver = UpstreamResolver(
            upstreams: [
                upstream([("127.0.0.1", false), ("orders.test", false), ("new.test", false)])
            ],
            publisher: witness,
            sink: witness,
            lookup: lookup,
            clock: clock,
            seed: 1,
            inheriting: held
        )
        #expect(await resolver.addresses()[0][1] == (try addresses("10.0.0.1")))
        await resolver.start(waitingAtMost: .seconds(5))
        let found = await resolver.addresses()[0]
        #expect(found == [try addresses("127.0.0.1"), try addresses("10.0.0.1"), []])
        #expect(
            witness.events.contains { event in
                guard case .nameUnresolved("orders.test", _, keptCount: 1) = event else {
                    return false
                }
                return true
            }
        )
        await resolver.stop()
    }

    @Test
    func aNameThatNeverResolvesDelaysTheStartOnlySoLong() async throws {
        let witness = UpstreamWitness()
        let clock = ManualClock()
        let resolver = UpstreamResolver(
            upstreams: [upstream([("gone.test", false)])],
            publisher: witness,
            sink: witness,
            lookup: FakeLookup(),
            clock: clock,
            seed: 1
        )
        await resolver.start(waitingAtMost: .seconds(5))
        #expect(await resolver.addresses() == [[[]]])
        guard case .nameUnresolved("gone.test", _, 0) = witness.events.first else {
            Issue.record("\(witness.events)")
            return
        }
        await resolver.stop()
    }
}
