extension Span where Element == UInt8 {
    /// The first place in `start..<limit` whose byte no field value may hold: a control other than
    /// tab, DEL included (RFC 9110 §5.5); `limit` where there is none.
    ///
    /// Sixteen bytes at a time: this is the scan that finds the line ends of a head and proves its
    /// lines free of controls, in one pass over them.
    @inlinable
    public func firstControl(from start: Int, to limit: Int) -> Int {
        precondition(start >= 0 && start <= limit && limit <= count)
        return unsafe withUnsafeBufferPointer { buffer -> Int in
            guard let base = unsafe UnsafeRawPointer(buffer.baseAddress) else { return limit }
            var index = start
            // SAFETY: `index + 16 <= limit <= count` holds before each load of sixteen bytes, and
            // `index < limit` before each load of one.
            while limit - index >= 16 {
                let bytes = unsafe base.loadUnaligned(
                    fromByteOffset: index,
                    as: SIMD16<UInt8>.self
                )
                let low = (bytes .< 0x20) .& (bytes .!= 0x09)
                if any(low .| (bytes .== 0x7F)) {
                    break
                }
                index += 16
            }
            while index < limit {
                if unsafe !ASCII.isFieldValueByte(base.load(fromByteOffset: index, as: UInt8.self))
                {
                    return index
                }
                index += 1
            }
            return limit
        }
    }
}
