import Bytes
import EventLoop
import HTTP

/// One HTTP/2 stream to an upstream's server: the wire of one exchange.
///
/// It holds what the peer has not taken of the response, at most a window of the stream, and what the
/// server has not taken of the request, at most one buffer. Reused by its connection, which it may
/// outlive while the peer still takes a response that has come in whole.
final class HTTP2UpstreamStream: EventHandler {
    let worker: Worker
    private var timer: Registration?
    private(set) var connection: HTTP2UpstreamConnection?
    private(set) var exchange: Exchange?
    /// Its place in the connection's table, from 1; 0 while it has none.
    private(set) var slot = 0
    /// Its number in the session; 0 until the request was handed over.
    var id: Int32 = 0
    private(set) var target: UpstreamTarget?

    /// Whether the connection will have it go on, see ``settle()``.
    var isTouched = false
    /// Who goes on with it then: kept, as the exchange may be over.
    private var downstream: (any ExchangeDownstream)?

    /// What has come in and the peer has not taken.
    var held: BufferBox?
    /// What waits to be sent, behind what was sent and is kept.
    var pending: BufferBox?
    /// How many bytes at the front of it were sent.
    var sentCount = 0
    /// Whether the whole body is kept as far as it has come: the server may yet refuse the request.
    var keepsBody = true
    private(set) var failure: UpstreamFailure?
    /// Whether the request is an extended CONNECT.
    var isTunnelRequest = false
    /// Whether it waits for the server's settings, which say whether that is allowed.
    var awaitsSettings = false
    var hasReceivedNothing = true
    /// Whether the exchange has not been told of the head, until the body has ended.
    var isHeadHeld = false
    var isInputEnded = false
    /// Whether nothing will follow what is pending.
    var isOutputEnding = false
    /// Whether the session has been told so.
    var isOutputEnded = false
    /// Whether the session was told that nothing is there to be sent.
    var isAsleep = false
    /// Whether the other side holds bytes for which there was no room.
    var owesRoom = false
    /// Whether the server has not touched it.
    private(set) var isRefused = false
    /// Whether the session knows it no more, or never has.
    var isClosed = true

    init(worker: Worker) {
        self.worker = worker
        timer = worker.loop.register(timer: self)
    }

    /// Begins to work for an exchange.
    func begin(
        _ exchange: Exchange,
        _ target: UpstreamTarget,
        on connection: HTTP2UpstreamConnection,
        slot: Int
    ) {
        self.exchange = exchange
        self.target = target
        self.connection = connection
        self.slot = slot
        id = 0
        failure = nil
        isRefused = false
        isTunnelRequest = false
        awaitsSettings = false
        hasReceivedNothing = true
        isHeadHeld = false
        isInputEnded = false
        isOutputEnding = false
        isOutputEnded = false
        isAsleep = false
        owesRoom = false
        isClosed = true
        sentCount = 0
        keepsBody = true
    }

    /// How many bytes wait for the peer.
    var heldCount: Int { held?.buffer.count ?? 0 }

    /// The server has answered what cannot be read; the session resets the stream.
    func responseMalformed() {
        fail(.malformed)
    }

    /// The session knows the stream no more.
    func closed(_ code: HTTP2ErrorCode) {
        isClosed = true
        guard exchange != nil, !isInputEnded, failure == nil else { return }
        isRefused = code == .refusedStream && hasReceivedNothing
        if isRefused {
            connection?.isRefusing = true
        }
        fail(isRefused ? .refused : .closedEarly)
    }

    /// Resets the stream for what the server has sent.
    func breakOff(_ failure: UpstreamFailure) {
        connection?.session.reset(id, .protocolError)
        fail(failure)
    }

    /// Notes what the exchange is told when the session is done.
    func fail(_ failure: UpstreamFailure) {
        guard self.failure == nil else { return }
        self.failure = failure
        touch()
    }

    /// Has it go on when the session is done.
    func touch() {
        downstream = exchange?.downstream
        connection?.touch(self)
    }

    /// Goes on after the session has told everything that had come in, or has sent what there was.
    func settle() {
        let downstream = self.downstream
        self.downstream = nil
        if let failure {
            exchange?.upstreamFailed(failure)
        }
        downstream?.advance()
    }

    /// The connection has ended, and with it the stream, unless all of the response is here.
    ///
    /// - Returns: Whether the server was blamed for it.
    func connectionClosed(_ failure: UpstreamFailure, isBlamed: Bool) -> Bool {
        isClosed = true
        slot = 0
        connection = nil
        guard let exchange else {
            retire()
            return false
        }
        guard !isInputEnded || self.failure != nil else { return false }
        // What was never sent, or is no fault of the connection's, stays what it is.
        let own = self.failure.flatMap { $0.blamesServer ? nil : $0 }
        let downstream = exchange.downstream
        exchange.upstreamFailed(own ?? failure, isBlamed: isBlamed)
        downstream?.advance()
        return own == nil
    }

    func setDeadline(_ deadline: Instant?) {
        guard let timer else { return }
        worker.loop.setDeadline(deadline, for: timer)
    }

    func becameReady(_ readiness: Readiness) {}

    func deadlinePassed() {
        guard let exchange else { return }
        if !exchange.machine.isTunnelling, exchange.isWaitingForPeer {
            // The silence is the peer's: its own time-out watches it.
            return setDeadline(worker.loop.now + idleTimeout)
        }
        exchange.upstreamStopped(.readTimedOut)
    }

    func release(reusable: Bool) {
        guard exchange != nil else { return }
        exchange = nil
        target?.activeCount -= 1
        target = nil
        setDeadline(nil)
        let count = heldCount
        dropHeld()
        if let pending {
            worker.buffers.giveBack(pending)
        }
        pending = nil
        sentCount = 0
        guard let connection else { return retire() }
        connection.bodyDropped(count)
        if !isClosed, !isInputEnded || !isOutputEnded {
            connection.session.reset(id, isInputEnded ? .noError : .cancel)
        }
        connection.released(self)
    }

    /// Its place in the connection is another's from here on.
    func leaveSlot() {
        slot = 0
        connection = nil
    }

    /// Ends it: it has a timer on the loop.
    func retire() {
        if let timer {
            worker.loop.deregister(timer)
        }
        timer = nil
    }
}
