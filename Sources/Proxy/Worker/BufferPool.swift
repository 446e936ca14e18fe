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
    private var freeSmall: [BufferBox] = []

    /// 128 KiB: each read of a body has its sender acknowledged and woken, which costs more than the
    /// copy; pages that are not written to cost nothing.
    static let size = 131_072
    /// Kept for reuse: as many as 256 active peers turn over, 32 MiB, or twice that if all had grown.
    private static let countMax = 256

    /// 4 KiB: a page, for the first bytes of a body that is not yet being taken.
    ///
    /// Many streams may hold one each, most of which never hold more; it grows for those that do.
    static let smallSize = 4096

    mutating func takeSmall() -> BufferBox {
        freeSmall.popLast() ?? BufferBox(capacity: Self.smallSize)
    }

    mutating func take() -> BufferBox {
        free.popLast() ?? BufferBox(capacity: Self.size)
    }

    mutating func giveBack(_ box: BufferBox) {
        box.buffer.clear()
        // One that grew (an answer written whole) is not kept at its size.
        switch box.buffer.capacity {
        case Self.smallSize where freeSmall.count < Self.countMax: freeSmall.append(box)
        case Self.size...(Self.size * 2) where free.count < Self.countMax: free.append(box)
        default: break
        }
    }
}
