public import Bytes

/// One connection's side of HTTP/2 as server, over libnghttp2.
///
/// No sockets and no clock. What came in is shown to ``receive(_:now:handler:)``; whenever
/// ``wantsToWrite`` says so, ``produce(into:upTo:handler:)`` gives what is to go out. What is malformed
/// concerns one stream and is answered here; a broken rule of the connection, and a flood, is thrown: then
/// what is left is to produce once more, to send that, and to close.
///
/// What libnghttp2 finds wrong with a connection is thrown when its GOAWAY is produced, and whatever came
/// behind it is not looked at.
public final class HTTP2ServerSession: HTTP2Session {
    /// Makes a session whose SETTINGS, and a WINDOW_UPDATE of the connection, wait to be produced.
    ///
    /// - Throws: ``HTTP2Fault/outOfMemory``.
    public init(limits: HTTP2Limits) throws(HTTP2Fault) {
        try super.init(isServer: true, limits: limits)
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
        handler: any HTTP2ServerHandler
    ) throws(HTTP2Fault) {
        try engine.receive(bytes, now: now, server: handler, client: nil)
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
        handler: any HTTP2ServerHandler
    ) throws(HTTP2Fault) {
        try engine.produce(into: &output, upTo: limit, server: handler, client: nil)
    }

    /// Closes every stream towards the handler with `code`: the transport is gone, and the session of no
    /// more use.
    public func abandon(_ code: HTTP2ErrorCode, handler: any HTTP2ServerHandler) {
        engine.abandon(code, server: handler, client: nil)
    }

    /// Answers a request; `:status` is the first of the fields.
    ///
    /// - Parameters:
    ///   - stream: One that was told and not yet answered; one that is gone is passed over.
    ///   - fields: Copied.
    ///   - hasBody: Whether the handler is to be asked for a body; without one the head ends our side.
    public func respond(_ stream: Int32, _ fields: borrowing HTTP2FieldList, hasBody: Bool) {
        engine.respond(stream, fields, hasBody: hasBody)
    }

    /// Sends an interim response; `:status`, 100 to 199, is the first of the fields.
    public func inform(_ stream: Int32, _ fields: borrowing HTTP2FieldList) {
        engine.inform(stream, fields)
    }

    /// Whether the end of our side of a stream has been produced.
    ///
    /// Before it a reset, with whatever code, has libnghttp2 drop what still waits: a head, or trailers.
    public func hasEnded(_ stream: Int32) -> Bool {
        engine.hasEnded(stream)
    }

    /// Announces that no new streams will be taken soon (GOAWAY with the largest stream, RFC 9113 §6.8).
    public func announceShutdown() {
        engine.announceShutdown()
    }

    /// Whether a head has begun to arrive and has not ended, or the preface is not whole.
    public var isInsideHead: Bool { engine.meter.isInsideHead }
}
