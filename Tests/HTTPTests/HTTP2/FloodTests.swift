import Bytes
import HTTP
import Testing

/// What a peer may not do too often, each with its cause, in a time that the tests make.
@Suite("HTTP/2: floods")
struct FloodTests {
    /// Every budget: five at once, and two a second.
    private static let tight: HTTP2Limits = {
        let budget = HTTP2Budget(burst: 5, perSecond: 2)
        var limits = http2Limits
        limits.resets = budget
        limits.controlFrames = budget
        limits.windowUpdates = budget
        limits.emptyFrames = budget
        return limits
    }()

    private static let second: Int64 = 1_000_000_000
    private static let open = headers(1, goodPost, endsStream: false)
    private static let ping = frame(Frame.ping, stream: 0, word(0) + word(0))

    /// A way of flooding, and its cause.
    struct Flood: CustomTestStringConvertible, Sendable {
        var name: String
        var frame: [UInt8]
        var cause: HTTP2FloodCause
        var testDescription: String { name }
    }

    private static let floods: [Flood] = [
        Flood(name: "PING", frame: ping, cause: .controlFrames),
        Flood(
            name: "PING answers",
            frame: frame(Frame.ping, flags: 1, stream: 0, word(0) + word(0)),
            cause: .controlFrames
        ),
        Flood(name: "SETTINGS", frame: settings([(4, 65_535)]), cause: .controlFrames),
        Flood(
            name: "PRIORITY",
            frame: frame(Frame.priority, stream: 9, [0, 0, 0, 0, 1]),
            cause: .controlFrames
        ),
        Flood(
            name: "PRIORITY_UPDATE",
            frame: frame(Frame.priorityUpdate, stream: 0, word(1) + bytes("u=1")),
            cause: .controlFrames
        ),
        Flood(name: "unknown frames", frame: frame(0xEE, stream: 0, [1]), cause: .controlFrames),
        Flood(name: "ALTSVC", frame: frame(10, stream: 0, [0, 0]), cause: .controlFrames),
        Flood(
            name: "WINDOW_UPDATE of the connection",
            frame: windowUpdate(0, 1),
            cause: .windowUpdates
        ),
        Flood(name: "WINDOW_UPDATE of a stream", frame: windowUpdate(1, 1), cause: .windowUpdates),
        Flood(name: "empty DATA", frame: data(1, ""), cause: .emptyFrames),
        Flood(
            name: "DATA of padding alone",
            frame: frame(Frame.data, flags: 8, stream: 1, [3, 0, 0, 0]),
            cause: .emptyFrames
        ),
        Flood(name: "RST_STREAM", frame: reset(1, .cancel), cause: .resets),
    ]

    @Test("A burst is let, one more is not, and time forgives", arguments: floods)
    func budget(_ flood: Flood) throws {
        let server = try ServerRecorder(Self.tight)
        // The preface has two SETTINGS, which are charged as all others.
        let isControl = flood.cause == .controlFrames
        let spent = isControl ? 2 : 0
        #expect(server.feed(clientPreface + Self.open, now: 0) == nil)
        _ = server.drain()
        for _ in 0..<(5 - spent) {
            #expect(server.feed(flood.frame, now: 0) == nil)
        }
        _ = server.drain()
        // Half a second gives one back, a whole one two.
        #expect(server.feed(flood.frame, now: Self.second / 2) == nil)
        #expect(server.feed(flood.frame + flood.frame, now: Self.second * 3 / 2) == nil)
        _ = server.drain()
        #expect(server.feed(flood.frame, now: Self.second * 3 / 2) == .flooded(flood.cause))
        #expect(server.openSlots.isEmpty)
        let end = server.drain()
        #expect(end.fault == nil)
        #expect(frames(end.output).last.map { "\($0)" } == "GOAWAY 1 enhanceYourCalm")
        #expect(server.session.isFinished)
        #expect(server.feed(Self.ping, now: .max / 2) == .flooded(flood.cause))
    }

    @Test("However a flood is cut, it ends at the same frame", arguments: floods)
    func cuts(_ flood: Flood) throws {
        let many = Array(repeating: flood.frame, count: 8).flatMap(\.self)
        let input = clientPreface + Self.open + many + headers(3, goodHead)
        let whole = try play(input, limits: Self.tight)
        #expect(whole.fault == .flooded(flood.cause))
        #expect(!whole.events.contains { $0.hasPrefix("request 3") })
        for cut in 1..<input.count {
            #expect(try play(input, cutAt: [cut], limits: Self.tight) == whole)
        }
        #expect(try play(input, cutAt: Array(1..<input.count), limits: Self.tight) == whole)
    }

    @Test("Rapid reset: streams opened and reset at once")
    func rapidReset() throws {
        let server = try ServerRecorder(Self.tight)
        _ = server.feed(clientPreface)
        var fault: HTTP2Fault?
        var count: UInt32 = 0
        while fault == nil, count < 100 {
            fault = server.feed(
                headers(2 * count + 1, goodPost, endsStream: false) + reset(2 * count + 1, .cancel)
            )
            count += 1
        }
        #expect(fault == .flooded(.resets) && count == 6)
        #expect(server.openSlots.isEmpty)
    }

    /// Ways to make a server reset a stream.
    private static let provocations: [(String, @Sendable (UInt32) -> [UInt8])] = [
        ("a malformed field", { headers($0, goodHead + [("connection", "close")]) }),
        ("a missing pseudo-header", { headers($0, [goodHead[0]]) }),
        ("what only we refuse", { headers($0, goodHead + [("host", "other")]) }),
        (
            "a window too large",
            {
                headers($0, goodPost, endsStream: false) + windowUpdate($0, 0x7FFF_FFFF)
            }
        ),
        (
            "a body too long",
            {
                headers($0, goodPost + [("content-length", "1")], endsStream: false)
                    + data($0, "ab")
            }
        ),
        (
            "trailers that end nothing",
            {
                headers($0, goodPost, endsStream: false)
                    + headers($0, [("a", "b")], endsStream: false)
            }
        ),
    ]

    @Test("MadeYouReset: resets that a peer provokes are its own", arguments: 0..<6)
    func madeYouReset(_ index: Int) throws {
        var limits = Self.tight
        limits.windowUpdates.burst = 1000
        let server = try ServerRecorder(limits)
        _ = server.feed(clientPreface)
        var fault: HTTP2Fault?
        var count: UInt32 = 0
        while fault == nil, count < 100 {
            fault = server.feed(Self.provocations[index].1(2 * count + 1))
            let end = server.drain()
            fault = fault ?? end.fault
            count += 1
            if fault != nil {
                #expect(
                    frames(end.output).last?.number(at: 4)
                        == HTTP2ErrorCode.enhanceYourCalm.rawValue
                )
            }
        }
        #expect(fault == .flooded(.resets) && count == 6, "\(Self.provocations[index].0)")
        #expect(server.openSlots.isEmpty)
    }

    @Test("MadeYouReset: however many come in one read", arguments: 0..<6)
    func madeYouResetAtOnce(_ index: Int) throws {
        var limits = http2Limits
        limits.resets = HTTP2Budget(burst: 300, perSecond: 0)
        limits.streamCount = 100
        let make = Self.provocations[index].1
        let many = (0..<400).flatMap { make(2 * $0 + 1) }
        let whole = try play(clientPreface + many, limits: limits)
        #expect(whole.fault == .flooded(.resets), "\(Self.provocations[index].0)")
        let resets = whole.output.filter { $0.type == Frame.reset }
        #expect(resets.count >= 300 && resets.count <= 400)
        #expect(whole.output.last?.number(at: 4) == HTTP2ErrorCode.enhanceYourCalm.rawValue)
    }

    @Test("Streams beyond the limit are refused one by one (RFC 9113 5.1.2), and too many a flood")
    func streamsBeyondTheLimit() throws {
        var limits = http2Limits
        limits.streamCount = 100
        limits.resets = HTTP2Budget(burst: 20, perSecond: 0)
        let some = (0..<100).flatMap { headers(2 * $0 + 1, goodPost, endsStream: false) }
        let fit = try play(clientPreface + some, limits: limits)
        #expect(fit.fault == nil)
        // The third setting is the limit, whatever libnghttp2 was told.
        let told = try #require(fit.output.first { $0.type == Frame.settings })
        #expect(told.payload[12..<18].elementsEqual([0, 3, 0, 0, 0, 100]))
        let more = (100..<120).flatMap { headers(2 * $0 + 1, goodPost, endsStream: false) }
        let refused = try play(clientPreface + some + more, limits: limits)
        #expect(refused.fault == nil)
        let resets = refused.output.filter { $0.type == Frame.reset }.map { "\($0)" }
        #expect(resets.count == 20 && resets.first == "RST_STREAM 201 refusedStream")
        let many = more + headers(241, goodPost, endsStream: false)
        let whole = try play(clientPreface + some + many, limits: limits)
        #expect(whole.fault == .flooded(.resets))
        #expect(whole.output.last?.number(at: 4) == HTTP2ErrorCode.enhanceYourCalm.rawValue)
    }

    @Test("Streams that are answered as they come make room for others of the same read")
    func answeredAtOnce() throws {
        var limits = http2Limits
        limits.streamCount = 4
        let some = (0..<40).flatMap { headers(2 * $0 + 1, goodHead) }
        let whole = try play(clientPreface + some, limits: limits, answer: (200, nil))
        #expect(whole.fault == nil)
        #expect(whole.output.filter { $0.type == Frame.headers }.count == 40)
        let server = try ServerRecorder(limits)
        server.answer = (200, OutgoingBody(bytes: [1, 2, 3]))
        // DATA is not written before it is asked for, and without it no stream ends.
        #expect(server.feed(clientPreface + some) == nil)
        let refused = frames(server.drain().output).filter { $0.type == Frame.reset }
        #expect(refused.count == 36)
    }

    @Test("The fault is the one that the GOAWAY names")
    func oneFault() throws {
        // DATA on an idle stream ends the connection, whatever flood follows.
        let flood = Array(repeating: Self.ping, count: 20).flatMap(\.self)
        let input = clientPreface + data(9, "x") + flood
        let whole = try play(input, limits: Self.tight)
        #expect(whole.fault == .closed(.protocolError))
        #expect(whole.output.last?.number(at: 4) == HTTP2ErrorCode.protocolError.rawValue)
        for cut in 1..<input.count {
            #expect(try play(input, cutAt: [cut], limits: Self.tight) == whole)
        }
    }

    @Test("SETTINGS of many entries")
    func longSettings() throws {
        let fit = settings((0..<32).map { (UInt16(0x1000 + $0), 1) })
        #expect(try play(clientPreface + fit).fault == nil)
        let long = clientPreface + settings((0..<33).map { (UInt16(0x1000 + $0), 1) })
        let whole = try play(long)
        #expect(whole.fault == .flooded(.controlFrames))
        #expect(whole.output.last?.number(at: 4) == HTTP2ErrorCode.enhanceYourCalm.rawValue)
        #expect(try play(long, cutAt: Array(1..<long.count)) == whole)
    }

    @Test("Resets that our own side wants are not charged")
    func ownResets() throws {
        let server = try ServerRecorder(Self.tight)
        _ = server.feed(clientPreface)
        for number: UInt32 in 0..<50 {
            #expect(server.feed(headers(2 * number + 1, goodPost, endsStream: false)) == nil)
            let codes: [HTTP2ErrorCode] = [.protocolError, .cancel, .refusedStream, .internalError]
            server.session.reset(Int32(2 * number + 1), codes[Int(number % 4)])
            #expect(server.drain().fault == nil)
        }
        server.accepts = false
        for number: UInt32 in 50..<100 {
            #expect(server.feed(headers(2 * number + 1, goodPost, endsStream: false)) == nil)
            #expect(server.drain().fault == nil)
        }
    }

    @Test("Our DATA explains WINDOW_UPDATE frames, two for one")
    func earnedUpdates() throws {
        let server = try ServerRecorder(Self.tight)
        server.answer = (200, OutgoingBody(bytes: [UInt8](repeating: 0, count: 10 * 16_384)))
        let preface =
            magic + settings([(4, 1_000_000)]) + frame(Frame.settings, flags: 1, stream: 0)
        #expect(server.feed(preface + windowUpdate(0, 1_000_000) + headers(1, goodHead)) == nil)
        let sent = frames(server.drain().output).filter { $0.type == Frame.data }.count
        #expect(sent == 10)
        for _ in 0..<(2 * sent + 4) {
            #expect(server.feed(windowUpdate(0, 1)) == nil)
        }
        #expect(server.feed(windowUpdate(0, 1)) == .flooded(.windowUpdates))
    }

    @Test("CONTINUATION frames without end")
    func continuations() throws {
        for piece: [UInt8] in [[], [0], [UInt8](repeating: 0, count: 16_000)] {
            let begin = frame(Frame.headers, flags: 1, stream: 1, [0x82])
            let more = frame(Frame.continuation, stream: 1, piece.isEmpty ? [] : literal("a", "b"))
            let input = clientPreface + begin + Array(repeating: more, count: 20).flatMap(\.self)
            let whole = try play(input)
            #expect(whole.fault == .flooded(.continuation))
            #expect(whole.output.last?.number(at: 4) == HTTP2ErrorCode.enhanceYourCalm.rawValue)
            #expect(try play(input, cutAt: Array(1..<input.count)) == whole)
        }
    }

    @Test("CONTINUATION frames on streams that are ignored count too")
    func ignoredContinuations() throws {
        let server = try ServerRecorder()
        _ = server.feed(clientPreface + headers(1, goodHead))
        server.session.shutDown(.noError)
        _ = server.drain()
        let more = frame(Frame.continuation, stream: 3)
        let input =
            frame(Frame.headers, flags: 1, stream: 3, [0x82])
            + Array(repeating: more, count: 20).flatMap(\.self)
        #expect(server.feed(input) == .flooded(.continuation))
    }

    @Test("A head in nine frames, byte by byte, is no flood")
    func patientHead() throws {
        let block = goodHead.flatMap { literal($0.0, $0.1) }
        var input = frame(Frame.headers, flags: 1, stream: 1, Array(block[..<8]))
        for index in 1..<9 {
            let last = index == 8
            let part = Array(block[(8 * index)..<(last ? block.count : 8 * index + 8)])
            input += frame(Frame.continuation, flags: last ? 4 : 0, stream: 1, part)
        }
        try judge(RawCase("nine frames", input, .accepted))
    }

    @Test("A peer that asks and never reads")
    func unreadAnswers() throws {
        let server = try ServerRecorder()
        _ = server.feed(clientPreface)
        _ = server.drain()
        for _ in 0..<100 {
            #expect(server.feed(Self.ping) == nil)
        }
        #expect(server.feed(Self.ping) == .flooded(.outboundQueue))
        let polite = try ServerRecorder()
        _ = polite.feed(clientPreface)
        for _ in 0..<500 {
            #expect(polite.feed(Self.ping) == nil)
            #expect(polite.drain().fault == nil)
        }
    }

    @Test("Resets that nobody reads stay bounded")
    func unreadResets() throws {
        var limits = http2Limits
        limits.resets = HTTP2Budget(burst: 2000, perSecond: 1_000_000)
        limits.streamCount = 8
        let server = try ServerRecorder(limits)
        _ = server.feed(magic + settings())
        var fault: HTTP2Fault?
        var count: UInt32 = 0
        while fault == nil, count < 20_000 {
            fault = server.feed(headers(2 * count + 1, goodHead), now: Int64(count) * Self.second)
            count += 1
        }
        #expect(fault == .flooded(.outboundQueue) && count < 5000)
    }

    @Test("A clock that steps back forgives nothing, and a budget of nothing allows nothing")
    func clock() throws {
        let server = try ServerRecorder(Self.tight)
        #expect(
            server.feed(clientPreface + Self.ping + Self.ping + Self.ping, now: Self.second) == nil
        )
        #expect(server.feed(Self.ping, now: 0) == .flooded(.controlFrames))
        var none = Self.tight
        none.emptyFrames = HTTP2Budget(burst: 0, perSecond: 0)
        let strict = try ServerRecorder(none)
        #expect(strict.feed(clientPreface + Self.open + data(1, "")) == .flooded(.emptyFrames))
        none.emptyFrames = HTTP2Budget(burst: 2, perSecond: 0)
        let once = try ServerRecorder(none)
        #expect(once.feed(clientPreface + Self.open + data(1, "") + data(1, "")) == nil)
        #expect(once.feed(data(1, ""), now: 60 * Self.second) == .flooded(.emptyFrames))
        none.emptyFrames = HTTP2Budget(burst: .max, perSecond: .max)
        let free = try ServerRecorder(none)
        let many = Array(repeating: data(1, ""), count: 1000).flatMap(\.self)
        #expect(free.feed(clientPreface + Self.open + many, now: .max / 4) == nil)
    }

    @Test("A client holds its server to the same budgets")
    func clientSide() throws {
        for flood in [Self.floods[0], Self.floods[2], Self.floods[5], Self.floods[7]] {
            let client = try ClientRecorder(Self.tight)
            try client.request(goodHead)
            _ = client.drain()
            let many = Array(repeating: flood.frame, count: 8).flatMap(\.self)
            #expect(client.feed(serverPreface + many) == .flooded(flood.cause))
            #expect(client.events == ["closed 1 enhanceYourCalm"])
        }
    }
}
