import Glibc

/// A file that libcurl reads by its path.
enum TemporaryFile {
    struct Failure: Error {
        let number: Int32
    }

    /// Writes the bytes to a file of this process alone.
    static func make(_ bytes: [UInt8], name: String) throws -> String {
        let path = "/tmp/gatehouse-outbound-\(getpid())-\(name).pem"
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard file >= 0 else { throw Failure(number: errno) }
        defer { close(file) }
        let count = unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
        guard count == bytes.count else { throw Failure(number: errno) }
        return path
    }

    /// Takes it away.
    static func remove(_ path: String) {
        _ = unsafe unlink(path)
    }
}
