public import Configuration
public import Cryptography
public import EventLoop
public import JOSE
public import Storage
import Synchronization

/// The keys that tokens are signed with: made at the first start, stored sealed, rotated with overlap.
///
/// Each realm has keys of its own. A key is published ``KeySchedule/publishLead`` before it signs, and
/// until the last token of it is dead. What is held is an immutable state that a change replaces as
/// a whole once the store has it, so that a token is never signed with a key that a crash could lose.
///
/// Changes are made by ``rotateIfDue(now:)``, which whoever owns the ring calls every
/// ``checkInterval``, ``rotate(realm:now:announcing:)`` and ``reconfigure(_:now:)``, one at a time.
public final class SigningKeyRing: Sendable {
    private let shelf: SigningKeyShelf
    private let sealing: SealingKey
    private let gate = ChangeGate()
    private let state: Mutex<RingState>

    /// Opens the keys of the store, and makes those that are missing.
    ///
    /// - Throws: ``SigningKeyFault/sealingKeyWrong(source:)`` where the store was sealed with another
    ///   key, whatever else is in it; the start must stop then.
    public init(
        store: Store,
        sealing: SealingKey,
        settings: AuthorizationServerSettings,
        now: WallTime
    ) async throws(SigningKeyFault) {
        shelf = SigningKeyShelf(store: store)
        self.sealing = sealing
        let records = try await shelf.records()
        try await shelf.checkSealing(
            sealing,
            source: settings.sealingKey.sourceText,
            records: records
        )
        var held: [HeldKey] = []
        for record in records {
            held.append(try HeldKey(record, sealing: sealing))
        }
        state = Mutex(RingState(keys: held, schedule: KeySchedule(settings)))
        try await reconfigure(settings, now: now)
    }

    /// The published keys of a realm; empty for one that is not known.
    public func keySet(of realm: KeyRealm) -> KeySet {
        state.withLock { $0.keySet(of: realm) }
    }

    /// Raised at each change of what is published or signs.
    public var generation: UInt64 { state.withLock { $0.generation } }

    /// The longest life that any access token of ours was ever given.
    var longestTokenLifetime: Duration { state.withLock { $0.schedule.longestTokenLifetime } }

    /// What makes a realm's tokens of a `typ` now.
    ///
    /// - Throws: ``SigningKeyFault/realmUnknown(name:)`` for a realm of no settings seen so far.
    func signer(for realm: KeyRealm, type: String) throws(SigningKeyFault) -> TokenSigner {
        guard let key = state.withLock({ $0.signingKeys[realm] }) else {
            throw .realmUnknown(name: realm.storedName)
        }
        return try key.signer(type: type)
    }

    /// Every key that is held, the server's first, each realm's in the order of their signing.
    public func list() -> [SigningKeyListing] {
        state.withLock { $0.listings() }
    }

    /// Does what the schedule says.
    ///
    /// - Returns: Whether anything changed: the key sets are then to be published anew.
    public func rotateIfDue(now: WallTime) async throws(SigningKeyFault) -> Bool {
        await gate.enter()
        defer { gate.leave() }
        return try await bringUpToDate(now: now.millisecondsSince1970)
    }

    /// Takes new settings over: keys for realms that are new, another algorithm or schedule.
    ///
    /// Realms that are gone keep their keys, so that what is under way ends well.
    public func reconfigure(
        _ settings: AuthorizationServerSettings,
        now: WallTime
    ) async throws(SigningKeyFault) {
        await gate.enter()
        defer { gate.leave() }
        var schedule = KeySchedule(settings)
        schedule.longestTokenLifetime = try await shelf.longestTokenLifetime(
            atLeast: schedule.longestTokenLifetime
        )
        state.withLock { state in
            state.schedule = schedule
            for realm in settings.realms where !state.realms.contains(realm) {
                state.realms.append(realm)
            }
        }
        _ = try await bringUpToDate(now: now.millisecondsSince1970)
    }

    /// Lets a fresh key sign at once, in place of the schedule's.
    ///
    /// The new key is stored and published, then announced, and signs only then. Whoever checks our
    /// tokens elsewhere learns it when it fetches the key set again, at an unknown `kid` or within
    /// the hour that the set may be kept.
    ///
    /// - Parameters:
    ///   - realm: Whose key.
    ///   - now: The time.
    ///   - announcing: Brings the new key sets to our own workers, and returns when they decide by
    ///     them.
    /// - Throws: What keeps the old key signing: the store, or ``SigningKeyFault/realmUnknown(name:)``.
    public func rotate(
        realm: KeyRealm,
        now: WallTime,
        announcing: @Sendable () async -> Void = {}
    ) async throws(SigningKeyFault) {
        await gate.enter()
        defer { gate.leave() }
        let (known, schedule) = state.withLock { ($0.realms.contains(realm), $0.schedule) }
        guard known else { throw .realmUnknown(name: realm.storedName) }
        let now = now.millisecondsSince1970
        let records = state.withLock { $0.records(of: realm) }
        let change = try makeChange(
            [realm: schedule.stepsRotatingNow(for: records, at: now)],
            schedule: schedule,
            now: now
        )
        try await shelf.apply(made: change.made.map(\.record), steps: change.steps)
        state.withLock { $0.publish(change) }
        await announcing()
        state.withLock { $0.settle(at: now) }
    }

    /// The part of a change that both kinds share; the gate is held.
    private func bringUpToDate(now: Int64) async throws(SigningKeyFault) -> Bool {
        let (steps, schedule) = state.withLock { state in
            let steps = state.realms.map { realm in
                (realm, state.schedule.steps(for: state.records(of: realm), at: now))
            }
            return (Dictionary(uniqueKeysWithValues: steps), state.schedule)
        }
        let change = try makeChange(steps, schedule: schedule, now: now)
        try await shelf.apply(made: change.made.map(\.record), steps: change.steps)
        return state.withLock { state in
            let before = state.generation
            if !change.isEmpty {
                state.publish(change)
            }
            state.settle(at: now)
            return state.generation != before
        }
    }

    private func makeChange(
        _ stepsOfRealms: [KeyRealm: [KeySchedule.Step]],
        schedule: KeySchedule,
        now: Int64
    ) throws(SigningKeyFault) -> RingChange {
        var change = RingChange()
        for (realm, steps) in stepsOfRealms {
            for step in steps {
                guard case .make(let signsFrom) = step else {
                    change.steps.append(step)
                    continue
                }
                change.made.append(
                    try HeldKey.make(
                        realm: realm.storedName,
                        algorithm: schedule.algorithm,
                        signsFrom: signsFrom,
                        now: now,
                        sealing: sealing
                    )
                )
            }
        }
        return change
    }

    /// How often ``rotateIfDue(now:)`` is called: a minute late is nothing beside a rotation's days.
    public static let checkInterval: Duration = .seconds(60)
}
