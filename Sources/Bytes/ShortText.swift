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

    /// Appends `number` in decimal digits, at least `width` of them.
    ///
    /// The sibling of ``append(decimal:)`` for the path of a request: no generics, no zeroed scratch.
    @inlinable
    public mutating func append(digits number: UInt64, width: Int = 1) {
        precondition(width <= 20)
        var length = 1
        var bound: UInt64 = 10
        while length < 20, number >= bound {
            length += 1
            bound = length < 20 ? bound &* 10 : .max
        }
        length = max(length, width)
        reserve(length)
        var rest = number
        var index = end + length
        while index > end {
            index -= 1
            let tens = rest / 10
            // SAFETY: `index` runs from the last of the `length` reserved bytes down to `end`.
            unsafe base[index] = UInt8(truncatingIfNeeded: rest &- tens &* 10) | 0x30
            rest = tens
        }
        end += length
    }
}
