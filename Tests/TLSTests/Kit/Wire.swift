import Glibc

/// Two connected, non-blocking stream sockets, closed when the object goes away.
final class Wire {
    /// The end that tests give to clients.
    let client: Int32
    /// The end that tests give to servers.
    let server: Int32
    private var isClientOpen = true
    private var isServerOpen = true

    /// Connects a pair whose kernel buffers hold about `bufferSize` bytes, the system's size if nil.
    init(bufferSize: Int32? = nil) {
        // A write to a closed end must be an error, as in the product, not the death of the run.
        _ = signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let made = unsafe socketpair(AF_UNIX, kind, 0, &ends)
        precondition(made == 0)
        client = ends[0]
        server = ends[1]
        guard var bufferSize else { return }
        for end in ends {
            let size = socklen_t(MemoryLayout<Int32>.size)
            unsafe setsockopt(end, SOL_SOCKET, SO_SNDBUF, &bufferSize, size)
        }
    }

    deinit {
        closeClient()
        closeServer()
    }

    /// Ends the client's side as a crash would: without a word.
    func closeClient() {
        guard isClientOpen else { return }
        isClientOpen = false
        _ = close(client)
    }

    /// Ends the server's side as a crash would: without a word.
    func closeServer() {
        guard isServerOpen else { return }
        isServerOpen = false
        _ = close(server)
    }

    /// Puts raw bytes on the wire at `end`; false where they did not fit.
    static func put(_ bytes: some Collection<UInt8>, at end: Int32) -> Bool {
        let all = Array(bytes)
        return unsafe all.withUnsafeBytes { unsafe write(end, $0.baseAddress, $0.count) }
            == all.count
    }

    /// Takes all raw bytes off the wire that wait at `end`.
    static func takeAll(at end: Int32) -> [UInt8] {
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let got = unsafe piece.withUnsafeMutableBytes {
                unsafe read(end, $0.baseAddress, $0.count)
            }
            guard got > 0 else { return all }
            all.append(contentsOf: piece.prefix(got))
        }
    }
}

/// A folder under the system's temporary one, removed with the object.
final class TemporaryFolder {
    /// Its absolute path.
    let path: String
    private var files: [String] = []

    /// Makes an empty one.
    init() {
        var template = Array("/tmp/gatehouse-tls-XXXXXX".utf8CString)
        let isMade = unsafe template.withUnsafeMutableBufferPointer { free in
            unsafe free.baseAddress.map { unsafe mkdtemp($0) != nil } ?? false
        }
        precondition(isMade)
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        for file in files {
            unsafe unlink(file)
        }
        unsafe rmdir(path)
    }

    /// Writes a file and gives its path.
    func file(_ name: String, _ bytes: [UInt8]) -> String {
        let file = path + "/" + name
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        precondition(descriptor >= 0)
        precondition(Wire.put(bytes, at: descriptor))
        _ = close(descriptor)
        files.append(file)
        return file
    }
}
