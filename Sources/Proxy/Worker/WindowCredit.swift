/// What an HTTP/2 connection's window is owed: bytes are given back as they come in, whether their
/// stream has taken them or not, so that a slow stream does not stall the others; but only so many.
struct WindowCredit {
    /// Bytes that wait in streams.
    private(set) var heldCount = 0
    /// Bytes that came in and were not given back.
    private(set) var owedCount = 0
    /// Whether the window is kept shut for what slow streams hold.
    private(set) var isHoldingBack = false

    /// Bytes held for slow streams before the whole connection is slowed: a whole window each of four
    /// streams.
    static let heldCountMax = 1 << 20

    /// Bytes have come in, of which so many were taken at once.
    mutating func received(_ count: Int, taken: Int) {
        heldCount += count - taken
        owedCount += count
    }

    /// Bytes that were held were taken, or dropped.
    mutating func taken(_ count: Int) {
        heldCount -= count
    }

    /// How many bytes are to be given back now.
    mutating func due() -> Int {
        let count = min(owedCount, max(0, owedCount + Self.heldCountMax - heldCount))
        owedCount -= count
        isHoldingBack = owedCount > 0
        return count
    }
}
