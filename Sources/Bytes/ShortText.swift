/// A text of up to 24 bytes held in three words, so that appending it is three stores and no call.
///
/// For the fixed pieces of lines that are written thousands of times a second, such as the names
/// of the fields of a log line.
@frozen
public struct ShortText: Sendable {
    @usableFromInline
    internal let words: (UInt64, UInt64, UInt64)
    /// How many bytes the text has.
    public let count: Int

    /// Takes a copy of `text`, which must not be more than 24 bytes.
    public init(_ text: Span<UInt8>) {
        precondition(text.count <= 24)
        count = text.count
        var gathered = InlineArray<3, UInt64>(repeating: 0)
        for index in 0..<text.count {
            gathered[index / 8] |= UInt64(text[index]) << UInt64(index % 8 * 8)
        }
        words = (gathered[0].littleEndian, gathered[1].littleEndian, gathered[2].littleEndian)
    }
}

extension ByteBuffer {
    /// Appends a short text by storing all of its words and counting only its bytes.
    @inlinable
    public mutating func append(_ text: ShortText) {
        reserve(24)
        // SAFETY: 24 bytes are free behind `end`; what is stored beyond `count` is not counted.
        unsafe UnsafeMutableRawPointer(base + end).storeBytes(of: text.words.0, as: UInt64.self)
        unsafe UnsafeMutableRawPointer(base + end + 8).storeBytes(
            of: text.words.1,
            as: UInt64.self
        )
        unsafe UnsafeMutableRawPointer(base + end + 16).storeBytes(
            of: text.words.2,
            as: UInt64.self
        )
        end += text.count
    }

    /// Appends `number` in decimal digits, at least `width` of them, which is eight at most.
    ///
    /// The sibling of ``append(decimal:)`` for the path of a request: eight digits are made at once.
    @inlinable
    public mutating func append(digits number: UInt64, width: Int = 1) {
        precondition(width >= 1 && width <= 8)
        guard number < 100_000_000 else {
            append(digits: number / 100_000_000)
            append(digits: number % 100_000_000, width: 8)
            return
        }
        let digits = Self.eightDigits(number)
        // Leading zeros are the low bytes; the last digit stays even when it is zero.
        let zeros = min(8 &- width, digits.trailingZeroBitCount / 8)
        reserve(8)
        let letters = (digits | 0x3030_3030_3030_3030) >> UInt64(truncatingIfNeeded: zeros &* 8)
        // SAFETY: eight bytes are free behind `end`; what is stored beyond the digits is not counted.
        unsafe UnsafeMutableRawPointer(base + end).storeBytes(
            of: letters.littleEndian,
            as: UInt64.self
        )
        end += 8 &- zeros
    }

    /// Appends the sixteen hexadecimal digits of `number` in lower case, the highest first.
    @inlinable
    public mutating func append(hex number: UInt64) {
        reserve(16)
        let high = ASCII.lowercaseHexDigits(UInt32(truncatingIfNeeded: number >> 32))
        let low = ASCII.lowercaseHexDigits(UInt32(truncatingIfNeeded: number))
        // SAFETY: sixteen bytes are free behind `end`.
        unsafe UnsafeMutableRawPointer(base + end).storeBytes(of: high.bigEndian, as: UInt64.self)
        unsafe UnsafeMutableRawPointer(base + end + 8).storeBytes(
            of: low.bigEndian,
            as: UInt64.self
        )
        end += 16
    }

    /// The eight digits of a number below 10^8, one a byte, the first in the lowest.
    ///
    /// Halves, quarters and eighths of the number are split off side by side in one word; the
    /// multiplications divide by 100 and by 10 exactly for what can stand there.
    @inlinable
    internal static func eightDigits(_ number: UInt64) -> UInt64 {
        let halves = number / 10_000 | (number % 10_000) << 32
        let hundreds = (halves &* 10_486) >> 20 & 0x0000_007F_0000_007F
        let quarters = hundreds | (halves &- hundreds &* 100) << 16
        let tens = (quarters &* 103) >> 10 & 0x000F_000F_000F_000F
        return tens | (quarters &- tens &* 10) << 8
    }
}
