import Bytes

/// The head or the trailers that are coming in, of whatever stream: the reader of the block, and what it
/// reads into.
///
/// One value, so that each field that comes is one change of one property of the session.
internal struct HTTP2IncomingMessage {
    internal var block: HTTP2BlockReader
    internal var request = RequestHead()
    internal var response = ResponseHead()
    internal var trailers = FieldBlock()

    internal init(limits: HeadLimits) {
        block = HTTP2BlockReader(limits: limits)
    }

    /// What the block is, and the number of its stream.
    internal var subject: (kind: HTTP2BlockReader.Kind, number: Int) { (block.kind, block.number) }

    /// Awaits the fields of a block.
    internal mutating func begin(_ kind: HTTP2BlockReader.Kind, number: Int) {
        switch kind {
        case .none: break
        case .request: request.removeAll()
        case .response: response.removeAll()
        case .trailers: trailers.removeAll()
        }
        block.begin(kind, number: number)
    }

    /// Takes one decoded field.
    ///
    /// - Returns: Whether the block is still one that a peer in its senses could send.
    internal mutating func add(
        _ name: Span<UInt8>,
        _ value: Span<UInt8>,
        isNeverIndexed: Bool
    ) -> Bool {
        switch block.kind {
        case .none: true
        case .request:
            block.add(name, value, isNeverIndexed: isNeverIndexed, to: &request.fields)
        case .response:
            block.add(name, value, isNeverIndexed: isNeverIndexed, to: &response.fields)
        case .trailers:
            block.add(name, value, isNeverIndexed: isNeverIndexed, to: &trailers)
        }
    }

    /// Judges the request whose block has ended.
    internal mutating func finishRequest(endsStream: Bool) throws(ParseFault) {
        if let refusal = block.refusal {
            throw refusal
        }
        try request.finish(&block, endsStream: endsStream)
    }

    /// Judges the response whose block has ended.
    internal mutating func finishResponse(
        to requestMethod: Method,
        endsStream: Bool
    ) throws(ParseFault) {
        if let refusal = block.refusal {
            throw refusal
        }
        try response.finish(block, requestMethod: requestMethod, endsStream: endsStream)
    }

    /// What is wrong with a block that libnghttp2 has refused: a field, or the message as a whole.
    internal mutating func fault(endsStream: Bool) -> ParseFault {
        if let malformation = block.malformation {
            return malformation
        }
        switch block.kind {
        case .request:
            // Our own judgement of the same head is the more telling one.
            do throws(ParseFault) {
                try request.finish(&block, endsStream: endsStream)
            } catch {
                return error
            }
            return .bodyLength
        case .response:
            return block.status == 0 ? .missingPseudoField : .bodyLength
        case .trailers, .none:
            return endsStream ? .bodyLength : .malformedTrailer
        }
    }
}
