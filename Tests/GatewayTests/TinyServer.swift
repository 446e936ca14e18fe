import Bytes
import EventLoop
import Glibc
import Synchronization

/// A real HTTP server on loopback whose manners a test changes while it runs; one thread, no waiting.
final class TinyServer: Sendable {
    /// Where it listens.
    let address: SocketAddress
    private let shared: Shared

    /// What it does with a request.
    enum Manner: Sendable {
        /// Answers 200 with the bytes.
        case answer([UInt8])
        /// Answers 200 and so many blanks.
        case giant(Int)
        /// Closes the connection.
        case hangUp
        /// Says nothing.
        case silent
        /// Answers with the status and nothing else.
        case status(Int)
    }

    private final class Shared: Sendable {
        let state = Mutex<(manner: Manner, requests: [String], isStopped: Bool)>(
            (.silent, [], false)
        )
    }

    /// Starts it.
    init(_ manner: Manner) async throws {
        let shared = Shared()
        shared.state.withLock { $0.manner = manner }
        self.shared = shared
        address = try await withCheckedThrowingContinuation { continuation in
            do {
                _ = try startThread(name: "tiny") { Self.run(shared, continuation) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// `http://127.0.0.1:PORT/PATH`.
    func url(_ path: String) -> String { "http://\(address)\(path)" }

    /// From now on it behaves like this, on connections that wait for an answer too.
    func behave(_ manner: Manner) {
        shared.state.withLock { $0.manner = manner }
    }

    /// The request lines so far.
    var requests: [String] { shared.state.withLock { $0.requests } }

    /// Closes everything, the listener included.
    func stop() {
        shared.state.withLock { $0.isStopped = true }
    }

    private static func run(
        _ shared: Shared,
        _ continuation: CheckedContinuation<SocketAddress, any Error>
    ) {
        let kernel: LinuxKernel
        let listener: Int32
        let anywhere = SocketAddress(address: .loopback, port: 0)
        do {
            kernel = try LinuxKernel()
            listener = try kernel.listen(on: anywhere, backlog: 64, sharesPort: false)
        } catch {
            continuation.resume(throwing: error)
            return
        }
        continuation.resume(returning: kernel.localAddress(listener) ?? anywhere)
        var open: [Int32: [UInt8]] = [:]
        while !shared.state.withLock({ $0.isStopped }) {
            while case .accepted(let descriptor, _) = kernel.accept(listener) {
                open[descriptor] = []
            }
            for descriptor in open.keys {
                var buffer = ByteBuffer(capacity: 4_096)
                switch kernel.receive(descriptor, into: &buffer, atMost: 4_096) {
                case .bytes: open[descriptor, default: []].append(buffer.bytes)
                case .wouldBlock: break
                case .endOfStream, .failed:
                    open[descriptor] = nil
                    kernel.close(descriptor)
                    continue
                }
                let head = String(decoding: open[descriptor] ?? [], as: UTF8.self)
                guard head.hasSuffix("\r\n\r\n") else { continue }
                let manner = shared.state.withLock { $0.manner }
                if case .silent = manner { continue }
                let line = head.split(separator: "\r\n").first.map(String.init) ?? ""
                shared.state.withLock { $0.requests.append(line) }
                answer(descriptor, manner, kernel)
                open[descriptor] = nil
                kernel.close(descriptor)
            }
            usleep(500)
        }
        for descriptor in open.keys {
            kernel.close(descriptor)
        }
        kernel.close(listener)
    }

    private static func answer(_ descriptor: Int32, _ manner: Manner, _ kernel: LinuxKernel) {
        switch manner {
        case .answer(let body):
            send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n", to: descriptor, kernel)
            send(body, to: descriptor, kernel)
        case .giant(let count):
            send("HTTP/1.1 200 OK\r\n\r\n", to: descriptor, kernel)
            send([UInt8](repeating: 0x20, count: count), to: descriptor, kernel)
        case .hangUp, .silent: break
        case .status(let status):
            let head = "HTTP/1.1 \(status) So\r\nContent-Length: 0\r\n\r\n"
            send(head, to: descriptor, kernel)
        }
    }

    private static func send(_ text: String, to descriptor: Int32, _ kernel: LinuxKernel) {
        send(Array(text.utf8), to: descriptor, kernel)
    }

    private static func send(_ bytes: [UInt8], to descriptor: Int32, _ kernel: LinuxKernel) {
        var sent = 0
        while sent < bytes.count {
            switch kernel.send(descriptor, bytes.span.extracting(sent..<bytes.count)) {
            case .bytes(let count): sent += count
            case .wouldBlock: usleep(200)
            case .endOfStream, .failed: return
            }
        }
    }
}
