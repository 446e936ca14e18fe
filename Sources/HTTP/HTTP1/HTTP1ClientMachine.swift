import Bytes

/// What the end of an upstream's stream means for the response.
public enum CloseOutcome: Sendable, Equatable {
    /// Nothing is missing: the response had ended, or ends with the connection.
    case complete
    /// Bytes that were announced will never come, or no response came at all.
    case truncated
}

/// One connection's side of HTTP/1.1 as client: it is fed unread bytes and says what they are.
///
/// No I/O, no clock. The life of a response: ``begin(requestMethod:upgradeRequested:)`` when the
/// request goes out; ``advance(over:head:)`` until ``Step/head(consumed:)``, perhaps with interim
/// responses before it; ``Step/body(skip:count:)`` and ``bodyConsumed(_:)``; ``Step/end(consumed:)``,
/// or ``peerClosed()`` where the body ends with the connection. Refuses what the server's side
/// refuses; a fault here is the upstream's, and the peer sees a 502.
public struct HTTP1ClientMachine: Sendable {
    private let limits: HeadLimits
    private var state = State.idle
    private var lines = HeadLines()
    private var hasStatusLine = false
    private var requestMethod = Method.get
    private var upgradeRequested = false
    private var interim = InterimBudget()
    private var keepsAlive = true
    private var body = BodyReader.complete
    /// What stood behind the last chunk, with its blank line.
    private var trailers: [UInt8] = []

    /// Makes a machine for a fresh connection.
    public init(limits: HeadLimits) {
        self.limits = limits
    }

    /// Awaits the response to a request of that method.
    ///
    /// The response before it, if any, has ended.
    public mutating func begin(requestMethod: Method, upgradeRequested: Bool) {
        precondition(isReusable)
        self.requestMethod = requestMethod
        self.upgradeRequested = upgradeRequested
        interim = InterimBudget()
        trailers.removeAll(keepingCapacity: true)
        beginHead()
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
    /// - Throws: ``ParseFault`` when no continuation makes these bytes a response. Every later call
    ///   throws the same: the connection is of no more use.
    public mutating func advance(
        over received: Span<UInt8>,
        head: inout ResponseHead
    ) throws(ParseFault) -> Step {
        do throws(ParseFault) {
            switch state {
            case .awaitingHead, .inHead:
                return try readHead(received, &head)
            case .inBody:
                return try readBody(received)
            case .idle, .upgraded, .closed:
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

    /// Reads the trailers of the response that has just ended, whose bytes were checked as they came.
    ///
    /// - Throws: ``ParseFault/tooManyFields``.
    public mutating func takeTrailers(into fields: inout FieldBlock) throws(ParseFault) {
        // Without trailers there is only the blank line.
        guard trailers.count > 2 else { return }
        let block = trailers
        try fields.readTrailers(block.span, countMax: limits.fieldCount)
    }

    /// Notes that the upstream sends nothing more.
    ///
    /// All bytes received before must have been shown to ``advance(over:head:)`` and consumed.
    ///
    /// - Throws: ``ParseFault/headTruncated`` in the middle of a head, or the fault there was before.
    public mutating func peerClosed() throws(ParseFault) -> CloseOutcome {
        switch state {
        case .failed(let fault):
            throw fault
        case .inHead:
            state = .failed(.headTruncated)
            throw .headTruncated
        case .awaitingHead:
            state = .closed(.truncated)
            return .truncated
        case .inBody:
            let outcome: CloseOutcome
            switch body {
            case .complete, .untilClose: outcome = .complete
            case .chunked, .length: outcome = .truncated
            }
            state = .closed(outcome)
            return outcome
        case .idle, .upgraded:
            state = .closed(.complete)
            return .complete
        case .closed(let outcome):
            return outcome
        }
    }

    /// Whether another request may be sent: no response is owed, all of the last one was read, and
    /// the upstream keeps the connection.
    public var isReusable: Bool {
        if case .idle = state {
            return keepsAlive
        }
        return false
    }

    private mutating func beginHead() {
        state = .awaitingHead
        lines = HeadLines()
        hasStatusLine = false
    }

    private mutating func readHead(
        _ received: Span<UInt8>,
        _ head: inout ResponseHead
    ) throws(ParseFault) -> Step {
        guard received.count > 0 else { return .needsMore }
        if case .awaitingHead = state {
            state = .inHead
            head.removeAll()
        }
        while let end = try lines.endOfLine(in: received, limit: limits.size) {
            let line = lines.start..<end
            if !hasStatusLine {
                try head.readStatusLine(in: received, line: line)
                hasStatusLine = true
            } else if line.isEmpty {
                head.fields.adopt(received.extracting(0..<(end + 2)))
                try head.finish(requestMethod: requestMethod, upgradeRequested: upgradeRequested)
                return try headReceived(head, consumed: end + 2)
            } else {
                guard head.fields.count < limits.fieldCount else { throw .tooManyFields }
                try head.fields.recordField(in: received, line: line)
            }
            lines.advance(past: end)
        }
        guard received.count < limits.size else { throw .headTooLarge }
        return .needsMore
    }

    private mutating func headReceived(
        _ head: borrowing ResponseHead,
        consumed: Int
    ) throws(ParseFault) -> Step {
        if head.isUpgrade {
            state = .upgraded
            keepsAlive = false
            return .head(consumed: consumed)
        }
        if head.status < 200 {
            try interim.spend(consumed, of: limits)
            beginHead()
            return .informational(consumed: consumed)
        }
        keepsAlive = head.keepsAlive
        state = .inBody
        body = BodyReader(head.framing, trailerSizeMax: limits.size)
        return .head(consumed: consumed)
    }

    private mutating func readBody(_ received: Span<UInt8>) throws(ParseFault) -> Step {
        switch try body.advance(over: received, trailers: &trailers) {
        case .needsMore:
            return .needsMore
        case .body(let skip, let count):
            return .body(skip: skip, count: count)
        case .end(let consumed):
            state = .idle
            return .end(consumed: consumed)
        }
    }
}

extension HTTP1ClientMachine {
    /// What stands at the front of the unread bytes.
    public enum Step: Equatable, Sendable {
        /// `skip` bytes of framing, to be consumed at once and for ever, and then `count` bytes of
        /// payload, perhaps none, to be consumed as they are relayed and noted by
        /// ``HTTP1ClientMachine/bodyConsumed(_:)``.
        case body(skip: Int, count: Int)
        /// The response has ended with `consumed` more bytes of framing; its trailers can be taken by
        /// ``HTTP1ClientMachine/takeTrailers(into:)``.
        case end(consumed: Int)
        /// The head of the final response, or of the `101` that was asked for, was filled in; it took
        /// `consumed` bytes. After a `101` all bytes are the new protocol's.
        case head(consumed: Int)
        /// The head of an interim response was filled in; another head follows.
        case informational(consumed: Int)
        /// Nothing can be said before more bytes arrive.
        case needsMore
    }

    private enum State {
        /// No response is owed. Then `awaitingHead`.
        case idle
        /// No byte of a head. Then `inHead`.
        case awaitingHead
        /// Part of a head. Then `awaitingHead` after an interim one, `inBody` or `upgraded`.
        case inHead
        /// A head, with or without a body. Then `idle`.
        case inBody
        /// Another protocol. Then `closed`.
        case upgraded
        /// The peer has closed. Nothing follows.
        case closed(CloseOutcome)
        /// A fault. Nothing follows.
        case failed(ParseFault)
    }
}
