// SAFETY of the `unsafe` here: the pointer never leaves the closure that lends it.

extension Span where Element == UInt8 {
    /// A hash of the bytes under this process's random key (SipHash), so that nobody outside can
    /// choose bytes that collide.
    ///
    /// Differs from run to run: never stored, never sent.
    public func keyedHash() -> UInt64 {
        var hasher = Hasher()
        unsafe withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
