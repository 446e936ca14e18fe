public import Bytes

/// What a stream has to send next.
public enum HTTP2BodyStep: Equatable, Sendable {
    /// So many bytes are ready, one or more, and will be given by ``HTTP2Handler/writeBody(_:count:into:)``.
    case bytes(Int)
    /// So many bytes are ready, perhaps none, and with them our side of the stream ends.
    case last(Int)
    /// So many bytes are ready, perhaps none, and trailers, which the handler has just submitted, end our
    /// side of the stream.
    case lastWithTrailers(Int)
    /// Nothing now: `resumeBody` will say when to ask again.
    case wait
    /// Nothing ever: the stream is reset with INTERNAL_ERROR.
    case fail
}

/// What both sides of HTTP/2 are told about their streams.
///
/// A stream is named by its slot, a number above zero that the handler has chosen for it. All calls are
/// made from within `receive`, `produce` and `abandon` of the session. A handler may call every other
/// method of the session, but not these three.
public protocol HTTP2Handler: AnyObject {
    /// Payload of a DATA frame.
    ///
    /// It counts against both windows until `consumeStream` and `consumeConnection` give it back;
    /// padding is given back by the session itself.
    func dataReceived(_ slot: Int, _ bytes: Span<UInt8>)

    /// Asks for what the stream has to send: at most `atMost` bytes, which are what both windows and one
    /// frame allow, and more than zero.
    ///
    /// Where bytes are promised, ``writeBody(_:count:into:)`` follows at once.
    func bodyWanted(_ slot: Int, atMost: Int) -> HTTP2BodyStep

    /// Appends exactly the `count` bytes that were promised.
    func writeBody(_ slot: Int, count: Int, into output: inout ByteBuffer)

    /// The peer's trailers; ``inputEnded(_:)`` follows.
    ///
    /// They may be swapped out.
    func trailersReceived(_ slot: Int, _ trailers: inout FieldBlock)

    /// The peer has ended its side, after data and trailers.
    ///
    /// Not said where the head was already complete.
    func inputEnded(_ slot: Int)

    /// The stream is gone, and its slot free.
    ///
    /// Exactly once for each slot, also where the session dies. The code is `noError` where both sides
    /// had ended, and `refusedStream` where the peer is known to have processed nothing.
    func streamClosed(_ slot: Int, _ code: HTTP2ErrorCode)
}

/// What a server is told.
public protocol HTTP2ServerHandler: HTTP2Handler {
    /// A whole valid request head, to be swapped out of `head`.
    ///
    /// - Parameters:
    ///   - stream: The stream's number on the wire, for answering.
    ///   - head: The request.
    ///   - isComplete: Whether nothing follows it; ``HTTP2Handler/inputEnded(_:)`` is then not called.
    /// - Returns: The slot by which everything else of the stream is told, or 0 to refuse it with
    ///   REFUSED_STREAM.
    func requestReceived(_ stream: Int32, head: inout RequestHead, isComplete: Bool) -> Int

    /// A head beyond the limits, or an expectation that nobody meets, whose ``ParseFault/status`` is to be
    /// answered.
    ///
    /// - Returns: The slot under which the handler answers it, or 0 to reset the stream.
    func requestRefused(_ stream: Int32, _ fault: ParseFault, isComplete: Bool) -> Int

    /// A malformed request (RFC 9113 §8.1.1), for the log alone: the session resets the stream with
    /// PROTOCOL_ERROR itself.
    ///
    /// Once for a stream, and only where no request was received on it: what is wrong with a body or
    /// with trailers is seen by ``HTTP2Handler/streamClosed(_:_:)`` with `protocolError`.
    func requestMalformed(_ stream: Int32, _ fault: ParseFault)
}

/// What a client is told.
public protocol HTTP2ClientHandler: HTTP2Handler {
    /// The head of the final response, to be swapped out of `head`.
    ///
    /// Its framing is `none` where there can be no body, `length` where one was declared, else `chunked`
    /// (a length not known). A successful answer to CONNECT has `isUpgrade` and no framing: what follows
    /// is a tunnel.
    func responseReceived(_ slot: Int, head: inout ResponseHead, isComplete: Bool)

    /// The head of an interim response, to be swapped out of `head`.
    func informationReceived(_ slot: Int, head: inout ResponseHead)

    /// A malformed response (RFC 9113 §8.1.1); the session resets the stream, and
    /// ``HTTP2Handler/streamClosed(_:_:)`` follows.
    func responseMalformed(_ slot: Int, _ fault: ParseFault)

    /// GOAWAY came: no new requests here.
    func peerDraining()
}
