import Bytes
import HTTP

@testable import Proxy

/// A peer with one connection of HTTP/2 by prior knowledge, by script: it opens streams and sends on
/// them at moments, and keeps what comes of each.
final class HTTP2ScriptedPeer: SimulatedActor, HTTP2ClientHandler {
    private let time: SimulatedTime
    private let session: HTTP2ClientSession
    private var connect: (() -> LinkEnd?)?
    private var end: LinkEnd?
    private var script: [(at: Int64, act: (HTTP2ScriptedPeer) -> Void)] = []
    private var output = ByteBuffer(capacity: 65_536)
    private(set) var streams: [Int: Stream] = [:]
    /// Called after each DATA; what it gives is sent on the stream.
    var answer: (Stream) -> [UInt8] = { _ in [] }
    /// The first fault of the connection, which is to have none.
    private(set) var fault: String?
    /// It leaves when every stream of its script has closed.
    private var openCount = 0

    /// What came of one stream.
    struct Stream {
        var id: Int32 = 0
        var status = 0
        var fields: [String: String] = [:]
        /// The interim responses before, each with its status.
        var interim: [(status: Int, fields: [String: String])] = []
        var data: [UInt8] = []
        var trailers: [String: String] = [:]
        var hasEnded = false
        var closed: HTTP2ErrorCode?
        var closedAt: Int64?
        fileprivate var outbox: [UInt8] = []
        fileprivate var ownTrailers: [(String, String)] = []
        fileprivate var isWhole = false

        /// The data as text.
        var text: String { String(decoding: data, as: UTF8.self) }
    }

    init(time: SimulatedTime, _ connect: @escaping () -> LinkEnd?) throws {
        self.time = time
        self.connect = connect
        let budget = HTTP2Budget(burst: 1_000, perSecond: 1_000)
        session = try HTTP2ClientSession(
            limits: HTTP2Limits(
                head: HeadLimits(size: 32_768, fieldCount: 100, targetSize: 8_192),
                streamCount: 100,
                streamWindow: 1 << 20,
                connectionWindow: 1 << 20,
                resets: budget,
                controlFrames: budget,
                windowUpdates: budget,
                emptyFrames: budget
            )
        )
    }

    /// Opens a stream at a moment; without a body its head ends it.
    func open(
        _ slot: Int,
        at moment: Int64,
        _ method: Method,
        _ fields: [(String, String)],
        hasBody: Bool = false
    ) {
        openCount += 1
        script.append(
            (
                moment,
                { peer in
                    var list = HTTP2FieldList()
                    for (name, value) in fields {
                        list.add(Array(name.utf8).span, Array(value.utf8).span)
                    }
                    peer.streams[slot] = Stream()
                    let id = try? peer.session.request(slot, list, method: method, hasBody: hasBody)
                    peer.streams[slot]?.id = id ?? 0
                }
            )
        )
    }

    /// Sends on a stream at a moment, and perhaps ends it, with trailers or without.
    func send(
        _ bytes: [UInt8],
        on slot: Int,
        at moment: Int64,
        andEnds ends: Bool = false,
        trailers: [(String, String)] = []
    ) {
        script.append(
            (
                moment,
                { peer in
                    peer.streams[slot]?.outbox += bytes
                    peer.streams[slot]?.isWhole = ends
                    peer.streams[slot]?.ownTrailers = trailers
                    peer.session.resumeBody(peer.streams[slot]?.id ?? 0)
                }
            )
        )
    }

    var wakesAt: Int64? {
        let moments = script.map(\.at).filter { $0 > time.now }
        return moments.min()
    }

    func act() -> Bool {
        if let connect {
            self.connect = nil
            end = connect()
            return true
        }
        guard let end else { return false }
        let due = script.filter { $0.at <= time.now }
        script.removeAll { $0.at <= time.now }
        for entry in due {
            entry.act(self)
        }
        let hasRead = read(end)
        let hasWritten = write()
        if openCount == 0 {
            end.close()
            self.end = nil
        }
        return !due.isEmpty || hasRead || hasWritten
    }

    private func read(_ end: LinkEnd) -> Bool {
        switch end.read(atMost: 1 << 16) {
        case .nothing: return false
        case .bytes(let bytes):
            let copy = Array(bytes)
            do {
                try session.receive(copy.span, now: time.now, handler: self)
            } catch {
                fault = fault ?? "\(error)"
            }
            return true
        case .ended, .reset:
            if openCount > 0 { fault = fault ?? "the connection has ended" }
            end.close()
            self.end = nil
            return true
        }
    }

    private func write() -> Bool {
        guard let end, let room = end.room else { return false }
        do {
            try session.produce(into: &output, upTo: 65_536, handler: self)
        } catch {
            fault = fault ?? "\(error)"
        }
        let count = min(room, output.count)
        guard count > 0 else { return false }
        end.write(output.bytes.extracting(0..<count).copied())
        output.consume(count)
        return true
    }

    // What the session tells.

    func responseReceived(_ slot: Int, head: inout ResponseHead, isComplete: Bool) {
        streams[slot]?.status = head.status
        streams[slot]?.fields = Self.dictionary(head.fields)
        streams[slot]?.hasEnded = isComplete
    }

    func informationReceived(_ slot: Int, head: inout ResponseHead) {
        streams[slot]?.interim.append((head.status, Self.dictionary(head.fields)))
    }

    func responseMalformed(_ slot: Int, _ fault: ParseFault) {
        self.fault = self.fault ?? "\(fault)"
    }

    func peerDraining() {}

    func dataReceived(_ slot: Int, _ bytes: Span<UInt8>) {
        guard var stream = streams[slot] else { return }
        stream.data.append(bytes)
        let more = answer(stream)
        stream.outbox += more
        streams[slot] = stream
        session.consumeStream(stream.id, bytes.count)
        session.consumeConnection(bytes.count)
        if !more.isEmpty {
            session.resumeBody(stream.id)
        }
    }

    func bodyWanted(_ slot: Int, atMost: Int) -> HTTP2BodyStep {
        guard let stream = streams[slot] else { return .fail }
        let count = min(atMost, stream.outbox.count)
        guard count == stream.outbox.count, stream.isWhole else {
            return count > 0 ? .bytes(count) : .wait
        }
        guard !stream.ownTrailers.isEmpty else { return .last(count) }
        var list = HTTP2FieldList()
        for (name, value) in stream.ownTrailers {
            list.add(Array(name.utf8).span, Array(value.utf8).span)
        }
        session.submitTrailers(stream.id, list)
        return .lastWithTrailers(count)
    }

    func writeBody(_ slot: Int, count: Int, into output: inout ByteBuffer) {
        guard let outbox = streams[slot]?.outbox else { return }
        output.append(Array(outbox[..<count]).span)
        streams[slot]?.outbox.removeFirst(count)
    }

    func trailersReceived(_ slot: Int, _ trailers: inout FieldBlock) {
        streams[slot]?.trailers = Self.dictionary(trailers)
    }

    func inputEnded(_ slot: Int) {
        guard var stream = streams[slot] else { return }
        stream.hasEnded = true
        // What is still to be said is of no use to anybody.
        stream.isWhole = true
        streams[slot] = stream
        session.resumeBody(stream.id)
    }

    func streamClosed(_ slot: Int, _ code: HTTP2ErrorCode) {
        streams[slot]?.closed = code
        streams[slot]?.closedAt = time.now / 1_000_000
        openCount -= 1
    }

    private static func dictionary(_ fields: FieldBlock) -> [String: String] {
        var dictionary: [String: String] = [:]
        for index in 0..<fields.count {
            dictionary[fields.name(at: index).text()] = fields.value(at: index).text()
        }
        return dictionary
    }
}
