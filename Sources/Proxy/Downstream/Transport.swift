import Bytes
import EventLoop
import TLS

/// A socket, with TLS upon it or not: one way to read and write both.
struct Transport: ~Copyable {
    private let socket: Socket
    private var tls: TLSConnection?

    init(_ socket: consuming Socket, tls: TLSConnection? = nil) {
        self.socket = socket
        self.tls = tls
    }

    var descriptor: Int32 { socket.descriptor }

    var isTLS: Bool { tls != nil }

    /// Puts TLS upon a socket that has just been connected.
    mutating func secure(with tls: TLSConnection) {
        self.tls = tls
    }

    /// What became of one read or write.
    enum Outcome {
        case blocked
        case bytes(Int)
        case ended
        case failed
    }

    /// What became of writing a whole buffer.
    enum WriteEnding {
        /// What is left goes when the socket is writable.
        case blocked
        /// What is left goes nowhere.
        case broken
        case done
    }

    /// What became of one step of a handshake.
    enum HandshakeOutcome {
        case complete
        case failed(String)
        case wantsRead
        case wantsWrite
    }

    /// Goes on with the TLS handshake; complete at once on a plain socket.
    func handshake() -> HandshakeOutcome {
        guard let tls else { return .complete }
        switch tls.handshake() {
        case .complete: return .complete
        case .wantsRead: return .wantsRead
        case .wantsWrite: return .wantsWrite
        case .failed(let fault): return .failed("\(fault)")
        }
    }

    /// Reads once.
    func read(into buffer: inout ByteBuffer, atMost limit: Int) -> Outcome {
        guard let tls else {
            switch socket.receive(into: &buffer, atMost: limit) {
            case .bytes(let count): return .bytes(count)
            case .wouldBlock: return .blocked
            case .endOfStream: return .ended
            case .failed: return .failed
            }
        }
        switch tls.read(into: &buffer, atMost: limit) {
        case .bytes(let count): return .bytes(count)
        case .wantsRead, .wantsWrite: return .blocked
        case .endOfStream: return .ended
        case .truncated, .failed: return .failed
        }
    }

    /// Whether TLS holds bytes that the socket will not announce again.
    var hasPendingBytes: Bool { tls?.hasPendingBytes ?? false }

    /// Writes once, as much as fits.
    func write(_ bytes: Span<UInt8>) -> Outcome {
        guard let tls else {
            switch socket.send(bytes) {
            case .bytes(let count): return .bytes(count)
            case .wouldBlock: return .blocked
            case .endOfStream: return .ended
            case .failed: return .failed
            }
        }
        switch tls.write(bytes) {
        case .bytes(let count): return .bytes(count)
        case .wantsRead, .wantsWrite: return .blocked
        case .endOfStream: return .ended
        case .truncated, .failed: return .failed
        }
    }

    /// Writes as much of what waits in `buffer` as goes without waiting, and consumes it.
    ///
    /// - Returns: How many bytes went out, and how it ended.
    func write(allOf buffer: inout ByteBuffer) -> (count: Int, ending: WriteEnding) {
        var count = 0
        while !buffer.isEmpty {
            switch write(buffer.bytes) {
            case .bytes(let written):
                buffer.consume(written)
                count += written
            case .blocked: return (count, .blocked)
            case .ended, .failed: return (count, .broken)
            }
        }
        return (count, .done)
    }

    /// Says that nothing more will be written.
    func shutdownSending() {
        tls?.shutdown()
        socket.shutdownSending()
    }

    /// Gives back what TLS keeps for a connection that rests.
    func releaseIdleBuffers() {
        tls?.releaseIdleBuffers()
    }

    /// The TLS version, or empty on a plain socket.
    var versionName: StaticString { tls?.versionName ?? "" }

    /// Whether ALPN has chosen HTTP/2.
    var hasChosenHTTP2: Bool { tls?.isApplicationProtocol("h2") ?? false }

    /// Whether the handshake took up an earlier session.
    var isResumed: Bool { tls?.isResumed ?? false }
}
