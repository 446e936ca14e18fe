import JOSE
import JSON
import Outbound
import Testing

@testable import AuthorizationServer
@testable import Configuration

/// Discovery and keys: fetched when needed, kept, renewed, and served while the provider is down.
struct RenewalTests {
    private func url(_ provider: any IdentityProvider) async -> Result<String, ProviderFault> {
        do throws(ProviderFault) {
            return .success(try await provider.authorizationURL(Fixtures.request))
        } catch {
            return .failure(error)
        }
    }

    @Test("Nothing is fetched before somebody signs in, and discovery once a day")
    func discoveryIsKept() async throws {
        let fake = try Fixtures.fake(token: Fixtures.token())
        let provider = try Fixtures.provider(Fixtures.settings(), at: fake)
        #expect(fake.requests.isEmpty)
        for _ in 0..<3 {
            _ = await url(provider)
        }
        #expect(fake.requests.map(\.url) == [Fixtures.discovery])
        fake.advance(.seconds(86_399))
        _ = await url(provider)
        #expect(fake.requests.count == 1)
        fake.advance(.seconds(1))
        _ = await url(provider)
        #expect(fake.requests.count == 2)
    }

    @Test("A failed discovery is remembered for ten seconds, and then tried again")
    func failureIsRemembered() async throws {
        let fake = try Fixtures.fake(token: nil)
        fake.fail(Fixtures.discovery)
        let provider = try Fixtures.provider(Fixtures.settings(), at: fake)
        for _ in 0..<5 {
            guard case .failure(.temporarilyUnavailable) = await url(provider) else {
                Issue.record("a provider that is down is temporarily unavailable")
                return
            }
        }
        #expect(fake.requests.count == 1)
        fake.serve(Fixtures.discovery, Fixtures.metadata)
        fake.advance(.seconds(10))
        #expect(await url(provider).fault == nil)
    }

    @Test("An old document serves while the provider is down")
    func oldDocumentServes() async throws {
        let fake = try Fixtures.fake(token: nil)
        let provider = try Fixtures.provider(Fixtures.settings(), at: fake)
        _ = await url(provider)
        fake.fail(Fixtures.discovery)
        fake.advance(.seconds(90_000))
        for _ in 0..<5 {
            #expect(await url(provider).fault == nil)
        }
        #expect(fake.requests.count == 2)
    }

    @Test("Sign-ins that need the same document wait for one fetch")
    func oneFetchServesAll() async throws {
        let fake = try Fixtures.fake(token: nil)
        let provider = try Fixtures.provider(Fixtures.settings(), at: fake)
        fake.hold()
        let results = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    let result: Result<String, ProviderFault> =
                        await RenewalTests().url(provider)
                    return result.fault == nil
                }
            }
            while fake.requests.isEmpty {
                await Task.yield()
            }
            fake.release()
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(results.allSatisfy { $0 } && results.count == 20)
        #expect(fake.requests.count == 1)
    }

    @Test("A provider that hangs stops nobody else")
    func providersAreIndependent() async throws {
        let fake = try Fixtures.fake(token: nil)
        let corp = try Fixtures.provider(Fixtures.settings(), at: fake)
        let github = try Fixtures.provider(Fixtures.settings(.github), at: fake)
        fake.hold()
        async let held = url(corp)
        #expect(await url(github).fault == nil)
        fake.release()
        #expect(await held.fault == nil)
    }

    @Test("A key that the set lacks is looked for, at most every ten seconds")
    func rotatedKeyIsFound() async throws {
        let token = try Fixtures.token(keyID: "k2", key: Fixtures.otherKey)
        let fake = try Fixtures.fake(token: token)
        let provider = try Fixtures.provider(Fixtures.settings(), at: fake)
        #expect(await outcome(provider).isBroken("key_unknown"))
        #expect(fake.count(Fixtures.keysPlace) == 1)
        fake.advance(.seconds(10))
        #expect(await outcome(provider).isBroken("key_unknown"))
        #expect(await outcome(provider).isBroken("key_unknown"))
        #expect(fake.count(Fixtures.keysPlace) == 2)
        let keys = [("k1", try #require(Fixtures.key)), ("k2", try #require(Fixtures.otherKey))]
        fake.serve(Fixtures.keysPlace, text: try Fixtures.keySet(keys))
        #expect(await outcome(provider).isBroken("key_unknown"))
        fake.advance(.seconds(10))
        #expect(await outcome(provider).fault == nil)
        #expect(fake.count(Fixtures.keysPlace) == 3)
    }

    @Test("Held keys serve for a day while their place is down, and no longer")
    func heldKeysServe() async throws {
        let fake = try Fixtures.fake(token: Fixtures.token(["exp": 1_800_000_000]))
        let provider = try Fixtures.provider(Fixtures.settings(), at: fake)
        #expect(await outcome(provider).fault == nil)
        fake.fail(Fixtures.keysPlace)
        fake.advance(.seconds(80_000))
        #expect(await outcome(provider).fault == nil)
        fake.advance(.seconds(6_400))
        guard case .temporarilyUnavailable? = await outcome(provider).fault else {
            Issue.record("keys of yesterday are no keys")
            return
        }
    }

    @Test("An empty or broken set does not push out one that works")
    func emptySetIsNoSet() async throws {
        let fake = try Fixtures.fake(token: Fixtures.token())
        let provider = try Fixtures.provider(Fixtures.settings(), at: fake)
        #expect(await outcome(provider).fault == nil)
        for text in [#"{"keys":[]}"#, "<html>", #"{"keys":1}"#] {
            fake.serve(Fixtures.keysPlace, text: text)
            fake.advance(.seconds(11))
            let token = try Fixtures.token(keyID: "k9")
            fake.serve(Fixtures.tokenPlace, Fixtures.answer(token: token))
            #expect(await outcome(provider).isBroken("key_unknown"))
            let good = try Fixtures.token()
            fake.serve(Fixtures.tokenPlace, Fixtures.answer(token: good))
            #expect(await outcome(provider).fault == nil)
        }
    }
}
