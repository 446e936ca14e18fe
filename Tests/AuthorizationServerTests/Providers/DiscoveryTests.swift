import JSON
import Outbound
import Testing

@testable import AuthorizationServer
@testable import Configuration

/// Whom a discovery document may speak for, and where it may send us.
struct DiscoveryTests {
    private func place(_ text: String) throws -> ProviderEndpoint {
        try #require(ProviderEndpoint(text, allowsPlain: true))
    }

    private func accepts(
        _ issuer: String,
        at place: String,
        configured: String? = nil
    ) throws -> Bool {
        var bytes: [UInt8] = []
        (["issuer": .string(issuer)] as JSONObject).write(into: &bytes)
        let place = try self.place(place)
        do throws(ProviderFault) {
            _ = try DiscoveredMetadata(bytes, place: place, issuer: configured)
            return true
        } catch {
            return false
        }
    }

    @Test("A document speaks for the issuer below which it stands")
    func issuerIsThePlace() throws {
        let end = "/.well-known/openid-configuration"
        #expect(try accepts("https://id.test", at: "https://id.test" + end))
        #expect(try accepts("https://id.test/", at: "https://id.test" + end))
        #expect(try accepts("https://id.test/realms/a", at: "https://id.test/realms/a" + end))
        #expect(try accepts("https://id.test/a/", at: "https://id.test/a" + end))
        #expect(try accepts("https://id.test", at: "https://id.test/own/place.json"))
        let microsoft = "https://login.microsoftonline.com/common/v2.0" + end
        let tenants = "https://login.microsoftonline.com/{tenantid}/v2.0"
        #expect(try accepts(tenants, at: microsoft))
        #expect(try !accepts("https://evil.test/{tenantid}/v2.0", at: microsoft))
        #expect(try !accepts("https://id.test/b", at: "https://id.test/a" + end))
        #expect(try !accepts("https://evil.test", at: "https://id.test" + end))
        #expect(try !accepts("https://evil.test", at: "https://id.test/own/place.json"))
        #expect(try !accepts("http://id.test", at: "https://id.test" + end))
    }

    @Test("The conf's issuer is demanded byte for byte")
    func configuredIssuerIsDemanded() throws {
        let place = "https://id.test/.well-known/openid-configuration"
        #expect(try accepts("https://other.test", at: place, configured: "https://other.test"))
        #expect(try !accepts("https://id.test/", at: place, configured: "https://id.test"))
    }

    @Test("A document of TLS cannot send us to this machine, one of loopback can")
    func plainStaysAtHome() async throws {
        for name in ["token_endpoint", "userinfo_endpoint", "jwks_uri", "authorization_endpoint"] {
            for place in [
                "http://127.0.0.1/x", "http://id.test/x", "ftp://id.test", "", "https://u@id.test/",
                "https://id.test/#x", "https://id.test\\@evil.test/", "//id.test", "https://",
            ] {
                var metadata = Fixtures.metadata
                metadata[name] = .string(place)
                let fake = try Fixtures.fake(token: Fixtures.token())
                fake.serve(Fixtures.discovery, metadata)
                let result = await outcome(try Fixtures.provider(Fixtures.settings(), at: fake))
                #expect(result.isBroken(name), "\(name) \(place): \(result)")
            }
        }
        let origin = "http://127.0.0.1:9200"
        let settings = Fixtures.settings {
            $0.discovery = "\(origin)/.well-known/openid-configuration"
        }
        let fake = FakeProvider()
        fake.serve(
            "\(origin)/.well-known/openid-configuration",
            [
                "issuer": .string(origin), "authorization_endpoint": .string("\(origin)/a"),
                "token_endpoint": .string("\(origin)/t"), "jwks_uri": .string("\(origin)/k"),
            ]
        )
        let provider = try Fixtures.provider(settings, at: fake)
        let url = try await provider.authorizationURL(Fixtures.request)
        #expect(url.hasPrefix("http://127.0.0.1:9200/a?client_id="))
        #expect(fake.requests.allSatisfy { $0.allowsPlainHTTP })
    }

    @Test("A document that lacks what is needed, or is none, is broken")
    func documentLacks() async throws {
        let fake = try Fixtures.fake(token: nil)
        for name in ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"] {
            var metadata = Fixtures.metadata
            metadata[name] = nil
            fake.serve(Fixtures.discovery, metadata)
            let provider = try Fixtures.provider(Fixtures.settings(), at: fake)
            #expect(await outcome(provider).isBroken(name))
        }
        for text in ["", "[]", "<html>", #"{"issuer":1}"#] {
            fake.serve(Fixtures.discovery, text: text)
            let provider = try Fixtures.provider(Fixtures.settings(), at: fake)
            #expect(await outcome(provider).isBroken("discovery"))
        }
        fake.serve(Fixtures.discovery, status: 404, text: "")
        let provider = try Fixtures.provider(Fixtures.settings(), at: fake)
        #expect(await outcome(provider).isBroken("status 404"))
    }

    @Test("The conf's endpoints win, and all of them together need no discovery")
    func confWins() async throws {
        let token = try Fixtures.token(["iss": "https://own.test/realm/"])
        let fake = try Fixtures.fake(token: token)
        let settings = Fixtures.settings {
            $0.discovery = nil
            $0.issuer = "https://own.test/realm/"
            $0.authorizationEndpoint = "https://own.test/a"
            $0.tokenEndpoint = Fixtures.tokenPlace
            $0.keySetURL = Fixtures.keysPlace
        }
        let provider = try Fixtures.provider(settings, at: fake)
        #expect(await outcome(provider).fault == nil)
        #expect(fake.count(Fixtures.discovery) == 0)
        #expect(fake.count(Fixtures.userInfoPlace) == 0)
        let partly = Fixtures.settings {
            $0.discovery = nil
            $0.issuer = Fixtures.issuer
        }
        let other = try Fixtures.fake(token: Fixtures.token())
        #expect(await outcome(try Fixtures.provider(partly, at: other)).fault == nil)
        #expect(other.count(Fixtures.discovery) == 1)
    }

    @Test(
        "Plain http is for loopback, by a name or an address that cannot be another",
        arguments: [
            ("http://127.0.0.1:9200/x", true), ("http://127.8.9.1/", true),
            ("http://[::1]:80/", true), ("http://localhost/", true), ("http://LOCALHOST/", true),
            ("http://localhost.evil.test/", false), ("http://127.0.0.1.evil.test/", false),
            ("http://10.0.0.1/", false), ("http://0.0.0.0/", false), ("http://[::]/", false),
            ("HTTP://127.0.0.1/", true), ("http:/127.0.0.1/", false), ("http://", false),
        ]
    )
    func loopback(text: String, isGood: Bool) {
        #expect((ProviderEndpoint(text, allowsPlain: true) != nil) == isGood)
        #expect(ProviderEndpoint(text, allowsPlain: false) == nil)
    }
}
