extension Span where Element == UInt8 {
    /// The first place in `start..<limit` whose byte no field value may hold: a control other than
    /// tab, DEL included (RFC 9110 §5.5); `limit` where there is none.
    ///
    /// Eight bytes at a time, in one machine word: this is the scan that finds the line ends of a head
    /// and proves its lines free of controls, in one pass over them. (The masks of the standard
    /// library's vectors are compared lane by lane: 25 times slower.)
    @inlinable
    public func firstControl(from start: Int, to limit: Int) -> Int {
        precondition(start >= 0 && start <= limit && limit <= count)
        return unsafe withUnsafeBufferPointer { buffer -> Int in
            guard let base = unsafe UnsafeRawPointer(buffer.baseAddress) else { return limit }
            var index = start
            while limit - index >= 8 {
                // SAFETY: `index + 8 <= limit <= count`.
                let word = unsafe base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                let marks = Self.controlMarks(UInt64(littleEndian: word))
                guard marks != 0 else {
                    index += 8
                    continue
                }
                index += marks.trailingZeroBitCount / 8
                // SAFETY: a mark stands for a byte of the word, which ends within `limit`.
                guard unsafe base.load(fromByteOffset: index, as: UInt8.self) == 0x09 else {
                    return index
                }
                index += 1
            }
            while index < limit {
                // SAFETY: `index < limit <= count`.
                let byte = unsafe base.load(fromByteOffset: index, as: UInt8.self)
                if !ASCII.isFieldValueByte(byte) {
                    return index
                }
                index += 1
            }
            return limit
        }
    }

    /// The first place in `start..<limit` whose byte no token may hold (RFC 9110 §5.6.2); `limit` where
    /// there is none.
    @inlinable
    public func endOfToken(from start: Int, to limit: Int) -> Int {
        precondition(start >= 0 && start <= limit && limit <= count)
        return unsafe withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return limit }
            var index = start
            while index < limit {
                // SAFETY: `index < limit <= count`.
                let byte = unsafe base.load(fromByteOffset: index, as: UInt8.self)
                guard ASCII.isTokenByte(byte) else { break }
                index &+= 1
            }
            return index
        }
    }

    /// Marks, in the high bit of its byte, the lowest byte of `word` that is below 0x20 or DEL.
    ///
    /// Bytes above the lowest may be marked wrongly, because the subtractions borrow from them.
    @inlinable
    internal static func controlMarks(_ word: UInt64) -> UInt64 {
        let low = (word &- 0x2020_2020_2020_2020) & ~word
        let delete = word ^ 0x7F7F_7F7F_7F7F_7F7F
        let deleted = (delete &- 0x0101_0101_0101_0101) & ~delete
        return (low | deleted) & 0x8080_8080_8080_8080
    }
}
