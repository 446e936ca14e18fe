/// How much of a head is read before it is refused.
public struct HeadLimits: Sendable, Equatable {
    /// The most bytes of a whole head, its first line and last line end included (431).
    public var size: Int
    /// The most fields of a head (431); never more than 65 535.
    public var fieldCount: Int
    /// The most bytes of a request target (414).
    public var targetSize: Int

    /// Bounds a head.
    public init(size: Int, fieldCount: Int, targetSize: Int) {
        self.size = size
        self.fieldCount = min(fieldCount, Int(UInt16.max))
        self.targetSize = targetSize
    }
}
