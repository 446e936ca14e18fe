import Bytes
import Telemetry
import Testing

@Suite("A JSON line")
struct JSONLineTests {
    @Test("holds every field, in order, with the names of the documentation")
    func golden() throws {
        let line = try write { record in
            record.set(.referer, text: "https://a.test/")
            record.set(.userAgent, text: "curl/8")
            record.set(.upstreamError, literal: "connect_refused")
            record.set(.firstByte, number: 1_234_567)
            record.set(.upstreamConnect, number: 999)
            record.set(.duration, number: 61_000_000_001)
            record.set(.bytesSent, number: 1024)
            record.set(.bytesReceived, number: 0)
            record.set(.upstream, text: "127.0.0.1:9000")
            record.set(.scopesMissing, text: "orders:write")
            record.set(.tokenFingerprint, text: "0011223344556677")
            record.set(.algorithm, literal: "RS256")
            record.set(.keyID, text: "k1")
            record.set(.subject, text: "user-1")
            record.set(.issuer, text: "https://issuer.test")
            record.set(.verified, flag: true)
            record.set(.detail, literal: "scope")
            record.set(.reason, literal: "scope_insufficient")
            record.set(.decision, literal: "refuse")
            record.set(.status, number: 403)
            record.set(.route, text: "/orders/")
            record.set(.tlsVersion, literal: "TLSv1.3")
            record.set(.protocolName, literal: "HTTP/1.1")
            record.set(.path, text: "/orders/1?a=b")
            record.set(.host, text: "api.test")
            record.set(.method, literal: "POST")
            record.set(.client, text: "192.0.2.7")
            record.set(.requestID, text: "0123456789abcdef")
            record.set(.time, number: 1_769_904_000_123_456_789)
        }
        let expected = """
            {"time":"2026-02-01T00:00:00.123Z","request_id":"0123456789abcdef",\
            "client":"192.0.2.7","method":"POST","host":"api.test","path":"/orders/1?a=b",\
            "protocol":"HTTP/1.1","tls":"TLSv1.3","route":"/orders/","status":403,\
            "decision":"refuse","reason":"scope_insufficient","detail":"scope","verified":true,\
            "issuer":"https://issuer.test","subject":"user-1","kid":"k1","alg":"RS256",\
            "token":"0011223344556677","scopes_missing":"orders:write",\
            "upstream":"127.0.0.1:9000","bytes_in":0,"bytes_out":1024,"duration":61.000000,\
            "upstream_connect":0.000000,"first_byte":0.001234,\
            "upstream_error":"connect_refused","user_agent":"curl/8","referer":"https://a.test/"}
            """
        #expect(try text(line) == expected)
    }

    @Test("leaves out what was not set")
    func absent() throws {
        #expect(try text(write { _ in }) == "{}")
        #expect(try text(write { $0.set(.verified, flag: false) }) == #"{"verified":false}"#)
    }

    @Test("writes numbers to their ends")
    func numbers() throws {
        let line = try write { record in
            record.set(.bytesReceived, number: .max)
            record.set(.bytesSent, number: .min)
            record.set(.duration, number: .max)
            record.set(.firstByte, number: -5)
        }
        let expected = """
            {"bytes_in":9223372036854775807,"bytes_out":-9223372036854775808,\
            "duration":9223372036.854775,"first_byte":0.000000}
            """
        #expect(try text(line) == expected)
    }

    @Test("reads each lone byte back as the Latin-1 letter, at every place of a word")
    func everyByte() throws {
        for byte in UInt8.min...UInt8.max {
            for place in [0, 3, 7, 8, 11] {
                var bytes = [UInt8](repeating: 0x61, count: 12)
                bytes[place] = byte
                let fields = try StrictJSON.fields(of: write { $0.set(.path, bytes.span) })
                let expected = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
                #expect(
                    fields.count == 1 && fields[0].value == .text(expected),
                    "\(byte) at \(place)"
                )
            }
        }
    }

    @Test("keeps letters beyond ASCII, and escapes what leads readers astray")
    func letters() throws {
        let kept = "h\u{E9} \u{4F60}\u{597D} \u{1F600} \u{10FFFF}"
        #expect(try text(write { $0.set(.path, text: kept) }) == "{\"path\":\"\(kept)\"}")
        let line = try write { $0.set(.path, text: "\u{7F}\u{9B}\u{2028}\u{2029}\u{A0}\n\u{1B}") }
        #expect(
            try text(line) == "{\"path\":\"\\u007f\\u009b\\u2028\\u2029\u{A0}\\n\\u001b\"}"
        )
    }

    @Test(
        "takes no byte sequence for a letter that is none",
        arguments: [
            [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
            [0xC3], [0xC3, 0x28], [0xFF, 0xFE], [0x80],
        ] as [[UInt8]]
    )
    func malformed(bytes: [UInt8]) throws {
        let fields = try StrictJSON.fields(of: write { $0.set(.path, bytes.span) })
        let expected = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        #expect(fields[0].value == .text(expected))
    }

    @Test("stays one well-formed line whatever the bytes are", arguments: [1, 2, 3] as [UInt64])
    func random(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let directory = TemporaryDirectory()
        let log = try AccessLog(path: directory.file("log"), format: .json, limits: .patient)
        let sink = log.makeSink()
        var record = AccessRecord()
        for _ in 0..<500 {
            record.reset()
            for key in RecordKey.allCases where Bool.random(using: &generator) {
                let count = Int.random(in: 0...300, using: &generator)
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
                record.set(key, bytes.span)
            }
            sink.append(record)
        }
        sink.flush()
        #expect(log.flushAndClose())
        let all = try lines(of: directory.file("log"))
        #expect(all.count == 500)
        for line in all {
            _ = try StrictJSON.fields(of: line)
            #expect(line.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
        }
    }

    @Test("is shorter than 64 KiB at its worst")
    func bounded() throws {
        let junk = [UInt8](repeating: 0, count: 100_000)
        let line = try write { record in
            for key in RecordKey.allCases {
                record.set(key, junk.span)
            }
        }
        #expect(line.count > 30_000)
        #expect(line.count < 64 * 1024)
    }

    @Test("makes the date anew when the second changes, forwards and back")
    func dates() throws {
        let directory = TemporaryDirectory()
        let log = try AccessLog(path: directory.file("log"), format: .json, limits: .patient)
        let sink = log.makeSink()
        var record = AccessRecord()
        let moments: [(Int64, String)] = [
            (1_769_903_999_999_999_999, "2026-01-31T23:59:59.999Z"),
            (1_769_904_000_000_000_000, "2026-02-01T00:00:00.000Z"),
            (1_769_904_000_001_999_999, "2026-02-01T00:00:00.001Z"),
            (1_769_903_999_000_000_000, "2026-01-31T23:59:59.000Z"),
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000Z"),
        ]
        for (nanoseconds, _) in moments {
            record.set(.time, number: nanoseconds)
            sink.append(record)
        }
        sink.flush()
        #expect(log.flushAndClose())
        let expected = moments.map { "{\"time\":\"\($0.1)\"}" }
        #expect(try lines(of: directory.file("log")).map(text) == expected)
    }
}
