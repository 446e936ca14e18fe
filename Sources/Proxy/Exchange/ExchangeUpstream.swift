import EventLoop

/// The wire that an exchange goes out on: one HTTP/1.1 connection, or one HTTP/2 stream.
///
/// It reads the response and tells the exchange what has come: ``Exchange/upstreamConnected()``,
/// ``Exchange/informationReceived()``, ``Exchange/responseHeadReceived()``, ``Exchange/responseBodyReceived(_:first:)``,
/// ``Exchange/responseEnded(isReusable:)``, or ``Exchange/upstreamStopped(_:)``. While
/// ``Exchange/isResponsePaused`` holds, it keeps what it has and tells nothing. After it has told
/// something by itself, it has the other side go on (``ExchangeDownstream/advance()``).
protocol ExchangeUpstream: AnyObject {
    /// Whether nothing of the present response has come in.
    var hasReceivedNothing: Bool { get }
    /// How many bytes of the request wait to be sent.
    var outputCount: Int { get }
    /// The silence allowed within a response.
    var idleTimeout: Timeout { get }

    /// Writes the request head anew; the body may follow.
    ///
    /// Where the request is complete already, so is what is sent, unless ``Exchange/refusedBody``
    /// follows.
    func sendRequest(_ exchange: Exchange, _ target: UpstreamTarget)
    /// Takes of the first `available` bytes, which are the request body's, or the tunnel's; returns
    /// how many.
    ///
    /// What is left is offered again by the other side, once it is told to advance.
    func sendBody(_ bytes: Span<UInt8>, first available: Int) -> Int
    /// Ends the request, which was not complete when its head was sent.
    func endBody(_ exchange: Exchange)
    /// Hands out the whole of the body that was taken so far, where all of it is still here, for
    /// another attempt.
    func takeBody() -> BufferBox?
    /// Sends what can be sent.
    func flush()
    /// Goes on with the response after a pause, and has the other side advance.
    func resumeReading()
    /// Sets the time by which the server must have said something.
    func setDeadline(_ deadline: Instant?)
    /// Says to the server, behind what is pending, that the peer sends no more through the tunnel.
    func shutdownSending()
    /// Ends the work for the exchange, which is told nothing more.
    ///
    /// It is `reusable` where request and response have both ended well; else what is under way is
    /// broken off.
    func release(reusable: Bool)
}

/// What became of asking a target for a wire.
enum UpstreamOpening {
    case failed(UpstreamFailure)
    /// It is being made; the exchange is told when it is ready, or has failed.
    case opening(any ExchangeUpstream)
    case ready(any ExchangeUpstream)
}
