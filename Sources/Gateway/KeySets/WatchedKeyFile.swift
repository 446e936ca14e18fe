import EventLoop

/// A `jwks_file`: read when it has changed, and not while it has not.
struct WatchedKeyFile: Sendable {
    private let path: String
    private let sizeMax: Int
    private var seen: FileStatus?
    private var seenBytes: [UInt8] = []
    private var isSettled = false

    /// A file that was not looked at yet.
    init(path: String, sizeMax: Int) {
        self.path = path
        self.sizeMax = sizeMax
    }

    /// Looks at the file, and reads it where it is not what was seen last.
    ///
    /// - Parameter now: The time of day. A file touched a moment ago is read once more, because a
    ///   second change may hide within one tick of the file system's clock.
    /// - Returns: The set, or `nil` where nothing has changed, a bad file included: it is reported once.
    /// - Throws: ``KeySetFetchFault`` for a file that cannot be read or used.
    mutating func read(now: WallTime) throws(KeySetFetchFault) -> FetchedKeySet? {
        let bytes: [UInt8]
        do throws(SystemFault) {
            let status = try FileSystem.status(of: path)
            if status == seen, isSettled {
                return nil
            }
            bytes = try FileSystem.read(path: path, limit: sizeMax)
            let age = now.nanosecondsSince1970 - status.modificationTime.nanosecondsSince1970
            isSettled = age > Self.settlingNanoseconds
            let isFirst = seen == nil
            seen = status
            guard isFirst || bytes != seenBytes else { return nil }
        } catch {
            let wasSeen = seen != nil
            seen = nil
            seenBytes = []
            guard wasSeen || !isSettled else { return nil }
            isSettled = true
            throw .fileUnreadable(error)
        }
        seenBytes = bytes
        return try FetchedKeySet(bytes)
    }

    /// Longer than the tick of any file system's clock.
    private static let settlingNanoseconds: Int64 = 2_000_000_000
}
