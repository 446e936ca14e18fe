import EventLoop
import Glibc

/// The last good key sets, in files of the state directory: what a gateway that restarts during an
/// outage begins with.
///
/// An actor of its own, because a slow disk must not keep the keeper from answering.
actor KeySetArchive {
    private let directory: String
    private var isDirectoryMade = false

    /// An archive below the state directory; the folder is made with the first set.
    init(stateDirectory: String) {
        directory = stateDirectory + "/key-sets"
    }

    /// The set saved for the issuer and the source, or `nil` where there is none.
    ///
    /// - Throws: ``Fault`` for one that is there and cannot be trusted or read.
    func load(issuer: String, source: String, sizeMax: Int) throws(Fault) -> Saved? {
        let path = Self.path(in: directory, issuer: issuer)
        let bytes: [UInt8]
        let mode: UInt32
        do throws(SystemFault) {
            mode = try FileSystem.status(of: path).mode
            bytes = try FileSystem.read(path: path, limit: sizeMax + Self.headSizeMax)
        } catch {
            guard error.code != ENOENT else { return nil }
            throw Fault(detail: "\(path): \(error)")
        }
        guard mode & 0o022 == 0 else {
            throw Fault(detail: "\(path): others than its owner may write it")
        }
        return Saved(bytes, issuer: issuer, source: source)
    }

    /// Saves a set in place of the one before.
    ///
    /// - Throws: ``Fault``; the one before is still there then.
    func save(_ keys: [UInt8], issuer: String, source: String, fetchedAt: WallTime) throws(Fault) {
        do throws(SystemFault) {
            if !isDirectoryMade {
                try FileSystem.makeDirectory(path: directory, mode: 0o700)
                isDirectoryMade = true
            }
            let saved = Saved(keys: keys, fetchedAt: fetchedAt)
            try FileSystem.replace(
                path: Self.path(in: directory, issuer: issuer),
                with: saved.file(issuer: issuer, source: source),
                mode: 0o600
            )
        } catch {
            throw Fault(detail: "\(directory): \(error)")
        }
    }

    /// Why a saved set is of no use.
    struct Fault: Error, Hashable {
        /// One line for the log.
        let detail: String
    }
}

extension KeySetArchive {
    /// A set with what must be known to use it again.
    ///
    /// Four lines, then the set as it came: the form's name, the issuer, the source, the time.
    struct Saved: Hashable {
        /// The set as it came from the issuer.
        let keys: [UInt8]
        /// When it came.
        let fetchedAt: WallTime

        /// Puts a set to be saved together.
        init(keys: [UInt8], fetchedAt: WallTime) {
            self.keys = keys
            self.fetchedAt = fetchedAt
        }

        /// Reads a file, or returns `nil` where it is none of ours, of another issuer, or from a source
        /// that the conf does not name any more.
        init?(_ file: [UInt8], issuer: String, source: String) {
            let lines = file.split(separator: 0x0A, maxSplits: 4, omittingEmptySubsequences: false)
            guard lines.count == 5, lines[0].elementsEqual(Self.form.utf8),
                lines[1].elementsEqual(issuer.utf8), lines[2].elementsEqual(source.utf8),
                let time = Int64(String(decoding: lines[3], as: UTF8.self))
            else { return nil }
            keys = Array(lines[4])
            fetchedAt = WallTime(nanosecondsSince1970: time)
        }

        /// The bytes of the file.
        func file(issuer: String, source: String) -> [UInt8] {
            let time = fetchedAt.nanosecondsSince1970
            return Array("\(Self.form)\n\(issuer)\n\(source)\n\(time)\n".utf8) + keys
        }

        private static let form = "gatehouse key set 1"
    }

    /// A name that a person recognises, and that no other issuer has: the file says the issuer again.
    static func path(in directory: String, issuer: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a
        for byte in issuer.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
        let readable = issuer.utf8.prefix(80).map { byte in
            let isPlain =
                (0x30...0x39) ~= byte || (0x41...0x5A) ~= byte || (0x61...0x7A) ~= byte
                || byte == 0x2D || byte == 0x2E
            return isPlain ? Character(UnicodeScalar(byte)) : "_"
        }
        return "\(directory)/\(String(readable))-\(String(hash, radix: 16))"
    }

    /// The issuer's and the source's lines, with room.
    private static let headSizeMax = 16_384
}
