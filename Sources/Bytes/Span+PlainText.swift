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
            guard let base = bytes.baseAddress else { return 0 }
            // SAFETY: every read stays below `length`: a word is read only where eight bytes are left.
            while index &+ 8 <= length {
                let word = unsafe base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                let marks = Self.marksOfUnplainBytes(UInt64(littleEndian: word))
                if marks != 0 {
                    return index &+ marks.trailingZeroBitCount / 8
                }
                index &+= 8
            }
            if index < length, length >= 8 {
                // The last word overlaps the one before: what that one saw is plain.
                let word = unsafe base.loadUnaligned(
                    fromByteOffset: length &- 8,
                    as: UInt64.self
                )
                let seen = UInt64(truncatingIfNeeded: 8 &- (length &- index)) &* 8
                let marks = Self.marksOfUnplainBytes(UInt64(littleEndian: word) >> seen)
                // What the shift brought in from above is zero, which is marked: it lies beyond.
                return min(length, index &+ marks.trailingZeroBitCount / 8)
            }
            while index < length {
                let byte = unsafe base.load(fromByteOffset: index, as: UInt8.self)
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
    /// The four terms raise the top bit of a byte that is a quotation mark, a backslash, from 0x7F
    /// to 0x9F (or from 0xFF on, with a carry), and a control or from 0xA0 on. Borrows and carries
    /// leave a byte only where it is marked itself, so that they may mark wrongly above it only.
    @inlinable
    internal static func marksOfUnplainBytes(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = (word ^ (ones &* 0x22)) &- ones
        let backslashes = (word ^ (ones &* 0x5C)) &- ones
        return (quotes | backslashes | (word &+ ones) | (word &- ones &* 0x20)) & (ones &* 0x80)
    }
}

extension ByteBuffer {
    /// Appends the plain text that `text` has at `start`, and says where in `text` it ends: as
    /// ``Span/endOfPlainText(from:)`` does, in the same pass.
    @inlinable
    public mutating func appendPlainText(of text: Span<UInt8>, from start: Int) -> Int {
        precondition(start >= 0 && start <= text.count)
        // A whole word is stored at each step, and only what of it was plain is counted.
        reserve(text.count - start + 8)
        let index = unsafe text.withUnsafeBytes { bytes in
            guard let source = bytes.baseAddress else { return 0 }
            let target = unsafe UnsafeMutableRawPointer(base + end) - start
            var index = start
            // SAFETY: every read ends at `bytes.count` at the latest, and every store less than eight
            // bytes behind the place that stands for it, which was reserved.
            while index &+ 8 <= bytes.count {
                let word = unsafe source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                unsafe target.storeBytes(of: word, toByteOffset: index, as: UInt64.self)
                let marks = Span<UInt8>.marksOfUnplainBytes(UInt64(littleEndian: word))
                if marks != 0 {
                    return index &+ marks.trailingZeroBitCount / 8
                }
                index &+= 8
            }
            if index < bytes.count, index > start {
                // The last word overlaps the one before: what that one saw is plain.
                let last = bytes.count &- 8
                let word = unsafe source.loadUnaligned(fromByteOffset: last, as: UInt64.self)
                unsafe target.storeBytes(of: word, toByteOffset: last, as: UInt64.self)
                let seen = UInt64(truncatingIfNeeded: index &- last) &* 8
                let marks = Span<UInt8>.marksOfUnplainBytes(UInt64(littleEndian: word) >> seen)
                // What the shift brought in from above is zero, which is marked: it lies beyond.
                return min(bytes.count, index &+ marks.trailingZeroBitCount / 8)
            }
            while index < bytes.count {
                let byte = unsafe source.load(fromByteOffset: index, as: UInt8.self)
                guard byte >= 0x20, byte < 0x7F, byte != 0x22, byte != 0x5C else { break }
                unsafe target.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
                index &+= 1
            }
            return index
        }
        end += index - start
        return index
    }
}
