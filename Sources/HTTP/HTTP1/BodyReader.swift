import Bytes

/// Where the body of one message stands, whatever frames it.
///
/// Shared by both sides.
enum BodyReader {
    /// Nothing is left. May be followed by the next head.
    case complete
    /// More chunks.
    case chunked(ChunkDecoder)
    /// That many bytes, more than 0.
    case length(UInt64)
    /// Whatever comes until the peer closes.
    case untilClose

    init(_ framing: BodyFraming, trailerSizeMax: Int) {
        switch framing {
        case .none: self = .complete
        case .length(let count): self = count == 0 ? .complete : .length(count)
        case .chunked: self = .chunked(ChunkDecoder(trailerSizeMax: trailerSizeMax))
        case .untilClose: self = .untilClose
        }
    }

    /// Says what stands at the front of the bytes; `trailers` gets what ``ChunkDecoder`` keeps.
    mutating func advance(
        over received: Span<UInt8>,
        trailers: inout [UInt8]
    ) throws(ParseFault) -> Progress {
        switch self {
        case .complete:
            return .end(consumed: 0)
        case .chunked(var decoder):
            let (skip, count) = try decoder.advance(over: received, trailers: &trailers)
            guard !decoder.isFinished else {
                self = .complete
                return .end(consumed: skip)
            }
            self = .chunked(decoder)
            return skip == 0 && count == 0 ? .needsMore : .body(skip: skip, count: count)
        case .length(let remaining):
            guard received.count > 0 else { return .needsMore }
            return .body(skip: 0, count: Int(min(remaining, UInt64(received.count))))
        case .untilClose:
            guard received.count > 0 else { return .needsMore }
            return .body(skip: 0, count: received.count)
        }
    }

    /// Notes that payload was taken.
    mutating func consumed(_ count: Int) {
        switch self {
        case .complete:
            precondition(count == 0)
        case .chunked(var decoder):
            decoder.payloadConsumed(count)
            self = .chunked(decoder)
        case .length(let remaining):
            precondition(count >= 0 && UInt64(count) <= remaining)
            let left = remaining - UInt64(count)
            self = left == 0 ? .complete : .length(left)
        case .untilClose:
            precondition(count >= 0)
        }
    }
}

extension BodyReader {
    /// What stands at the front of the bytes.
    enum Progress {
        case body(skip: Int, count: Int)
        case end(consumed: Int)
        case needsMore
    }
}
