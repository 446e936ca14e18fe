import Bytes
import EventLoop
import HTTP

/// One peer of a ``SmallServer``: one request, one answer, closed.
final class SmallConnection: EventHandler {
    private let server: SmallServer
    private let loop: EventLoop
    private var socket: Socket?
    private var registration: Registration?
    private var machine = HTTP1ServerMachine(
        limits: HeadLimits(size: 32_768, fieldCount: 128, targetSize: 8192)
    )
    private var head = RequestHead()
    private var received = ByteBuffer(capacity: 4096)
    private var pending = ByteBuffer(capacity: 4096)
    private var isAnswered = false
    private var isWaiting = false

    /// From being accepted to being gone: far more than a scrape over a slow line takes.
    private static let timeout = Timeout(.seconds(10))

    private init(_ server: SmallServer, _ loop: EventLoop) {
        self.server = server
        self.loop = loop
    }

    static func begin(_ socket: consuming Socket, server: SmallServer, loop: EventLoop) {
        let connection = SmallConnection(server, loop)
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
        if isWaiting {
            // Nothing more is read, so it has hung up.
            close()
        } else if !isAnswered {
            read()
        } else if readiness.contains(.writable) {
            flush()
        } else {
            close()
        }
    }

    func deadlinePassed() {
        close()
    }

    private func read() {
        switch socket?.receive(into: &received, atMost: 65_536) {
        case .bytes: advance()
        case .wouldBlock: break
        case .endOfStream, .failed, nil: close()
        }
    }

    /// Reads the request to its end, the body dropped, and answers it.
    private func advance() {
        do throws(ParseFault) {
            while true {
                switch try machine.advance(over: received.bytes, head: &head) {
                case .head(let consumed): received.consume(consumed)
                case .body(let skip, let count):
                    received.consume(skip + count)
                    machine.bodyConsumed(count)
                case .end:
                    return answer()
                case .needsMore: return
                }
            }
        } catch {
            write(SmallResponse(error.status, text: "\(error.detail)\n"))
        }
    }

    private func answer() {
        switch server.responder.answer(head) {
        case .now(let response): write(response)
        case .later(let response):
            isWaiting = true
            if let registration {
                loop.setInterest([], for: registration)
            }
            server.wait(self, for: response)
        }
    }

    /// Answers, unless the peer has left.
    func write(_ response: SmallResponse) {
        guard registration != nil, !isAnswered else { return }
        isWaiting = false
        isAnswered = true
        pending.append("HTTP/1.1 ")
        pending.append(decimal: response.status)
        pending.append(UInt8(ascii: " "))
        pending.append(StatusText.reason(response.status))
        pending.append("\r\ncontent-type: ")
        pending.append(response.contentType)
        pending.append("\r\ncache-control: no-store\r\ncontent-length: ")
        pending.append(decimal: response.body.count)
        for field in response.fields {
            pending.append("\r\n")
            pending.append(Array(field.name.utf8).span)
            pending.append(": ")
            pending.append(Array(field.value.utf8).span)
        }
        pending.append("\r\nconnection: close\r\n\r\n")
        if head.method != .head {
            pending.append(response.body.span)
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
