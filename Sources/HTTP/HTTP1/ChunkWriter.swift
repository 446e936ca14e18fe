public import Bytes

/// Writes the framing of a chunked body: ``begin(count:into:)``, the payload, ``end(into:)`` for each
/// chunk, and ``last(into:)``.
public enum ChunkWriter {
    /// Writes the size line of a chunk of `count` bytes, which is more than 0: a chunk of none would
    /// end the body.
    public static func begin(count: Int, into buffer: inout ByteBuffer) {
        precondition(count > 0)
        var shift = (Int.bitWidth - 1 - count.leadingZeroBitCount) / 4 * 4
        while shift >= 0 {
            buffer.append(ASCII.lowercaseHexDigit(UInt8(truncatingIfNeeded: count >> shift & 0xF)))
            shift -= 4
        }
        buffer.append("\r\n")
    }

    /// Writes the line end that closes a chunk.
    public static func end(into buffer: inout ByteBuffer) {
        buffer.append("\r\n")
    }

    /// Writes the last chunk, without trailers.
    public static func last(into buffer: inout ByteBuffer) {
        buffer.append("0\r\n\r\n")
    }

    /// Writes the last chunk, behind which trailer lines and an empty line follow.
    public static func beginTrailers(into buffer: inout ByteBuffer) {
        buffer.append("0\r\n")
    }

    /// The most bytes that the framing of one chunk adds to its payload.
    public static let overheadMax = 20
}
