import Bytes
import EventLoop
import Glibc
import Synchronization

/// The lock file beside a database: whoever holds it owns the store, and its content says who.
///
/// The lock is the system's and ends with the process, however that ends. The file stays: to delete
/// it would let two processes hold two files of one name.
final class StoreLock: Sendable {
    private let held: Mutex<File?>

    /// Takes the lock.
    ///
    /// - Throws: ``StorageFault/heldBy(processID:)`` where it is taken.
    init(path: String) throws(StorageFault) {
        do throws(FileFault) {
            let file = try File(appendingTo: path, mode: 0o600)
            guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
                throw FileFault(code: errno)
            }
            guard ftruncate(file.descriptor, 0) == 0 else { throw FileFault(code: errno) }
            let line = Array("\(getpid())\n".utf8)
            _ = try file.write(line.span)
            held = Mutex(file)
        } catch {
            guard error.code == EWOULDBLOCK else {
                throw .unusable(path: path, detail: error.description)
            }
            throw .heldBy(processID: Self.holder(of: path))
        }
    }

    /// Gives the lock up, and says in the file that nobody has it.
    func release() {
        held.withLock { file in
            if let number = file?.descriptor {
                _ = ftruncate(number, 0)
            }
            file = nil
        }
    }

    private static func holder(of path: String) -> Int32 {
        guard let content = try? FileSystem.read(path: path, limit: lineSizeMax) else { return 0 }
        return Int32(String(decoding: content.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
            ?? 0
    }

    /// 16: more digits than a process id has.
    private static let lineSizeMax = 16
}
