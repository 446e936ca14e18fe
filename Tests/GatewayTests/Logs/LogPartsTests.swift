import Access
import Bytes
import Configuration
import Telemetry
import Testing

@testable import Gateway

@Suite("The parts of the report")
struct LogPartsTests {
    @Test(
        "a line is read only when it is a flat object",
        arguments: [
            ("{}", true), ("{\"a\":1}", true), ("{\"a\":\"b\",\"c\":true,\"d\":-1.5}", true),
            ("", false), ("{", false), ("{\"a\"}", false), ("{\"a\":}", false),
            ("{\"a\":1,}", false),
            ("{\"a\":1}x", false), ("{\"a\":\"b}", false), ("{\"a\":\"\\", false),
            ("{\"a\":\"\\\"}", false), ("{\"a\":tru}", false), ("{\"a\":[1]}", false),
            ("[1]", false), ("{\"a\":\"b\tc\"}", false), ("\"a\"", false),
            ("{\"a\":\"\u{E9}\"}", true),
        ]
    )
    func shapes(line: String, isGood: Bool) {
        var fields = LogLine()
        let bytes = [UInt8](line.utf8)
        let isRead = fields.read(bytes.span)
        #expect(isRead == isGood)
    }

    @Test("no cut of a line, and no flipped bit, does harm")
    func hostile() {
        let line = [UInt8](
            #"{"time":"2026-02-01T00:00:00.123Z","decision":"refuse","path":"\u00e9\n\"","verified":false,"status":401}"#
                .utf8
        )
        var fields = LogLine()
        for end in 0..<line.count {
            let isRead = fields.read(line.span.extracting(0..<end))
            #expect(!isRead)
        }
        let isRead = fields.read(line.span)
        let path = fields.text(.path, of: line.span)
        let status = fields.text(.status, of: line.span)
        let seconds = fields.seconds(of: line.span)
        #expect(isRead && path == "\u{E9}\n\"" && status == "401" && seconds == 1_769_904_000)
        #expect(fields.flag(.verified) == false)
        var readable = 0
        for place in line.indices {
            for bit in 0..<8 {
                var flipped = line
                flipped[place] ^= 1 << UInt8(bit)
                if fields.read(flipped.span) {
                    readable += 1
                    _ = RecordKey.allCases.map { fields.text($0, of: flipped.span) }
                    _ = fields.seconds(of: flipped.span)
                }
            }
        }
        #expect(readable > 100)
    }

    @Test("what a line says is read back as the encoder meant it")
    func roundTrip() throws {
        let fixture = LogFixture()
        let odd = "a\"b\\c\n\u{1}\u{7F}\u{85}\u{2028}\u{E9}\u{1F600}"
        try fixture.write([FixtureRequest(subject: odd)])
        let file = try File(reading: fixture.path)
        var reader = LogLineReader(file)
        var subjects: [String?] = []
        var fields = LogLine()
        try reader.readToEnd { line in
            let isRead = fields.read(line)
            #expect(isRead)
            subjects.append(fields.text(.subject, of: line))
        }
        #expect(subjects == [odd])
    }

    @Test(
        "times are read strictly",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:00:00.000Z", 951_825_600),
            ("9999-12-31T23:59:59Z", 253_402_300_799), ("2026-02-01T00:00:00", nil),
            ("2026-13-01T00:00:00Z", nil), ("2026-02-01T24:00:00Z", nil), ("", nil),
            ("2026-02-0aT00:00:00Z", nil), ("-026-02-01T00:00:00Z", nil),
            ("2026-02-01 00:00:00Z", nil),
        ] as [(String, Int64?)]
    )
    func times(text: String, seconds: Int64?) {
        let bytes = [UInt8](text.utf8)
        let read = LogTime.seconds(bytes.span)
        #expect(read == seconds)
        if let seconds {
            #expect(LogTime.shown(seconds) == text.prefix(19).replacing("T", with: " "))
        }
    }

    @Test("every reason of the architecture has its own hint")
    func hints() {
        let reasons = Reason.allCases.map { "\($0.word)" }
        let hints = reasons.map { ReasonHint.sentence(reason: $0, detail: nil) }
        #expect(Set(hints).count == reasons.count)
        #expect(hints.allSatisfy { !$0.contains("this version does not know") && $0.count < 200 })
        let unknown = ReasonHint.sentence(reason: "nonsense", detail: "nonsense")
        #expect(unknown.contains("this version does not know"))
    }

    @Test("every directive that a hint names is one of the conf's")
    func directives() {
        let reference = ConfigurationReference.markdown()
        let hints = Reason.allCases.map { ReasonHint.sentence(reason: "\($0.word)", detail: nil) }
        let details = ["path.ambiguous", "head.size", "head.target_size", "head.field_count"]
        let reasons = ["request_malformed", "head_too_large", "header_unsupported"]
        let detailed = (details + ["header.jku"]).flatMap { detail in
            reasons.compactMap { ReasonHint.hint(reason: $0, detail: detail) }
        }
        #expect(detailed.count == 5)
        var count = 0
        for hint in hints + detailed {
            let quoted = hint.split(separator: "`", omittingEmptySubsequences: false)
            for (index, word) in quoted.enumerated() where index % 2 == 1 {
                guard let name = word.split(separator: " ").first, name.contains("_") else {
                    continue
                }
                #expect(reference.contains(name), "\(name) in \(hint)")
                count += 1
            }
        }
        #expect(count > 15)
    }

    @Test("a detail makes the hint more to the point, an unknown one does not take it away")
    func details() {
        #expect(
            ReasonHint.sentence(reason: "header_unsupported", detail: "header.jku").contains(
                "`jku`"
            )
        )
        #expect(
            ReasonHint.sentence(reason: "claim_missing", detail: "claim.exp").contains("for ever")
        )
        #expect(
            ReasonHint.sentence(reason: "claim_invalid", detail: "claim.nbf").contains("`nbf`")
        )
        #expect(
            ReasonHint.sentence(reason: "token_malformed", detail: "other")
                == ReasonHint.sentence(reason: "token_malformed", detail: nil)
        )
    }

    @Test("texts are cut by what is seen of them")
    func terminal() {
        #expect(TerminalText.safe("abc", width: 3) == "abc")
        #expect(TerminalText.safe("abcd", width: 3) == "ab\u{2026}")
        #expect(TerminalText.safe("a\u{1B}b", width: 5) == "a\u{2026}")
        #expect(TerminalText.safe("\u{4F60}\u{1F600}") == "\u{4F60}\u{1F600}")
        #expect(TerminalText.grouped(0) == "0")
        #expect(TerminalText.grouped(999) == "999")
        #expect(TerminalText.grouped(1_234_567) == "1 234 567")
    }
}
