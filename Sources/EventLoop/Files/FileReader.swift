public import Bytes
import Glibc

/// A file read from its beginning, piece by piece: for logs, which are long and still grow.
public struct FileReader: ~Copyable {
    private let file: FileDescriptor

    /// Opens a file for reading.
    public init(path: String) throws(SystemFault) {
        file = try FileDescriptor(path: path, flags: O_RDONLY)
    }

    /// Reads on, at most `limit` bytes, to the end of `buffer`.
    ///
    /// - Returns: How many bytes were read; 0 at the end of the file as it is now.
    public mutating func read(
        into buffer: inout ByteBuffer,
        atMost limit: Int
    ) throws(SystemFault) -> Int {
        guard limit > 0 else { return 0 }
        let descriptor = file.rawValue
        var code: Int32 = 0
        var count = 0
        unsafe buffer.appendWritten(minimum: limit) { free in
            // SAFETY: `free` has room for `limit` bytes, and the call writes no more.
            count = retryingInterrupted { unsafe Glibc.read(descriptor, free.baseAddress, limit) }
            code = errno
            return max(0, count)
        }
        guard count >= 0 else { throw SystemFault(call: "read", code: code) }
        return count
    }

    /// What the system says about the open file, which another may have taken the name of.
    public func status() throws(SystemFault) -> FileStatus {
        try file.status()
    }
}
