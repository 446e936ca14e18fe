import Bytes
import TLS

/// Goes on with both handshakes in turn, on one thread, until neither moves any more.
func shake(
    _ client: TLSConnection,
    _ server: TLSConnection
) -> (client: TLSProgress, server: TLSProgress) {
    var clientProgress = TLSProgress.wantsRead
    var serverProgress = TLSProgress.wantsRead
    for _ in 0..<20 {
        if clientProgress.isWaiting { clientProgress = client.handshake() }
        if serverProgress.isWaiting { serverProgress = server.handshake() }
    }
    return (clientProgress, serverProgress)
}

/// The same with a client over OpenSSL alone.
func shake(_ client: RawClient, _ server: TLSConnection) -> (client: Int32, server: TLSProgress) {
    var clientResult: Int32 = -2
    var serverProgress = TLSProgress.wantsRead
    for _ in 0..<20 {
        if clientResult == -2 || clientResult == -3 { clientResult = client.handshake() }
        if serverProgress.isWaiting { serverProgress = server.handshake() }
    }
    return (clientResult, serverProgress)
}

extension TLSProgress {
    /// Whether another call may help.
    var isWaiting: Bool { self == .wantsRead || self == .wantsWrite }

    /// The fault of a failed handshake.
    var fault: TLSFault? {
        if case .failed(let fault) = self { fault } else { nil }
    }
}

extension TLSOutcome {
    /// The fault of a lost connection.
    var fault: TLSFault? {
        if case .failed(let fault) = self { fault } else { nil }
    }
}

/// Reads once, at most `limit` bytes.
func readOnce(
    _ connection: TLSConnection,
    atMost limit: Int = 32_768
) -> (outcome: TLSOutcome, bytes: [UInt8]) {
    var buffer = ByteBuffer(capacity: 1024)
    let outcome = connection.read(into: &buffer, atMost: limit)
    return (outcome, buffer.bytes.copied())
}

/// Bytes that differ from place to place.
func pattern(_ count: Int, seed: Int = 0) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: ($0 + seed) &* 31 &+ (($0 + seed) >> 8)) }
}

/// A server context over one identity.
func makeServer(
    _ identity: TLSIdentity,
    tickets: TicketKeys = TicketKeys(),
    protocols: [String] = ["http/1.1"]
) throws(TLSFault) -> TLSServerContext {
    try TLSServerContext(
        default: identity,
        named: [],
        tickets: tickets,
        applicationProtocols: protocols
    )
}
