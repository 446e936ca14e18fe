import Outbound
import Testing

@testable import Configuration
@testable import Gateway

struct DiscoveryTests {
    private let first = "https://issuer.test/tenant/.well-known/openid-configuration"
    private let second = "https://issuer.test/.well-known/oauth-authorization-server/tenant"
    private let keys = "https://keys.issuer.test/jwks"
    private let tenant = issuer("https://issuer.test/tenant", keys: .discovery(url: nil))

    private func document(_ issuer: String = "https://issuer.test/tenant", keys: String) -> String {
        "{\"issuer\":\"\(issuer)\",\"jwks_uri\":\"\(keys)\",\"more\":[{\"a\":null}]}"
    }

    @Test
    func wellKnownPlaces() {
        let places = DiscoveryDocument.wellKnownURLs
        #expect(places("https://issuer.test/tenant") == [first, second])
        #expect(places("https://issuer.test/tenant/") == [first, second])
        #expect(
            places("https://issuer.test") == [
                "https://issuer.test/.well-known/openid-configuration",
                "https://issuer.test/.well-known/oauth-authorization-server",
            ]
        )
        #expect(places("http://127.0.0.1:9100/x/y").count == 2)
        #expect(
            places("https://[::1]:8443/x")[1]
                == "https://[::1]:8443/.well-known/oauth-authorization-server/x"
        )
        for odd in [
            "accounts.example.com", "", "https://", "urn:issuer", "https://a?b", "https://a#b",
        ] {
            #expect(places(odd).isEmpty)
        }
    }

    @Test
    func theAddressIsDiscoveredOnceInALifetime() async throws {
        let scene = KeeperScene()
        scene.issuer.serve(first, text: document(keys: keys))
        scene.issuer.serve(keys, try scene.ring.set("a"))
        let keeper = scene.keeper([tenant])
        await keeper.start()
        #expect(await eventually { await keeper.heldIDs() == ["a"] })
        #expect(scene.issuer.requests.map(\.url) == [first, keys])
        #expect(scene.issuer.requests.allSatisfy { !$0.allowsPlainHTTP })
        scene.issuer.serve(keys, try scene.ring.set("b"))
        scene.clock.advance(by: 301)
        #expect(await eventually { await keeper.heldIDs() == ["b"] })
        #expect(scene.issuer.requests.map(\.url) == [first, keys, keys])
        // Old enough to be asked for again, and moved meanwhile.
        let moved = "https://keys.issuer.test/moved"
        scene.issuer.serve(first, text: document(keys: moved))
        scene.issuer.serve(moved, try scene.ring.set("c"))
        scene.clock.advance(by: 301)
        #expect(await eventually { await keeper.heldIDs() == ["c"] })
        await keeper.stop()
    }

    @Test
    func theSecondPlaceIsAskedWhenTheFirstHasNothing() async throws {
        let scene = KeeperScene()
        scene.issuer.serve(first, text: "not found", status: 404)
        scene.issuer.serve(second, text: document(keys: keys))
        scene.issuer.serve(keys, try scene.ring.set("a"))
        let keeper = scene.keeper([tenant])
        await keeper.start()
        #expect(await eventually { await keeper.heldIDs() == ["a"] })
        #expect(scene.issuer.requests.map(\.url) == [first, second, keys])
        await keeper.stop()
    }

    @Test(arguments: [
        "https://issuer.test/tenant/", "https://ISSUER.test/tenant", "https://issuer.test",
        "https://evil.test", "https://issuer.test/tenant\\u0020", "",
    ])
    func aDocumentThatSpeaksForAnotherNamesNoKeys(_ found: String) async throws {
        let scene = KeeperScene()
        scene.issuer.serve(first, text: document(found, keys: keys))
        scene.issuer.serve(keys, try scene.ring.set("a"))
        let keeper = scene.keeper([tenant])
        await keeper.start()
        #expect(await eventually { scene.witness.failures == ["issuer_mismatch"] })
        #expect(await keeper.heldIDs() == nil)
        #expect(!scene.issuer.requests.map(\.url).contains(keys))
        await keeper.stop()
    }

    @Test(arguments: [
        "", "[]", "{}", "{\"issuer\":1}", "null", "{\"issuer\":\"https://issuer.test/tenant\"}",
        "{\"issuer\":\"https://issuer.test/tenant\",\"jwks_uri\":null}",
        "{\"issuer\":\"a\",\"issuer\":\"https://issuer.test/tenant\"}", "<html></html>",
    ])
    func whatIsNoDocumentIsAFault(_ text: String) async throws {
        let scene = KeeperScene()
        scene.issuer.serve(first, text: text)
        let keeper = scene.keeper([tenant])
        await keeper.start()
        #expect(await eventually { scene.witness.failures == ["discovery_malformed"] })
        await keeper.stop()
    }

    /// The document is broken for once: the keys go on coming from where they came.
    @Test
    func theLastAddressHelpsOut() async throws {
        let scene = KeeperScene()
        scene.issuer.serve(first, text: document(keys: keys))
        scene.issuer.serve(keys, try scene.ring.set("a"))
        let keeper = scene.keeper([tenant])
        await keeper.start()
        #expect(await eventually { await keeper.heldIDs() == ["a"] })
        scene.issuer.fail(first)
        scene.issuer.fail(keys)
        scene.clock.advance(by: 301)
        #expect(await eventually { scene.witness.failures.count == 1 })
        scene.issuer.serve(keys, try scene.ring.set("b"))
        scene.clock.advance(by: 31)
        #expect(await eventually { await keeper.heldIDs() == ["b"] })
        #expect(scene.issuer.requests.map(\.url).suffix(3) == [first, second, keys])
        await keeper.stop()
    }

    /// A document that came over TLS cannot send the gateway to its own machine; one that came from
    /// there may.
    @Test
    func plainKeysOnlyFromAPlainDocument() async throws {
        let scene = KeeperScene()
        let local = "http://127.0.0.1:9100/jwks"
        scene.issuer.serve(first, text: document(keys: local))
        let keeper = scene.keeper([tenant])
        await keeper.start()
        #expect(await eventually { scene.issuer.requests.count == 2 })
        #expect(scene.issuer.requests.last?.url == local)
        #expect(scene.issuer.requests.last?.allowsPlainHTTP == false)
        await keeper.stop()

        let other = KeeperScene()
        let place = "http://127.0.0.1:9100/discovery"
        other.issuer.serve(place, text: document(keys: local))
        other.issuer.serve(local, try other.ring.set("a"))
        let plain = issuer("https://issuer.test/tenant", keys: .discovery(url: place))
        let second = other.keeper([plain])
        await second.start()
        #expect(await eventually { await second.heldIDs() == ["a"] })
        #expect(other.issuer.requests.allSatisfy { $0.allowsPlainHTTP })
        await second.stop()
    }
}
