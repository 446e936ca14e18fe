import Synchronization

/// Sessions and tokens that are dead before their time, shared by the control plane and every worker.
///
/// The control plane appends, then raises the generation, then answers whoever asked for it. A worker
/// compares the generation at every decision (one atomic load) and catches up first: so no decision
/// that starts after the answer uses the old set.
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

    private let count = Atomic<Int>(0)
    private let entries = Mutex<[Entry]>([])

    /// An empty log.
    public init() {}

    /// How many entries were ever appended; never falls.
    public var generation: Int { count.load(ordering: .acquiring) }

    /// Adds entries; every decision that starts after the return knows of them.
    public func append(_ new: [Entry]) {
        guard !new.isEmpty else { return }
        let total = entries.withLock { held in
            held += new
            return held.count
        }
        // Appenders are ordered by the control plane; a later one never publishes less.
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

    /// What was appended since a generation.
    public func entries(since generation: Int) -> [Entry] {
        entries.withLock { Array($0.dropFirst(generation)) }
    }
}
