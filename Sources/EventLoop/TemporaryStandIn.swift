// TEMPORARY: stands in for the branch `loop` until it is merged. Drop this file at the merge.
import Glibc

public struct Instant: Comparable, Hashable, Sendable {
    public let nanoseconds: Int64
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    public func nanoseconds(since earlier: Instant) -> Int64 {
        let (difference, overflow) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        guard overflow else { return difference }
        return nanoseconds < 0 ? .min : .max
    }
    public static func + (instant: Instant, timeout: Timeout) -> Instant {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(timeout.nanoseconds)
        return Instant(nanoseconds: overflow ? .max : sum)
    }
    public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}

public struct Timeout: Hashable, Sendable, Comparable {
    public let nanoseconds: Int64
    public init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else {
            self.init(nanoseconds: 0)
            return
        }
        let (whole, tooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        self.init(nanoseconds: tooLong || overflow ? .max : sum)
    }
    public init(nanoseconds: Int64) { self.nanoseconds = max(0, nanoseconds) }
    public static func < (left: Timeout, right: Timeout) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}

public struct WallTime: Hashable, Sendable, Comparable {
    public var nanosecondsSince1970: Int64
    public init(nanosecondsSince1970: Int64) { self.nanosecondsSince1970 = nanosecondsSince1970 }
    public var secondsSince1970: Int64 { nanosecondsSince1970 / 1_000_000_000 }
    public static func < (left: WallTime, right: WallTime) -> Bool {
        left.nanosecondsSince1970 < right.nanosecondsSince1970
    }
}

public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    private let bytes: [UInt8]
    public init?(_ text: String) {
        for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: size)
            if unsafe inet_pton(family, text, &bytes) == 1 {
                self.bytes = bytes
                return
            }
        }
        return nil
    }
    public var isLoopback: Bool { bytes.first == 127 || bytes.last == 1 && bytes.count == 16 }
    public var isIPv4: Bool { bytes.count == 4 }
    public var description: String {
        if isIPv4 { return bytes.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2).map {
            String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16)
        }.joined(separator: ":")
    }
}

public struct IPNetwork: Hashable, Sendable {}

public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    public var address: IPAddress
    public var port: UInt16
    public init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }
    public var description: String {
        address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }
}

public struct SystemFault: Error, Hashable, Sendable, CustomStringConvertible {
    public let call: String
    public let code: Int32
    public init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }
    public var description: String { "\(call): \(code)" }
}

public struct FileStatus: Hashable, Sendable {
    public var size: Int64
    public var modificationTime: WallTime
    public var mode: UInt32
    public var isDirectory: Bool
    public var inode: UInt64
}

public enum FileSystem {
    public static func read(path: String, limit: Int) throws(SystemFault) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFault(call: "open", code: errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        let count = unsafe Glibc.read(descriptor, &bytes, limit + 1)
        guard count >= 0 else { throw SystemFault(call: "read", code: errno) }
        guard count <= limit else { throw SystemFault(call: "read", code: EFBIG) }
        return Array(bytes.prefix(count))
    }
    public static func replace(
        path: String,
        with bytes: [UInt8],
        mode: UInt32
    ) throws(SystemFault) {
        let other = path + ".new"
        let descriptor = unsafe open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw SystemFault(call: "open", code: errno) }
        defer { close(descriptor) }
        guard unsafe write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0,
            unsafe rename(other, path) == 0
        else { throw SystemFault(call: "write", code: errno) }
    }
    public static func makeDirectory(path: String, mode: UInt32) throws(SystemFault) {
        guard unsafe mkdir(path, mode) == 0 || errno == EEXIST else {
            throw SystemFault(call: "mkdir", code: errno)
        }
    }
    public static func status(of path: String) throws(SystemFault) -> FileStatus {
        var status = Glibc.stat()
        guard unsafe stat(path, &status) == 0 else { throw SystemFault(call: "stat", code: errno) }
        let time = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        return FileStatus(
            size: Int64(status.st_size),
            modificationTime: WallTime(nanosecondsSince1970: time),
            mode: status.st_mode,
            isDirectory: status.st_mode & S_IFMT == S_IFDIR,
            inode: UInt64(status.st_ino)
        )
    }
}

public enum NameResolver {
    public static func addresses(
        of name: String,
        port: UInt16
    ) throws(SystemFault) -> [SocketAddress] {
        guard name == "localhost", let address = IPAddress("127.0.0.1") else {
            throw SystemFault(call: "getaddrinfo", code: -2)
        }
        return [SocketAddress(address: address, port: port)]
    }
}

public final class ThreadHandle: Sendable {
    public func join() {}
}

public func startThread(
    name: String,
    _ body: @escaping @Sendable () -> Void
) throws(SystemFault) -> ThreadHandle {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    _ = unsafe pthread_create(
        &thread,
        nil,
        { raw in
            guard let raw = unsafe raw else { return nil }
            unsafe Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().body()
            return nil
        },
        Unmanaged.passRetained(Box(body)).toOpaque()
    )
    return ThreadHandle()
}
