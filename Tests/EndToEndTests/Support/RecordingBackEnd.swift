import EventLoop
import Glibc
import Synchronization

/// A back end that keeps the head of every request and answers with it; it echoes what is upgraded,
/// and serves one document of its own.
final class RecordingBackEnd: Sendable {
    /// The port that the system has chosen.
    let port: UInt16
    private let document: Mutex<String>
    private let seen = Mutex<[String]>([])
    private let isStopped = Mutex(false)

    /// Listens; `document` is the answer to `/jwks.json`.
    init(document: String = "") throws {
        self.document = Mutex(document)
        let kernel = try LinuxKernel()
        let address = SocketAddress(address: .loopback, port: 0)
        let listener = try kernel.listen(on: address, backlog: 128, sharesPort: false)
        port = kernel.localAddress(listener)?.port ?? 0
        _ = try startThread(name: "back end") { [self] in
            accept(listener)
        }
    }

    /// The heads of the requests so far; health checks are not kept.
    var requests: [Response] { seen.withLock { $0 }.map { Response(head: $0, body: "") } }

    /// Accepts no more.
    func stop() {
        isStopped.withLock { $0 = true }
    }

    private func accept(_ listener: Int32) {
        guard let kernel = try? LinuxKernel() else { return }
        defer { kernel.close(listener) }
        guard (try? kernel.watch(listener, .readable, userWord: 0)) != nil else { return }
        var events: [PollEvent] = []
        while !isStopped.withLock({ $0 }) {
            kernel.poll(into: &events, atMost: Timeout(.milliseconds(100)))
            while case .accepted(let descriptor, _) = kernel.accept(listener) {
                _ = try? startThread(name: "back end") { [self] in
                    guard let kernel = try? LinuxKernel() else { return }
                    guard let wire = try? Wire(descriptor: descriptor, kernel: kernel) else {
                        return
                    }
                    try? serve(wire)
                }
            }
        }
    }

    private func serve(_ wire: Wire) throws {
        while true {
            let head = try wire.readHead()
            guard !head.isEmpty else { return }
            let request = Response(head: head, body: "")
            let isHealthCheck = head.hasPrefix("GET /healthz ")
            if !isHealthCheck {
                seen.withLock { $0.append(head) }
            }
            if request["upgrade"] == "websocket" {
                return try echo(wire)
            }
            if head.hasPrefix("GET /orders/events ") {
                return try stream(wire, "text/event-stream")
            }
            if head.hasPrefix("GET /orders/chunks ") {
                return try stream(wire, "text/plain")
            }
            _ = try wire.read(Int(request["content-length"] ?? "0") ?? 0)
            let isDocument = head.hasPrefix("GET /jwks.json ")
            let body = isDocument ? document.withLock { $0 } : head
            try wire.send(
                "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n"
                    + "Content-Type: text/plain\r\n\r\n" + body
            )
        }
    }

    /// An event a tenth of a second, until nobody takes them any more.
    private func stream(_ wire: Wire, _ type: String) throws {
        try wire.send(
            "HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n"
        )
        while !isStopped.withLock({ $0 }) {
            try wire.send("9\r\ndata: a\n\n\r\n")
            usleep(100_000)
        }
    }

    private func echo(_ wire: Wire) throws {
        try wire.send(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
        )
        while true {
            let bytes = try wire.read(1)
            guard !bytes.isEmpty else { return }
            try wire.send(bytes + wire.readHeld())
        }
    }
}
