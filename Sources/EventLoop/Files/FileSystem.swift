import Bytes
import CLinux
import Glibc

/// Whole files, for settings, keys and state: blocking, never on the path of a request.
public enum FileSystem {
    /// The contents of a file.
    ///
    /// - Parameters:
    ///   - path: Relative ones count from the process's directory.
    ///   - limit: More bytes than these are a fault (`EFBIG`), whatever the file claims its size is.
    /// - Returns: All bytes of the file.
    /// - Throws: The fault of `open` or `read`; `EISDIR` for directories.
    public static func read(path: String, limit: Int) throws(SystemFault) -> [UInt8] {
        var reader = try FileReader(path: path)
        var buffer = ByteBuffer(capacity: 4_096)
        while try reader.read(into: &buffer, atMost: 65_536) > 0 {
            guard buffer.count <= limit else { throw SystemFault(call: "read", code: EFBIG) }
        }
        return buffer.bytes.copied()
    }

    /// Opens a file to write at its end, made (0640) where it is missing.
    ///
    /// - Returns: The descriptor, closed on `exec`; the caller closes it.
    public static func openForAppending(path: String) throws(SystemFault) -> Int32 {
        guard !path.utf8.contains(0) else { throw SystemFault(call: "open", code: EINVAL) }
        // SAFETY: the path is passed as a string that ends in NUL.
        return try checked("open") {
            unsafe gatehouse_open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        }
    }

    /// Puts `bytes` in the place of a file, at once: a reader, or a machine that lost power, finds
    /// the old contents or the new, never a mixture.
    ///
    /// Written to a new file beside it, which is synchronised, renamed over `path`, and the
    /// directory synchronised too. Only the file of that name is replaced: a link becomes a file.
    ///
    /// - Parameters:
    ///   - path: The file, there or not yet; its directory is there.
    ///   - bytes: All of the new contents.
    ///   - mode: The permissions of the new file, whatever the umask.
    /// - Throws: What failed; the old file is then as it was, unless the fault is the last
    ///   `fsync`'s, of the directory.
    public static func replace(
        path: String,
        with bytes: Span<UInt8>,
        mode: UInt32
    ) throws(SystemFault) {
        let temporary = path + ".\(getpid()).\(UInt32.random(in: 0...UInt32.max)).tmp"
        do throws(SystemFault) {
            try writeNew(temporary, bytes, mode: mode)
            try checked("rename") { unsafe rename(temporary, path) }
        } catch {
            // SAFETY: the paths are passed as strings that end in NUL, here and above.
            _ = unsafe unlink(temporary)
            throw error
        }
        let directory = try FileDescriptor(
            path: directoryName(of: path),
            flags: O_RDONLY | O_DIRECTORY
        )
        try directory.synchronize()
    }

    /// Puts `bytes` in the place of a file; see ``replace(path:with:mode:)-(_,Span<UInt8>,_)``.
    public static func replace(
        path: String,
        with bytes: [UInt8],
        mode: UInt32
    ) throws(SystemFault) {
        try replace(path: path, with: bytes.span, mode: mode)
    }

    /// Makes a directory, and those above it, unless it is there.
    ///
    /// - Parameters:
    ///   - path: The directory.
    ///   - mode: The permissions of those that are made; the umask may take some away. One that is
    ///     there keeps its own.
    /// - Throws: The fault of `mkdir`; `ENOTDIR` when something else has that name.
    public static func makeDirectory(path: String, mode: UInt32 = 0o700) throws(SystemFault) {
        guard !path.utf8.contains(0) else { throw SystemFault(call: "mkdir", code: EINVAL) }
        do throws(SystemFault) {
            try makeOneDirectory(path, mode)
        } catch {
            let parent = directoryName(of: path)
            guard error.code == ENOENT, !path.isEmpty, parent != path else { throw error }
            try makeDirectory(path: parent, mode: mode)
            try makeOneDirectory(path, mode)
        }
    }

    /// What the system says about a file, or about what a link leads to.
    ///
    /// Ask again to see whether it changed: two that are equal are of one untouched file.
    public static func status(of path: String) throws(SystemFault) -> FileStatus {
        guard !path.utf8.contains(0) else { throw SystemFault(call: "stat", code: EINVAL) }
        var system = gatehouse_status()
        // SAFETY: the path ends in NUL, and the call writes the status before it returns.
        try checked("stat") { unsafe gatehouse_stat(path, &system) }
        return FileStatus(system)
    }

    /// Removes a file; one that is not there is what was asked for.
    public static func remove(path: String) throws(SystemFault) {
        // SAFETY: the path is passed as a string that ends in NUL.
        guard unsafe unlink(path) != 0, errno != ENOENT else { return }
        throw SystemFault(call: "unlink", code: errno)
    }

    /// Writes all of `bytes` to an open descriptor, waiting as long as it takes: for the standard
    /// streams of commands.
    public static func write(_ bytes: Span<UInt8>, to descriptor: Int32) throws(SystemFault) {
        var written = 0
        while written < bytes.count {
            let rest = bytes.extracting(written..<bytes.count)
            // SAFETY: the call reads the span's bytes before it returns.
            let count = unsafe rest.withUnsafeBytes { source in
                retryingInterrupted {
                    unsafe Glibc.write(descriptor, source.baseAddress, source.count)
                }
            }
            guard count >= 0 else { throw SystemFault(call: "write", code: errno) }
            written += count
        }
    }

    /// Raises the soft limit of open descriptors to the hard one.
    ///
    /// - Returns: The limit in force.
    @discardableResult
    public static func raiseDescriptorLimit() throws(SystemFault) -> Int64 {
        try checked("getrlimit") { gatehouse_raise_descriptor_limit() }
    }

    /// The part of a path before its last name: `.` for a bare name, `/` for what stands there.
    static func directoryName(of path: String) -> String {
        var bytes = [UInt8](path.utf8)
        let slash = UInt8(ascii: "/")
        while bytes.count > 1, bytes.last == slash {
            bytes.removeLast()
        }
        guard let last = bytes.lastIndex(of: slash) else { return "." }
        guard let end = bytes[..<last].lastIndex(where: { $0 != slash }) else { return "/" }
        return String(decoding: bytes[...end], as: UTF8.self)
    }

    private static func makeOneDirectory(_ path: String, _ mode: UInt32) throws(SystemFault) {
        // SAFETY: the path is passed as a string that ends in NUL.
        guard unsafe mkdir(path, mode) != 0 else { return }
        let code = errno
        guard code == EEXIST else { throw SystemFault(call: "mkdir", code: code) }
        guard try status(of: path).isDirectory else {
            throw SystemFault(call: "mkdir", code: ENOTDIR)
        }
    }

    private static func writeNew(
        _ path: String,
        _ bytes: Span<UInt8>,
        mode: UInt32
    ) throws(SystemFault) {
        let file = try FileDescriptor(path: path, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        try write(bytes, to: file.rawValue)
        try checked("fchmod") { fchmod(file.rawValue, mode) }
        try file.synchronize()
    }
}
