import Bytes
import Testing

@Suite
struct Base64URLTests {
    @Test(
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
        ]
    )
    func theExamplesOfTheRFC(bytes: String, text: String) throws {
        let raw = [UInt8](bytes.utf8)
        let spelled = [UInt8](text.utf8)
        #expect(Base64URL.encode(raw.span) == spelled)
        #expect(Base64URL.decode(spelled.span) == raw)
    }

    @Test
    func theLastTwoLettersAreThoseOfURLs() {
        #expect(Base64URL.encode([0xFB, 0xFF, 0xBF].span) == [UInt8]("-_-_".utf8))
        #expect(Base64URL.decode([UInt8]("-_-_".utf8).span) == [0xFB, 0xFF, 0xBF])
    }

    @Test(
        arguments: [
            "A", "AAAAA", "Zg==", "Zg=", "Zm8=", "Zm9v=", "=", "====", " Zg", "Zg ", "Z g", "Zg\n",
            "Zm9v\r\n", "+/+/", "Zm+v", "Zm/v", "Zm9vYg.", "Zm9v\u{0}", "Zg\u{0}", "Zmé",
        ]
    )
    func otherSpellingsAreRefused(text: String) {
        #expect(Base64URL.decode([UInt8](text.utf8).span) == nil)
    }

    @Test
    func trailingBitsMustBeZero() {
        // Of the 64 spellings of a last letter, those of one byte have four spare bits, of two bytes
        // two.
        let letters = [UInt8](
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
        )
        for (value, letter) in letters.enumerated() {
            #expect((Base64URL.decode([letters[5], letter].span) != nil) == (value % 16 == 0))
            #expect(
                (Base64URL.decode([letters[5], letters[9], letter].span) != nil) == (value % 4 == 0)
            )
        }
    }

    @Test
    func everyOtherByteIsRefusedInEveryPlace() {
        for byte in UInt8.min...UInt8.max {
            let isLetter =
                ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == 0x2D || byte == 0x5F
            for place in 0..<8 {
                var text = [UInt8]("AAAAAAAA".utf8)
                text[place] = byte
                #expect((Base64URL.decode(text.span) != nil) == isLetter, "\(byte) at \(place)")
            }
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func whatIsDecodedHasOneSpelling(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let letters = [UInt8]("ABQYgwz059-_=+/ ".utf8)
        var decodedCount = 0
        for _ in 0..<3_000 {
            let bytes = (0..<random.below(40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let text = Base64URL.encode(bytes.span)
            #expect(Base64URL.decode(text.span) == bytes)
            #expect(text.count == (bytes.count * 4 + 2) / 3)
            let other = (0..<random.below(7)).map { _ in letters[random.below(letters.count)] }
            if let decoded = Base64URL.decode(other.span) {
                decodedCount += 1
                #expect(Base64URL.encode(decoded.span) == other)
            }
        }
        #expect(decodedCount > 100)
    }
}
