import Bytes
import Testing

@Suite
struct ByteBufferTests {
    @Test
    func bytesLeaveInTheOrderTheyCame() {
        var buffer = ByteBuffer(capacity: 1)
        let isEmpty = buffer.isEmpty
        #expect(isEmpty)
        buffer.append([1, 2, 3].span)
        buffer.append(4)
        buffer.append("five" as StaticString)
        buffer.append("s" as StaticString)
        buffer.append("" as StaticString)
        buffer.append("é")
        #expect(buffer.count == 11)
        buffer.consume(3)
        #expect(buffer.bytes.copied() == [4] + [UInt8]("fives".utf8) + [0xC3, 0xA9])
        buffer.truncate(to: 2)
        #expect(buffer.bytes.copied() == [4, UInt8(ascii: "f")])
        buffer.replaceByte(at: 1, with: 9)
        buffer.consume(1)
        buffer.replaceByte(at: 0, with: 8)
        #expect(buffer.bytes.copied() == [8])
        buffer.clear()
        #expect(buffer.count == 0)
    }

    @Test(
        arguments: [
            (0, "0"), (1, "1"), (-1, "-1"), (10, "10"), (1_234_567_890, "1234567890"),
            (Int.max, "9223372036854775807"), (Int.min, "-9223372036854775808"),
        ]
    )
    func numbersAreDecimal(number: Int, text: String) {
        var buffer = ByteBuffer(capacity: 1)
        buffer.append(decimal: number)
        #expect(buffer.bytes.text() == text)
    }

    @Test
    func numbersOfAllWidthsFit() {
        var buffer = ByteBuffer(capacity: 1)
        buffer.append(decimal: UInt64.max)
        buffer.append(UInt8(ascii: " "))
        buffer.append(decimal: Int8.min)
        buffer.append(UInt8(ascii: " "))
        buffer.append(decimal: UInt16(80))
        #expect(buffer.bytes.text() == "18446744073709551615 -128 80")
    }

    @Test
    func roomIsFoundAtTheFrontBeforeMemoryGrows() {
        var buffer = ByteBuffer(capacity: 8)
        buffer.append([1, 2, 3, 4, 5, 6].span)
        buffer.consume(4)
        #expect(buffer.freeSpace == 2)
        buffer.reserve(6)
        #expect(buffer.capacity == 8)
        #expect(buffer.freeSpace == 6)
        #expect(buffer.bytes.copied() == [5, 6])
        buffer.reserve(7)
        #expect(buffer.capacity == 16)
        #expect(buffer.bytes.copied() == [5, 6])
    }

    @Test
    func memoryGoesBackWhenItFits() {
        var buffer = ByteBuffer(capacity: 64)
        buffer.append([1, 2, 3].span)
        buffer.consume(1)
        buffer.shrink(toCapacity: 1)
        #expect(buffer.capacity == 64)
        buffer.shrink(toCapacity: 100)
        #expect(buffer.capacity == 64)
        buffer.shrink(toCapacity: 2)
        #expect(buffer.capacity == 2)
        #expect(buffer.bytes.copied() == [2, 3])
        buffer.append(4)
        #expect(buffer.bytes.copied() == [2, 3, 4])
    }

    @Test
    func bytesMoveBehindThoseOfAnother() {
        var buffer = ByteBuffer(capacity: 8)
        buffer.append([1, 2, 3, 4, 5].span)
        buffer.consume(1)
        var other = ByteBuffer(capacity: 2)
        other.append(9)
        #expect(buffer.move(3, to: &other) == 1)
        #expect(buffer.bytes.copied() == [5])
        #expect(other.bytes.copied() == [9, 2, 3, 4])
        #expect(buffer.move(0, to: &other) == 1)
        #expect(buffer.move(1, to: &other) == 0)
        #expect(buffer.count == 0)
        #expect(other.bytes.copied() == [9, 2, 3, 4, 5])
    }

    @Test
    func aWriterMayUseAllFreeSpaceOrNone() {
        var buffer = ByteBuffer(capacity: 4)
        buffer.append(1)
        let written = unsafe buffer.appendWritten(minimum: 5) { free in
            for index in 0..<free.count {
                unsafe free[index] = 7
            }
            return free.count
        }
        #expect(written >= 5)
        #expect(buffer.bytes.copied() == [1] + [UInt8](repeating: 7, count: written))
        let nothing = unsafe buffer.appendWritten(minimum: 1) { _ in 0 }
        #expect(nothing == 0)
        #expect(buffer.count == written + 1)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func itBehavesAsAnArray(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var buffer = ByteBuffer(capacity: 1 + random.below(32))
        var model: [UInt8] = []
        for _ in 0..<1_500 {
            Self.step(&buffer, &model, &random)
            #expect(buffer.count == model.count)
            #expect(buffer.isEmpty == model.isEmpty)
            #expect(buffer.capacity >= buffer.count + buffer.freeSpace)
        }
        #expect(buffer.bytes.copied() == model)
    }

    private static func step(
        _ buffer: inout ByteBuffer,
        _ model: inout [UInt8],
        _ random: inout SeededRandom
    ) {
        let byte = UInt8(truncatingIfNeeded: random.next())
        switch random.below(12) {
        case 0, 1:
            let added = [UInt8](repeating: byte, count: random.below(40))
            buffer.append(added.span)
            model += added
        case 2:
            buffer.append(byte)
            model.append(byte)
        case 3, 4, 5:
            let count = random.below(model.count + 1)
            buffer.consume(count)
            model.removeFirst(count)
        case 6:
            let count = model.count - random.below(min(model.count, 5) + 1)
            buffer.truncate(to: count)
            model = [UInt8](model.prefix(count))
        case 7 where !model.isEmpty:
            let index = random.below(model.count)
            buffer.replaceByte(at: index, with: byte)
            model[index] = byte
        case 8:
            let room = random.below(64)
            buffer.reserve(room)
            #expect(buffer.freeSpace >= room)
        case 9:
            let count = random.below(20)
            unsafe buffer.appendWritten(minimum: count) { free in
                for index in 0..<count {
                    unsafe free[index] = byte
                }
                return count
            }
            model += [UInt8](repeating: byte, count: count)
        case 10:
            buffer.shrink(toCapacity: 1 + random.below(100))
        case 11 where random.below(10) == 0:
            buffer.clear()
            model = []
        default:
            #expect(buffer.bytes.copied() == model)
        }
    }
}
