import Bytes
import EventLoop
import TLS

/// A blocking connection, with or without TLS, every wait of which ends after a minute.
final class Wire {
    private let kernel: LinuxKernel
    private let descriptor: Int32
    private var tls: TLSConnection?
    private var buffer = ByteBuffer(capacity: 65_536)

    /// The longest wait for a peer on the same machine: no good run comes near it, under any load.
    static let patience = Timeout(.seconds(60))

    /// Connects.
    convenience init(port: UInt16, trusting certificatePath: String? = nil) throws {
        let kernel = try LinuxKernel()
        let address = SocketAddress(address: .loopback, port: port)
        switch kernel.connect(to: address) {
        case .connected(let descriptor), .inProgress(let descriptor):
            try self.init(descriptor: descriptor, kernel: kernel)
        case .failed(let fault): throw fault
        }
        try wait()
        if let fault = kernel.connectFault(descriptor) { throw fault }
        guard let certificatePath else { return }
        let context = try TLSClientContext(trustedCertificatesPath: certificatePath)
        let tls = try context.makeConnection(descriptor: descriptor, serverName: "localhost")
        self.tls = tls
        while true {
            switch tls.handshake() {
            case .complete: return
            case .wantsRead, .wantsWrite: try wait()
            case .failed(let fault): throw fault
            }
        }
    }

    /// Takes over a connected socket.
    init(descriptor: Int32, kernel: LinuxKernel) throws {
        self.kernel = kernel
        self.descriptor = descriptor
        try kernel.watch(descriptor, [.readable, .writable], userWord: 0)
    }

    deinit {
        tls?.shutdown()
        kernel.close(descriptor)
    }

    /// Sends all of it.
    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    /// Sends all of it, reading on where the peer has to be heard first.
    func send(_ bytes: [UInt8]) throws {
        try kernel.rewatch(descriptor, [.writable], userWord: 0)
        var sent = 0
        while sent < bytes.count {
            switch write(bytes.span.extracting(sent..<bytes.count)) {
            case .bytes(let count): sent += count
            case .wouldBlock: try wait()
            case .endOfStream, .failed: throw Failure.closed
            }
        }
        try kernel.rewatch(descriptor, [.readable], userWord: 0)
    }

    private func write(_ bytes: Span<UInt8>) -> IOOutcome {
        guard let tls else { return kernel.send(descriptor, bytes) }
        switch tls.write(bytes) {
        case .bytes(let count): return .bytes(count)
        case .wantsRead, .wantsWrite: return .wouldBlock
        case .endOfStream, .failed, .truncated: return .endOfStream
        }
    }

    /// Reads once more.
    ///
    /// - Returns: Whether anything came before the end.
    private func readMore() throws -> Bool {
        while true {
            let outcome: IOOutcome
            if let tls {
                switch tls.read(into: &buffer, atMost: 65_536) {
                case .bytes(let count): outcome = .bytes(count)
                case .wantsRead, .wantsWrite: outcome = .wouldBlock
                case .endOfStream, .failed, .truncated: outcome = .endOfStream
                }
            } else {
                outcome = kernel.receive(descriptor, into: &buffer, atMost: 65_536)
            }
            switch outcome {
            case .bytes: return true
            case .wouldBlock: try wait()
            case .endOfStream, .failed: return false
            }
        }
    }

    private func wait() throws {
        var events: [PollEvent] = []
        let end = kernel.monotonicNow() + Self.patience
        while events.isEmpty {
            guard kernel.monotonicNow() < end else { throw Failure.timedOut }
            kernel.poll(into: &events, atMost: Timeout(.seconds(1)))
        }
    }

    /// Reads exactly that many bytes, or what came before the end.
    func read(_ count: Int) throws -> [UInt8] {
        while buffer.count < count, try readMore() {}
        let taken = held(count)
        buffer.consume(taken.count)
        return taken
    }

    private func held(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for index in 0..<min(count, buffer.count) {
            bytes.append(buffer.bytes[index])
        }
        return bytes
    }

    /// What has come already.
    func readHeld() throws -> [UInt8] {
        try read(buffer.count)
    }

    /// Reads up to and with the blank line; empty where the peer closes before.
    func readHead() throws -> String {
        while true {
            let text = String(decoding: held(buffer.count), as: UTF8.self)
            if let range = text.range(ofBlankLine: ()) {
                let head = String(text[..<range])
                buffer.consume(head.utf8.count)
                return head
            }
            guard try readMore() else { return "" }
        }
    }

    /// Reads a response with a `content-length`.
    func readResponse() throws -> Response {
        let head = try readHead()
        let fields = Response(head: head, body: "")
        let body = try read(Int(fields["content-length"] ?? "0") ?? 0)
        return Response(head: head, body: String(decoding: body, as: UTF8.self))
    }

    /// Whether the peer closes, with nothing more to say.
    func isClosedByPeer() throws -> Bool {
        try buffer.isEmpty && !readMore()
    }

    enum Failure: Error {
        case closed
        case timedOut
    }
}

extension String {
    fileprivate func range(ofBlankLine: Void) -> String.Index? {
        let bytes = utf8
        var index = bytes.startIndex
        var run: [UInt8] = []
        while index != bytes.endIndex {
            run.append(bytes[index])
            if run.count > 4 { run.removeFirst() }
            index = bytes.index(after: index)
            if run == [13, 10, 13, 10] { return index }
        }
        return nil
    }
}

/// An answer, or a request as a back end saw it: a start line, fields, and a body.
struct Response: CustomStringConvertible {
    /// Up to the blank line.
    let head: String
    /// What came behind it.
    let body: String

    private var lines: [Substring] { head.split(whereSeparator: \.isNewline) }

    /// `HTTP/1.1 200 OK`.
    var startLine: String { String(lines.first ?? "") }

    /// The status, or zero where there is none.
    var status: Int { Int(startLine.split(separator: " ").dropFirst().first ?? "") ?? 0 }

    /// The value of a field, by its name in small letters.
    subscript(name: String) -> String? {
        values(name).first
    }

    /// All values of a field, by its name in small letters.
    func values(_ name: String) -> [String] {
        lines.dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else {
                return nil
            }
            return String(line[line.index(after: colon)...].drop { $0 == " " })
        }
    }

    var description: String { head + body }
}
