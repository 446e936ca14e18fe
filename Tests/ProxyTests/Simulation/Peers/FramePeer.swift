import EventLoop

/// A peer that writes the frames that a test says, in its order, and collects what comes back.
final class FramePeer: SimulatedActor {
    private unowned let world: World
    private var end: LinkEnd?
    private var steps: [Step]
    private var place = 0
    private var hasBegun = false
    private var reader = FrameReader()
    private(set) var frames: [WireFrame] = []
    /// When each of ``frames`` came.
    private(set) var moments: [Int64] = []
    /// When the gateway closed, or reset, the connection.
    private(set) var endedAt: Int64?
    private let address: SocketAddress
    private let startsAt: Int64

    enum Step {
        /// Goes on once this is so.
        case await((FramePeer) -> Bool)
        case close
        case rest(until: Int64)
        case write([UInt8])
    }

    init(_ steps: [Step], world: World, startsAt: Int64? = nil) {
        self.steps = steps
        self.world = world
        self.startsAt = startsAt ?? world.kernel.time.now
        address = World.address("198.51.100.1:\(3000 + world.kernel.actors.count)")
    }

    var wakesAt: Int64? {
        guard hasBegun else { return startsAt }
        guard endedAt == nil, place < steps.count, case .rest(let moment) = steps[place] else {
            return nil
        }
        return moment
    }

    func act() -> Bool {
        let now = world.kernel.time.now
        guard now >= startsAt else { return false }
        guard hasBegun else {
            hasBegun = true
            end = world.kernel.connectPeer(to: world.http2Listener, from: address)
            return true
        }
        guard let end, endedAt == nil else { return false }
        let hasRead = read(end, now)
        var hasStepped = false
        while endedAt == nil, place < steps.count, take(steps[place], end, now) {
            place += 1
            hasStepped = true
        }
        return hasRead || hasStepped
    }

    private func take(_ step: Step, _ end: LinkEnd, _ now: Int64) -> Bool {
        switch step {
        case .await(let isSo): return isSo(self)
        case .rest(let moment): return now >= moment
        case .close:
            end.close()
            endedAt = now
            return true
        case .write(let bytes):
            guard let room = end.room, room >= bytes.count else { return false }
            end.write(bytes)
            return true
        }
    }

    private func read(_ end: LinkEnd, _ now: Int64) -> Bool {
        switch end.read(atMost: 1 << 16) {
        case .bytes(let bytes):
            reader.feed(bytes)
            while let frame = reader.next() {
                frames.append(frame)
                moments.append(now)
            }
            return true
        case .nothing: return false
        case .ended, .reset:
            endedAt = now
            end.close()
            return true
        }
    }

    /// The frames of a type that came, of one stream where it is named.
    func frames(_ type: UInt8, of stream: Int? = nil) -> [WireFrame] {
        frames.filter { $0.type == type && (stream == nil || $0.stream == stream) }
    }

    /// Whether the response on a stream has ended.
    func hasResponse(_ stream: Int) -> Bool {
        frames.contains { $0.stream == stream && $0.endsStream }
    }

    // What it may write.

    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// The preface and an empty frame of settings.
    static let opening = preface + frame(WireFrame.settings)

    static func frame(
        _ type: UInt8,
        flags: UInt8 = 0,
        stream: Int = 0,
        _ payload: [UInt8] = []
    ) -> [UInt8] {
        let length = payload.count
        let number = UInt32(stream)
        return [
            UInt8(length >> 16), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF), type, flags,
            UInt8(number >> 24), UInt8(number >> 16 & 0xFF), UInt8(number >> 8 & 0xFF),
            UInt8(number & 0xFF),
        ] + payload
    }

    /// A block of fields, each written out (RFC 7541 §6.2.2, no Huffman code).
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in fields {
            bytes += [0, UInt8(name.utf8.count)] + Array(name.utf8)
            bytes += [UInt8(value.utf8.count)] + Array(value.utf8)
        }
        return bytes
    }

    /// The head of a request that has the plan of `id`.
    static func head(
        _ method: String,
        _ path: String,
        id: Int,
        stream: Int,
        endsStream: Bool = true,
        fields: [(String, String)] = []
    ) -> [UInt8] {
        let named = [
            (":method", method), (":scheme", "http"), (":authority", "gate.test"),
            (":path", path), ("x-plan", "\(id)"),
        ]
        let flags = WireFrame.endHeaders | (endsStream ? WireFrame.endStream : 0)
        return frame(WireFrame.headers, flags: flags, stream: stream, block(named + fields))
    }
}
