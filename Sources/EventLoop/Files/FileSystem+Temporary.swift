import CLinux
import Glibc

extension FileSystem {
    /// Makes a directory of a name that nobody had before, open to its owner only.
    ///
    /// Below `TMPDIR`, or `/tmp`.
    public static func makeTemporaryDirectory(prefix: String) throws(SystemFault) -> String {
        let base = ProcessEnvironment.value(of: "TMPDIR") ?? "/tmp"
        var generator = SystemRandomNumberGenerator()
        let suffix = String(generator.next(), radix: 36)
        let path = "\(base)/\(prefix)-\(suffix)"
        guard (try? status(of: path)) == nil else {
            throw SystemFault(call: "mkdir", code: EEXIST)
        }
        try makeDirectory(path: path, mode: 0o700)
        return path
    }

    /// Removes a directory and what is in it, as far as that is possible.
    ///
    /// Links are removed, never followed.
    public static func removeTree(at path: String) {
        for name in (try? names(inDirectory: path, limit: 10_000)) ?? [] {
            let entry = "\(path)/\(name)"
            // SAFETY: the path is passed as a string that ends in NUL.
            if unsafe unlink(entry) != 0 {
                removeTree(at: entry)
            }
        }
        // SAFETY: the path is passed as a string that ends in NUL.
        _ = unsafe rmdir(path)
    }
}
