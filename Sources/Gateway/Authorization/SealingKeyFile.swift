import Cryptography
import EventLoop
import Glibc
import Logging

/// The file of a sealing key.
struct SealingKeyFile {
    let path: String

    /// As many bytes as a secret that a conf names may have.
    private static let sizeMax = 65_536

    /// Permissions of anybody but the owner.
    private static let othersMode: UInt32 = 0o077

    /// The key, or `nil` where there is no such file.
    ///
    /// A file that others may read is used and warned of: files that a container is given as secrets
    /// often have a group.
    func read(log: ProgramLog?) throws(StartFault) -> [UInt8]? {
        do throws(SystemFault) {
            let status = try FileSystem.status(of: path)
            if status.mode & Self.othersMode != 0 {
                log?.write(.warning, "others than its owner may use the sealing key \(path)")
            }
            return try FileSystem.read(path: path, limit: Self.sizeMax)
        } catch {
            if error.code == ENOENT { return nil }
            throw StartFault("the sealing key \(path) cannot be read: \(error)")
        }
    }

    /// Makes a new key, readable by its owner only, and durable before it seals anything.
    func make() throws(StartFault) -> [UInt8] {
        let bytes = Random.bytes(32)
        do throws(SystemFault) {
            if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
                try FileSystem.makeDirectory(path: String(path[..<slash]), mode: 0o700)
            }
            try FileSystem.replace(path: path, with: bytes.span, mode: 0o600)
        } catch {
            throw StartFault("the sealing key \(path) cannot be made: \(error)")
        }
        return bytes
    }
}
