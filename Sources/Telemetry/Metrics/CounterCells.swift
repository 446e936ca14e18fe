import Synchronization

/// So many counters as asked for, raised by one thread and read by any.
///
/// Raising is a relaxed load and a relaxed store: no locked instruction, right because no second
/// thread writes. Kept in blocks of 64, because atomics cannot stand in an array.
internal struct CounterCells: Sendable {
    private let blocks: [CounterBlock]

    internal init(count: Int) {
        blocks = (0..<(count + 63) / 64).map { _ in CounterBlock() }
    }

    /// Raises the counter at `index`, which wraps around at 2^64.
    internal func add(_ amount: UInt64, at index: Int) {
        blocks[index >> 6].add(amount, at: index & 63)
    }

    /// Replaces the counter at `index`, for the few that stand for a state.
    internal func set(_ value: UInt64, at index: Int) {
        blocks[index >> 6].cells[index & 63].store(value, ordering: .relaxed)
    }

    /// The counter at `index`.
    internal func value(at index: Int) -> UInt64 {
        blocks[index >> 6].cells[index & 63].load(ordering: .relaxed)
    }
}

private final class CounterBlock: Sendable {
    let cells = InlineArray<64, Atomic<UInt64>> { _ in Atomic(0) }

    func add(_ amount: UInt64, at index: Int) {
        let raised = cells[index].load(ordering: .relaxed) &+ amount
        cells[index].store(raised, ordering: .relaxed)
    }
}
