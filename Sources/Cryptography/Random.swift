import COpenSSL

/// Unpredictable bytes.
public enum Random {
    /// Fresh bytes.
    public static func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        fill(&bytes)
        return bytes
    }

    /// Overwrites every byte of `bytes`.
    ///
    /// The generator is OpenSSL's. Should it fail (it cannot be seeded), the kernel's is asked,
    /// through Swift: nothing is ever returned that is predictable.
    public static func fill(_ bytes: inout [UInt8]) {
        let count = bytes.count
        guard count > 0 else { return }
        // SAFETY: the buffer is alive and exclusively ours for the call, and `count` bytes long.
        let done = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            unsafe RAND_bytes_ex(nil, buffer.baseAddress, count, 0)
        }
        guard done != 1 else { return }
        LibraryErrors.clear()
        var kernel = SystemRandomNumberGenerator()
        for index in bytes.indices {
            bytes[index] = kernel.next()
        }
    }
}
