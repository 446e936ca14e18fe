import Bytes
import Testing

@Suite("Short texts and digits")
struct ShortTextTests {
    @Test("append as many bytes as they have, whatever the length", arguments: 0...24)
    func lengths(count: Int) {
        let text = (0..<count).map { UInt8(0x41 + $0) }
        var buffer = ByteBuffer(capacity: 1)
        let short = ShortText(text.span)
        for _ in 0..<3 {
            buffer.append(short)
        }
        #expect(short.count == count)
        #expect(buffer.bytes.copied() == text + text + text)
    }

    @Test("digits are those of the number, at every length")
    func digits() {
        var numbers: [UInt64] = [0, 1, 9, 10, 99, .max, .max - 1]
        var power: UInt64 = 1
        for _ in 0..<19 {
            power *= 10
            numbers += [power - 1, power, power + 1]
        }
        numbers += (0..<10_000).map { _ in UInt64.random(in: 0...200_000_000) }
        var buffer = ByteBuffer(capacity: 8)
        for number in numbers {
            buffer.clear()
            buffer.append(digits: number)
            #expect(buffer.bytes.text() == "\(number)")
        }
    }

    @Test("digits are filled up with zeros to their width", arguments: 1...8)
    func widths(width: Int) {
        for number in [0, 7, 42, 12_345, 99_999_999, 100_000_000] as [UInt64] {
            var buffer = ByteBuffer(capacity: 8)
            buffer.append(digits: number, width: width)
            let digits = "\(number)"
            let zeros = String(repeating: "0", count: max(0, width - digits.count))
            #expect(buffer.bytes.text() == zeros + digits)
        }
    }
}

@Suite("The scan for plain text")
struct PlainTextTests {
    @Test("stops at the first byte that is not plain, wherever it stands")
    func everyByteEverywhere() {
        for byte in UInt8.min...UInt8.max {
            let isPlain = byte >= 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C
            for count in 1...20 {
                for place in 0..<count {
                    var bytes = [UInt8](repeating: 0x61, count: count)
                    bytes[place] = byte
                    let end = bytes.span.endOfPlainText(from: 0)
                    let later = bytes.span.endOfPlainText(from: min(place + 1, count))
                    #expect(end == (isPlain ? count : place) && later == count)
                }
            }
        }
    }

    @Test("finds the same as a look at each byte does", arguments: [1, 2, 3])
    func random(round: Int) {
        for _ in 0..<5000 {
            let count = Int.random(in: 0...40)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255) }
            let start = Int.random(in: 0...count)
            let expected =
                bytes[start...].firstIndex {
                    $0 < 0x20 || $0 >= 0x7F || $0 == 0x22 || $0 == 0x5C
                } ?? count
            let end = bytes.span.endOfPlainText(from: start)
            #expect(end == expected)
        }
    }
}
