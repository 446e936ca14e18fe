import Synchronization

/// How much a store has done: what shows that a burst of writes shares its commits.
public final class StoreCounters: Sendable {
    private let commits = Atomic<UInt64>(0)
    private let reads = Atomic<UInt64>(0)
    private let writes = Atomic<UInt64>(0)

    /// Transactions that were committed, each with one wait for the disk.
    public var commitCount: UInt64 { commits.load(ordering: .relaxed) }

    /// Bodies that were run for reading.
    public var readCount: UInt64 { reads.load(ordering: .relaxed) }

    /// Bodies that were run for writing, those that failed included.
    public var writeCount: UInt64 { writes.load(ordering: .relaxed) }

    func countCommit() {
        commits.wrappingAdd(1, ordering: .relaxed)
    }

    func countRead() {
        reads.wrappingAdd(1, ordering: .relaxed)
    }

    func countWrites(_ count: Int) {
        writes.wrappingAdd(UInt64(count), ordering: .relaxed)
    }
}
