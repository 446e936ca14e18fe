import Bytes
import EventLoop
import Glibc

/// The files of a store: the database, and the lock beside it.
///
/// SQLite makes `-wal` and `-shm` itself, with the permissions of the database.
struct StoreFiles: Sendable {
    /// The database, links resolved: two names of one file have one lock.
    let path: String
    /// The lock file.
    var lockPath: String { path + ".lock" }

    /// Finds out where the files are, and makes their directory (0700) where it is missing.
    init(preparing path: String) throws(StorageFault) {
        do throws(SystemFault) {
            guard !path.isEmpty, !path.utf8.contains(0), !path.hasSuffix("/") else {
                throw SystemFault(call: "open", code: EINVAL)
            }
            let name = path.split(separator: "/").last.map(String.init) ?? path
            let above = String(path.dropLast(name.count))
            let directory = above.isEmpty ? "." : above
            try FileSystem.makeDirectory(path: directory, mode: 0o700)
            if let resolved = Self.resolved(path) {
                self.path = resolved
            } else {
                self.path = (Self.resolved(directory) ?? directory) + "/" + name
            }
        } catch {
            throw .unusable(path: path, detail: error.description)
        }
    }

    /// Makes an empty database where there is none, and closes it to everybody else (0600).
    ///
    /// Only for who holds the lock.
    func makeDatabase() throws(StorageFault) {
        do throws(FileFault) {
            if (try? FileSystem.status(of: path)) == nil {
                // Closed at once: SQLite opens it anew, and must be the only one to close it then.
                _ = try File(appendingTo: path, mode: 0o600)
            }
            // SAFETY: the path is passed as a string that ends in NUL.
            guard unsafe chmod(path, 0o600) == 0 else { throw FileFault(code: errno) }
        } catch {
            throw .unusable(path: path, detail: error.description)
        }
    }

    private static func resolved(_ path: String) -> String? {
        // SAFETY: the answer is a string of the C library's, which ends in NUL and is freed here.
        guard let found = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(found) }
        return unsafe String(cString: found)
    }
}
