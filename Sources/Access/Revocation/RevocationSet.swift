import Bytes

/// What one worker knows of the ``RevocationLog``: every dead session and token that could still be
/// shown, found without an allocation and compared in full.
///
/// Confined to its worker.
public final class RevocationSet {
    private struct Slot {
        var id: [UInt8]
        var expiry: Int64
    }

    private let log: RevocationLog
    private var slots: [UInt64: [Slot]] = [:]
    private var sweepAt = RevocationSet.sweepCountMin
    /// How much of the log is known.
    public private(set) var generation = 0
    /// How many ids are held.
    public private(set) var count = 0

    /// Fewer ids than this are not worth a look for dead ones.
    private static let sweepCountMin = 1024

    /// Knows nothing of the log yet.
    public init(_ log: RevocationLog) {
        self.log = log
    }

    /// Takes in what the log has gained.
    ///
    /// - Parameter now: The present second since 1970.
    /// - Returns: Whether there was anything.
    public func catchUp(now: Int64) -> Bool {
        let present = log.generation
        guard present != generation else { return false }
        for entry in log.entries(since: generation) where entry.expiry >= now {
            insert(Array(entry.id.utf8), expiry: entry.expiry)
        }
        // What was appended meanwhile is taken in again, which changes nothing.
        generation = present
        if count >= sweepAt {
            sweep(before: now)
        }
        return true
    }

    /// Whether a token, or its session, is dead, as far as is known: the caller has caught up.
    public func isRevoked(_ token: OwnClaims) -> Bool {
        if token.clearedAt == generation { return false }
        if holds(token.sessionID) || holds(token.tokenID) { return true }
        token.clearedAt = generation
        return false
    }

    private func holds(_ id: [UInt8]) -> Bool {
        guard count > 0, !id.isEmpty, let chain = slots[id.span.keyedHash()] else { return false }
        for slot in chain where slot.id.span.isEqual(to: id.span) {
            return true
        }
        return false
    }

    private func insert(_ id: [UInt8], expiry: Int64) {
        let hash = id.span.keyedHash()
        var chain = slots[hash] ?? []
        if let place = chain.firstIndex(where: { $0.id == id }) {
            chain[place].expiry = max(chain[place].expiry, expiry)
        } else {
            chain.append(Slot(id: id, expiry: expiry))
            count += 1
        }
        slots[hash] = chain
    }

    private func sweep(before now: Int64) {
        slots = slots.compactMapValues { chain in
            let alive = chain.filter { $0.expiry >= now }
            return alive.isEmpty ? nil : alive
        }
        count = slots.values.reduce(0) { $0 + $1.count }
        sweepAt = max(Self.sweepCountMin, count * 2)
    }
}
