import Configuration
import JOSE
import Storage

/// Everything that a ring holds, replaced under its lock.
struct RingState: Sendable {
    var schedule: KeySchedule
    /// The realms of all settings seen, in the order of their coming.
    var realms: [KeyRealm] = []
    private(set) var generation: UInt64 = 0
    /// The key that signs, for each realm.
    private(set) var signingKeys: [KeyRealm: HeldKey] = [:]
    private var keys: [HeldKey]
    private var keySets: [KeyRealm: KeySet] = [:]

    init(keys: [HeldKey], schedule: KeySchedule) {
        self.keys = keys
        self.schedule = schedule
    }

    func keySet(of realm: KeyRealm) -> KeySet {
        keySets[realm] ?? KeySet([])
    }

    /// The records of a realm, in the order of their signing.
    func records(of realm: KeyRealm) -> [SigningKeyRecord] {
        keys.map(\.record).filter { $0.realm == realm.storedName }
            .sorted { ($0.signsFrom, $0.createdAt, $0.id) < ($1.signsFrom, $1.createdAt, $1.id) }
    }

    /// Takes over what the store has: what is published changes, what signs does not yet.
    mutating func publish(_ change: RingChange) {
        for step in change.steps {
            switch step {
            case .delete(let id):
                keys.removeAll { $0.record.id == id }
            case .make:
                break
            case .retire(let id, let signsUntil, let publishedUntil):
                for index in keys.indices where keys[index].record.id == id {
                    keys[index].record.signsUntil = signsUntil
                    keys[index].record.publishedUntil = publishedUntil
                }
            }
        }
        keys += change.made
        keySets = Dictionary(
            uniqueKeysWithValues: realms.map { realm in
                (realm, KeySet(records(of: realm).compactMap { key(id: $0.id)?.publicKey }))
            }
        )
        generation += 1
    }

    /// Lets the keys sign whose time has come.
    mutating func settle(at now: Int64) {
        var isChanged = false
        for realm in realms {
            let record = KeySchedule.signingKey(of: records(of: realm), at: now)
            guard let record, signingKeys[realm]?.record.id != record.id else { continue }
            signingKeys[realm] = key(id: record.id)
            isChanged = true
        }
        if isChanged {
            publish(RingChange())
        }
    }

    /// What a person is shown.
    func listings() -> [SigningKeyListing] {
        let signing = Set(signingKeys.values.map(\.record.id))
        return realms.flatMap { records(of: $0) }.map { record in
            SigningKeyListing(record, isSigning: signing.contains(record.id))
        }
    }

    private func key(id: String) -> HeldKey? {
        keys.first { $0.record.id == id }
    }
}

/// What one change does to the keys.
struct RingChange: Sendable {
    /// Fresh keys.
    var made: [HeldKey] = []
    /// What becomes of those that there were.
    var steps: [KeySchedule.Step] = []

    /// Whether nothing changes.
    var isEmpty: Bool { made.isEmpty && steps.isEmpty }
}
