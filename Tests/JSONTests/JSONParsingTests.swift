import JSON
import Testing

/// Reads a text with limits that none of these tests is about.
func parse(_ text: String, size: Int = 1 << 20, depth: Int = 32) throws(JSONFault) -> JSONValue {
    try JSONValue.parse([UInt8](text.utf8).span, limits: JSONLimits(size: size, depth: depth))
}

struct JSONParsingTests {
    @Test(
        arguments: [
            ("null", JSONValue.null),
            (" true ", true),
            ("false\n", false),
            ("0", 0),
            ("-1", -1),
            ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)),
            ("1.5", .real(1.5)),
            ("1e3", .real(1000)),
            ("1e-400", .real(0)),
            ("\"\"", ""),
            ("\"a\\u00e9\\n\\ud83d\\ude00/\\/\"", "a\u{E9}\n\u{1F600}//"),
            ("[]", []),
            ("[1,[2],{}]", [1, [2], .object([:])]),
            ("{}", .object([:])),
            ("{\"a\":null,\"b\":[true]}", .object(["a": .null, "b": [true]])),
        ] as [(String, JSONValue)]
    )
    func readsEveryType(text: String, value: JSONValue) throws {
        #expect(try parse(text) == value)
    }

    @Test(arguments: [
        ("", JSONFault.truncated),
        ("[1", .truncated),
        ("{\"a\":", .truncated),
        ("\"abc", .truncated),
        ("1 2", .trailingBytes),
        ("{} x", .trailingBytes),
        ("{}{}", .trailingBytes),
        ("{\"a\":1,\"a\":2}", .duplicateName),
        ("{\"a\":1,\"\\u0061\":2}", .duplicateName),
        ("[{\"x\":{\"b\":1,\"b\":1}}]", .duplicateName),
        ("\"a\\u0000b\"", .nulCharacter),
        ("{\"a\\u0000\":1}", .nulCharacter),
        ("9223372036854775808", .numberTooLarge),
        ("-9223372036854775809", .numberTooLarge),
        ("1e309", .numberTooLarge),
        ("-1e999999", .numberTooLarge),
        ("01", .syntax),
        ("+1", .syntax),
        ("1.", .syntax),
        (".5", .syntax),
        ("0x10", .trailingBytes),
        ("NaN", .syntax),
        ("Infinity", .syntax),
        ("nul", .syntax),
        ("[1,]", .syntax),
        ("{\"a\":1,}", .syntax),
        ("{a:1}", .syntax),
        ("'a'", .syntax),
        ("\"\\x41\"", .syntax),
        ("\"\\ud800\"", .syntax),
        ("\"\\udc00\\ud800\"", .syntax),
        ("\"a\nb\"", .syntax),
        ("\u{FEFF}{}", .syntax),
        ("// comment\n{}", .syntax),
    ])
    func refusesWhatIsNotStrict(text: String, fault: JSONFault) {
        #expect(throws: fault) { try parse(text) }
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
            [0x7B, 0x22, 0x80, 0x22],
        ] as [[UInt8]]
    )
    func refusesInvalidText(bytes: [UInt8]) {
        #expect(throws: JSONFault.invalidText) {
            try JSONValue.parse(bytes.span, limits: JSONLimits(size: 100, depth: 4))
        }
    }

    @Test
    func refusesNULBytes() {
        for text: [UInt8] in [[0x22, 0x00, 0x22], [0x00], [0x7B, 0x7D, 0x00]] {
            #expect(throws: JSONFault.self) {
                try JSONValue.parse(text.span, limits: JSONLimits(size: 100, depth: 4))
            }
        }
    }

    @Test
    func boundsTheDepthExactly() throws {
        for depth in 1...JSONLimits.depthCeiling {
            let fits = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            #expect(try parse(fits, depth: depth).array != nil)
            #expect(throws: JSONFault.tooDeep) { try parse("[" + fits + "]", depth: depth) }
        }
    }

    @Test
    func boundsTheDepthBeforeJansson() {
        for opening in ["[", "{\"a\":", "[{\"a\":"] {
            let bomb = String(repeating: opening, count: 100_000)
            #expect(throws: JSONFault.tooDeep) { try parse(bomb, depth: 1 << 30) }
        }
    }

    @Test
    func countsNoBracketsInTexts() throws {
        let text = "{\"[[[[\":\"{{{{\\\"[[[[\\\\\"}"
        #expect(try parse(text, depth: 1) == .object(["[[[[": "{{{{\"[[[[\\"]))
        #expect(try parse("[[],[],[{}]]", depth: 3).array?.count == 3)
    }

    @Test
    func boundsTheSizeExactly() throws {
        #expect(try parse("[1,2]", size: 5) == [1, 2])
        #expect(throws: JSONFault.tooLarge) { try parse("[1,2]", size: 4) }
        #expect(throws: JSONFault.tooLarge) { try parse("", size: -1) }
    }

    @Test
    func cutAnywhereIsRefusedAndNeverTraps() throws {
        let whole = [UInt8](#"{"a":[1,-2.5e3,"x\u00e9\\",null,true],"b":{"c":false,"d":{}}}"#.utf8)
        let limits = JSONLimits(size: 1000, depth: 8)
        #expect(try JSONValue.parse(whole.span, limits: limits).object?.count == 2)
        for end in 0..<whole.count {
            #expect(throws: JSONFault.self) {
                try JSONValue.parse(whole.span.extracting(0..<end), limits: limits)
            }
        }
    }

    @Test
    func anyByteAnywhereNeverTraps() {
        let whole = [UInt8](#"{"a":[1,-2.5,"\u00e9\\",null],"b":{"c":false}}"#.utf8)
        let limits = JSONLimits(size: 1000, depth: 8)
        var accepted = 0
        for index in whole.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = whole
                changed[index] = byte
                guard let value = try? JSONValue.parse(changed.span, limits: limits) else {
                    continue
                }
                accepted += 1
                var written: [UInt8] = []
                value.write(into: &written)
                #expect((try? JSONValue.parse(written.span, limits: limits)) == value)
            }
        }
        #expect(accepted > whole.count)
    }
}
