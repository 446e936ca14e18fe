import Glibc
import Synchronization

/// A real server on loopback, blocking, one thread for each connection, told by a script what to do.
final class LoopbackServer: Sendable {
    /// The port that the system has chosen.
    let port: UInt16
    private let listener: Int32
    private let counts = Mutex(Counts())

    struct Counts {
        /// Connections accepted so far.
        var accepted = 0
        /// Connections whose script runs.
        var open = 0
        /// The most that were open at once.
        var openMax = 0
        /// Heads that arrived, whole.
        var heads: [String] = []
    }

    /// Listens, and runs `script` on each connection, which is closed afterwards.
    init(
        address: String = "127.0.0.1",
        _ script: @escaping @Sendable (Connection) -> Void
    ) throws {
        signal(SIGPIPE, SIG_IGN)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = unsafe inet_addr(address)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = unsafe withUnsafeMutablePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(descriptor, generic, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard isListening else { throw Failure.noListener(errno) }
        listener = descriptor
        port = UInt16(bigEndian: name.sin_port)
        try spawn { [self] in
            // Closed by the one who uses it: its number may be somebody else's at once.
            defer { close(listener) }
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { return }
                counts.withLock { counts in
                    counts.accepted += 1
                    counts.open += 1
                    counts.openMax = max(counts.openMax, counts.open)
                }
                let connection = Connection(descriptor: descriptor, server: self)
                _ = try? spawn {
                    script(connection)
                    connection.close()
                    self.counts.withLock { $0.open -= 1 }
                }
            }
        }
    }

    /// What has happened so far.
    var seen: Counts { counts.withLock { $0 } }

    /// `http://127.0.0.1:PORT/PATH`.
    func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    /// Accepts no more; whoever connects from now on is refused.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// Counts a request in.
    func note(_ head: String) {
        counts.withLock { $0.heads.append(head) }
    }

    enum Failure: Error {
        case noListener(Int32)
        case noThread(Int32)
    }
}

/// One connection of a ``LoopbackServer``.
struct Connection: Sendable {
    let descriptor: Int32
    let server: LoopbackServer

    /// Reads up to the blank line, and `bodySize` bytes more.
    @discardableResult
    func readRequest(bodySize: Int = 0) -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while !bytes.suffix(4).elementsEqual([13, 10, 13, 10]) {
            guard unsafe read(descriptor, &byte, 1) == 1 else { return "" }
            bytes.append(byte)
        }
        for _ in 0..<bodySize {
            guard unsafe read(descriptor, &byte, 1) == 1 else { return "" }
            bytes.append(byte)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        server.note(text)
        return text
    }

    /// Writes everything; `false` once the peer is gone.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    @discardableResult
    func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    /// Waits until the peer has closed its side, at most a minute.
    func waitForPeerToClose() -> Bool {
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        _ = unsafe setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &limit,
            socklen_t(MemoryLayout<timeval>.size)
        )
        var byte: UInt8 = 0
        while true {
            let count = unsafe read(descriptor, &byte, 1)
            if count <= 0 {
                return count == 0 || errno == ECONNRESET
            }
        }
    }

    func close() {
        Glibc.close(descriptor)
    }
}

/// A thread of its own for something that blocks.
func spawn(_ body: @escaping @Sendable () -> Void) throws {
    let box = unsafe Unmanaged.passRetained(Box(body))
    var thread = pthread_t()
    let code = unsafe pthread_create(
        &thread,
        nil,
        { context in
            guard let context = unsafe context else { return nil }
            unsafe Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
            return nil
        },
        box.toOpaque()
    )
    guard code == 0 else { throw LoopbackServer.Failure.noThread(code) }
    pthread_detach(thread)
}

private final class Box: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}

/// A door that is shut until it is opened, for threads to wait at; opens by itself after a minute or
/// more, so that a broken test ends.
final class Gate: Sendable {
    private let isOpen = Atomic(false)

    func open() { isOpen.store(true, ordering: .sequentiallyConsistent) }

    func wait() {
        for _ in 0..<60_000 where !isOpen.load(ordering: .sequentiallyConsistent) {
            usleep(1_000)
        }
    }
}

/// Looks every 2 ms whether something has come to be, for a minute at most: no good run comes near it,
/// on any machine.
func eventually(_ condition: () -> Bool) async -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
        if condition() {
            return true
        }
        try? await Task.sleep(for: .milliseconds(2))
    }
    return condition()
}

extension Gate {
    /// A millisecond, for servers that are slow on purpose.
    static func pause() {
        usleep(1_000)
    }
}

/// How many descriptors this process has open.
func openDescriptorCount() -> Int {
    (0..<4_096).filter { fcntl($0, F_GETFD) != -1 }.count
}
