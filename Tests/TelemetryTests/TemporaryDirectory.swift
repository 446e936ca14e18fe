import Bytes
import Glibc

/// A directory of one test, removed with what lies in it.
final class TemporaryDirectory: Sendable {
    let path: String

    init(in parent: String = "/tmp") {
        path = "\(parent)/gatehouse-telemetry-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        // SAFETY: the system reads the path during the call only.
        precondition(unsafe mkdir(path, 0o700) == 0)
    }

    deinit {
        // SAFETY: the stream is closed here, and each entry is copied before the next is read.
        if let stream = unsafe opendir(path) {
            while let entry = unsafe readdir(stream) {
                let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                    unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) {
                        unsafe String(cString: $0)
                    }
                }
                unsafe unlink("\(path)/\(name)")
            }
            unsafe closedir(stream)
        }
        unsafe rmdir(path)
    }

    /// The path of a file in it.
    func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// All bytes of a file.
func contents(of path: String) throws -> [UInt8] {
    let file = try File(reading: path)
    var buffer = ByteBuffer(capacity: 64 * 1024)
    while try file.read(atMost: 64 * 1024, into: &buffer) > 0 {}
    return buffer.bytes.copied()
}

/// The lines of a file without their line feeds; the last must have one.
func lines(of path: String) throws -> [[UInt8]] {
    let bytes = try contents(of: path)
    precondition(bytes.isEmpty || bytes.last == 0x0A)
    return bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast().map {
        [UInt8]($0)
    }
}

/// Text of bytes that must be UTF-8.
func text(_ bytes: [UInt8]) throws -> String {
    struct NotText: Error {}
    guard let text = String(validating: bytes, as: UTF8.self) else { throw NotText() }
    return text
}
