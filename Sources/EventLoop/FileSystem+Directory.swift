import Glibc

extension FileSystem {
    /// The names of what lies in the directory, without `.` and `..`, in no order.
    ///
    /// - Throws: ``SystemFault`` where it cannot be read, or holds more than `limit` names.
    public static func names(
        inDirectory path: String,
        limit: Int
    ) throws(SystemFault) -> [String] {
        // SAFETY: the stream is not null and is closed on every way out; an entry is read before the
        // next call of `readdir` may overwrite it, and its name is terminated by the system.
        guard let stream = unsafe opendir(path) else {
            throw SystemFault(call: "opendir", code: errno)
        }
        defer { unsafe _ = closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe String(
                    cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self)
                )
            }
            guard name != ".", name != ".." else { continue }
            guard names.count < limit else { throw SystemFault(call: "readdir", code: EFBIG) }
            names.append(name)
        }
        return names
    }

    /// The absolute path of the directory that relative paths begin at.
    public static func workingDirectory() throws(SystemFault) -> String {
        // SAFETY: `getcwd` writes at most the size that it is told, terminated by a zero.
        var buffer = [CChar](repeating: 0, count: 4_096)
        let found = unsafe buffer.withUnsafeMutableBufferPointer { bytes in
            unsafe getcwd(bytes.baseAddress, bytes.count) != nil
        }
        guard found else { throw SystemFault(call: "getcwd", code: errno) }
        return String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
    }
}
