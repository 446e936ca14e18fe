extension Span where Element == UInt8 {
    /// A big-endian number in its shortest form.
    @_lifetime(copy self)
    internal func withoutLeadingZeros() -> Span<UInt8> {
        var first = 0
        while first < count, self[first] == 0 {
            first += 1
        }
        return extracting(first..<count)
    }

    /// Whether every byte is zero.
    internal var isZero: Bool {
        for index in 0..<count where self[index] != 0 {
            return false
        }
        return true
    }

    /// Whether the big-endian number is smaller than `other`, which is as long.
    internal func isLess(than other: Span<UInt8>) -> Bool {
        for index in 0..<Swift.min(count, other.count) where self[index] != other[index] {
            return self[index] < other[index]
        }
        return false
    }
}
