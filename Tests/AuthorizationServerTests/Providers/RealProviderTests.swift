import EventLoop
import Glibc
import JSON
import Outbound
import Testing

@testable import AuthorizationServer
@testable import Configuration

/// A sign-in at a provider that others wrote, running on loopback.
///
/// `Tests/Interop/providers/run` installs and starts them, and sets the variables.
struct RealProviderTests {
    @Test(
        "A real provider signs somebody in",
        .enabled(if: RealProvider.variable("ISSUER") != nil)
    )
    func realProviderSignsIn() async throws {
        let real = try RealProvider()
        let provider = try real.provider()
        let url = try await provider.authorizationURL(Self.request)
        let callback = try await real.signIn(at: url)
        let identity = try await provider.identity(for: callback)
        #expect(identity.accountID == real.subject)
        #expect(identity.claims["iss"] == .string(real.issuer))
        #expect(identity.tokens?.accessToken.isEmpty == false)
        // The code is used up, and another sign-in's nonce is refused.
        let again = await outcome(provider, callback)
        #expect(again.fault != nil)
        var stolen = try await real.signIn(at: url)
        stolen.nonce = "another"
        #expect(await outcome(provider, stolen).isBroken("nonce"))
        // Not every provider checks the verifier; those that do must get ours.
        guard RealProvider.variable("CHECKS_VERIFIER") != nil else { return }
        var forged = try await real.signIn(at: url)
        forged.codeVerifier = String(repeating: "x", count: 43)
        #expect(await outcome(provider, forged).fault != nil)
    }

    static let request = ProviderAuthorizationRequest(
        state: "state-1",
        nonce: "nonce-1",
        codeVerifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        redirectURI: RealProvider.redirectURI
    )
}

/// What the environment says of a provider, and a browser that signs in there without a script.
struct RealProvider {
    let issuer: String
    let clientID: String
    let secret: String
    let subject: String
    /// The form that is sent to the page of sign-in.
    let form: String
    private let client: OutboundClient

    static let redirectURI = "http://localhost:8080/callback"

    init() throws {
        issuer = try #require(Self.variable("ISSUER"))
        clientID = try #require(Self.variable("CLIENT_ID"))
        secret = try #require(Self.variable("CLIENT_SECRET"))
        subject = try #require(Self.variable("SUBJECT"))
        form = try #require(Self.variable("FORM"))
        client = try OutboundClient(
            limits: OutboundLimits(
                concurrencyMax: 8,
                queueMax: 8,
                connectTimeout: .seconds(60),
                responseHeadSizeMax: 64 * 1_024,
                idleConnectionMax: 8
            ),
            userAgent: "gatehouse/test"
        )
    }

    static func variable(_ name: String) -> String? {
        // SAFETY: the environment is not changed while tests run, and the text is copied at once.
        guard let value = unsafe getenv("GATEHOUSE_INTEROP_\(name)") else { return nil }
        return unsafe String(cString: value)
    }

    func provider() throws -> any IdentityProvider {
        let settings = Fixtures.settings {
            $0.discovery = issuer + DiscoveredMetadata.wellKnownPath
            $0.clientID = clientID
            $0.clientSecret = SecretBytes([UInt8](secret.utf8))
        }
        let preset = try #require(ProviderPreset.of(settings))
        return OpenIDProvider(
            settings,
            preset: preset,
            traits: try #require(preset.openID),
            tools: ProviderTools(
                transport: client,
                now: { .now() },
                instant: { .now() },
                sleep: { await ProviderDirectory.systemSleep($0) }
            )
        )
    }

    /// Sends the form to the page, follows to our callback, and reads it.
    func signIn(at url: String) async throws -> ProviderCallback {
        var request = OutboundRequest(
            method: "POST",
            url: url,
            headers: [
                OutboundHeader(name: "Content-Type", value: "application/x-www-form-urlencoded")
            ],
            body: [UInt8](form.utf8),
            timeout: .seconds(60),
            responseSizeMax: 1 << 20,
            allowsPlainHTTP: true
        )
        var cookies: [String] = []
        for _ in 0..<5 {
            let response = try await client.result(of: request).get()
            for header in response.headers where header.name == "set-cookie" {
                cookies.append(String(header.value.prefix { $0 != ";" }))
            }
            let location = try #require(
                response.firstValue(of: "location"),
                "status \(response.status): \(String(decoding: response.body, as: UTF8.self))"
            )
            if location.hasPrefix(Self.redirectURI) {
                return try Self.callback(location)
            }
            request.method = "GET"
            request.body = []
            request.headers = [
                OutboundHeader(name: "Cookie", value: cookies.joined(separator: "; "))
            ]
            request.url = location.hasPrefix("/") ? issuer + location : location
        }
        throw RealProviderFault.noCallback
    }

    private static func callback(_ location: String) throws -> ProviderCallback {
        var parameters: [String: String] = [:]
        let query = try #require(location.split(separator: "?", maxSplits: 1).last)
        for field in query.split(separator: "&") {
            let parts = field.split(separator: "=", maxSplits: 1).map { Self.decoded(String($0)) }
            parameters[parts[0]] = parts.count > 1 ? parts[1] : ""
        }
        #expect(parameters["state"] == RealProviderTests.request.state)
        let request = RealProviderTests.request
        return ProviderCallback(
            parameters: parameters,
            redirectURI: request.redirectURI,
            nonce: request.nonce,
            codeVerifier: request.codeVerifier
        )
    }

    private static func decoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard byte == UInt8(ascii: "%"), let value = UInt8(digits, radix: 16) else {
                bytes.append(byte)
                continue
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

enum RealProviderFault: Error {
    case noCallback
}
