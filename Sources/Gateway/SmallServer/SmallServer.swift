import EventLoop
import HTTP

/// A plain HTTP server for a few peers: the admin listener, and the demo's back end.
///
/// Every request is answered from memory, and the connection closed.
///
/// Not for the data plane: it allocates as it likes and knows nothing of pipelining.
final class SmallServer: EventHandler {
    private let loop: EventLoop
    private let listener: Socket
    /// What answers the requests.
    let responder: any SmallResponder
    private var openCount = 0

    /// Peers at once: a scraper or two, a probe, and a few people.
    private static let connectionCountMax = 64

    /// Listens on a socket that was opened for it.
    init(
        _ descriptor: Int32,
        loop: EventLoop,
        responder: any SmallResponder
    ) throws(SystemFault) {
        self.loop = loop
        self.responder = responder
        listener = Socket(descriptor: descriptor, kernel: loop.kernel)
        _ = try loop.register(self, descriptor: descriptor, interest: .readable)
    }

    /// Listens on an address and serves it in a thread of its own, until the process ends.
    ///
    /// - Returns: The address, with the port that the system chose where it was 0.
    /// - Throws: ``SystemFault`` where the address cannot be had.
    @discardableResult
    static func start(
        on address: SocketAddress,
        threadName: String,
        responder: any SmallResponder
    ) throws(SystemFault) -> SocketAddress {
        let opener = try LinuxKernel()
        let descriptor = try opener.listen(on: address, backlog: 64, sharesPort: false)
        _ = try startThread(name: threadName) {
            do throws(SystemFault) {
                let loop = try EventLoop(kernel: try LinuxKernel())
                let server = try SmallServer(descriptor, loop: loop, responder: responder)
                withExtendedLifetime(server) { loop.run() }
            } catch {
                Console.writeError("gatehouse: \(threadName): \(error)")
            }
        }
        return opener.localAddress(descriptor) ?? address
    }

    func becameReady(_ readiness: Readiness) {
        guard case .accepted(let descriptor, _) = loop.kernel.accept(listener.descriptor) else {
            return
        }
        let socket = Socket(descriptor: descriptor, kernel: loop.kernel)
        guard openCount < Self.connectionCountMax else { return }
        SmallConnection.begin(socket, server: self, loop: loop)
    }

    func deadlinePassed() {}

    func opened() {
        openCount += 1
    }

    func closed() {
        openCount -= 1
    }
}

/// What answers the requests of a ``SmallServer``.
protocol SmallResponder: Sendable {
    /// The answer to one request, whose body was read and dropped.
    func answer(_ head: RequestHead) -> SmallResponse
}

/// One answer.
struct SmallResponse {
    var status: Int
    var contentType: StaticString
    var body: [UInt8]

    init(_ status: Int, _ contentType: StaticString = "text/plain", _ body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    init(_ status: Int, text: String) {
        self.init(status, "text/plain; charset=utf-8", Array(text.utf8))
    }
}
