import Bytes
import HTTP
import Testing

/// HPACK as a session sees it: the examples of RFC 7541, and what may be made of little.
@Suite("HTTP/2: compressed heads")
struct CompressionTests {
    private static func unhex(_ text: String) -> [UInt8] {
        let digits = text.utf8.compactMap { ASCII.hexValue($0) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func block(_ stream: UInt32, _ bytes: [UInt8]) -> [UInt8] {
        frame(Frame.headers, flags: 5, stream: stream, bytes)
    }

    private static let requests = [
        "request %d GET www.example.com / path=/ get http2 origin none complete",
        "request %d GET www.example.com / path=/ get http2 origin none complete"
            + " cache-control=no-cache",
        "request %d GET www.example.com /index.html path=/index.html get http2 origin none complete"
            + " custom-key=custom-value",
    ]

    @Test(
        "RFC 7541 C.3 and C.4: three requests on one connection",
        arguments: [
            [
                "828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865",
                "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
            ],
            [
                "828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf",
                "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
            ],
        ]
    )
    func requestExamples(_ blocks: [String]) throws {
        let input =
            clientPreface
            + blocks.enumerated().flatMap {
                Self.block(UInt32(2 * $0.offset + 1), Self.unhex($0.element))
            }
        let whole = try play(input)
        let expected = Self.requests.enumerated().map { index, line in
            line.split(separator: "%d", omittingEmptySubsequences: false).joined(
                separator: "\(2 * index + 1)"
            )
        }
        #expect(whole.events == expected)
        for cut in 1..<input.count {
            #expect(try play(input, cutAt: [cut]) == whole)
        }
    }

    @Test(
        "RFC 7541 C.5 and C.6: three responses, with a table of 256 bytes",
        arguments: [
            [
                "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d",
                "4803333037c1c0bf",
                "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
            ],
            [
                "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
                "4883640effc1c0bf",
                "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
            ],
        ]
    )
    func responseExamples(_ blocks: [String]) throws {
        let client = try ClientRecorder()
        for _ in 0..<3 {
            try client.request(goodHead)
        }
        _ = client.drain()
        #expect(client.feed(serverPreface) == nil)
        // The encoder of the examples has a table of 256 bytes, and says so (§4.2).
        let size: [UInt8] = [0x3F, 0xE1, 0x01]
        for (index, text) in blocks.enumerated() {
            let bytes = (index == 0 ? size : []) + Self.unhex(text)
            #expect(client.feed(Self.block(UInt32(2 * index + 1), bytes)) == nil)
        }
        let date = "date=Mon, 21 Oct 2013 20:13:21 GMT location=https://www.example.com"
        let heads = client.events.filter { $0.hasPrefix("response") }
        #expect(
            heads == [
                "response 1 302 http2 none complete cache-control=private \(date)",
                "response 2 307 http2 none complete cache-control=private \(date)",
                "response 3 200 http2 none complete cache-control=private"
                    + " date=Mon, 21 Oct 2013 20:13:22 GMT location=https://www.example.com"
                    + " content-encoding=gzip"
                    + " set-cookie=foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
            ]
        )
    }

    private static let tables: [RawCase] = [
        RawCase(
            "RFC 7541 4.2 a table size update at the beginning",
            block(1, [0x20, 0x3F, 0xE1, 0x1F] + goodHead.flatMap { literal($0.0, $0.1) }),
            .accepted
        ),
        RawCase(
            "RFC 7541 4.2 a table size update behind a field",
            block(1, [0x82, 0x20, 0x84]),
            .closed(.compressionError)
        ),
        RawCase(
            "RFC 7541 6.3 a table beyond what SETTINGS allow",
            block(1, [0x3F, 0xE2, 0x1F, 0x82]),
            .closed(.compressionError)
        ),
        RawCase("RFC 7541 6.1 the index 0", block(1, [0x80]), .closed(.compressionError)),
        RawCase(
            "RFC 7541 5.2 a text longer than the block",
            block(1, [0x00, 0x05, 0x61]),
            .closed(.compressionError)
        ),
        RawCase(
            "RFC 7541 5.2 padding of more than seven bits",
            block(1, [0x00, 0x82, 0x1F, 0xFF, 0x01, 0x61]),
            .closed(.compressionError)
        ),
        RawCase(
            "RFC 7541 5.2 the end of a text inside it",
            block(1, [0x00, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0x61]),
            .closed(.compressionError)
        ),
        RawCase(
            "RFC 7541 5.1 a number without end",
            block(1, [0x00, 0x7F] + [UInt8](repeating: 0xFF, count: 12)),
            .closed(.compressionError)
        ),
        RawCase(
            "RFC 7541 4.3 blocks of streams that are ignored keep the table",
            block(5, goodHead.flatMap { literal($0.0, $0.1) }) + reset(5, .cancel)
                + block(5, [0x40] + literal("a", "b").dropFirst())
                + block(7, goodHead.flatMap { literal($0.0, $0.1) } + [0xBE]),
            .accepted
        ),
    ]

    @Test("Tables and texts", arguments: tables)
    func checkTables(_ raw: RawCase) throws {
        try judge(raw)
    }

    @Test("An HPACK bomb: one field, referred to again and again")
    func bomb() throws {
        let value = String(repeating: "a", count: 3900)
        let entry: [UInt8] = [0x40] + literal("x", value).dropFirst()
        let head = goodHead.flatMap { literal($0.0, $0.1) }
        let few = Self.block(1, head + entry + [UInt8](repeating: 0xBE, count: 12))
        let refused = try play(clientPreface + few)
        #expect(refused.events.first == "refused 1 headTooLarge 431 complete")
        #expect(refused.fault == nil)
        let many = Self.block(1, head + entry + [UInt8](repeating: 0xBE, count: 4000))
        let input = clientPreface + many
        let whole = try play(input)
        #expect(whole.fault == .flooded(.headerBomb))
        #expect(whole.output.last?.number(at: 4) == HTTP2ErrorCode.enhanceYourCalm.rawValue)
        #expect(whole.events.isEmpty)
        for cut in [input.count - 3990, input.count - 3970, input.count - 3950, input.count - 1] {
            #expect(try play(input, cutAt: [cut]) == whole)
        }
    }

    @Test("A bomb of tiny fields counts what they cost")
    func tinyBomb() throws {
        let head = goodHead.flatMap { literal($0.0, $0.1) }
        let tiny = Self.block(1, head + [UInt8](repeating: 0x90, count: 6000))
        #expect(try play(clientPreface + tiny).fault == .flooded(.headerBomb))
    }

    @Test(
        "A head at the limit is read, one beyond it is refused once, and its body comes all the same"
    )
    func headLimit() throws {
        var limits = http2Limits
        limits.head = HeadLimits(size: 1000, fieldCount: 10, targetSize: 100)
        let used = goodPost.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count + 4 }
        let room = 1000 - used - 5
        for extra in 0...1 {
            let value = String(repeating: "v", count: room + extra)
            let head = headers(1, goodPost + [("x", value)], endsStream: false)
            let body = data(1, "abc", endsStream: true)
            let transcript = try play(clientPreface + head + body, limits: limits)
            #expect(transcript.fault == nil)
            if extra == 0 {
                #expect(transcript.events[0].hasPrefix("request 1"))
            } else {
                #expect(transcript.events[0] == "refused 1 headTooLarge 431")
            }
            #expect(transcript.events[1...].prefix(2) == ["data 1 abc", "end 1"])
        }
    }

    @Test("A head beyond the limit is reset where nobody answers it")
    func unansweredHead() throws {
        var limits = http2Limits
        limits.head = HeadLimits(size: 200, fieldCount: 10, targetSize: 100)
        let server = try ServerRecorder(limits)
        server.accepts = false
        let value = String(repeating: "v", count: 200)
        #expect(server.feed(clientPreface + headers(1, goodHead + [("x", value)])) == nil)
        let output = frames(server.drain().output).map { "\($0)" }
        #expect(output.last == "RST_STREAM 1 enhanceYourCalm")
    }

    @Test("Trailers have the limits of a head")
    func trailerLimit() throws {
        var limits = http2Limits
        limits.head = HeadLimits(size: 300, fieldCount: 5, targetSize: 100)
        let open = headers(1, goodPost, endsStream: false)
        let fit = try play(clientPreface + open + headers(1, [("x", "y")]), limits: limits)
        #expect(fit.events.contains("trailers 1 x=y"))
        let value = String(repeating: "v", count: 300)
        let large = try play(clientPreface + open + headers(1, [("x", value)]), limits: limits)
        #expect(large.events.last == "closed 1 enhanceYourCalm")
        #expect(!large.events.contains { $0.hasPrefix("trailers") })
    }

    @Test("A small table of the peer is kept to")
    func smallTable() throws {
        let server = try ServerRecorder()
        server.answer = (200, nil)
        let preface = magic + settings([(1, 0)]) + frame(Frame.settings, flags: 1, stream: 0)
        #expect(server.feed(preface + headers(1, goodHead) + headers(3, goodHead)) == nil)
        let blocks = frames(server.drain().output).filter { $0.type == Frame.headers }.map(
            \.payload
        )
        #expect(blocks.count == 2 && blocks[0].first == 0x20)
        // Nothing was kept, so the second is as long as the first but for the update.
        #expect(Array(blocks[0].dropFirst()) == blocks[1])
    }
}
