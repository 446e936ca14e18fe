import COpenSSL
import Glibc

/// Reads a file of certificates or keys whole, within a bound.
internal enum PEMFile {
    /// Reads the file.
    ///
    /// - Parameters:
    ///   - path: What to read; a symbolic link is followed, as certificate managers publish with.
    ///   - cause: The cause to blame an `errno` on.
    /// - Returns: The file's bytes.
    /// - Throws: `cause` with the `errno`; `EFBIG` for more than ``sizeMax``.
    internal static func read(
        path: String,
        blaming cause: TLSFault.Cause
    ) throws(TLSFault) -> [UInt8] {
        // SAFETY: the C string lives for the call.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TLSFault(cause, number: errno) }
        defer { _ = close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: sizeMax + 1)
        var count = 0
        while count < bytes.count {
            // SAFETY: the slice from `count` on is valid for the rest of `bytes` during the call.
            let got = unsafe bytes.withUnsafeMutableBytes { all in
                unsafe Glibc.read(
                    descriptor,
                    all.baseAddress.map { unsafe $0 + count },
                    all.count - count
                )
            }
            if got == 0 { break }
            if got > 0 {
                count += got
            } else if errno != EINTR {
                throw TLSFault(cause, number: errno)
            }
        }
        guard count <= sizeMax else {
            erase(&bytes)
            throw TLSFault(cause, number: EFBIG)
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// Overwrites bytes that may be a key, so that freed memory does not keep them.
    internal static func erase(_ bytes: inout [UInt8]) {
        // SAFETY: the storage is valid for its count during the call.
        unsafe bytes.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
    }

    /// One MiB: a bundle of a hundred and fifty certificate authorities is a quarter of that.
    private static let sizeMax = 1 << 20
}
