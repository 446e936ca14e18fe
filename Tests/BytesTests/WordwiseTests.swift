import Bytes
import Testing

/// What looks at eight bytes at once says what a look at each of them says.
@Suite("Bytes by the word")
struct WordwiseTests {
    @Test("are put in lower case as one by one, at every place of a word")
    func lowercase() {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<8 {
                let shift = UInt64(place * 8)
                // Neighbours that a carry or a borrow would show in.
                for others: UInt64 in [0, 0x4141_4141_4141_4141, .max] {
                    let word = others & ~(0xFF << shift) | UInt64(byte) << shift
                    let lowered = ASCII.lowercased(word)
                    for index in 0..<8 {
                        let expected = ASCII.lowercased(
                            UInt8(truncatingIfNeeded: word >> UInt64(index * 8))
                        )
                        #expect(UInt8(truncatingIfNeeded: lowered >> UInt64(index * 8)) == expected)
                    }
                }
            }
        }
    }

    @Test("are compared without case as one by one", arguments: [1, 2, 3] as [UInt64])
    func comparison(seed: UInt64) {
        var generator = SeededRandom(seed: seed)
        let alphabet: [UInt8] = [0x40, 0x41, 0x5A, 0x5B, 0x60, 0x61, 0x7A, 0x7B, 0xC1, 0xE1]
        for _ in 0..<5000 {
            let count = generator.below(30)
            let one = (0..<count).map { _ in alphabet[generator.below(alphabet.count)] }
            var other = one.map { generator.below(2) == 0 ? ASCII.lowercased($0) : $0 }
            if count > 0, generator.below(2) == 0 {
                other[generator.below(count)] = alphabet[generator.below(alphabet.count)]
            }
            let expected = one.map(ASCII.lowercased) == other.map(ASCII.lowercased)
            let isEqual = one.span.isEqualIgnoringCase(to: other.span)
            #expect(isEqual == expected)
            var lowered: [UInt8] = [0x2F]
            lowered.append(lowercased: one.span)
            #expect(lowered == [0x2F] + one.map(ASCII.lowercased))
        }
    }

    @Test("are copied as far as they are plain", arguments: [1, 2, 3] as [UInt64])
    func plainText(seed: UInt64) {
        var generator = SeededRandom(seed: seed)
        for _ in 0..<5000 {
            let count = generator.below(40)
            var bytes = (0..<count).map { _ in UInt8(0x23 + generator.below(0x38)) }
            for _ in 0..<generator.below(3) where count > 0 {
                bytes[generator.below(count)] = UInt8(generator.below(256))
            }
            let start = generator.below(count + 1)
            var buffer = ByteBuffer(capacity: 1)
            buffer.append("before")
            let end = buffer.appendPlainText(of: bytes.span, from: start)
            let expected =
                bytes[start...].firstIndex {
                    $0 < 0x20 || $0 >= 0x7F || $0 == 0x22 || $0 == 0x5C
                } ?? count
            #expect(end == expected)
            #expect(bytes.span.endOfPlainText(from: start) == expected)
            #expect(buffer.bytes.copied() == Array("before".utf8) + bytes[start..<expected])
        }
    }

    @Test("make sixteen hexadecimal digits of a number")
    func hexadecimal() {
        var generator = SeededRandom(seed: 5)
        for number in [0, 1, 0x0123_4567_89AB_CDEF, .max] + (0..<500).map({ _ in generator.next() })
        {
            let digits = String(number, radix: 16)
            let expected = String(repeating: "0", count: 16 - digits.count) + digits
            var buffer = ByteBuffer(capacity: 1)
            buffer.append(hex: number)
            #expect(buffer.bytes.text() == expected)
            var bytes: [UInt8] = []
            bytes.append(hex: number)
            #expect(bytes == Array(expected.utf8))
        }
    }

    @Test("end a token where a byte of another class stands")
    func token() {
        let marks = Set("!#$%&'*+-.^_`|~".utf8)
        for byte in UInt8.min...UInt8.max {
            let isToken = ASCII.isLetter(byte) || ASCII.isDigit(byte) || marks.contains(byte)
            #expect(ASCII.isTokenByte(byte) == isToken)
            let bytes: [UInt8] = [0x20, 0x61, byte, 0x61, 0x20]
            let end = bytes.span.endOfToken(from: 1, to: 4)
            #expect(end == (isToken ? 4 : 2))
        }
    }
}
