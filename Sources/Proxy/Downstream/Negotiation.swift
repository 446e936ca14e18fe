import Bytes
import Configuration
import EventLoop
import TLS
import Telemetry

/// A fresh connection until it is known what is spoken on it: by the TLS handshake and its ALPN (RFC
/// 7301), or on a plain socket by the first bytes (RFC 9113 §3.3).
///
/// It hands the socket on to an ``HTTP1Connection`` or an ``HTTP2Connection`` and goes away.
final class Negotiation: EventHandler, PeerConnection {
    private let worker: Worker
    private var listenerIndex: Int
    private let listenerAddress: SocketAddress
    private let peer: SocketAddress
    private var transport: Transport?
    private var registration: Registration?
    /// The first bytes of a plain connection.
    private var received: BufferBox?
    var place = 0

    private init(_ peer: SocketAddress, listenerIndex: Int, worker: Worker) {
        self.peer = peer
        self.listenerIndex = listenerIndex
        self.worker = worker
        listenerAddress = worker.snapshot.settings.listeners[listenerIndex].address
    }

    /// Begins with a connection that was just accepted.
    static func begin(
        _ transport: consuming Transport,
        peer: SocketAddress,
        listenerIndex: Int,
        worker: Worker
    ) {
        let negotiation = Negotiation(peer, listenerIndex: listenerIndex, worker: worker)
        do throws(SystemFault) {
            negotiation.registration = try worker.loop.register(
                negotiation,
                descriptor: transport.descriptor,
                interest: .readable
            )
        } catch {
            return
        }
        let isTLS = transport.isTLS
        negotiation.transport = consume transport
        worker.add(negotiation)
        if !isTLS, !negotiation.protocols.contains(.http2) {
            return negotiation.become(.http11)
        }
        negotiation.setDeadline()
    }

    func becameReady(_ readiness: Readiness) {
        if transport?.isTLS == true {
            handshake()
        } else {
            readFirstBytes()
        }
    }

    /// The handshake, or the first bytes, took too long.
    func deadlinePassed() {
        if transport?.isTLS == true {
            worker.metrics.handshakeEnded(.failed)
        }
        close()
    }

    func drain() {
        close()
    }

    func settingsChanged() {
        if let index = worker.snapshot.listenerIndex(of: listenerAddress) {
            listenerIndex = index
        } else {
            close()
        }
    }

    func close() {
        guard let registration else { return }
        self.registration = nil
        worker.loop.deregister(registration)
        transport = nil
        giveBackReceived()
        worker.remove(self)
    }

    private var protocols: [ListenerProtocol] {
        worker.snapshot.settings.listeners[listenerIndex].protocols
    }

    private func handshake() {
        switch transport?.handshake() {
        case .complete:
            worker.metrics.handshakeEnded(transport?.isResumed == true ? .resumed : .full)
            if transport?.hasChosenHTTP2 == true {
                become(.http2)
            } else if protocols.contains(.http11) {
                become(.http11)
            } else {
                // HTTP/2 over TLS must be asked for (RFC 9113 §3.2), and nothing else is spoken here.
                close()
            }
        case .wantsRead: setInterest(.readable)
        case .wantsWrite: setInterest([.readable, .writable])
        case .failed(let detail):
            worker.handshakeFailed(peer, detail)
            close()
        case nil: close()
        }
    }

    /// Reads until the bytes are the preface of HTTP/2, or can no longer become it.
    private func readFirstBytes() {
        let box = received ?? worker.buffers.take()
        received = box
        switch transport?.read(into: &box.buffer, atMost: BufferPool.size - box.buffer.count) {
        case .bytes(let count): worker.metrics.bytesReceived(count)
        case .blocked: return
        case .ended, .failed, nil: return close()
        }
        switch Self.isPreface(box.buffer.bytes) {
        case true?: become(.http2)
        case false?: become(.http11)
        case nil: break
        }
    }

    /// Whether bytes begin with the preface of HTTP/2; `nil` while they may still come to it.
    private static func isPreface(_ bytes: Span<UInt8>) -> Bool? {
        let preface = preface
        let count = min(bytes.count, preface.count)
        let isAlike = bytes.extracting(0..<count)
            .isEqual(to: preface.span.extracting(0..<count))
        guard isAlike else { return false }
        return count == preface.count ? true : nil
    }

    /// Hands everything over to the driver of the protocol.
    private func become(_ spoken: ListenerProtocol) {
        guard let transport = transport.take(), let registration else { return close() }
        self.registration = nil
        let received = received
        self.received = nil
        if spoken == .http2 {
            let connection = HTTP2Connection(peer, listenerIndex: listenerIndex, worker: worker)
            worker.replace(self, with: connection)
            worker.loop.handOver(registration, to: connection)
            connection.start(transport, registration, received: received)
        } else {
            let connection = HTTP1Connection(peer, listenerIndex: listenerIndex, worker: worker)
            worker.replace(self, with: connection)
            worker.loop.handOver(registration, to: connection)
            connection.start(transport, registration, received: received)
        }
    }

    private func giveBackReceived() {
        guard let received else { return }
        self.received = nil
        worker.buffers.giveBack(received)
    }

    private func setDeadline() {
        guard let registration else { return }
        worker.loop.setDeadline(
            worker.loop.now + worker.snapshot.timeouts.head,
            for: registration
        )
    }

    private func setInterest(_ interest: Interest) {
        guard let registration else { return }
        worker.loop.setInterest(interest, for: registration)
    }

    /// What a client says first (RFC 9113 §3.4).
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
}
