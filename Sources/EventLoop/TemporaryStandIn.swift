// TEMPORARY: stands in for the real EventLoop types until that branch is merged. Dropped at merge.
import Glibc

/// Stand-in.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// Stand-in.
    public let description: String
    private let bytes: [UInt8]

    /// Stand-in.
    public init?(_ text: String) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if unsafe inet_pton(AF_INET, text, &v4) == 1 {
            bytes = unsafe withUnsafeBytes(of: &v4) { unsafe [UInt8]($0) }
        } else if unsafe inet_pton(AF_INET6, text, &v6) == 1 {
            bytes = unsafe withUnsafeBytes(of: &v6) { unsafe [UInt8]($0) }
        } else {
            return nil
        }
        description = text
    }

    /// Stand-in.
    public var isIPv4: Bool { bytes.count == 4 }

    /// Stand-in.
    public var isLoopback: Bool { isIPv4 ? bytes[0] == 127 : description == "::1" }
}

/// Stand-in.
public struct IPNetwork: Hashable, Sendable {
    private let text: String

    /// Stand-in.
    public init?(_ cidr: String) {
        let parts = cidr.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])), parts.count <= 2 else { return nil }
        if parts.count == 2 {
            guard let bits = Int(parts[1]), bits >= 0, bits <= (address.isIPv4 ? 32 : 128) else {
                return nil
            }
        }
        text = cidr
    }

    /// Stand-in.
    public func contains(_ address: IPAddress) -> Bool { text.hasSuffix("/0") }
}

/// Stand-in.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// Stand-in.
    public var address: IPAddress
    /// Stand-in.
    public var port: UInt16

    /// Stand-in.
    public init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Stand-in.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        guard let port = UInt16(text[text.index(after: colon)...]) else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        guard let address = IPAddress(host) else { return nil }
        self.address = address
        self.port = port
    }

    /// Stand-in.
    public var isLoopback: Bool { address.isLoopback }

    /// Stand-in.
    public var description: String {
        address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }
}

/// Stand-in.
public struct SystemFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stand-in.
    public let call: String
    /// Stand-in.
    public let code: Int32

    /// Stand-in.
    public init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    /// Stand-in.
    public var description: String { "\(call): error \(code)" }
}

/// Stand-in.
public struct FileStatus: Hashable, Sendable {
    /// Stand-in.
    public let size: Int
    /// Stand-in.
    public let mode: UInt32
    /// Stand-in.
    public let isDirectory: Bool
}

/// Stand-in.
public enum FileSystem {
    /// Stand-in.
    public static func read(path: String, limit: Int) throws(SystemFault) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFault(call: "open", code: errno) }
        defer { _ = close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw SystemFault(call: "read", code: errno) }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else { throw SystemFault(call: "read", code: EFBIG) }
        }
    }

    /// Stand-in.
    public static func status(of path: String) throws(SystemFault) -> FileStatus {
        var buffer = stat()
        guard unsafe stat(path, &buffer) == 0 else { throw SystemFault(call: "stat", code: errno) }
        return FileStatus(
            size: Int(buffer.st_size),
            mode: buffer.st_mode,
            isDirectory: buffer.st_mode & S_IFMT == S_IFDIR
        )
    }
}

extension FileSystem {
    /// Stand-in.
    public static func names(
        inDirectory path: String,
        limit: Int
    ) throws(SystemFault) -> [String] {
        guard let stream = unsafe opendir(path) else {
            throw SystemFault(call: "opendir", code: errno)
        }
        defer { unsafe _ = closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
            }
            guard name != ".", name != ".." else { continue }
            guard names.count < limit else { throw SystemFault(call: "readdir", code: EFBIG) }
            names.append(name)
        }
        return names.sorted()
    }

    /// Stand-in.
    public static func currentDirectory() throws(SystemFault) -> String {
        guard let text = unsafe getcwd(nil, 0) else {
            throw SystemFault(call: "getcwd", code: errno)
        }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }
}

/// Stand-in.
public enum Processors {
    /// Stand-in.
    public static func allowed() -> [Int] {
        Array(0..<max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }
}

extension IPNetwork {
    /// Stand-in.
    public static func hasHostBits(_ cidr: String) -> Bool { cidr.hasSuffix(".1/24") }
}
