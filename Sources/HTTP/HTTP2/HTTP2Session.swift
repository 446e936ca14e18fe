/// What a server's and a client's side of HTTP/2 have in common: all but who is told, and who begins a
/// stream.
public class HTTP2Session {
    internal let engine: HTTP2Engine

    internal init(isServer: Bool, limits: HTTP2Limits) throws(HTTP2Fault) {
        engine = try HTTP2Engine(isServer: isServer, limits: limits)
    }

    /// Sends the trailers that a ``HTTP2BodyStep/lastWithTrailers(_:)`` speaks of, from within
    /// ``HTTP2Handler/bodyWanted(_:atMost:)``.
    public final func submitTrailers(_ stream: Int32, _ fields: borrowing HTTP2FieldList) {
        engine.submitTrailers(stream, fields)
    }

    /// Says that a stream that had to wait has something to send, or its end.
    public final func resumeBody(_ stream: Int32) {
        engine.resumeBody(stream)
    }

    /// Resets a stream; its close is told when the frame is produced.
    public final func reset(_ stream: Int32, _ code: HTTP2ErrorCode) {
        engine.reset(stream, code)
    }

    /// Gives back that many received bytes to the window of a stream.
    public final func consumeStream(_ stream: Int32, _ count: Int) {
        engine.consumeStream(stream, count)
    }

    /// Gives back that many received bytes to the window of the connection.
    ///
    /// Every byte that was told must come back here, those of streams that are gone included.
    public final func consumeConnection(_ count: Int) {
        engine.consumeConnection(count)
    }

    /// Says goodbye: GOAWAY with the last stream that was told; running streams go on, and no others
    /// begin.
    public final func shutDown(_ code: HTTP2ErrorCode) {
        engine.shutDown(code)
    }

    /// Whether there is something to produce now.
    public final var wantsToWrite: Bool { engine.wantsToWrite }

    /// Whether nothing is to be written and nothing awaited any more.
    public final var isFinished: Bool { engine.isFinished }

    /// How many bytes the peer lets us send on the stream now: what its window and the connection's
    /// both allow.
    public final func windowLeft(_ stream: Int32) -> Int {
        engine.windowLeft(stream)
    }
}
