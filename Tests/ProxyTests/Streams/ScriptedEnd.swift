import EventLoop
import HTTP

/// One end of a simulated connection, by script: it sends bytes at moments, answers what comes in,
/// and keeps it.
final class ScriptedEnd: SimulatedActor {
    /// Its end, once it is connected.
    var end: LinkEnd?
    private let time: SimulatedTime
    private var script: [(at: Int64, bytes: [UInt8])] = []
    private var outbox: [UInt8] = []
    /// Called after each read; what it gives is sent.
    var answer: (ScriptedEnd) -> [UInt8] = { _ in [] }
    /// It reads nothing before.
    var readsFrom: Int64 = 0
    /// Everything that came in.
    private(set) var received: [UInt8] = []
    /// When the other side had ended.
    private(set) var endedAt: Int64?
    /// Whether it ended by a reset.
    private(set) var wasReset = false
    private var isDone = false
    private var connect: (() -> LinkEnd?)?
    private var startsAt: Int64 = 0

    /// Takes over an end, as an origin.
    init(_ end: LinkEnd, time: SimulatedTime) {
        self.end = end
        self.time = time
    }

    /// Connects at a moment, as a peer.
    init(time: SimulatedTime, at moment: Int64, _ connect: @escaping () -> LinkEnd?) {
        self.time = time
        self.connect = connect
        startsAt = moment
    }

    /// Sends bytes at a moment.
    func send(_ bytes: [UInt8], at moment: Int64) {
        script.append((moment, bytes))
    }

    var wakesAt: Int64? {
        if isDone { return nil }
        var moments = script.map(\.at) + [readsFrom]
        if connect != nil { moments.append(startsAt) }
        return moments.filter { $0 > time.now }.min()
    }

    func act() -> Bool {
        if let connect, time.now >= startsAt {
            self.connect = nil
            end = connect()
            return true
        }
        guard !isDone, let end else { return false }
        let hasRead = time.now >= readsFrom && read(end)
        return write(end) || hasRead
    }

    private func read(_ end: LinkEnd) -> Bool {
        switch end.read(atMost: 1 << 16) {
        case .nothing: return false
        case .bytes(let bytes):
            received += bytes
            outbox += answer(self)
            return true
        case .ended, .reset:
            endedAt = time.now
            wasReset = end.link.isReset[end.side]
            isDone = true
            end.close()
            return true
        }
    }

    private func write(_ end: LinkEnd) -> Bool {
        for entry in script where entry.at <= time.now {
            outbox += entry.bytes
        }
        script.removeAll { $0.at <= time.now }
        guard !isDone, let room = end.room, min(room, outbox.count) > 0 else { return false }
        let count = min(room, outbox.count)
        end.write(Array(outbox[..<count]))
        outbox.removeFirst(count)
        return true
    }

    /// Where what came in behind the head begins, once the head is whole.
    var headEnd: Int? {
        let end = Array("\r\n\r\n".utf8)
        return received.indices.first { received[$0...].starts(with: end) }.map { $0 + 4 }
    }

    /// What came in behind the head.
    var body: [UInt8] { headEnd.map { Array(received[$0...]) } ?? [] }

    /// The proof that the key of a WebSocket's handshake was read, where there is one key.
    var webSocketAccept: String {
        let lines = String(decoding: received, as: UTF8.self).split(separator: "\r\n")
        let keys = lines.filter { $0.lowercased().hasPrefix("sec-websocket-key: ") }
        let key = keys.count == 1 ? Array(keys[0].utf8.dropFirst(19)) : []
        var text: [UInt8] = []
        WebSocketHandshake.appendAccept(of: key.span, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The status line, or the request line.
    var firstLine: String {
        String(decoding: received.prefix { $0 != 0x0D }, as: UTF8.self)
    }
}
