import Glibc

/// An open file with exactly one owner, read or appended to by whole runs of bytes.
///
/// It blocks: for threads that may, such as the writer of a log and the commands of the operator,
/// never for a worker. Closing happens when the owner goes away, and only then.
public struct File: ~Copyable, Sendable {
    /// The number that the system knows it by: a loan for the call it is taken for.
    public let descriptor: Int32
    private let closesAtEnd: Bool

    /// Opens a file to append to, made with `mode` when it is missing.
    ///
    /// - Throws: The reason of the system; nothing was opened.
    public init(appendingTo path: String, mode: UInt32) throws(FileFault) {
        // SAFETY: the system reads the path during the call only.
        let opened = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, mode)
        guard opened >= 0 else { throw FileFault(code: errno) }
        descriptor = opened
        closesAtEnd = true
    }

    /// Opens a file to read.
    ///
    /// - Throws: The reason of the system; nothing was opened.
    public init(reading path: String) throws(FileFault) {
        // SAFETY: the system reads the path during the call only.
        let opened = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard opened >= 0 else { throw FileFault(code: errno) }
        descriptor = opened
        closesAtEnd = true
    }

    /// Uses a descriptor that someone else opened, and closes it at the end when it is `owned`.
    public init(descriptor: Int32, owned: Bool) {
        self.descriptor = descriptor
        closesAtEnd = owned
    }

    deinit {
        if closesAtEnd {
            close(descriptor)
        }
    }

    /// Ends this ownership without closing: who takes the number closes it.
    public consuming func release() -> Int32 {
        let released = descriptor
        discard self
        return released
    }

    /// Writes as much of `bytes` as the system takes at once.
    ///
    /// Interruptions are retried. A descriptor that was made non-blocking by someone else, as a
    /// terminal may be, is waited for, a second at a time.
    ///
    /// - Returns: How many bytes were taken, at least one unless `bytes` is empty.
    /// - Throws: The reason of the system, such as a full disk; nothing was written.
    public borrowing func write(_ bytes: Span<UInt8>) throws(FileFault) -> Int {
        while true {
            // SAFETY: the system reads `count` bytes of the span, and only during the call.
            let written = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if written >= 0 { return written }
            switch errno {
            case EINTR:
                continue
            case EAGAIN:
                var awaited = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                // SAFETY: one entry is announced, and one is passed.
                _ = unsafe poll(&awaited, 1, 1000)
            default:
                throw FileFault(code: errno)
            }
        }
    }

    /// Appends at most `count` of the next bytes of the file to `buffer`.
    ///
    /// - Returns: How many there were; zero at the end of the file as it is now.
    /// - Throws: The reason of the system; nothing was read.
    public borrowing func read(
        atMost count: Int,
        into buffer: inout ByteBuffer
    ) throws(FileFault) -> Int {
        precondition(count > 0)
        var code: Int32 = 0
        let number = descriptor
        let appended = unsafe buffer.appendWritten(minimum: count) { free in
            while true {
                // SAFETY: at least `count` bytes are free, as was asked for.
                let received = unsafe Glibc.read(number, free.baseAddress, count)
                if received >= 0 { return received }
                guard errno == EINTR else {
                    code = errno
                    return 0
                }
            }
        }
        guard code == 0 else { throw FileFault(code: code) }
        return appended
    }

    /// Goes on reading at `offset`.
    ///
    /// - Throws: The reason of the system, such as that this is a pipe.
    public borrowing func seek(to offset: Int64) throws(FileFault) {
        guard lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else {
            throw FileFault(code: errno)
        }
    }

    /// Which file it is, and how long.
    ///
    /// - Throws: The reason of the system.
    public borrowing func identity() throws(FileFault) -> FileIdentity {
        var status = stat()
        // SAFETY: the system fills the one structure that is passed.
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileFault(code: errno) }
        return FileIdentity(status)
    }

    /// Which file a path names now, and how long it is.
    ///
    /// - Throws: The reason of the system, such as that there is none.
    public static func identity(of path: String) throws(FileFault) -> FileIdentity {
        var status = stat()
        // SAFETY: the system reads the path and fills the one structure that is passed.
        guard unsafe stat(path, &status) == 0 else { throw FileFault(code: errno) }
        return FileIdentity(status)
    }

    /// How many entries a directory has, itself and its parent left out, or `nil` where it cannot be
    /// read.
    public static func entryCount(ofDirectory path: String) -> Int? {
        // SAFETY: the stream is closed here and nowhere else; entries are only counted.
        guard let stream = unsafe opendir(path) else { return nil }
        defer { unsafe closedir(stream) }
        var count = 0
        while unsafe readdir(stream) != nil {
            count += 1
        }
        return max(0, count - 2)
    }
}

/// Which file a name or a descriptor stands for.
public struct FileIdentity: Hashable, Sendable {
    /// The device it lies on.
    public let device: UInt64
    /// Its number there: another after a log was rotated.
    public let inode: UInt64
    /// Its bytes.
    public let size: Int64

    fileprivate init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
    }
}

/// Why the system refused to open, read or write a file.
public struct FileFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The `errno` of the call.
    public let code: Int32

    /// Wraps an `errno`.
    public init(code: Int32) {
        self.code = code
    }

    /// Whether no space, or no more of a quota, is left.
    public var isOutOfSpace: Bool { code == ENOSPC || code == EDQUOT }

    /// What the system says that the number means.
    public var description: String {
        // SAFETY: glibc answers with a terminated text that stays valid until the next call of this
        // thread; it is copied at once.
        unsafe String(cString: strerror(code))
    }
}
