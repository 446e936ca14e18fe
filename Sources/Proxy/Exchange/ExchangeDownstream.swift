import Access
import EventLoop
import HTTP

/// The wire that an exchange came in on: one HTTP/1.1 connection, or one HTTP/2 stream.
///
/// No method calls back into the exchange; what has to follow is done when the caller's own step
/// is over. So a view of one side's buffer can be handed to the other without either being able to
/// change it underneath.
protocol ExchangeDownstream: AnyObject {
    /// The address of who connected.
    var peerAddress: IPAddress { get }
    /// The same as text, made once for a connection.
    var peerText: [UInt8] { get }
    /// The version of HTTP that is spoken.
    var version: HTTPVersion { get }
    /// Which listener it came in on, by its place in the conf in force.
    var listenerIndex: Int { get }
    /// `https` under TLS, else `http`.
    var transportScheme: StaticString { get }
    /// The TLS version, or empty.
    var tlsVersionName: StaticString { get }
    /// The last token that this peer showed and that was verified.
    var lastVerdict: VerifiedToken? { get set }

    /// Says that the body may be sent (`100 Continue`).
    func sendContinue()
    /// Writes the interim response that stands in the exchange, a head and no more.
    func sendInformation(_ exchange: Exchange)
    /// Writes the head of the exchange's response.
    func sendHead(_ exchange: Exchange, framing: BodyFraming)
    /// Takes of the first `available` bytes, which are the response body's; returns how many. What
    /// is left is offered again once the exchange is told that there is room.
    func sendBody(_ bytes: Span<UInt8>, first available: Int) -> Int
    /// How many bytes of a response body would be taken now: more need not be read from the upstream.
    var bodyRoom: Int { get }
    /// Takes a whole buffer of the response body as its own, where it would have to copy it.
    ///
    /// - Returns: Whether it has; else the bytes are to be sent by ``sendBody(_:first:)``.
    func adoptBody(_ box: BufferBox) -> Bool
    /// Ends the response, with the exchange's trailers where the wire can carry them.
    func endBody()
    /// Stops in the middle: the peer must see that the response is not whole.
    func abort()
    /// Goes on with whatever the last steps have made possible: room for a body, the next request.
    func advance()
    /// Sets the time at which the exchange is told that it took too long.
    func setExchangeDeadline(_ deadline: Instant?)
    /// The two sides speak a protocol of their own from here on.
    func beginTunnel()
    /// The upstream will send no more through the tunnel.
    func endTunnelOutput()
}
