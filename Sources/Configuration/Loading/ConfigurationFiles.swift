import EventLoop
import Glibc

/// What a conf may know of the file system; tests and fuzzers give another than the real one.
public protocol ConfigurationFiles {
    /// The absolute path that relative paths on the command line begin at.
    var workingDirectory: String { get }

    /// All bytes of the file at an absolute path.
    ///
    /// - Throws: ``FileFault`` where there is no such file, or more than `sizeMax` bytes.
    func read(_ path: String, sizeMax: Int) throws(FileFault) -> [UInt8]

    /// What is known of the file or directory at an absolute path, or `nil` where there is none.
    func facts(of path: String) -> FileFacts?

    /// The names of what lies in the directory; none where it cannot be read.
    func names(inDirectory path: String) -> [String]
}

/// Why a file could not be read.
public enum FileFault: Error, Hashable, Sendable {
    case missing
    case tooLarge(sizeMax: Int)
    case unreadable(String)

    /// In words, for a diagnostic.
    public var reason: String {
        switch self {
        case .missing: "there is no such file"
        case .tooLarge(let sizeMax): "it is larger than \(sizeMax) bytes"
        case .unreadable(let reason): reason
        }
    }
}

/// What is known of a file without reading it.
public struct FileFacts: Hashable, Sendable {
    /// The permission bits.
    public var mode: UInt32
    /// Whether it is a directory.
    public var isDirectory: Bool

    /// Says what is known.
    public init(mode: UInt32, isDirectory: Bool) {
        self.mode = mode
        self.isDirectory = isDirectory
    }

    /// The permission bit that lets everyone read.
    static let worldReadable: UInt32 = 0o004
}

/// The files of the machine.
public struct SystemConfigurationFiles: ConfigurationFiles, Sendable {
    /// Where the process was started.
    public let workingDirectory: String

    /// Looks up the working directory once; where even that fails, paths begin at the root.
    public init() {
        workingDirectory = (try? FileSystem.currentDirectory()) ?? "/"
    }

    /// Reads through ``EventLoop/FileSystem``.
    public func read(_ path: String, sizeMax: Int) throws(FileFault) -> [UInt8] {
        do throws(SystemFault) {
            let bytes = try FileSystem.read(path: path, limit: sizeMax)
            guard bytes.count <= sizeMax else { throw SystemFault(call: "read", code: EFBIG) }
            return bytes
        } catch {
            switch error.code {
            case ENOENT, ENOTDIR: throw FileFault.missing
            case EFBIG, EOVERFLOW: throw FileFault.tooLarge(sizeMax: sizeMax)
            case EISDIR: throw FileFault.unreadable("it is a directory")
            case EACCES, EPERM: throw FileFault.unreadable("permission denied")
            default: throw FileFault.unreadable(error.description)
            }
        }
    }

    /// Asks through ``EventLoop/FileSystem``.
    public func facts(of path: String) -> FileFacts? {
        guard let status = try? FileSystem.status(of: path) else { return nil }
        return FileFacts(mode: UInt32(status.mode), isDirectory: status.isDirectory)
    }

    /// Lists through ``EventLoop/FileSystem``.
    public func names(inDirectory path: String) -> [String] {
        (try? FileSystem.names(inDirectory: path, limit: Self.nameCountMax)) ?? []
    }

    /// Sixteen times the files that a conf may have: a directory larger than that was not meant.
    private static let nameCountMax = 4_096
}

/// Files that exist only here: for tests of any module, and for fuzzing.
public struct InMemoryConfigurationFiles: ConfigurationFiles, Sendable {
    /// The working directory of the pretence.
    public var workingDirectory = "/conf"
    private var contents: [String: [UInt8]] = [:]
    private var modes: [String: UInt32] = [:]

    /// No files at all.
    public init() {}

    /// Adds a file; a relative path begins at ``workingDirectory``.
    public mutating func add(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o600) {
        let absolute = FilePath.absolute(path, from: workingDirectory)
        contents[absolute] = bytes
        modes[absolute] = mode
    }

    /// Adds a file of text.
    public mutating func add(_ path: String, _ text: String, mode: UInt32 = 0o600) {
        add(path, Array(text.utf8), mode: mode)
    }

    /// What was added.
    public func read(_ path: String, sizeMax: Int) throws(FileFault) -> [UInt8] {
        guard let bytes = contents[path] else { throw .missing }
        guard bytes.count <= sizeMax else { throw .tooLarge(sizeMax: sizeMax) }
        return bytes
    }

    /// What was added, and the directories that it lies in.
    public func facts(of path: String) -> FileFacts? {
        if let mode = modes[path] { return FileFacts(mode: mode, isDirectory: false) }
        let prefix = path.hasSuffix("/") ? path : path + "/"
        guard contents.keys.contains(where: { $0.hasPrefix(prefix) }) else { return nil }
        return FileFacts(mode: 0o755, isDirectory: true)
    }

    /// The first part below the directory of each path that was added.
    public func names(inDirectory path: String) -> [String] {
        let prefix = path.hasSuffix("/") ? path : path + "/"
        var names: Set<String> = []
        for file in contents.keys where file.hasPrefix(prefix) {
            names.insert(String(file.dropFirst(prefix.count).prefix { $0 != "/" }))
        }
        return Array(names)
    }
}
