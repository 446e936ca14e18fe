import Bytes

/// One connection's side of HTTP/1.1 as server: it is fed unread bytes and says what they are.
///
/// No I/O, no clock. The life of a request: ``advance(over:head:)`` until ``Step/head(consumed:)``;
/// then, as often as it takes, `advance` for ``Step/body(skip:count:)`` and ``bodyConsumed(_:)``; then
/// ``Step/end(consumed:)``; and ``beginNext()`` when the response is done. What a peer has sent
/// ahead waits in the caller's buffer.
///
/// Deliberately refused, because two parsers can be made to disagree about them: bare CR and LF,
/// obs-fold, blanks before a colon, repeated or odd `Content-Length`, any `Transfer-Encoding` but
/// one `chunked`, both together, and what ``ParseFault`` says more.
public struct HTTP1ServerMachine: Sendable {
    private let limits: HeadLimits
    private var state = State.awaitingHead
    private var lines = HeadLines()
    private var hasRequestLine = false
    private var body = BodyReader.complete
    /// What stood behind the last chunk, with its blank line.
    private var trailers: [UInt8] = []

    /// Makes a machine that awaits its first head.
    public init(limits: HeadLimits) {
        self.limits = limits
    }

    /// Says what stands at the front of the unread bytes.
    ///
    /// Cost: linear in the bytes added since the last call.
    ///
    /// - Parameters:
    ///   - received: All unread bytes, and nothing before them. Until a head is whole none of its
    ///     bytes may be consumed.
    ///   - head: Filled in bit by bit; the same one until the head is whole.
    /// - Returns: What the front of `received` is.
    /// - Throws: ``ParseFault`` when no continuation makes these bytes a request. Every later call
    ///   throws the same: the peer is answered once and the connection is closed.
    public mutating func advance(
        over received: Span<UInt8>,
        head: inout RequestHead
    ) throws(ParseFault) -> Step {
        do throws(ParseFault) {
            switch state {
            case .awaitingHead, .inHead:
                return try readHead(received, &head)
            case .inBody:
                return try readBody(received)
            case .awaitingNext:
                return .needsMore
            case .failed(let fault):
                throw fault
            }
        } catch {
            state = .failed(error)
            throw error
        }
    }

    /// Notes how much of the payload offered was taken; less than offered is offered again.
    public mutating func bodyConsumed(_ count: Int) {
        body.consumed(count)
    }

    /// Reads the trailers of the request that has just ended, whose bytes were checked as they came.
    ///
    /// They stand beside the head: nothing that was decided by that is changed by them.
    ///
    /// - Throws: ``ParseFault/tooManyFields``.
    public mutating func takeTrailers(into fields: inout FieldBlock) throws(ParseFault) {
        // Without trailers there is only the blank line.
        guard trailers.count > 2 else { return }
        let block = trailers
        try fields.readTrailers(block.span, countMax: limits.fieldCount)
    }

    /// Awaits the next head.
    ///
    /// The request before it has ended and its response is written.
    public mutating func beginNext() {
        precondition(isBodyComplete)
        state = .awaitingHead
        lines = HeadLines()
        hasRequestLine = false
        if !trailers.isEmpty {
            trailers.removeAll(keepingCapacity: true)
        }
    }

    /// Whether a head is due, in part received or not.
    public var isAwaitingHead: Bool {
        switch state {
        case .awaitingHead, .inHead: true
        case .inBody, .awaitingNext, .failed: false
        }
    }

    /// Whether a head has begun to arrive, so that it is late rather than the connection idle.
    public var hasPartialHead: Bool {
        if case .inHead = state {
            return true
        }
        return false
    }

    /// Whether all of the request has been read, the end of its framing included.
    public var isBodyComplete: Bool {
        switch state {
        case .awaitingNext: true
        case .inBody:
            if case .complete = body {
                true
            } else {
                false
            }
        case .awaitingHead, .inHead, .failed: false
        }
    }

    private mutating func readHead(
        _ received: Span<UInt8>,
        _ head: inout RequestHead
    ) throws(ParseFault) -> Step {
        guard received.count > 0 else { return .needsMore }
        if case .awaitingHead = state {
            // An empty line alone is the end of what came before: the connection is idle still.
            guard skipEmptyLine(received), received.count > lines.start else { return .needsMore }
            state = .inHead
            head.removeAll()
        }
        while let end = try lines.endOfLine(in: received, limit: limits.size) {
            let line = lines.start..<end
            if !hasRequestLine {
                try head.readRequestLine(in: received, line: line, limits: limits)
                hasRequestLine = true
            } else if line.isEmpty {
                head.fields.adopt(received.extracting(0..<(end + 2)))
                try head.finish()
                state = .inBody
                body = BodyReader(head.framing, trailerSizeMax: limits.size)
                return .head(consumed: end + 2)
            } else {
                guard head.fields.count < limits.fieldCount else { throw .tooManyFields }
                try head.fields.recordField(in: received, line: line)
            }
            lines.advance(past: end)
        }
        guard received.count < limits.size else {
            throw hasRequestLine ? .headTooLarge : .targetTooLong
        }
        return .needsMore
    }

    /// Passes over one empty line before a request, which some clients send after a body (RFC 9112
    /// §2.2); a second one is no request line.
    ///
    /// - Returns: Whether it is known if there is one.
    private mutating func skipEmptyLine(_ received: Span<UInt8>) -> Bool {
        guard lines.start == 0, received[0] == 0x0D else { return true }
        guard received.count > 1 else { return false }
        if received[1] == 0x0A {
            lines.advance(past: 0)
        }
        return true
    }

    private mutating func readBody(_ received: Span<UInt8>) throws(ParseFault) -> Step {
        switch try body.advance(over: received, trailers: &trailers) {
        case .needsMore:
            return .needsMore
        case .body(let skip, let count):
            return .body(skip: skip, count: count)
        case .end(let consumed):
            state = .awaitingNext
            return .end(consumed: consumed)
        }
    }
}

extension HTTP1ServerMachine {
    /// What stands at the front of the unread bytes.
    public enum Step: Equatable, Sendable {
        /// `skip` bytes of framing, to be consumed at once and for ever, and then `count` bytes of
        /// payload, perhaps none, to be consumed as they are relayed and noted by
        /// ``HTTP1ServerMachine/bodyConsumed(_:)``.
        case body(skip: Int, count: Int)
        /// The request has ended with `consumed` more bytes of framing; its trailers can be taken by
        /// ``HTTP1ServerMachine/takeTrailers(into:)``.
        case end(consumed: Int)
        /// The head was filled in; it took `consumed` bytes.
        case head(consumed: Int)
        /// Nothing can be said before more bytes arrive or ``HTTP1ServerMachine/beginNext()`` is
        /// called.
        case needsMore
    }

    private enum State {
        /// No byte of a head. Then `inHead`.
        case awaitingHead
        /// Part of a head. Then `inBody`.
        case inHead
        /// A head, with or without a body. Then `awaitingNext`.
        case inBody
        /// All of the request. Then `awaitingHead`.
        case awaitingNext
        /// A fault. Nothing follows.
        case failed(ParseFault)
    }
}
