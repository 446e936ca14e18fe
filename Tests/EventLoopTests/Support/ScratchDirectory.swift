import Glibc
import Testing

@testable import EventLoop

/// A directory that a test has for itself.
enum ScratchDirectory {
    /// Runs `body` with the path of a new directory, and removes what it left there.
    static func with(_ body: (String) throws -> Void) throws {
        let number = UInt64.random(in: 0 ... .max)
        let path = "/tmp/gatehouse-test-\(getpid())-\(number)"
        try FileSystem.makeDirectory(path: path)
        defer { removeAll(path) }
        try body(path)
    }

    private static func removeAll(_ path: String) {
        for name in (try? FileSystem.names(inDirectory: path, limit: 1_000)) ?? [] {
            removeAll(path + "/" + name)
        }
        // SAFETY: the path is passed as a string that ends in NUL.
        _ = unsafe Glibc.remove(path)
    }
}
