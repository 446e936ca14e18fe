import EventLoop
import HTTP

/// A plain HTTP server for a few peers: the admin listener, and the demo's back end.
///
/// Every request is answered from memory, and the connection closed.
///
/// Not for the data plane: it allocates as it likes and knows nothing of pipelining.
final class SmallServer: EventHandler, MailReceiver {
    private let loop: EventLoop
    private let listener: Socket
    /// What answers the requests.
    let responder: any SmallResponder
    private var openCount = 0
    private var mailbox: Mailbox<LateAnswer>?
    private var waiting: [UInt64: SmallConnection] = [:]
    private var lastTicket: UInt64 = 0

    /// An answer that came after the request's turn.
    private struct LateAnswer: Sendable {
        var ticket: UInt64
        var response: SmallResponse
    }

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
        mailbox = try loop.makeMailbox(limit: Self.connectionCountMax, receiver: self)
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

extension SmallServer {
    /// Has an answer made that takes its time, and given to the connection if it is still there.
    func wait(
        _ connection: SmallConnection,
        for response: @escaping @Sendable () async -> SmallResponse
    ) {
        lastTicket += 1
        waiting[lastTicket] = connection
        Task { [mailbox, lastTicket] in
            _ = mailbox?.post(LateAnswer(ticket: lastTicket, response: await response()))
        }
    }

    func mailArrived() {
        var arrived: [LateAnswer] = []
        mailbox?.takeAll(into: &arrived)
        for answer in arrived {
            waiting.removeValue(forKey: answer.ticket)?.write(answer.response)
        }
    }
}
