import Access
import AuthorizationServer
import Configuration
import Cryptography
import EventLoop
import JOSE
import Logging
import Outbound
import Storage
import Synchronization

/// The authorization server of the process: its store, keys and guards, which outlive reloads, and the
/// service that answers by the conf in force.
final class AuthorizationPlane: Sendable {
    /// Where records are kept.
    let store: Store
    /// What signs tokens.
    let ring: SigningKeyRing
    private let sealing: SealingKey
    private let guards = AuthorizationGuards()
    private let client: OutboundClient
    private let publisher: any RevocationPublisher
    private let state: Mutex<State>

    private struct State {
        var service: AuthorizationService
        var realms: [KeyRealm]
        var underWay = 0
        var idle: [CheckedContinuation<Void, Never>] = []
    }

    /// Requests that are answered at once.
    ///
    /// As many as the store lets wait: with more, the last would be told to come again anyway. Twice
    /// what may wait for providers (``Outbound/OutboundLimits/providers``), so that a provider that
    /// hangs leaves room for everybody else.
    static let requestCountMax = 1_024

    /// Batches of dead records that one round deletes: 500 of each kind each, in transactions of their
    /// own, so that nobody waits long behind them; the rest has time until the next round.
    static let deletionBatchCountMax = 40

    private init(
        store: Store,
        ring: SigningKeyRing,
        sealing: SealingKey,
        client: OutboundClient,
        publisher: any RevocationPublisher,
        settings: AuthorizationServerSettings
    ) {
        self.store = store
        self.ring = ring
        self.sealing = sealing
        self.client = client
        self.publisher = publisher
        let parts = AuthorizationService.Parts(
            settings: settings,
            store: store,
            sealing: sealing,
            keys: ring,
            transport: client,
            revocations: publisher,
            guards: guards
        )
        state = Mutex(State(service: AuthorizationService(parts), realms: settings.realms))
    }

    /// Opens the store with its keys; nothing is served yet.
    ///
    /// - Throws: What the operator is told: who holds the store, or which sealing key is wrong.
    static func open(
        _ settings: AuthorizationServerSettings,
        publisher: any RevocationPublisher,
        log: ProgramLog?
    ) async throws(StartFault) -> AuthorizationPlane {
        let opened = try await OpenedStore.open(settings, log: log)
        do {
            return AuthorizationPlane(
                store: opened.store,
                ring: try await SigningKeyRing(
                    store: opened.store,
                    sealing: opened.sealing,
                    settings: settings,
                    now: .now()
                ),
                sealing: opened.sealing,
                client: try OutboundClient(
                    limits: .providers,
                    userAgent: "gatehouse/\(Version.text)"
                ),
                publisher: publisher,
                settings: settings
            )
        } catch {
            await opened.store.close()
            throw StartFault("the authorization server cannot start: \(error)")
        }
    }

    /// Answers a request, off the caller's actor; many at once.
    @concurrent
    func respond(to request: ControlRequest) async -> ControlResponse {
        let service: AuthorizationService? = state.withLock { state in
            guard state.underWay < Self.requestCountMax else { return nil }
            state.underWay += 1
            return state.service
        }
        guard let service else { return Self.busy }
        let response = await service.respond(to: request)
        let waiting = state.withLock { state in
            state.underWay -= 1
            guard state.underWay == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { state.idle = [] }
            return state.idle
        }
        for continuation in waiting {
            continuation.resume()
        }
        return response
    }

    /// What those are told that find every place taken.
    private static let busy = ControlResponse(
        status: 503,
        fields: [
            ControlField("retry-after", "1"), ControlField("cache-control", "no-store"),
        ],
        note: ControlNote(error: "temporarily_unavailable", detail: "control.requests")
    )
}

extension AuthorizationPlane {
    /// What answers now.
    var service: AuthorizationService { state.withLock { $0.service } }

    /// Who signs by the conf in force.
    var realms: [KeyRealm] { state.withLock { $0.realms } }

    /// Makes keys for what a conf has new; nothing is served by it yet.
    ///
    /// - Throws: What the operator is told; the old settings stay in force.
    func prepare(_ settings: AuthorizationServerSettings) async throws(StartFault) {
        do {
            try await ring.reconfigure(settings, now: .now())
        } catch {
            throw StartFault("the authorization server's keys: \(error)")
        }
    }

    /// Serves by a conf from now on; requests under way end with the one that they began with.
    func serve(_ settings: AuthorizationServerSettings) {
        let parts = AuthorizationService.Parts(
            settings: settings,
            store: store,
            sealing: sealing,
            keys: ring,
            transport: client,
            revocations: publisher,
            guards: guards
        )
        let service = AuthorizationService(parts)
        state.withLock { state in
            state.service = service
            state.realms = settings.realms
        }
    }

    /// What was revoked and could still be shown: to be known before anything is accepted.
    func revocations() async throws(StartFault) -> [RevocationLog.Entry] {
        let now = WallTime.now().nanosecondsSince1970 / 1_000_000
        do {
            let records = try await store.read { transaction in
                try transaction.revocations(aliveAt: now)
            }
            return records.map { record in
                RevocationLog.Entry(id: record.id, expiry: record.expiresAt / 1_000 + 1)
            }
        } catch {
            throw StartFault("the store's revocations cannot be read: \(error)")
        }
    }

    /// Puts the keys of our own issuers beside those that are fetched.
    func keys(_ issuers: [IssuerSettings], beside fetched: [KeySetVersion]) -> [KeySetVersion] {
        // Read first: keys that are newer than their number are published again, never the reverse.
        let generation = ring.generation
        return zip(issuers, fetched).map { issuer, version in
            guard case .own(let realm) = issuer.keys else { return version }
            return KeySetVersion(
                keySet: ring.keySet(of: realm),
                generation: generation,
                fetchedAt: .now()
            )
        }
    }

    /// Rotates keys that are due.
    ///
    /// - Returns: Whether the key sets are others now.
    func rotateIfDue(log: ProgramLog) async -> Bool {
        do {
            return try await ring.rotateIfDue(now: .now())
        } catch {
            log.write(.error, "signing keys could not be rotated: \(error)")
            return false
        }
    }

    /// Deletes records that nobody can use any more.
    ///
    /// An hour late, so that a browser that comes back late hears that its sign-in has expired, and
    /// not that there never was one.
    func deleteExpired(log: ProgramLog) async {
        let now = WallTime.now().nanosecondsSince1970 / 1_000_000 - 3_600_000
        do {
            for _ in 0..<Self.deletionBatchCountMax {
                let count = try await store.write { transaction in
                    try transaction.deleteExpired(before: now)
                }
                guard count > 0 else { return }
            }
        } catch {
            log.write(.warning, "dead records could not be deleted: \(error)")
        }
    }

    /// Ends it; what is under way is finished first where `waits`.
    func close(waits: Bool) async {
        if waits {
            await withCheckedContinuation { continuation in
                let isIdle = state.withLock { state in
                    guard state.underWay > 0 else { return true }
                    state.idle.append(continuation)
                    return false
                }
                if isIdle {
                    continuation.resume()
                }
            }
        }
        await client.shutDown()
        await store.close()
    }
}
