import HTTP
import Testing

/// What RFC 9113 says of frames and their order, one case for each rule that a peer can break.
@Suite("HTTP/2: rules of frames and streams")
struct FrameRuleTests {
    private static let open = headers(1, goodPost, endsStream: false)
    private static let priority: [UInt8] = [0, 0, 0, 3, 15]

    private static let framingCases: [RawCase] = [
        RawCase(
            "4.1 unknown types are ignored",
            frame(0xFA, stream: 0, [1, 2, 3]) + headers(1, goodHead),
            .accepted
        ),
        RawCase(
            "4.1 unknown flags are ignored",
            frame(Frame.ping, flags: 0xF6, stream: 0, word(1) + word(2)),
            .accepted
        ),
        RawCase(
            "4.1 the reserved bit is ignored",
            frame(Frame.windowUpdate, stream: 0x8000_0000, word(1)),
            .accepted
        ),
        RawCase(
            "4.2 a frame beyond 16 384 bytes",
            frame(Frame.data, stream: 1, [], length: 16_385),
            .closed(.frameSizeError)
        ),
        RawCase(
            "4.2 a SETTINGS frame beyond 16 384 bytes",
            frame(Frame.settings, stream: 0, [], length: 16_386),
            .closed(.frameSizeError)
        ),
        RawCase(
            "4.2 a frame of an unknown type beyond 16 384 bytes",
            frame(0xFA, stream: 1, [], length: 16_385),
            .closed(.frameSizeError)
        ),
        RawCase(
            "4.2 CONTINUATION beyond 16 384 bytes",
            frame(Frame.headers, flags: 1, stream: 1, [0x82])
                + frame(Frame.continuation, stream: 1, [], length: 16_385),
            .closed(.frameSizeError)
        ),
        RawCase(
            "4.2 another frame inside a block beyond 16 384 bytes",
            frame(Frame.headers, flags: 1, stream: 1, [0x82])
                + frame(Frame.data, stream: 1, [], length: 16_385),
            .closed(.frameSizeError)
        ),
        RawCase(
            "4.3 a block that does not decode",
            frame(Frame.headers, flags: 5, stream: 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
            .closed(.compressionError)
        ),
        RawCase(
            "4.3 an index beyond the table",
            frame(Frame.headers, flags: 5, stream: 1, [0xC0]),
            .closed(.compressionError)
        ),
        RawCase(
            "4.3 another frame inside a block",
            frame(Frame.headers, flags: 1, stream: 1, [0x82])
                + frame(Frame.ping, stream: 0, word(0) + word(0)),
            .closed(.protocolError)
        ),
        RawCase(
            "4.3 another stream's CONTINUATION inside a block",
            frame(Frame.headers, flags: 1, stream: 1, [0x82])
                + frame(Frame.continuation, flags: 4, stream: 3),
            .closed(.protocolError)
        ),
        RawCase(
            "4.3 an unknown type inside a block",
            frame(Frame.headers, flags: 1, stream: 1, [0x82]) + frame(0xFA, stream: 1),
            .closed(.protocolError)
        ),
    ]

    private static let stateCases: [RawCase] = [
        RawCase("5.1 DATA on an idle stream", data(1, "x"), .closed(.protocolError)),
        RawCase("5.1 RST_STREAM on an idle stream", reset(1, .cancel), .closed(.protocolError)),
        RawCase("5.1 WINDOW_UPDATE on an idle stream", windowUpdate(1, 1), .closed(.protocolError)),
        RawCase(
            "5.1 CONTINUATION on an idle stream",
            frame(Frame.continuation, flags: 4, stream: 1),
            .closed(.protocolError)
        ),
        RawCase(
            "5.1 PRIORITY on an idle stream is allowed",
            frame(Frame.priority, stream: 1, priority),
            .accepted
        ),
        RawCase(
            "5.1 DATA after END_STREAM",
            headers(1, goodHead) + data(1, "x"),
            .closed(.streamClosed)
        ),
        RawCase(
            "5.1 HEADERS after END_STREAM",
            headers(1, goodHead) + headers(1, goodHead),
            .closed(.streamClosed)
        ),
        RawCase(
            "5.1 WINDOW_UPDATE after END_STREAM is allowed",
            headers(1, goodHead) + windowUpdate(1, 5),
            .accepted
        ),
        RawCase(
            "5.1 PRIORITY after END_STREAM is allowed",
            headers(1, goodHead) + frame(Frame.priority, stream: 1, priority),
            .accepted
        ),
        RawCase(
            "5.1 RST_STREAM after END_STREAM is allowed",
            headers(1, goodHead) + reset(1, .cancel),
            .accepted
        ),
        RawCase(
            "5.1 DATA after the peer's own RST_STREAM is dropped",
            open + reset(1, .cancel) + data(1, "x"),
            .accepted
        ),
        RawCase("5.1.1 an even stream", headers(2, goodHead), .closed(.protocolError)),
        RawCase("5.1.1 stream 0", headers(0, goodHead), .closed(.protocolError)),
        RawCase(
            "5.1.1 a lower stream, which was skipped",
            headers(5, goodHead) + headers(3, goodHead),
            .closed(.protocolError)
        ),
        RawCase(
            "5.1.1 a lower stream than one that is open",
            headers(5, goodPost, endsStream: false) + headers(1, goodHead),
            .closed(.protocolError)
        ),
        RawCase(
            "5.1.1 a lower stream, two gaps back",
            open + headers(5, goodHead) + headers(9, goodHead) + headers(3, goodHead),
            .closed(.protocolError)
        ),
        RawCase(
            "5.1.1 trailers of a lower stream than the last",
            open + headers(7, goodHead) + headers(1, [("a", "b")]),
            .accepted
        ),
        RawCase(
            "5.1.1 DATA on a stream that was skipped is dropped",
            headers(5, goodHead) + data(3, "x"),
            .accepted
        ),
        RawCase(
            "5.3.1 PRIORITY that depends on itself",
            frame(Frame.priority, stream: 1, word(1) + [15]),
            .accepted
        ),
        RawCase(
            "5.3.1 HEADERS that depend on themselves",
            frame(Frame.headers, flags: 0x25, stream: 1, word(1) + [15, 0x82]),
            .closed(.protocolError)
        ),
        RawCase(
            "6.3 PRIORITY of another length",
            frame(Frame.priority, stream: 1, [0, 0, 0, 0]),
            .closed(.frameSizeError)
        ),
        RawCase(
            "6.3 PRIORITY on stream 0",
            frame(Frame.priority, stream: 0, priority),
            .closed(.protocolError)
        ),
    ]

    private static let streamCases: [RawCase] = [
        RawCase("6.1 DATA on stream 0", data(0, "x"), .closed(.protocolError)),
        RawCase(
            "6.1 padding as long as the frame",
            open + frame(Frame.data, flags: 8, stream: 1, [3, 0, 0]),
            .closed(.protocolError)
        ),
        RawCase(
            "6.1 a padded frame without a pad length",
            open + frame(Frame.data, flags: 8, stream: 1),
            .closed(.protocolError)
        ),
        RawCase(
            "6.1 padding alone is allowed",
            open + frame(Frame.data, flags: 8, stream: 1, [2, 0, 0]),
            .accepted
        ),
        RawCase(
            "6.1 an empty frame that ends the stream is allowed",
            open + data(1, "", endsStream: true),
            .accepted
        ),
        RawCase(
            "6.2 HEADERS whose padding is as long as the frame",
            frame(Frame.headers, flags: 0xD, stream: 1, [3, 0, 0]),
            .closed(.protocolError)
        ),
        RawCase(
            "6.2 HEADERS too short for their priority",
            frame(Frame.headers, flags: 0x25, stream: 1, [0, 0]),
            .closed(.frameSizeError)
        ),
        RawCase(
            "6.2 padded HEADERS are allowed",
            frame(
                Frame.headers,
                flags: 0xD,
                stream: 1,
                [2] + goodHead.flatMap { literal($0.0, $0.1) } + [0, 0]
            ),
            .accepted
        ),
        RawCase("6.4 RST_STREAM on stream 0", reset(0, .cancel), .closed(.protocolError)),
        RawCase(
            "6.4 RST_STREAM of another length",
            open + frame(Frame.reset, stream: 1, [0, 0, 8]),
            .closed(.frameSizeError)
        ),
        RawCase(
            "6.6 PUSH_PROMISE from a client",
            frame(Frame.pushPromise, flags: 4, stream: 1, word(2)),
            .closed(.protocolError)
        ),
        RawCase(
            "6.10 CONTINUATION without HEADERS",
            open + frame(Frame.continuation, flags: 4, stream: 1),
            .closed(.protocolError)
        ),
        RawCase(
            "6.10 CONTINUATION on stream 0",
            frame(Frame.continuation, flags: 4, stream: 0),
            .closed(.protocolError)
        ),
        RawCase(
            "6.10 CONTINUATION after END_HEADERS",
            headers(1, goodHead) + frame(Frame.continuation, flags: 4, stream: 1),
            .closed(.protocolError)
        ),
    ]

    private static let connectionCases: [RawCase] = [
        RawCase(
            "6.5 SETTINGS on a stream",
            frame(Frame.settings, stream: 1),
            .closed(.protocolError)
        ),
        RawCase(
            "6.5 SETTINGS that is no multiple of six",
            frame(Frame.settings, stream: 0, [0, 3, 0]),
            .closed(.frameSizeError)
        ),
        RawCase(
            "6.5 an acknowledgement with a payload",
            frame(Frame.settings, flags: 1, stream: 0, [0, 3, 0, 0, 0, 1]),
            .closed(.frameSizeError)
        ),
        RawCase(
            "6.5.2 ENABLE_PUSH other than 0 and 1",
            settings([(2, 2)]),
            .closed(.protocolError)
        ),
        RawCase(
            "6.5.2 INITIAL_WINDOW_SIZE beyond 2^31-1",
            settings([(4, 0x8000_0000)]),
            .closed(.flowControlError)
        ),
        RawCase(
            "6.5.2 MAX_FRAME_SIZE below 16 384",
            settings([(5, 16_383)]),
            .closed(.protocolError)
        ),
        RawCase(
            "6.5.2 MAX_FRAME_SIZE beyond 2^24-1",
            settings([(5, 16_777_216)]),
            .closed(.protocolError)
        ),
        RawCase("6.5.2 unknown settings are ignored", settings([(0xFFFF, 1)]), .accepted),
        RawCase(
            "RFC 8441 3 ENABLE_CONNECT_PROTOCOL other than 0 and 1",
            settings([(8, 2)]),
            .closed(.protocolError)
        ),
        RawCase(
            "RFC 9218 2.1 NO_RFC7540_PRIORITIES other than 0 and 1",
            settings([(9, 2)]),
            .closed(.protocolError)
        ),
        RawCase(
            "6.7 PING on a stream",
            frame(Frame.ping, stream: 1, word(0) + word(0)),
            .closed(.protocolError)
        ),
        RawCase(
            "6.7 PING of another length",
            frame(Frame.ping, stream: 0, word(0)),
            .closed(.frameSizeError)
        ),
        RawCase(
            "6.7 an answer that nobody asked for is ignored",
            frame(Frame.ping, flags: 1, stream: 0, word(0) + word(0)),
            .accepted
        ),
        RawCase(
            "6.8 GOAWAY on a stream",
            frame(Frame.goaway, stream: 1, word(0) + word(0)),
            .closed(.protocolError)
        ),
        RawCase(
            "6.8 GOAWAY that is too short",
            frame(Frame.goaway, stream: 0, word(0)),
            .closed(.frameSizeError)
        ),
        RawCase(
            "6.9 WINDOW_UPDATE of another length",
            frame(Frame.windowUpdate, stream: 0, [0, 0, 1]),
            .closed(.frameSizeError)
        ),
        RawCase(
            "6.9 an increment of 0 on the connection",
            windowUpdate(0, 0),
            .closed(.protocolError)
        ),
        RawCase(
            "6.9 an increment of 0 on a stream",
            open + windowUpdate(1, 0),
            .closed(.protocolError)
        ),
        RawCase(
            "6.9.1 the connection's window beyond 2^31-1",
            windowUpdate(0, 0x7FFF_FFFF),
            .closed(.flowControlError)
        ),
        RawCase(
            "6.9.1 a stream's window beyond 2^31-1",
            open + windowUpdate(1, 0x7FFF_FFFF),
            .reset(.flowControlError)
        ),
        RawCase(
            "6.9.2 a stream's window beyond 2^31-1 by SETTINGS",
            open + windowUpdate(1, 0x7FFF_0000) + settings([(4, 0x7FFF_FFFF)]),
            .closed(.flowControlError)
        ),
        RawCase(
            "RFC 9218 7.1 PRIORITY_UPDATE is taken",
            frame(Frame.priorityUpdate, stream: 0, word(1) + bytes("u=1")),
            .accepted
        ),
        RawCase(
            "RFC 9218 7.1 PRIORITY_UPDATE on a stream",
            frame(Frame.priorityUpdate, stream: 1, word(1) + bytes("u=1")),
            .closed(.protocolError)
        ),
        RawCase(
            "RFC 9218 7.1 PRIORITY_UPDATE of stream 0",
            frame(Frame.priorityUpdate, stream: 0, word(0) + bytes("u=1")),
            .closed(.protocolError)
        ),
        RawCase(
            "RFC 9218 7.1 PRIORITY_UPDATE that is too short",
            frame(Frame.priorityUpdate, stream: 0, [0, 0, 1]),
            .closed(.frameSizeError)
        ),
    ]

    @Test("Section 4: frames and blocks", arguments: framingCases)
    func framing(_ raw: RawCase) throws {
        try judge(raw)
    }

    @Test("Section 5: streams and their states", arguments: stateCases)
    func states(_ raw: RawCase) throws {
        try judge(raw)
    }

    @Test("Section 6: frames of streams", arguments: streamCases)
    func streamFrames(_ raw: RawCase) throws {
        try judge(raw)
    }

    @Test("Section 6: frames of the connection", arguments: connectionCases)
    func connectionFrames(_ raw: RawCase) throws {
        try judge(raw)
    }

    @Test("3.4 a preface that is not one")
    func badPreface() throws {
        for wrong in ["GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r"] {
            let input = bytes(wrong)
            for cut in 0..<input.count {
                let transcript = try play(input, cutAt: [cut])
                #expect(transcript.fault == .badPreface)
                #expect(!transcript.output.contains { $0.type == Frame.goaway })
            }
        }
    }

    @Test("3.4 a first frame that is not SETTINGS")
    func firstFrame() throws {
        let ping = frame(Frame.ping, stream: 0, word(0) + word(0))
        try judge(RawCase("a PING", ping, .closed(.protocolError)), preface: magic)
        let answer = frame(Frame.settings, flags: Frame.ack, stream: 0)
        try judge(RawCase("an answer", answer, .closed(.protocolError)), preface: magic)
    }

    @Test("3.4 SETTINGS are the first that a server sends, and are not the peer's to wait for")
    func serverPrefaceSent() throws {
        let server = try ServerRecorder()
        let output = frames(server.drain().output)
        #expect(output.first?.type == Frame.settings)
        let payload = output.first?.payload ?? []
        let entries = stride(from: 0, to: payload.count, by: 6).map { place in
            "\(payload[place + 1])=\(payload[(place + 2)...].prefix(4).reduce(0) { $0 << 8 | UInt32($1) })"
        }
        #expect(entries.sorted() == ["3=128", "4=262144", "6=35968", "8=1", "9=1"])
        #expect(output.dropFirst().map { "\($0)" } == ["WINDOW_UPDATE 0 983041"])
    }

    @Test("5.1.2 streams beyond the limit are refused, before and after the limit is known")
    func streamLimit() throws {
        var limits = http2Limits
        limits.streamCount = 2
        let three = [1, 3, 5].flatMap { headers($0, goodPost, endsStream: false) }
        let early = try play(magic + settings() + three, limits: limits)
        #expect(early.output.map { "\($0)" }.contains("RST_STREAM 5 refusedStream"))
        #expect(early.fault == nil)
        let late = try play(clientPreface + three, limits: limits)
        #expect(late.output.map { "\($0)" }.contains("RST_STREAM 5 refusedStream"))
        #expect(late.fault == nil)
    }

    @Test("6.5.3 SETTINGS are acknowledged, an acknowledgement too many is an error")
    func acknowledgements() throws {
        let once = try play(clientPreface)
        #expect(once.output.filter { $0.type == Frame.settings }.count == 2)
        let twice = try play(clientPreface + frame(Frame.settings, flags: 1, stream: 0))
        #expect(twice.fault == .closed(.protocolError))
    }

    @Test("6.7 a PING is answered with its own eight bytes")
    func pingAnswer() throws {
        let question = frame(Frame.ping, stream: 0, bytes("12345678"))
        let answers = try play(clientPreface + question).output.filter { $0.type == Frame.ping }
        #expect(answers.map(\.payload) == [bytes("12345678")] && answers.map(\.flags) == [1])
    }

    @Test("6.9.1 more DATA than the stream's window")
    func streamWindow() throws {
        var limits = http2Limits
        limits.streamWindow = 10
        let input = clientPreface + Self.open + data(1, "12345678901")
        let transcript = try play(input, limits: limits)
        #expect(transcript.fault == .closed(.flowControlError))
    }

    @Test("6.9.1 more DATA than the connection's window")
    func connectionWindow() throws {
        var limits = http2Limits
        limits.connectionWindow = 65_535
        limits.streamWindow = 1_000_000
        let chunk = frame(Frame.data, stream: 1, [UInt8](repeating: 0x61, count: 16_384))
        let server = try ServerRecorder(limits)
        server.consumes = false
        let input = clientPreface + Self.open + chunk + chunk + chunk + chunk
        #expect(server.feed(input) == nil)
        #expect(server.drain().fault == .closed(.flowControlError))
        #expect(server.events.last == "closed 1 flowControlError")
    }
}
