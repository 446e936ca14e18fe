import Bytes
import Glibc
import TLS

/// The server's side of one HTTP/2 request, written by hand.
///
/// Frames of RFC 9113 §4, and fields of RFC 7541 §6.2.2 without compression. What the client says is
/// not judged.
final class FrameScript {
    private let read: () -> [UInt8]?
    private let write: ([UInt8]) -> Void
    private let note: (String) -> Void
    private var received: [UInt8] = []

    /// What a request is answered.
    struct Answer: Sendable {
        var fields: [(String, String)]
        var body: [UInt8]
        /// None where empty: the frame before is then the last.
        var trailers: [(String, String)]
    }

    /// Speaks on a plain connection; what the request's body was is noted as its head.
    init(_ connection: Connection) {
        read = {
            var piece = [UInt8](repeating: 0, count: 4_096)
            let count = unsafe piece.withUnsafeMutableBytes {
                unsafe Glibc.read(connection.descriptor, $0.baseAddress, $0.count)
            }
            return count > 0 ? Array(piece.prefix(count)) : nil
        }
        write = { connection.write($0) }
        note = { connection.server.note($0) }
    }

    /// Speaks over TLS on a blocking socket.
    init(_ tls: TLSConnection) {
        read = {
            var buffer = ByteBuffer(capacity: 4_096)
            guard case .bytes = tls.read(into: &buffer, atMost: 4_096) else { return nil }
            return buffer.bytes.copied()
        }
        write = { _ = tls.write($0.span) }
        note = { _ in }
    }

    /// Takes one request to its end, and answers it.
    func serve(_ answer: Answer) {
        guard takeRequest() else { return }
        let hasBody = !answer.body.isEmpty
        let hasTrailers = !answer.trailers.isEmpty
        send(
            type: 1,
            flags: hasBody || hasTrailers ? 4 : 5,
            stream: 1,
            answer.fields.flatMap(Self.field)
        )
        if hasBody { send(type: 0, flags: hasTrailers ? 0 : 1, stream: 1, answer.body) }
        if hasTrailers {
            send(type: 1, flags: 5, stream: 1, answer.trailers.flatMap(Self.field))
        }
    }

    /// Takes one request to its end, and resets its stream with INTERNAL_ERROR.
    func refuse() {
        guard takeRequest() else { return }
        send(type: 3, flags: 0, stream: 1, [0, 0, 0, 2])
    }

    private func takeRequest() -> Bool {
        guard take(24) != nil else { return false }
        send(type: 4, flags: 0, stream: 0, [])
        var body: [UInt8] = []
        while true {
            guard let head = take(9) else { return false }
            let count = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            guard let payload = take(count) else { return false }
            let (type, flags) = (head[3], head[4])
            if type == 4, flags & 1 == 0 { send(type: 4, flags: 1, stream: 0, []) }
            if type == 0 { body += payload }
            if type <= 1, flags & 1 == 1 { break }
        }
        note("\(body)")
        return true
    }

    private func take(_ count: Int) -> [UInt8]? {
        while received.count < count {
            guard let more = read() else { return nil }
            received += more
        }
        defer { received.removeFirst(count) }
        return Array(received.prefix(count))
    }

    private func send(type: UInt8, flags: UInt8, stream: UInt8, _ payload: [UInt8]) {
        let count = payload.count
        let size = [UInt8(count >> 16), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
        write(size + [type, flags, 0, 0, 0, stream] + payload)
    }

    private static func field(_ name: String, _ value: String) -> [UInt8] {
        [0, UInt8(name.utf8.count)] + name.utf8 + [UInt8(value.utf8.count)] + value.utf8
    }
}
