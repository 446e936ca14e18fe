import Bytes

/// A buffer with an owner that arrays can hold.
final class BufferBox {
    var buffer: ByteBuffer

    init(capacity: Int) {
        buffer = ByteBuffer(capacity: capacity)
    }
}

/// Buffers between two uses: an idle connection holds none.
struct BufferPool {
    private var free: [BufferBox] = []

    /// 64 KiB: a body moves with half the system calls that 16 KiB would need, and pages that are
    /// not written to cost nothing.
    static let size = 65_536
    /// Kept for reuse: 256 are 16 MiB at most, and as many as 256 active peers turn over.
    private static let countMax = 256

    mutating func take() -> BufferBox {
        free.popLast() ?? BufferBox(capacity: Self.size)
    }

    mutating func giveBack(_ box: BufferBox) {
        box.buffer.clear()
        // One that grew (an answer written whole) is not kept at its size.
        guard free.count < Self.countMax, box.buffer.capacity <= Self.size * 2 else { return }
        free.append(box)
    }
}
