import HTTP
import Testing

/// What a server may not send to our client.
@Suite("HTTP/2: rules of responses")
struct ResponseRuleTests {
    /// What a server sends on the first stream, and what our client makes of it.
    struct Case: CustomTestStringConvertible, Sendable {
        var clause: String
        var input: [UInt8]
        /// The last events.
        var events: [String]
        var testDescription: String { clause }

        init(_ clause: String, _ input: [UInt8], _ events: [String]) {
            self.clause = clause
            self.input = input
            self.events = events
        }

        static func malformed(_ clause: String, _ input: [UInt8], _ fault: ParseFault) -> Case {
            Case(clause, input, ["malformed 1 \(fault)", "closed 1 protocolError"])
        }
    }

    private static func ok(_ fields: (String, String)..., endsStream: Bool = true) -> [UInt8] {
        headers(1, [(":status", "200")] + fields, endsStream: endsStream)
    }

    private static let cases: [Case] = [
        .malformed("8.3.2 no :status", headers(1, [("a", "b")]), .missingPseudoField),
        .malformed("8.3.2 :status twice", ok((":status", "200")), .malformedPseudoField),
        .malformed(
            "8.3.2 :status that is no number",
            headers(1, [(":status", "2xx")]),
            .malformedPseudoField
        ),
        .malformed(
            "8.3.2 :status of four digits",
            headers(1, [(":status", "2000")]),
            .malformedPseudoField
        ),
        .malformed(
            "8.3.2 :status below 100",
            headers(1, [(":status", "099")]),
            .malformedPseudoField
        ),
        .malformed("8.3 a request's pseudo-header", ok((":path", "/")), .malformedPseudoField),
        .malformed(
            "8.3 a pseudo-header behind a field",
            headers(1, [("a", "b"), (":status", "200")]),
            .malformedPseudoField
        ),
        .malformed(
            "8.6 101 is not of HTTP/2",
            headers(1, [(":status", "101")]),
            .malformedPseudoField
        ),
        .malformed("8.2.1 a name in upper case", ok(("Server", "x")), .upperCaseFieldName),
        .malformed("8.2.1 a line end in a value", ok(("a", "b\r\nc: d")), .controlCharacter),
        .malformed("8.2.2 connection", ok(("connection", "close")), .connectionField),
        .malformed(
            "8.2.2 transfer-encoding",
            ok(("transfer-encoding", "chunked")),
            .connectionField
        ),
        .malformed(
            "content-length twice",
            ok(("content-length", "0"), ("content-length", "0")),
            .duplicateContentLength
        ),
        .malformed(
            "content-length with a sign",
            ok(("content-length", "+1")),
            .malformedContentLength
        ),
        .malformed(
            "content-length with a leading zero",
            ok(("content-length", "01"), endsStream: false),
            .malformedContentLength
        ),
        .malformed("8.1.1 content-length and no body", ok(("content-length", "3")), .bodyLength),
        .malformed(
            "8.1 an interim response that ends the stream",
            headers(1, [(":status", "103")]),
            .bodyLength
        ),
        Case(
            "8.1.1 more than content-length",
            ok(("content-length", "1"), endsStream: false) + data(1, "a") + data(1, "b"),
            ["data 1 a", "malformed 1 bodyLength", "closed 1 protocolError"]
        ),
        Case(
            "8.1.1 less than content-length",
            ok(("content-length", "3"), endsStream: false) + data(1, "a", endsStream: true),
            ["data 1 a", "malformed 1 bodyLength", "closed 1 protocolError"]
        ),
        Case("8.1 DATA before the head", data(1, "a"), ["closed 1 protocolError"]),
        Case(
            "8.1 DATA after an interim head",
            headers(1, [(":status", "103")], endsStream: false) + data(1, "a"),
            ["information 1 103 http2 none", "malformed 1 bodyLength", "closed 1 protocolError"]
        ),
        Case(
            "8.1 trailers without END_STREAM",
            ok(endsStream: false) + headers(1, [("a", "b")], endsStream: false),
            [
                "response 1 200 http2 chunked", "malformed 1 malformedTrailer",
                "closed 1 protocolError",
            ]
        ),
        Case(
            "8.1 a pseudo-header in trailers",
            ok(endsStream: false) + headers(1, [(":status", "200")]),
            [
                "response 1 200 http2 chunked", "malformed 1 malformedPseudoField",
                "closed 1 protocolError",
            ]
        ),
        Case(
            "8.4 a push that was never allowed",
            frame(Frame.pushPromise, flags: 4, stream: 1, word(2)),
            ["closed 1 protocolError"]
        ),
        Case(
            "5.1.1 a stream that the server opens",
            headers(2, [(":status", "200")]),
            ["closed 1 protocolError"]
        ),
        Case(
            "5.1.1 a stream that nobody opened",
            headers(3, [(":status", "200")]),
            ["closed 1 protocolError"]
        ),
        Case("6.5.2 a server that wants to push", settings([(2, 1)]), ["closed 1 protocolError"]),
        Case(
            "RFC 8441 3 extended CONNECT taken back",
            settings([(8, 1)]) + settings([(8, 0)]),
            ["closed 1 protocolError"]
        ),
        Case(
            "6.8 GOAWAY of a stream that is not ours",
            frame(Frame.goaway, stream: 0, word(2) + word(0)),
            ["closed 1 protocolError"]
        ),
        Case(
            "6.8 GOAWAY with nothing processed",
            frame(Frame.goaway, stream: 0, word(0) + word(0)),
            ["draining", "closed 1 refusedStream"]
        ),
        Case(
            "6.8 a GOAWAY that takes more back",
            frame(Frame.goaway, stream: 0, word(1) + word(0))
                + frame(Frame.goaway, stream: 0, word(0) + word(0)),
            ["draining", "closed 1 refusedStream"]
        ),
        Case("RST_STREAM that refuses", reset(1, .refusedStream), ["closed 1 refusedStream"]),
        Case(
            "204 may not have a body",
            headers(1, [(":status", "204")], endsStream: false) + data(1, "a"),
            ["response 1 204 http2 none", "malformed 1 bodyLength", "closed 1 protocolError"]
        ),
    ]

    private func play(_ raw: Case, cutAt cuts: [Int] = []) throws -> [String] {
        let client = try ClientRecorder()
        try client.request(goodHead)
        _ = client.drain()
        _ = client.feed(serverPreface)
        _ = client.feed(raw.input, cutAt: cuts)
        _ = client.drain()
        #expect(client.openSlots.isEmpty)
        return client.events
    }

    @Test("A response is held to the rules", arguments: cases)
    func rules(_ raw: Case) throws {
        let whole = try play(raw)
        #expect(whole.suffix(raw.events.count) == raw.events[...])
        for cut in 1..<raw.input.count {
            #expect(try play(raw, cutAt: [cut]) == whole)
        }
        #expect(try play(raw, cutAt: Array(1..<raw.input.count)) == whole)
    }

    @Test("Responses are framed by length, by their end, or not at all")
    func framing() throws {
        let client = try ClientRecorder()
        for _ in 0..<4 {
            try client.request(goodHead)
        }
        _ = client.drain()
        var input = serverPreface
        input += headers(1, [(":status", "200"), ("content-length", "3")], endsStream: false)
        input += headers(3, [(":status", "200")], endsStream: false)
        input += headers(5, [(":status", "304"), ("content-length", "3")])
        input += headers(7, [(":status", "204"), ("content-length", "0")])
        #expect(client.feed(input) == nil)
        #expect(
            client.events.filter { $0.hasPrefix("response") } == [
                "response 1 200 http2 length(3) content-length=3",
                "response 2 200 http2 chunked",
                "response 3 304 http2 none complete content-length=3",
                "response 4 204 http2 none complete",
            ]
        )
    }

    @Test("Interim responses without end")
    func informationFlood() throws {
        let client = try ClientRecorder()
        try client.request(goodHead)
        _ = client.drain()
        let interim = headers(1, [(":status", "103")], endsStream: false)
        #expect(
            client.feed(serverPreface + Array(repeating: interim, count: 16).flatMap(\.self)) == nil
        )
        #expect(client.events.count == 16)
        #expect(client.feed(interim + interim) == nil)
        #expect(client.events.dropFirst(16) == ["malformed 1 informationalFlood"])
        _ = client.drain()
        #expect(client.events.last == "closed 1 protocolError")
    }

    @Test("A head beyond the limits of a client")
    func largeHead() throws {
        var limits = http2Limits
        limits.head = HeadLimits(size: 200, fieldCount: 3, targetSize: 100)
        let value = String(repeating: "v", count: 200)
        for (fields, fault) in [
            ([("x", value)], ParseFault.headTooLarge),
            (Array(repeating: ("a", "b"), count: 4), .tooManyFields),
        ] {
            let client = try ClientRecorder(limits)
            try client.request(goodHead)
            _ = client.drain()
            #expect(client.feed(serverPreface + headers(1, [(":status", "200")] + fields)) == nil)
            _ = client.drain()
            #expect(client.events == ["malformed 1 \(fault)", "closed 1 enhanceYourCalm"])
        }
    }

    @Test("A client's preface is the magic and SETTINGS without push")
    func preface() throws {
        let client = try ClientRecorder()
        let output = client.drain().output
        #expect(output.starts(with: magic))
        let payload = frames(output).first?.payload ?? []
        let ids = stride(from: 0, to: payload.count, by: 6).map { payload[$0 + 1] }
        #expect(ids.sorted() == [2, 4, 6, 9])
        #expect(!client.session.hasSettings && !client.session.allowsExtendedConnect)
    }
}
