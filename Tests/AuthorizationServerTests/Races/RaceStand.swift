import Configuration
import Cryptography
import EventLoop
import Foundation
import JOSE
import JSON
import Outbound
import Storage
import Synchronization
import Testing

@testable import AuthorizationServer

/// A whole authorization service over a store in a file: what races are run against.
///
/// A Dressipi client (rotating), and a Stack project (not rotating), as their defaults are.
final class RaceStand: Sendable {
    let context: ServerContext
    let store: Store
    let published: Published
    let time: RaceClock
    private let folder: String

    static let clientID = "fashion-app"
    static let verifier = "the-verifier-of-every-race-1234567890-abcdefg"

    init(grace: Duration = .seconds(30)) async throws {
        folder = NSTemporaryDirectory() + "gatehouse-races-" + UUID().uuidString.lowercased()
        store = try Store.open(SQLiteSettings(path: folder + "/gatehouse.db"))
        published = Published()
        let clock = RaceClock()
        time = clock
        let settings = Self.settings(grace: grace)
        let sealing = try TokenKit.sealingKey()
        let now: @Sendable () -> WallTime = { clock.now }
        let keys = try await SigningKeyRing(
            store: store,
            sealing: sealing,
            settings: settings,
            now: clock.now
        )
        let parts = AuthorizationService.Parts(
            settings: settings,
            store: store,
            sealing: sealing,
            keys: keys,
            transport: NoTransport(),
            revocations: published,
            guards: AuthorizationGuards(),
            clock: now
        )
        context = AuthorizationService(parts).context
    }

    func close() async {
        await store.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    var rotatingClient: OAuthClient { get throws { try client(Self.clientID) } }
    var stackClient: OAuthClient { get throws { try client(TokenKit.projectID) } }

    private func client(_ id: String) throws -> OAuthClient {
        try #require(context.clients.client(id))
    }

    private static func settings(grace: Duration) -> AuthorizationServerSettings {
        var settings = TokenKit.settings()
        let scopes = ["orders:read", "orders:write"]
        settings.projects[0].grantableScopes = scopes
        settings.projects[0].defaultScopes = ["orders:read"]
        settings.projects[0].tokens.rotatesRefreshTokens = false
        var client = TokenKit.client(id: clientID, dialect: .dressipi)
        client.grantableScopes = scopes
        client.defaultScopes = ["orders:read"]
        client.grantTypes = [.authorizationCode, .refreshToken]
        client.tokens.refreshReuseGrace = grace
        settings.clients = [client]
        return settings
    }
}

extension RaceStand {
    /// A code of a new anonymous user, or of an identity, as the callback would have left it.
    func code(
        for client: OAuthClient,
        subject: CodePayload.Subject = .anonymous
    ) async throws -> String {
        let code = OpaqueToken.make(.code, random: context.random)
        let challenge = ProofKey.challenge(of: Self.verifier)
        let now = context.now
        let payload = CodePayload(
            request: AuthorizationRequest(
                clientID: client.id,
                redirectURI: "",
                state: "state",
                scopes: [],
                challenge: challenge
            ),
            subject: subject,
            authenticatedAt: now
        )
        let record = CodeRecord(
            hash: OpaqueToken.hash(code),
            projectID: client.project.id,
            clientID: client.id,
            challenge: challenge,
            createdAt: now,
            expiresAt: now + 300_000,
            sealedPayload: context.seal(payload.json, for: .code)
        )
        try await store.write { try $0.insertCode(record) }
        return code
    }

    func redeem(
        _ code: String,
        by client: OAuthClient,
        verifier: String = verifier
    ) async -> Result<TokenAnswer, GrantFault> {
        await CodeGrant(context: context).redeem(
            CodeGrant.Presentation(
                code: code,
                verifier: verifier,
                checksRedirectURI: false,
                address: "192.0.2.1"
            ),
            by: client
        )
    }

    func signIn(to client: OAuthClient) async throws -> TokenAnswer {
        try await redeem(try await code(for: client), by: client).get()
    }

    func refresh(
        _ token: String?,
        by client: OAuthClient
    ) async throws -> Result<TokenAnswer, GrantFault> {
        let token = try #require(token)
        return await RefreshGrant(context: context).refresh(token, by: client)
    }

    /// Committed, then published, then answered.
    func signOut(_ session: String) async throws {
        let ending = SessionEnding(context: context)
        let now = context.now
        let ended = try await store.write { try ending.end(session: session, at: now, in: $0) }
        await ending.publish(ended)
    }

    /// The session that an access token hangs on, its signature checked.
    func session(of answer: TokenAnswer) throws -> String {
        let claims = try context.verifier.verify(answer.accessToken, now: time.now).claims.object
        return try #require(
            claims["session_id"]?.string ?? claims["refresh_token_id"]?.string
        )
    }
}

/// The revocations that workers know of.
final class Published: RevocationPublisher {
    private let ids = Mutex<Set<String>>([])

    func publish(_ new: [String], expiry: Int64) async {
        ids.withLock { $0.formUnion(new) }
    }

    func holds(_ id: String) -> Bool { ids.withLock { $0.contains(id) } }
}

/// A clock that stands until it is moved on.
final class RaceClock: Sendable {
    private let milliseconds = Mutex(TokenKit.start)

    var now: WallTime { TokenKit.time(milliseconds.withLock { $0 }) }

    func advance(_ step: Int64) {
        milliseconds.withLock { $0 += step }
    }
}

/// Nobody outside is asked in a race.
private struct NoTransport: OutboundTransport {
    func result(of request: OutboundRequest) async -> Result<OutboundResponse, OutboundFault> {
        fatalError("a race asked the outside world")
    }
}

extension Result {
    var value: Success? { try? get() }

    var fault: Failure? {
        switch self {
        case .success: nil
        case .failure(let fault): fault
        }
    }
}

/// Runs `count` of the same side by side.
func sideBySide<Value: Sendable>(
    _ count: Int,
    _ body: @escaping @Sendable (Int) async throws -> Value
) async throws -> [Value] {
    try await withThrowingTaskGroup(of: Value.self) { group in
        for index in 0..<count {
            group.addTask { try await body(index) }
        }
        var values: [Value] = []
        for try await value in group {
            values.append(value)
        }
        return values
    }
}
