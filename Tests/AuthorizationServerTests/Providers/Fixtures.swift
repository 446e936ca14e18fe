import Bytes
import Cryptography
import JOSE
import JSON
import Outbound
import Testing

@testable import AuthorizationServer
@testable import Configuration

/// A provider at `https://id.test`, its keys, and a sign-in there.
enum Fixtures {
    static let now: Int64 = 1_700_000_000
    static let issuer = "https://id.test"
    static let discovery = "https://id.test/.well-known/openid-configuration"
    static let tokenPlace = "https://id.test/token"
    static let keysPlace = "https://id.test/keys"
    static let userInfoPlace = "https://id.test/userinfo"
    static let accessToken = "at-1"

    static let key = try? PrivateKey.generate(.p256)
    static let otherKey = try? PrivateKey.generate(.p256)
    static let rsaKey = try? PrivateKey.generate(.rsa)

    static func settings(
        _ kind: ProviderKind = .openID,
        id: String = "corp",
        verification: EmailVerification = .claimed,
        change: (inout ProviderSettings) -> Void = { _ in }
    ) -> ProviderSettings {
        var settings = ProviderSettings(
            id: id,
            kind: kind,
            displayName: "Corp",
            clientID: "gatehouse",
            clientSecret: SecretBytes([UInt8]("s%+:-".utf8)),
            discovery: kind == .openID ? discovery : nil,
            issuer: nil,
            authorizationEndpoint: nil,
            tokenEndpoint: nil,
            userInfoEndpoint: nil,
            keySetURL: nil,
            scopes: nil,
            tenant: nil,
            allowsSignUp: true,
            emailVerification: verification
        )
        change(&settings)
        return settings
    }

    static func provider(
        _ settings: ProviderSettings,
        at fake: FakeProvider
    ) throws -> any IdentityProvider {
        let server = AuthorizationServerSettings(
            url: "https://gate.test",
            hosts: ["gate.test"],
            store: .sqlite(path: "none"),
            sealingKey: .file(path: "none"),
            signingAlgorithm: "ES256",
            keyRotation: .seconds(86_400),
            providers: [settings],
            projects: [],
            clients: [],
            dressipiPrefix: "/oauth",
            limits: AuthorizationLimitSettings(
                authorizeRate: RateSettings(perSecond: 1, burst: 1),
                tokenRate: RateSettings(perSecond: 1, burst: 1),
                pendingFlowsPerAddress: 1,
                passwordFailureCount: 1,
                passwordFailureRest: .seconds(1)
            )
        )
        let tools = fake.tools
        let directory = ProviderDirectory(
            settings: server,
            transport: fake,
            now: tools.now,
            instant: tools.instant,
            sleep: tools.sleep
        )
        return try #require(directory[settings.id])
    }

    static let metadata: JSONObject = [
        "issuer": .string(issuer),
        "authorization_endpoint": "https://id.test/authorize",
        "token_endpoint": .string(tokenPlace),
        "userinfo_endpoint": .string(userInfoPlace),
        "jwks_uri": .string(keysPlace),
    ]

    static let claims: JSONObject = [
        "iss": .string(issuer), "sub": "user-1", "aud": "gatehouse", "nonce": "nonce-1",
        "exp": .integer(now + 600), "iat": .integer(now),
    ]

    /// A fake that serves all of the provider; `token` is the ID token.
    static func fake(token: String?, userInfo: JSONObject? = nil) throws -> FakeProvider {
        let fake = FakeProvider()
        fake.serve(discovery, metadata)
        fake.serve(keysPlace, text: try keySet([("k1", try #require(key))]))
        fake.serve(tokenPlace, answer(token: token))
        fake.serve(userInfoPlace, userInfo ?? ["sub": "user-1"])
        return fake
    }

    static func answer(token: String?) -> JSONObject {
        var object: JSONObject = [
            "access_token": .string(accessToken), "token_type": "Bearer", "expires_in": 300,
            "refresh_token": "rt-1",
        ]
        object["id_token"] = token.map { .string($0) }
        return object
    }

    static func keySet(
        _ keys: [(String?, PrivateKey)],
        algorithm: Algorithm? = nil
    ) throws -> String {
        let set = KeySet(
            keys.map { name, key in
                JSONWebKey(keyID: name, algorithm: algorithm, material: .publicKey(key.publicKey))
            }
        )
        var bytes: [UInt8] = []
        set.write(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A token signed by the provider, its claims changed.
    static func token(
        keyID: String? = "k1",
        key: PrivateKey? = key,
        algorithm: Algorithm = .es256,
        type: String? = "JWT",
        _ changes: JSONObject = [:],
        without: [String] = []
    ) throws -> String {
        var claims = claims
        for member in changes.members {
            claims[member.name] = member.value
        }
        for name in without {
            claims[name] = nil
        }
        let signer = try TokenSigner(
            privateKey: try #require(key),
            algorithm: algorithm,
            keyID: keyID,
            type: type
        )
        return String(decoding: try signer.sign(claims), as: UTF8.self)
    }

    static let request = ProviderAuthorizationRequest(
        state: "state-1",
        nonce: "nonce-1",
        codeVerifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        redirectURI: "https://gate.test/api/v1/auth/oauth/callback/corp"
    )

    static func callback(_ parameters: [String: String] = ["code": "c-1"]) -> ProviderCallback {
        ProviderCallback(
            parameters: parameters,
            redirectURI: request.redirectURI,
            nonce: request.nonce,
            codeVerifier: request.codeVerifier
        )
    }
}

/// What a sign-in came to: an identity, or the fault.
func outcome(
    _ provider: any IdentityProvider,
    _ callback: ProviderCallback = Fixtures.callback()
) async -> Result<ProviderIdentity, ProviderFault> {
    do throws(ProviderFault) {
        return .success(try await provider.identity(for: callback))
    } catch {
        return .failure(error)
    }
}

extension Result where Failure == ProviderFault {
    /// Why there is no success.
    var fault: ProviderFault? {
        guard case .failure(let fault) = self else { return nil }
        return fault
    }

    /// Whether the provider is broken, and the log says so with these words.
    func isBroken(_ words: String) -> Bool {
        guard case .broken(let detail)? = fault else { return false }
        return detail.contains(words)
    }
}
