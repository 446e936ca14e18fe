public import Bytes

/// One connection's side of HTTP/2 as client, over libnghttp2.
///
/// As ``HTTP2ServerSession``, the other way round.
public final class HTTP2ClientSession: HTTP2Session {
    /// Makes a session whose preface, SETTINGS and a WINDOW_UPDATE of the connection wait to be produced.
    ///
    /// - Throws: ``HTTP2Fault/outOfMemory``.
    public init(limits: HTTP2Limits) throws(HTTP2Fault) {
        try super.init(isServer: false, limits: limits)
    }

    /// Takes in what the peer has sent; all of it is read.
    ///
    /// - Parameters:
    ///   - bytes: What follows on the bytes of the last call.
    ///   - now: Monotonic nanoseconds, for the budgets.
    ///   - handler: Told of everything in them.
    /// - Throws: Why the connection must end, at this and at every later call.
    public func receive(
        _ bytes: Span<UInt8>,
        now: Int64,
        handler: any HTTP2ClientHandler
    ) throws(HTTP2Fault) {
        try engine.receive(bytes, now: now, server: nil, client: handler)
    }

    /// Appends frames while `output` has fewer than `limit` bytes.
    ///
    /// The last frame may go beyond the limit, by 16 KiB at most; so may frames that were written while
    /// bytes came in.
    ///
    /// - Throws: Why the connection must end, once: what could be produced has been, and more may follow at
    ///   the next call.
    public func produce(
        into output: inout ByteBuffer,
        upTo limit: Int,
        handler: any HTTP2ClientHandler
    ) throws(HTTP2Fault) {
        try engine.produce(into: &output, upTo: limit, server: nil, client: handler)
    }

    /// Closes every stream towards the handler: the transport is gone, and the session of no more use.
    ///
    /// Requests that were never sent close with `refusedStream`, others with `code`.
    public func abandon(_ code: HTTP2ErrorCode, handler: any HTTP2ClientHandler) {
        engine.abandon(code, server: nil, client: handler)
    }

    /// Queues a request; pseudo-headers are the first of the fields.
    ///
    /// Where the peer's limit of streams is reached it waits for one to end.
    ///
    /// - Parameters:
    ///   - slot: The handler's name for the stream, above zero.
    ///   - fields: Copied.
    ///   - method: The method as the fields say it, for judging the response.
    ///   - hasBody: Whether the handler is to be asked for a body; without one the head ends our side.
    /// - Returns: The stream's number on the wire.
    /// - Throws: ``HTTP2Fault/closed(_:)`` with `refusedStream` where the peer takes no more or the numbers
    ///   are used up, and whatever has ended the connection; the slot is then not taken.
    public func request(
        _ slot: Int,
        _ fields: borrowing HTTP2FieldList,
        method: Method,
        hasBody: Bool
    ) throws(HTTP2Fault) -> Int32 {
        try engine.request(slot, fields, method: method, hasBody: hasBody)
    }

    /// How many streams may run at a time: what the peer allows, 100 until it has said so, and never more
    /// than ``HTTP2Limits/streamCount``.
    public var streamCountMax: Int { engine.streamCountMax }

    /// Whether a request has not been sent, for want of room among the peer's streams or of a turn.
    ///
    /// Cost: linear in the streams for one that waits.
    public func isWaiting(_ stream: Int32) -> Bool { engine.isWaiting(stream) }

    /// Whether the peer's SETTINGS have come.
    public var hasSettings: Bool { engine.hasSettings }

    /// Whether the peer has sent GOAWAY.
    public var isDraining: Bool { engine.isDraining }

    /// Whether the peer takes extended CONNECT (RFC 8441 §3).
    public var allowsExtendedConnect: Bool { engine.allowsExtendedConnect }
}
