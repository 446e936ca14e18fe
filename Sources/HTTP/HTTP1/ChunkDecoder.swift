import Bytes

/// Reads the framing of a chunked body (RFC 9112 §7.1), byte by byte, so that it can stop anywhere.
///
/// Sizes are hexadecimal digits and nothing else. Extensions are read and dropped, and bounded per
/// chunk and per body, because they are framing that the peer sends for nothing. Trailers are
/// checked as fields are, and bounded; whether they are kept is the caller's to say.
struct ChunkDecoder {
    private var state = State.sizeFirst
    /// The size that the digits so far spell, and then the payload bytes that are left.
    private var remaining: UInt64 = 0
    private var digits = 0
    private var extensionSize = 0
    private var extensionSizeTotal = 0
    private var trailerSize = 0
    private let trailerSizeMax: Int

    init(trailerSizeMax: Int) {
        self.trailerSizeMax = trailerSizeMax
    }

    /// Whether the last trailer line has been read.
    var isFinished: Bool { state == .finished }

    /// Reads framing until payload or the end of the body comes, or the bytes run out.
    ///
    /// - Parameters:
    ///   - received: All unread bytes.
    ///   - trailers: Gets the lines behind the last chunk, as they come, and the blank line.
    /// - Returns: How many bytes of framing were read: they are never shown again. And how many bytes
    ///   of payload follow them in `received`.
    /// - Throws: ``ParseFault`` when no continuation makes these bytes a body.
    mutating func advance(
        over received: Span<UInt8>,
        trailers: inout [UInt8]
    ) throws(ParseFault) -> (skip: Int, count: Int) {
        var index = 0
        while index < received.count, state != .payload, state != .finished {
            let isTrailer = state.isTrailer
            try read(received[index])
            if isTrailer {
                trailers.append(received[index])
            }
            index += 1
        }
        guard state == .payload else { return (index, 0) }
        return (index, Int(min(remaining, UInt64(received.count - index))))
    }

    /// Notes that payload was taken.
    mutating func payloadConsumed(_ count: Int) {
        guard count > 0 else { return }
        precondition(state == .payload && UInt64(count) <= remaining)
        remaining -= UInt64(count)
        if remaining == 0 {
            state = .payloadCarriageReturn
        }
    }

    private mutating func read(_ byte: UInt8) throws(ParseFault) {
        switch state {
        case .sizeFirst, .size: try readSize(byte)
        case .chunkExtension: try readExtension(byte)
        case .sizeLineFeed: try readSizeLineFeed(byte)
        case .payloadCarriageReturn:
            guard byte == 0x0D else { throw .chunkUnterminated }
            state = .payloadLineFeed
        case .payloadLineFeed:
            guard byte == 0x0A else { throw .chunkUnterminated }
            beginSize()
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .lastLineFeed:
            try readTrailer(byte)
        case .payload, .finished:
            break
        }
    }

    private mutating func beginSize() {
        state = .sizeFirst
        remaining = 0
        digits = 0
        extensionSize = 0
    }

    private mutating func readSize(_ byte: UInt8) throws(ParseFault) {
        if let digit = ASCII.hexValue(byte) {
            digits += 1
            // Sixteen digits are the most that 64 bits can need; more are only leading zeros.
            guard digits <= 16, remaining >> 59 == 0 else { throw .chunkSizeOverflow }
            remaining = remaining << 4 | UInt64(digit)
            state = .size
            return
        }
        guard state == .size else { throw .chunkSize }
        switch byte {
        case 0x0D: state = .sizeLineFeed
        case UInt8(ascii: ";"): state = .chunkExtension
        default: throw .chunkSize
        }
    }

    private mutating func readExtension(_ byte: UInt8) throws(ParseFault) {
        guard byte != 0x0D else {
            state = .sizeLineFeed
            return
        }
        guard byte >= 0x20 && byte < 0x7F || byte == 0x09 else { throw .chunkExtension }
        extensionSize += 1
        extensionSizeTotal += 1
        guard extensionSize <= Self.extensionSizeMax,
            extensionSizeTotal <= Self.extensionSizeTotalMax
        else { throw .chunkExtensionTooLong }
    }

    private mutating func readSizeLineFeed(_ byte: UInt8) throws(ParseFault) {
        guard byte == 0x0A else { throw .chunkSize }
        state = remaining == 0 ? .trailerStart : .payload
    }

    private mutating func readTrailer(_ byte: UInt8) throws(ParseFault) {
        trailerSize += 1
        guard trailerSize <= trailerSizeMax else { throw .trailerTooLarge }
        switch state {
        case .trailerStart:
            if byte == 0x0D {
                state = .lastLineFeed
            } else {
                guard ASCII.isTokenByte(byte) else { throw .malformedTrailer }
                state = .trailerName
            }
        case .trailerName:
            if byte == UInt8(ascii: ":") {
                state = .trailerValue
            } else {
                guard ASCII.isTokenByte(byte) else { throw .malformedTrailer }
            }
        case .trailerValue:
            if byte == 0x0D {
                state = .trailerLineFeed
            } else {
                guard ASCII.isFieldValueByte(byte) else { throw .malformedTrailer }
            }
        case .trailerLineFeed:
            guard byte == 0x0A else { throw .malformedTrailer }
            state = .trailerStart
        case .lastLineFeed:
            guard byte == 0x0A else { throw .malformedTrailer }
            state = .finished
        case .sizeFirst, .size, .chunkExtension, .sizeLineFeed, .payload, .payloadCarriageReturn,
            .payloadLineFeed, .finished:
            break
        }
    }

    /// The most bytes of extensions on one chunk: room for a signature, which is the only use known.
    private static let extensionSizeMax = 256
    /// The most bytes of extensions in one body: what 64 full ones have.
    private static let extensionSizeTotalMax = 16_384
}

extension ChunkDecoder {
    /// What comes next.
    private enum State {
        /// The first digit of a size.
        case sizeFirst
        /// More digits, an extension, or the line's end.
        case size
        /// Extension bytes until the line's end.
        case chunkExtension
        /// LF; then payload, or trailers after a size of zero.
        case sizeLineFeed
        /// Payload, taken by the caller.
        case payload
        /// CR after payload.
        case payloadCarriageReturn
        /// LF after payload; then the next size.
        case payloadLineFeed
        /// A trailer's name, or the CR of the last line.
        case trailerStart
        /// More of a trailer's name, or its colon.
        case trailerName
        /// A trailer's value until its CR.
        case trailerValue
        /// LF after a trailer.
        case trailerLineFeed
        /// LF of the last line.
        case lastLineFeed
        /// Nothing: the body is over.
        case finished

        /// Whether what comes next stands behind the last chunk.
        var isTrailer: Bool {
            switch self {
            case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .lastLineFeed: true
            case .sizeFirst, .size, .chunkExtension, .sizeLineFeed, .payload,
                .payloadCarriageReturn, .payloadLineFeed, .finished:
                false
            }
        }
    }
}
