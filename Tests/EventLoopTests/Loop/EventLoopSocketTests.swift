import Bytes
import EventLoop
import Testing

/// A loop over the real kernel, in a thread of its own.
@Suite
struct EventLoopSocketTests {
    @Test
    func aLoopEchoesToManyPeers() throws {
        let server = try EchoServer.start()
        let kernel = try LinuxKernel()
        let loop = try EventLoop(kernel: kernel)
        let payload = (0..<EchoClient.payloadSize).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let clients = try (0..<20).map { number in
            try EchoClient(
                loop: loop,
                kernel: kernel,
                to: server.address,
                payload: payload.map { $0 &+ UInt8(number) }
            )
        }
        var turns = 0
        while clients.contains(where: { !$0.isDone }), turns < 100_000 {
            loop.runTurn(waitingAtMost: Timeout(.seconds(60)))
            turns += 1
        }
        #expect(clients.allSatisfy { $0.isDone && $0.fault == nil })
        #expect(clients.allSatisfy { $0.received == EchoClient.payloadSize })
        #expect(loop.registrationCount == 0)
        server.stop()
    }

    @Test
    func aDeadlineEndsTheRealWait() throws {
        let loop = try EventLoop(kernel: LinuxKernel())
        let handler = Recorder()
        let watchman = Watchman(loop: loop)
        watchman.begin()
        handler.whenDeadline = { loop.stop() }
        let start = loop.now
        loop.setDeadline(start + Timeout(.milliseconds(30)), for: loop.register(timer: handler))
        loop.run()
        #expect(!watchman.hasStopped)
        #expect(handler.entries == [.deadline])
        #expect(loop.now.nanoseconds(since: start) >= 30_000_000)
    }
}

/// A loop in a thread of its own that sends back what it receives, and answers the end with its own.
private struct EchoServer {
    let address: SocketAddress
    private let thread: ThreadHandle
    private let orders: Mailbox<Void>

    static func start() throws -> EchoServer {
        let reports = try EventLoop(kernel: LinuxKernel())
        let desk = ReportDesk()
        let box: Mailbox<Report> = try reports.makeMailbox(limit: 1, receiver: desk)
        desk.box = box
        let thread = try startThread(name: "echo server") {
            do {
                let kernel = try LinuxKernel()
                let loop = try EventLoop(kernel: kernel)
                let acceptor = try EchoAcceptor(loop: loop, kernel: kernel)
                let orders: Mailbox<Void> = try loop.makeMailbox(limit: 1, receiver: acceptor)
                guard let address = kernel.localAddress(acceptor.listener.descriptor) else {
                    return
                }
                _ = box.post(Report(address: address, orders: orders))
                loop.run()
                loop.deregisterAll()
            } catch {
                box.close()
            }
        }
        reports.runTurn(waitingAtMost: Timeout(.seconds(60)))
        let report = try #require(desk.report)
        return EchoServer(address: report.address, thread: thread, orders: report.orders)
    }

    func stop() {
        _ = orders.post(())
        thread.join()
    }
}

private struct Report: Sendable {
    let address: SocketAddress
    let orders: Mailbox<Void>
}

private final class ReportDesk: MailReceiver {
    var box: Mailbox<Report>?
    var report: Report?

    func mailArrived() {
        var reports: [Report] = []
        box?.takeAll(into: &reports)
        report = reports.last
    }
}

private final class EchoAcceptor: EventHandler, MailReceiver {
    let listener: Socket
    private let loop: EventLoop
    private let kernel: LinuxKernel

    init(loop: EventLoop, kernel: LinuxKernel) throws {
        self.loop = loop
        self.kernel = kernel
        listener = try ConnectedPair.listener(kernel, on: "127.0.0.1:0")
        _ = try loop.register(self, descriptor: listener.descriptor, interest: .readable)
    }

    func becameReady(_ readiness: Readiness) {
        guard case .accepted(let descriptor, peer: _) = kernel.accept(listener.descriptor) else {
            return
        }
        let socket = Socket(descriptor: descriptor, kernel: kernel)
        EchoConnection(loop: loop, socket: socket).begin()
    }

    func deadlinePassed() {}

    func mailArrived() {
        loop.stop()
    }
}

/// The server's end of one connection.
private final class EchoConnection: EventHandler {
    private let loop: EventLoop
    private let socket: Socket
    private var registration: Registration?
    private var buffer = ByteBuffer(capacity: 4_096)
    private var isFinished = false

    init(loop: EventLoop, socket: consuming Socket) {
        self.loop = loop
        self.socket = socket
    }

    func begin() {
        registration = try? loop.register(
            self,
            descriptor: socket.descriptor,
            interest: .readable
        )
    }

    func becameReady(_ readiness: Readiness) {
        if readiness.contains(.readable), buffer.count < 65_536 {
            switch socket.receive(into: &buffer, atMost: 16_384) {
            case .bytes, .wouldBlock: break
            case .endOfStream: isFinished = true
            case .failed: return end()
            }
        }
        if !buffer.isEmpty {
            switch socket.send(buffer.bytes) {
            case .bytes(let count): buffer.consume(count)
            case .wouldBlock: break
            case .endOfStream, .failed: return end()
            }
        }
        guard let registration else { return }
        var interest: Interest = isFinished || buffer.count >= 65_536 ? [] : .readable
        if !buffer.isEmpty {
            interest.insert(.writable)
        } else if isFinished {
            return end()
        }
        loop.setInterest(interest, for: registration)
    }

    func deadlinePassed() {}

    private func end() {
        if let registration = registration.take() {
            loop.deregister(registration)
        }
    }
}

/// One who sends a known text, half-closes, and reads it back to the end.
private final class EchoClient: EventHandler {
    static let payloadSize = 100_000

    private(set) var received = 0
    private(set) var isDone = false
    private(set) var fault: String?
    private let loop: EventLoop
    private var socket: Socket?
    private var registration: Registration?
    private var sent = 0
    private let payload: [UInt8]
    private var buffer = ByteBuffer(capacity: 4_096)

    init(
        loop: EventLoop,
        kernel: LinuxKernel,
        to address: SocketAddress,
        payload: [UInt8]
    ) throws {
        self.loop = loop
        self.payload = payload
        let socket = try ConnectedPair.connected(kernel, to: address)
        registration = try loop.register(
            self,
            descriptor: socket.descriptor,
            interest: [.readable, .writable]
        )
        self.socket = consume socket
    }

    func becameReady(_ readiness: Readiness) {
        if readiness.contains(.readable) {
            read()
        }
        if readiness.contains(.writable), !isDone {
            write()
        }
    }

    func deadlinePassed() {}

    private func read() {
        buffer.clear()
        switch socket?.receive(into: &buffer, atMost: 10_000) {
        case .bytes(let count):
            let payload = payload
            let expected = payload.span.extracting(received..<received + count)
            if !expected.isEqual(to: buffer.bytes) {
                end("other bytes than were sent")
            }
            received += count
        case .endOfStream:
            end(received == Self.payloadSize ? nil : "too early an end")
        case .failed(let systemFault):
            end("\(systemFault)")
        case .wouldBlock, nil:
            break
        }
    }

    private func write() {
        // A copy of the reference: a span of a stored property lives for one expression only.
        let payload = payload
        let rest = payload.span.extracting(sent..<payload.count)
        switch socket?.send(rest.extracting(first: 100), rest.extracting(droppingFirst: 100)) {
        case .bytes(let count):
            sent += count
        case .failed(let systemFault):
            return end("\(systemFault)")
        case .endOfStream, .wouldBlock, nil:
            break
        }
        if sent == payload.count, let registration {
            socket?.shutdownSending()
            loop.setInterest(.readable, for: registration)
        }
    }

    private func end(_ fault: String?) {
        self.fault = fault
        isDone = true
        if let registration = registration.take() {
            loop.deregister(registration)
        }
        socket = nil
    }
}
