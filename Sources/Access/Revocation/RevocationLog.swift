import Synchronization

/// Sessions and tokens that are dead before their time, shared by the control plane and every worker.
///
/// The control plane appends, then raises the generation, then answers whoever asked for it. A worker
/// compares the generation at every decision (one atomic load) and catches up first: so no decision
/// that starts after the answer uses the old set.
///
/// Bounded by what is alive: an entry is dropped some time after its expiry, when no token that it
/// means can be good. A worker that lags misses only such entries.
public final class RevocationLog: Sendable {
    /// One dead session, or one token by its `jti` where it has no session.
    public struct Entry: Sendable, Hashable {
        /// The `refresh_token_id` or `session_id` claim, or the `jti`.
        public var id: String
        /// The second since 1970 after which no token of it can be alive.
        public var expiry: Int64

        /// Names both.
        public init(id: String, expiry: Int64) {
            self.id = id
            self.expiry = expiry
        }
    }

    private struct Held: Sendable {
        /// In ascending order of their numbers; gaps where entries were dropped.
        var entries: [(number: Int, entry: Entry)] = []
        /// How many were ever appended: the next one's number.
        var total = 0
        /// Looked through for dead ones when it has grown to this.
        var sweepAt = RevocationLog.sweepCountMin
    }

    private let count = Atomic<Int>(0)
    private let held = Mutex(Held())

    /// Fewer entries than this are not worth a look for dead ones.
    private static let sweepCountMin = 1024

    /// An empty log.
    public init() {}

    /// How many entries were ever appended; never falls.
    public var generation: Int { count.load(ordering: .acquiring) }

    /// How many entries are held.
    public var heldCount: Int { held.withLock { $0.entries.count } }

    /// Adds entries; every decision that starts after the return knows of them.
    ///
    /// - Parameters:
    ///   - new: Dead sessions and tokens.
    ///   - now: The present second since 1970, by which entries that have expired are dropped; `nil`
    ///     drops none.
    public func append(_ new: [Entry], now: Int64? = nil) {
        guard !new.isEmpty else { return }
        let total = held.withLock { held in
            for entry in new {
                held.entries.append((held.total, entry))
                held.total += 1
            }
            if let now, held.entries.count >= held.sweepAt {
                Self.sweep(&held, before: now)
            }
            return held.total
        }
        raise(to: total)
    }

    /// Drops what has expired by a second since 1970.
    public func dropExpired(before now: Int64) {
        held.withLock { Self.sweep(&$0, before: now) }
    }

    /// What was appended since a generation, and is still held.
    public func entries(since generation: Int) -> [Entry] {
        held.withLock { held in
            var start = held.entries.count
            while start > 0, held.entries[start - 1].number >= generation {
                start -= 1
            }
            return held.entries[start...].map(\.entry)
        }
    }

    /// Half of what is held is dead, or the next look is when as many have come again: so appending
    /// costs no more than twice.
    private static func sweep(_ held: inout Held, before now: Int64) {
        held.entries.removeAll { $0.entry.expiry < now }
        held.sweepAt = max(sweepCountMin, held.entries.count * 2)
    }

    /// A later appender never publishes less.
    private func raise(to total: Int) {
        var seen = count.load(ordering: .relaxed)
        while seen < total {
            let (exchanged, original) = count.compareExchange(
                expected: seen,
                desired: total,
                ordering: .acquiringAndReleasing
            )
            if exchanged { break }
            seen = original
        }
    }
}
