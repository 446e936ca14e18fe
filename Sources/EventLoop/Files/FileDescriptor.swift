import CLinux
import Glibc

/// An open file with exactly one owner, closed when the owner goes away.
struct FileDescriptor: ~Copyable {
    /// The number, for calls within this module.
    let rawValue: Int32

    /// Opens `path`, closed on `exec`.
    init(path: String, flags: Int32, mode: mode_t = 0) throws(SystemFault) {
        guard !path.utf8.contains(0) else {
            // The system would open what stands before the NUL.
            throw SystemFault(call: "open", code: EINVAL)
        }
        // SAFETY: the path is passed as a string that ends in NUL.
        rawValue = try checked("open") { unsafe gatehouse_open(path, flags, mode) }
    }

    deinit {
        _ = Glibc.close(rawValue)
    }

    /// What the system says about the open file.
    func status() throws(SystemFault) -> FileStatus {
        var system = gatehouse_status()
        // SAFETY: the call writes the status before it returns.
        try checked("fstat") { unsafe gatehouse_fstat(rawValue, &system) }
        return FileStatus(system)
    }

    /// Makes sure that what was written outlives a loss of power.
    func synchronize() throws(SystemFault) {
        try checked("fsync") { fsync(rawValue) }
    }
}
