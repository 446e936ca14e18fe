import Bytes
import EventLoop
import HTTP

/// One peer of the admin listener: one request, one answer, closed.
final class AdminConnection: EventHandler {
    private let server: AdminServer
    private let loop: EventLoop
    private var socket: Socket?
    private var registration: Registration?
    private var machine = HTTP1ServerMachine(
        limits: HeadLimits(size: 8192, fieldCount: 64, targetSize: 1024)
    )
    private var head = RequestHead()
    private var received = ByteBuffer(capacity: 4096)
    private var pending = ByteBuffer(capacity: 4096)
    private var isAnswered = false

    /// From being accepted to being gone: far more than a scrape over a slow line takes.
    private static let timeout = Timeout(.seconds(10))

    private init(_ server: AdminServer, _ loop: EventLoop) {
        self.server = server
        self.loop = loop
    }

    static func begin(_ socket: consuming Socket, server: AdminServer, loop: EventLoop) {
        let connection = AdminConnection(server, loop)
        let descriptor = socket.descriptor
        connection.socket = consume socket
        guard
            let registration = try? loop.register(
                connection,
                descriptor: descriptor,
                interest: .readable
            )
        else { return }
        connection.registration = registration
        loop.setDeadline(loop.now + timeout, for: registration)
        server.opened()
    }

    func becameReady(_ readiness: Readiness) {
        if isAnswered {
            readiness.contains(.writable) ? flush() : close()
        } else {
            read()
        }
    }

    func deadlinePassed() {
        close()
    }

    private func read() {
        switch socket?.receive(into: &received, atMost: 8192) {
        case .bytes: answerIfWhole()
        case .wouldBlock: break
        case .endOfStream, .failed, nil: close()
        }
    }

    private func answerIfWhole() {
        do throws(ParseFault) {
            guard case .head = try machine.advance(over: received.bytes, head: &head) else {
                return
            }
            let answer = server.answer(head)
            write(answer.status, answer.type, answer.body, includesBody: head.method != .head)
        } catch {
            write(error.status, "text/plain", Array("\(error.detail)\n".utf8), includesBody: true)
        }
    }

    private func write(
        _ status: Int,
        _ type: StaticString,
        _ body: [UInt8],
        includesBody: Bool
    ) {
        isAnswered = true
        pending.append("HTTP/1.1 ")
        pending.append(decimal: status)
        pending.append(UInt8(ascii: " "))
        pending.append(StatusText.reason(status))
        pending.append("\r\ncontent-type: ")
        pending.append(type)
        pending.append("\r\ncache-control: no-store\r\ncontent-length: ")
        pending.append(decimal: body.count)
        pending.append("\r\nconnection: close\r\n\r\n")
        if includesBody {
            pending.append(body.span)
        }
        flush()
    }

    private func flush() {
        while !pending.isEmpty {
            switch socket?.send(pending.bytes) {
            case .bytes(let count): pending.consume(count)
            case .wouldBlock:
                if let registration {
                    loop.setInterest(.writable, for: registration)
                }
                return
            case .endOfStream, .failed, nil: return close()
            }
        }
        close()
    }

    private func close() {
        guard let ended = registration else { return }
        registration = nil
        loop.deregister(ended)
        socket = nil
        server.closed()
    }
}
