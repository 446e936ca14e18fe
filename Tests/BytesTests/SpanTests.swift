import Bytes
import Testing

@Suite
struct SpanTests {
    @Test
    func aByteIsFoundAtItsFirstPlace() {
        let bytes: [UInt8] = [1, 2, 3, 2]
        #expect(bytes.firstIndexInSpan(of: 2) == 1)
        #expect(bytes.firstIndexInSpan(of: 2, from: 1) == 1)
        #expect(bytes.firstIndexInSpan(of: 2, from: 2) == 3)
        #expect(bytes.firstIndexInSpan(of: 1, from: 1) == nil)
        #expect(bytes.firstIndexInSpan(of: 2, from: 4) == nil)
        #expect(bytes.firstIndexInSpan(of: 2, from: 9) == nil)
        #expect(bytes.first(1).firstIndexInSpan(of: 2) == nil)
        let none: [UInt8] = []
        #expect(none.firstIndexInSpan(of: 0) == nil)
    }

    @Test
    func equalityIsOfAllBytes() {
        let none: [UInt8] = []
        let abc = [UInt8]("abc".utf8)
        #expect(abc.isEqual(to: [UInt8]("abc".utf8)))
        #expect(!abc.isEqual(to: [UInt8]("abd".utf8)))
        #expect(!abc.isEqual(to: [UInt8]("ab".utf8)))
        #expect(none.isEqual(to: none))
        #expect(abc.isEqual(to: "abc" as StaticString))
        #expect(!abc.isEqual(to: "abcd" as StaticString))
        #expect(!abc.isEqual(to: "ab" as StaticString))
        #expect(none.isEqual(to: "" as StaticString))
        #expect([UInt8(ascii: "x")].isEqual(to: "x" as StaticString))
    }

    @Test
    func prefixesAreFound() {
        let abc = [UInt8]("abc".utf8)
        #expect(abc.hasPrefix(""))
        #expect(abc.hasPrefix("a"))
        #expect(abc.hasPrefix("abc"))
        #expect(!abc.hasPrefix("abcd"))
        #expect(!abc.hasPrefix("b"))
        let none: [UInt8] = []
        #expect(none.hasPrefix(""))
        #expect(!none.hasPrefix("a"))
    }

    @Test
    func caseIsIgnoredForLettersOnly() {
        #expect([UInt8]("HoSt".utf8).isEqualIgnoringCase(to: "host"))
        #expect(![UInt8]("HoSt".utf8).isEqualIgnoringCase(to: "hosts"))
        #expect(![UInt8]("h@st".utf8).isEqualIgnoringCase(to: "h`st"))
        #expect([UInt8]("[\\]".utf8).isEqualIgnoringCase(to: "[\\]"))
        // `[` and `{`, `@` and a back quote differ in the bit that case is.
        #expect(!([UInt8]("[".utf8).isEqualIgnoringCase(to: [UInt8]("{".utf8))))
        #expect(!([UInt8]("@".utf8).isEqualIgnoringCase(to: [UInt8]("`".utf8))))
        #expect([UInt8]("aBc1".utf8).isEqualIgnoringCase(to: [UInt8]("AbC1".utf8)))
        #expect(![UInt8]("abc".utf8).isEqualIgnoringCase(to: [UInt8]("abcd".utf8)))
    }

    @Test(arguments: 0..<5 as Range<UInt64>)
    func constantTimeEqualityIsEquality(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<500 {
            let left = (0..<random.below(20)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            var right = left
            #expect(left.constantTimeEquals(right))
            right.append(0)
            #expect(!left.constantTimeEquals(right))
            right.removeLast()
            guard !right.isEmpty else { continue }
            right[random.below(right.count)] ^= 1 << UInt8(random.below(8))
            #expect(!left.constantTimeEquals(right))
            #expect(!left.isEqual(to: right))
        }
    }

    @Test(
        arguments: [
            ("", ""), (" ", ""), ("\t \t", ""), ("a", "a"), (" a\t", "a"), ("a b", "a b"),
            ("\r a \n", "\r a \n"), ("  a", "a"), ("a  ", "a"), ("\u{B}a", "\u{B}a"),
        ]
    )
    func blanksAreTrimmedAtTheEndsOnly(text: String, trimmed: String) {
        #expect([UInt8](text.utf8).trimmedText() == trimmed)
    }

    @Test(
        arguments: [
            ("0", 0), ("7", 7), ("007", 7), ("18446744073709551615", UInt64.max),
            ("00000000000000000001", 1),
        ]
    )
    func decimalNumbersAreRead(text: String, value: UInt64) {
        #expect([UInt8](text.utf8).decimalValue() == value)
    }

    @Test(
        arguments: [
            "", "+1", "-1", " 1", "1 ", "1_0", "0x1", "1a", "18446744073709551616",
            "99999999999999999999", "000000000000000000001", "1\u{0}", "١",
        ]
    )
    func otherNumbersAreRefused(text: String) {
        #expect([UInt8](text.utf8).decimalValue() == nil)
    }

    @Test
    func textIsForPeople() {
        #expect(([0x61, 0xFF, 0x62] as [UInt8]).text() == "a\u{FFFD}b")
        var array: [UInt8] = [1]
        array.append([2, 3].span)
        array.append("4" as StaticString)
        array.append("" as StaticString)
        #expect(array == [1, 2, 3, 0x34])
    }
}

// `#expect` takes its expression apart and keeps the pieces, which a span does not allow: so the
// functions are called from here, and the expectations are about arrays.
extension [UInt8] {
    fileprivate func firstIndexInSpan(of byte: UInt8, from start: Int = 0) -> Int? {
        span.firstIndex(of: byte, from: start)
    }

    fileprivate func first(_ count: Int) -> [UInt8] {
        span.extracting(first: count).copied()
    }

    fileprivate func isEqual(to other: [UInt8]) -> Bool { span.isEqual(to: other.span) }

    fileprivate func isEqual(to literal: StaticString) -> Bool { span.isEqual(to: literal) }

    fileprivate func hasPrefix(_ literal: StaticString) -> Bool { span.hasPrefix(literal) }

    fileprivate func isEqualIgnoringCase(to literal: StaticString) -> Bool {
        span.isEqualIgnoringCase(to: literal)
    }

    fileprivate func isEqualIgnoringCase(to other: [UInt8]) -> Bool {
        span.isEqualIgnoringCase(to: other.span)
    }

    fileprivate func constantTimeEquals(_ other: [UInt8]) -> Bool {
        span.constantTimeEquals(other.span)
    }

    fileprivate func trimmedText() -> String { span.trimmingBlanks().text() }

    fileprivate func decimalValue() -> UInt64? { span.decimalValue() }

    fileprivate func text() -> String { span.text() }
}

@Suite
struct ASCIITests {
    @Test
    func theClassesAreThoseOfTheGrammar() {
        let tokenBytes = Set(
            "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8
        )
        for byte in UInt8.min...UInt8.max {
            let scalar = Unicode.Scalar(byte)
            #expect(ASCII.isTokenByte(byte) == tokenBytes.contains(byte), "\(byte)")
            #expect(ASCII.isDigit(byte) == ("0"..."9" ~= scalar))
            #expect(ASCII.isLetter(byte) == ("a"..."z" ~= scalar || "A"..."Z" ~= scalar), "\(byte)")
            let isUpper = "A"..."Z" ~= scalar
            #expect(ASCII.lowercased(byte) == (isUpper ? byte + 32 : byte))
            #expect(ASCII.isFieldValueByte(byte) == (byte == 9 || byte >= 32 && byte != 127))
            let hex = byte < 128 ? Character(scalar).hexDigitValue : nil
            #expect(ASCII.hexValue(byte) == hex.map { UInt8($0) })
        }
        for value in 0..<16 as Range<UInt8> {
            #expect(ASCII.hexValue(ASCII.lowercaseHexDigit(value)) == value)
            #expect(ASCII.hexValue(ASCII.uppercaseHexDigit(value)) == value)
            #expect(ASCII.lowercaseHexDigit(value | 0xF0) == ASCII.lowercaseHexDigit(value))
            #expect(!("A"..."F" ~= Unicode.Scalar(ASCII.lowercaseHexDigit(value))))
            #expect(!("a"..."f" ~= Unicode.Scalar(ASCII.uppercaseHexDigit(value))))
        }
    }
}
