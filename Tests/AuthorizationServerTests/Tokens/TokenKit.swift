import Cryptography
import EventLoop
import JOSE
import JSON
import Storage
import Synchronization
import Testing

@testable import AuthorizationServer
@testable import Configuration

/// Settings, keys and people for the tests of tokens.
enum TokenKit {
    static let url = "https://id.example.test"
    static let projectID = "6fbbf22e-f4b2-4c6e-95a1-beab6fa41063"
    static let userID = "0b9f4f2e-0f1e-4b0a-8a35-0d8d4c1f7a11"
    static let day: Int64 = 86_400_000
    static let hour: Int64 = 3_600_000
    /// Two o'clock at night, 14 November 2023, in milliseconds.
    static let start: Int64 = 1_699_927_200_000

    static func time(_ milliseconds: Int64) -> WallTime {
        WallTime(nanosecondsSince1970: milliseconds * 1_000_000)
    }

    static func sealingKey(_ byte: UInt8 = 1) throws -> SealingKey {
        try #require(SealingKey([UInt8](repeating: byte, count: 32)))
    }

    static func settings(
        algorithm: String = "ES256",
        rotation: Duration = .seconds(30 * 86_400),
        lifetime: Duration = .seconds(600),
        projects: [String] = [projectID]
    ) -> AuthorizationServerSettings {
        let rate = RateSettings(perSecond: 1, burst: 1)
        return AuthorizationServerSettings(
            url: url,
            hosts: ["id.example.test"],
            store: .sqlite(path: "unused"),
            sealingKey: .file(path: "state/sealing.key"),
            signingAlgorithm: algorithm,
            keyRotation: rotation,
            providers: [],
            projects: projects.map { project(id: $0, lifetime: lifetime) },
            clients: [],
            dressipiPrefix: "/oauth",
            limits: AuthorizationLimitSettings(
                authorizeRate: rate,
                tokenRate: rate,
                pendingFlowsPerAddress: 1,
                passwordFailureCount: 1,
                passwordFailureRest: .seconds(1)
            )
        )
    }

    static func tokens(lifetime: Duration) -> TokenSettings {
        TokenSettings(
            accessTokenLifetime: lifetime,
            refreshTokenIdle: .seconds(60),
            refreshTokenLifetime: .seconds(600),
            rotatesRefreshTokens: true,
            refreshReuseGrace: .seconds(30),
            takesParametersInQuery: false
        )
    }

    static func project(id: String, lifetime: Duration) -> ProjectSettings {
        ProjectSettings(
            id: id,
            name: "Project",
            isStack: true,
            publishableClientKeys: [],
            requiresPublishableClientKey: false,
            trustedDomains: [],
            allowsLocalhost: true,
            redirectURIs: [],
            allowsNativeRedirect: false,
            providers: [],
            grantableScopes: [],
            defaultScopes: [],
            grants: [],
            allowsSignUp: true,
            accountMerge: .linkMethod,
            tokens: tokens(lifetime: lifetime)
        )
    }

    static func client(
        id: String = "reporting",
        dialect: ClientDialect = .oauth,
        audience: String? = nil,
        lifetime: Duration = .seconds(600)
    ) -> ClientSettings {
        ClientSettings(
            id: id,
            name: "Reporting",
            dialect: dialect,
            project: 0,
            secretHash: nil,
            grantTypes: [.authorizationCode],
            redirectURIs: [],
            postLogoutRedirectURIs: [],
            corsOrigins: [],
            audience: audience,
            grantableScopes: [],
            defaultScopes: [],
            requiresConsent: false,
            introspectsAny: false,
            tokens: tokens(lifetime: lifetime)
        )
    }

    static func user(
        isAnonymous: Bool = false,
        restrictedReason: String? = nil
    ) -> TokenSubject {
        TokenSubject(
            UserRecord(
                id: userID,
                projectID: projectID,
                createdAt: start - day,
                lastActiveAt: start,
                displayName: isAnonymous ? nil : "Ada Lovelace",
                email: isAnonymous ? nil : "ada@example.test",
                isEmailVerified: !isAnonymous,
                isAnonymous: isAnonymous,
                restrictedReason: restrictedReason
            )
        )
    }

    static func session(scopes: [String] = ["orders:read", "orders:write"]) -> TokenSession {
        TokenSession(
            id: "5c5d6a0a-52fc-4b61-9a63-1d2a3a4b5c6d",
            authenticatedAt: start - hour,
            scopes: scopes
        )
    }

    static func ring(
        store: Store? = nil,
        settings: AuthorizationServerSettings = settings(),
        at now: Int64 = start
    ) async throws -> SigningKeyRing {
        let store = try store ?? Store.inMemory()
        return try await SigningKeyRing(
            store: store,
            sealing: try sealingKey(),
            settings: settings,
            now: time(now)
        )
    }

    static func minter(_ ring: SigningKeyRing) -> AccessTokenMinter {
        AccessTokenMinter(ring: ring, url: url, random: .counting())
    }

    /// The header and the claims of a token whose signature a published key has made.
    static func verified(
        _ token: MintedToken,
        by keySet: KeySet
    ) throws -> (header: TokenHeader, claims: JSONObject) {
        let bytes = [UInt8](token.text.utf8)
        let parsed = try CompactToken(bytes.span, sizeMax: 16_384)
        let header = try TokenHeader(parsed, ignoringHeaderKeys: false)
        try SignatureCheck.verify(parsed, header, try keySet.key(for: header))
        return (header, try Claims(parsed).object)
    }
}

extension RandomSource {
    /// Bytes that count up, so that a test knows what comes.
    static func counting(from first: UInt8 = 0) -> RandomSource {
        let next = Counter(first)
        return RandomSource { count in (0..<count).map { _ in next.take() } }
    }

    private final class Counter: Sendable {
        private let value: Mutex<UInt8>

        init(_ first: UInt8) {
            value = Mutex(first)
        }

        func take() -> UInt8 {
            value.withLock { value in
                defer { value &+= 1 }
                return value
            }
        }
    }
}
