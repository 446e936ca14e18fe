import Bytes

/// What must be remembered between the bytes of one path segment to see what hides in it.
struct SegmentReader {
    /// Whether `;` has come: what follows is not matched.
    var isInParameters = false
    /// Whether the present part, from the segment's start or an encoded slash, is dots and nothing
    /// else.
    var isDotsSoFar = true
    private var dots = 0
    /// Hexadecimal digits that `%25` still needs behind it to be a triplet when decoded twice.
    private var digitsAwaited = 0
    /// Continuation bytes that the present UTF-8 sequence lacks, and the range of the next.
    private var continuationsAwaited = 0
    private var continuationRange: ClosedRange<UInt8> = 0x80...0xBF

    /// Notes a byte of the canonical path that stands for itself.
    mutating func see(_ byte: UInt8) throws(PathFault) {
        if digitsAwaited > 0 {
            if ASCII.hexValue(byte) == nil {
                digitsAwaited = 0
            } else {
                digitsAwaited -= 1
                guard digitsAwaited > 0 else { throw .doubleEncoded }
            }
        }
        if byte == UInt8(ascii: ".") {
            dots += 1
        } else {
            isDotsSoFar = false
        }
    }

    /// Notes a triplet of the canonical path.
    mutating func seeTriplet(_ byte: UInt8) {
        digitsAwaited = byte == UInt8(ascii: "%") ? 2 : 0
    }

    /// Notes something that some back ends split a segment at.
    ///
    /// The part before it must not be a dot segment.
    mutating func endPart(startsAnother: Bool) throws(PathFault) {
        guard !isDotSegment else { throw .hiddenDotSegment }
        dots = 0
        isDotsSoFar = startsAnother
    }

    /// Notes the end of the segment.
    ///
    /// A plain dot segment never comes here.
    func end() throws(PathFault) {
        guard continuationsAwaited == 0 else { throw .invalidUTF8 }
        guard !isDotSegment else { throw .hiddenDotSegment }
    }

    /// Notes an encoded byte beyond ASCII (RFC 3629 §4: no overlong form, no surrogate, nothing past
    /// U+10FFFF).
    mutating func continueUTF8(_ byte: UInt8) throws(PathFault) {
        if continuationsAwaited > 0 {
            guard continuationRange.contains(byte) else { throw .invalidUTF8 }
            continuationsAwaited -= 1
            continuationRange = 0x80...0xBF
            return
        }
        switch byte {
        case 0xC2...0xDF: awaitContinuations(1, 0x80...0xBF)
        case 0xE0: awaitContinuations(2, 0xA0...0xBF)
        case 0xED: awaitContinuations(2, 0x80...0x9F)
        case 0xE1...0xEF: awaitContinuations(2, 0x80...0xBF)
        case 0xF0: awaitContinuations(3, 0x90...0xBF)
        case 0xF1...0xF3: awaitContinuations(3, 0x80...0xBF)
        case 0xF4: awaitContinuations(3, 0x80...0x8F)
        default: throw .invalidUTF8
        }
    }

    /// Notes a byte of ASCII, before which no UTF-8 sequence may be open.
    func endUTF8() throws(PathFault) {
        guard continuationsAwaited == 0 else { throw .invalidUTF8 }
    }

    private var isDotSegment: Bool {
        isDotsSoFar && (dots == 1 || dots == 2)
    }

    private mutating func awaitContinuations(_ count: Int, _ range: ClosedRange<UInt8>) {
        continuationsAwaited = count
        continuationRange = range
    }
}
