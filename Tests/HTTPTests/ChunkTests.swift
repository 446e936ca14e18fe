import Bytes
import HTTP
import Testing

@Suite("Chunked bodies")
struct ChunkTests {
    private static let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    private func outcome(_ body: String, cutAt cuts: [Int] = []) -> [String] {
        let offset = Self.head.utf8.count
        return Array(
            serve(bytes(Self.head + body), cutAt: cuts.map { $0 + offset }).events.dropFirst()
        )
    }

    @Test(
        "Refused, whole and cut at every byte",
        arguments: [
            ("+5\r\n", ParseFault.chunkSize), ("-5\r\n", .chunkSize), ("-0\r\n", .chunkSize),
            ("0x5\r\n", .chunkSize), ("5_0\r\n", .chunkSize), (" 5\r\n", .chunkSize),
            ("5 \r\n", .chunkSize), ("5\t\r\n", .chunkSize), ("5 ;a\r\n", .chunkSize),
            ("\r\n", .chunkSize), (";a\r\n", .chunkSize), ("g\r\n", .chunkSize),
            ("5,5\r\n", .chunkSize), ("5.0\r\n", .chunkSize), ("5\n", .chunkSize),
            ("5\rx", .chunkSize), ("5\r\r\n", .chunkSize), ("\0\r\n", .chunkSize),
            ("5h\r\n", .chunkSize), ("\"5\"\r\n", .chunkSize), ("\u{FF15}\r\n", .chunkSize),
            ("8000000000000000\r\n", .chunkSizeOverflow),
            ("ffffffffffffffff\r\n", .chunkSizeOverflow),
            ("10000000000000000\r\n", .chunkSizeOverflow),
            ("00000000000000005\r\nhello\r\n", .chunkSizeOverflow),
            ("fffffffffffffffff\r\n", .chunkSizeOverflow),
            ("1;a\nb\r\n", .chunkExtension), ("1;a\0\r\n", .chunkExtension),
            ("1;a\u{7F}\r\n", .chunkExtension), ("1;\u{E4}\r\n", .chunkExtension),
            ("1;a\rb\r\n", .chunkSize),
            ("1;" + String(repeating: "a", count: 257) + "\r\n", .chunkExtensionTooLong),
            ("1\r\naX\r\n", .chunkUnterminated), ("1\r\na\n", .chunkUnterminated),
            ("1\r\na\rX", .chunkUnterminated), ("1\r\nab\r\n", .chunkUnterminated),
            ("1\r\na0\r\n\r\n", .chunkUnterminated),
            ("0\r\nX\r\n\r\n", .malformedTrailer), ("0\r\nA b: c\r\n\r\n", .malformedTrailer),
            ("0\r\n: c\r\n\r\n", .malformedTrailer), ("0\r\n A: b\r\n\r\n", .malformedTrailer),
            ("0\r\nA: b\r\n c\r\n\r\n", .malformedTrailer),
            ("0\r\nA : b\r\n\r\n", .malformedTrailer),
            ("0\r\nA: \0\r\n\r\n", .malformedTrailer), ("0\r\nA: b\n\r\n", .malformedTrailer),
            ("0\r\nA: b\rc\r\n\r\n", .malformedTrailer), ("0\r\n\n", .malformedTrailer),
            ("0\r\n\r\r\n", .malformedTrailer), ("0\n\n", .chunkSize),
            ("0\r\nA\r\n", .malformedTrailer),
        ]
    )
    func refuses(_ body: String, _ fault: ParseFault) {
        let whole = outcome(body)
        #expect(whole.last == "fault \(fault)")
        for cut in 0...body.utf8.count {
            #expect(outcome(body, cutAt: [cut]) == whole)
        }
    }

    @Test("Sizes are read in either case, with leading zeros and extensions")
    func accepts() {
        #expect(
            outcome("A\r\n0123456789\r\n0\r\n\r\n") == [
                "body 0123456789", "end", "left  late=false",
            ]
        )
        #expect(outcome("a\r\n0123456789\r\n0\r\n\r\n")[0] == "body 0123456789")
        #expect(outcome("0000000000000001\r\nx\r\n0000\r\n\r\n")[0] == "body x")
        #expect(outcome("1;n=v;q=\"a b\"\r\nx\r\n0;last\r\n\r\n")[0] == "body x")
        #expect(
            outcome("1;" + String(repeating: "a", count: 256) + "\r\nx\r\n0\r\n\r\n")[0] == "body x"
        )
    }

    @Test("Payload that looks like framing is payload")
    func opaque() {
        #expect(outcome("7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n")[0] == "body 0\r\n\r\n\r\n")
    }

    @Test("Trailers are dropped, and more than the limit of them is refused")
    func trailers() {
        #expect(
            outcome("0\r\nContent-Length: 5\r\nHost: b\r\n\r\n") == ["end", "left  late=false"]
        )
        let many = String(repeating: "A: b\r\n", count: 6000)
        #expect(outcome("0\r\n" + many + "\r\n") == ["fault trailerTooLarge"])
    }

    @Test("Extensions of one body are bounded together")
    func extensionFlood() {
        let chunk = "1;" + String(repeating: "a", count: 256) + "\r\nx\r\n"
        #expect(
            outcome(String(repeating: chunk, count: 64) + "0\r\n\r\n").last == "left  late=false"
        )
        #expect(outcome(String(repeating: chunk, count: 65)).last == "fault chunkExtensionTooLong")
    }

    @Test("The largest chunk that can be counted is read")
    func largest() throws {
        var machine = HTTP1ServerMachine(limits: limits)
        var head = RequestHead()
        _ = try machine.advance(over: bytes(Self.head).span, head: &head)
        let size = bytes("7fffffffffffffff\r\nabc")
        #expect(try machine.advance(over: size.span, head: &head) == .body(skip: 18, count: 3))
        machine.bodyConsumed(3)
        #expect(try machine.advance(over: size.span, head: &head) == .body(skip: 0, count: 21))
    }

    /// A text after which the decoder stands in a state of its own, and the bytes that may follow.
    struct Place: Sendable, CustomTestStringConvertible {
        let name: String
        let before: String
        let accepts: @Sendable (UInt8) -> Bool

        var testDescription: String { name }
    }

    private static let places: [Place] = [
        Place(name: "first digit", before: "") { ASCII.hexValue($0) != nil },
        Place(name: "more digits", before: "1") {
            ASCII.hexValue($0) != nil || $0 == 0x0D || $0 == 0x3B
        },
        Place(name: "extension", before: "1;") { $0 == 0x0D || $0 == 9 || 0x20..<0x7F ~= $0 },
        Place(name: "size line feed", before: "1\r") { $0 == 0x0A },
        Place(name: "payload", before: "1\r\n") { _ in true },
        Place(name: "payload CR", before: "1\r\nx") { $0 == 0x0D },
        Place(name: "payload LF", before: "1\r\nx\r") { $0 == 0x0A },
        Place(name: "next first digit", before: "1\r\nx\r\n") { ASCII.hexValue($0) != nil },
        Place(name: "trailer start", before: "0\r\n") { ASCII.isTokenByte($0) || $0 == 0x0D },
        Place(name: "trailer name", before: "0\r\nA") { ASCII.isTokenByte($0) || $0 == 0x3A },
        Place(name: "trailer value", before: "0\r\nA:") {
            ASCII.isFieldValueByte($0) || $0 == 0x0D
        },
        Place(name: "trailer LF", before: "0\r\nA:b\r") { $0 == 0x0A },
        Place(name: "next trailer", before: "0\r\nA:b\r\n") { ASCII.isTokenByte($0) || $0 == 0x0D },
        Place(name: "last LF", before: "0\r\n\r") { $0 == 0x0A },
    ]

    @Test("Every state takes exactly the bytes of its grammar", arguments: places)
    func everyStateEveryByte(_ place: Place) {
        for byte in UInt8.min...UInt8.max {
            let events = serve(bytes(Self.head + place.before) + [byte]).events
            let isRefused = events.last?.hasPrefix("fault") == true
            #expect(isRefused != place.accepts(byte), "\(place.name) \(byte)")
        }
    }

    @Test("What is written is what is read")
    func writes() {
        for count in [1, 9, 10, 15, 16, 255, 256, 4095, 4096, 65_535, 65_536] {
            var buffer = ByteBuffer(capacity: 64)
            ChunkWriter.begin(count: count, into: &buffer)
            #expect(buffer.count <= ChunkWriter.overheadMax - 2)
            #expect(buffer.bytes.text() == String(count, radix: 16) + "\r\n")
            let payload = [UInt8](repeating: 0x78, count: count)
            buffer.append(payload.span)
            ChunkWriter.end(into: &buffer)
            ChunkWriter.last(into: &buffer)
            let events = outcome(buffer.bytes.text())
            #expect(events == ["body \(payload.span.text())", "end", "left  late=false"])
        }
    }
}
