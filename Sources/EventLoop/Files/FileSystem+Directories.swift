import CLinux
import Glibc

extension FileSystem {
    /// The names in a directory, sorted by their bytes, without `.` and `..`.
    ///
    /// - Parameters:
    ///   - path: The directory.
    ///   - limit: More names than these are a fault (`EFBIG`).
    /// - Returns: The bare names; join them to the path with `/`.
    /// - Throws: The fault of `opendir` or `readdir`.
    public static func names(
        inDirectory path: String,
        limit: Int
    ) throws(SystemFault) -> [String] {
        guard !path.utf8.contains(0) else { throw SystemFault(call: "opendir", code: EINVAL) }
        // SAFETY: the path ends in NUL; the stream is closed once, after its last use; a name is
        // copied before the next is asked for.
        guard let directory = unsafe gatehouse_open_directory(path) else {
            throw SystemFault(call: "opendir", code: errno)
        }
        defer { unsafe gatehouse_close_directory(directory) }
        var names: [String] = []
        while let name = unsafe gatehouse_next_name(directory) {
            guard names.count < limit else { throw SystemFault(call: "readdir", code: EFBIG) }
            names.append(unsafe String(cString: name))
        }
        guard errno == 0 else { throw SystemFault(call: "readdir", code: errno) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The directory that relative paths count from.
    ///
    /// - Returns: An absolute path.
    /// - Throws: The fault of `getcwd`: most often that somebody removed the directory.
    public static func currentDirectory() throws(SystemFault) -> String {
        // SAFETY: the call allocates the text, which is copied and then freed once.
        guard let text = unsafe getcwd(nil, 0) else {
            throw SystemFault(call: "getcwd", code: errno)
        }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }
}
