import JSON
import Testing

struct JSONWritingTests {
    private func written(_ value: JSONValue) -> String {
        var bytes: [UInt8] = []
        value.write(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func escaped(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        JSONText.appendEscaped(bytes.span, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test
    func writesTheShortestForm() {
        let value: JSONValue = .object([
            "z": .null, "a": [1, -2, .real(0.1), .real(1e300), true, false], "\"": "x",
            "o": .object([:]),
        ])
        #expect(written(value) == #"{"z":null,"a":[1,-2,0.1,1e+300,true,false],"\"":"x","o":{}}"#)
    }

    @Test
    func writesNullForWhatJSONCannotSay() {
        #expect(written([.real(.infinity), .real(.nan)]) == "[null,null]")
    }

    @Test
    func readsBackWhatItWrote() throws {
        let value: JSONValue = [
            .integer(.min), .integer(.max), .real(.pi), .real(.leastNonzeroMagnitude),
            "\u{1}\u{1F}\u{7F}\u{80}\u{2028}\"\\",
            .object(["\u{E9}\n": [.object([:])]]),
        ]
        #expect(try parse(written(value)) == value)
    }

    @Test
    func escapesEveryControlCharacter() throws {
        let controls = (UInt8.min..<0x20).map { $0 } + [0x7F]
        let text = escaped(controls)
        #expect(text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
        #expect(text.hasPrefix(#"\u0000\u0001"#))
        #expect(text.contains(#"\b\t\n\u000b\f\r"#))
        #expect(text.hasSuffix(#"\u001f\u007f"#))
    }

    @Test(
        arguments: [
            ([0x61, 0xFF, 0x62], "a\u{FFFD}b"),
            ([0xC0, 0xAF], "\u{FFFD}\u{FFFD}"),
            ([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"),
            ([0xF4, 0x90, 0x80, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
            ([0xE2, 0x82], "\u{FFFD}\u{FFFD}"),
            ([0xE2, 0x82, 0xAC], "\u{20AC}"),
            ([0xF0, 0x9F, 0x98, 0x80], "\u{1F600}"),
            ([0xC3, 0xA9, 0x22], "\u{E9}\\\""),
        ] as [([UInt8], String)]
    )
    func replacesInvalidText(bytes: [UInt8], expected: String) {
        #expect(escaped(bytes) == expected)
    }

    @Test
    func anyTwoBytesBecomeValidJSON() throws {
        let limits = JSONLimits(size: 100, depth: 1)
        for first in UInt8.min...UInt8.max {
            for second in stride(from: 0 as UInt8, through: 250, by: 5) {
                var quoted: [UInt8] = []
                JSONText.appendQuoted([first, second].span, to: &quoted)
                // NUL is the one character that our own reader refuses.
                if first != 0, second != 0 {
                    #expect(try JSONValue.parse(quoted.span, limits: limits).string != nil)
                }
            }
        }
    }

    @Test
    func everyFaultExplainsItself() {
        #expect(Set(JSONFault.allCases.map(\.description)).count == JSONFault.allCases.count)
    }
}
