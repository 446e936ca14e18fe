extension Span where Element == UInt8 {
    /// The first place at or after `start` of a byte that is not plain text, or `count`.
    ///
    /// Plain are the printable bytes of ASCII but for the quotation mark and the backslash: what may
    /// stand in a quoted string of JSON or of a log line as it is. Eight bytes are looked at at once.
    @inlinable
    public func endOfPlainText(from start: Int) -> Int {
        precondition(start >= 0 && start <= count)
        return unsafe withUnsafeBytes { bytes in
            var index = start
            let length = bytes.count
            // SAFETY: every read stays below `length`: a word is read only where eight bytes are left.
            while index &+ 8 <= length {
                let word = unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                let marks = Self.marksOfUnplainBytes(UInt64(littleEndian: word))
                if marks != 0 {
                    return index &+ marks.trailingZeroBitCount / 8
                }
                index &+= 8
            }
            while index < length {
                let byte = unsafe bytes[index]
                if byte < 0x20 || byte >= 0x7F || byte == 0x22 || byte == 0x5C {
                    return index
                }
                index &+= 1
            }
            return length
        }
    }

    /// A word whose lowest set bit stands in the first byte of `word` that is not plain, or zero.
    ///
    /// The borrows of the subtractions may mark bytes above a marked one wrongly, never below it.
    @inlinable
    internal static func marksOfUnplainBytes(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let deletes = word ^ (ones &* 0x7F)
        let controls = (word &- ones &* 0x20) & ~word
        let special =
            (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes
            | (deletes &- ones) & ~deletes
        return (controls | special | word) & (ones &* 0x80)
    }
}
