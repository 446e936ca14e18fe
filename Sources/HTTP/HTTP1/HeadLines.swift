import Bytes

/// Finds the lines of a head in bytes that are still arriving.
///
/// Each byte is looked at once, however the bytes are cut: the place up to which no line end was found
/// is remembered. A line ends with CR LF and nothing else does; no other control but tab may occur
/// (RFC 9112 §2.2, RFC 9110 §5.5).
struct HeadLines {
    /// Where the present line begins.
    private(set) var start = 0
    /// Up to where the present line is known to hold no control.
    private var scanned = 0

    /// Finds the end of the present line.
    ///
    /// - Parameters:
    ///   - received: All unread bytes; those of earlier calls first.
    ///   - limit: The most bytes that the head may have. What lies beyond is not looked at, so that
    ///     the answer does not depend on how the bytes were cut.
    /// - Returns: Where the line's CR stands, or `nil` when more bytes are needed.
    /// - Throws: The fault of the first control that is no line end.
    mutating func endOfLine(
        in received: Span<UInt8>,
        limit: Int
    ) throws(ParseFault) -> Int? {
        let window = min(received.count, limit)
        let found = scanned < window ? received.firstControl(from: scanned, to: window) : window
        scanned = found
        guard found < window else { return nil }
        switch received[found] {
        case 0x0D:
            guard found + 1 < window else { return nil }
            guard received[found + 1] == 0x0A else { throw .bareCarriageReturn }
            return found
        case 0x0A:
            throw .bareLineFeed
        default:
            throw .controlCharacter
        }
    }

    /// Goes on to the line after the one whose CR stands at `end`.
    mutating func advance(past end: Int) {
        start = end + 2
        scanned = start
    }
}
