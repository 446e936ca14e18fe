public import EventLoop

/// Something about the servers of an upstream that the operator may want to know.
public enum UpstreamEvent: Sendable, Hashable {
    /// The name of a server has other addresses now.
    case addressesChanged(host: String, addresses: [SocketAddress])
    /// A server is checked and found well, for the first time or again.
    case becameHealthy(server: String, address: SocketAddress)
    /// A server is checked and found ill; no request goes there.
    case becameUnhealthy(server: String, address: SocketAddress, detail: String)
    /// The name of a server has an address again.
    case nameRecovered(host: String)
    /// The name of a server has no address; those known from before are kept.
    case nameUnresolved(host: String, detail: String, keptCount: Int)

    /// Whether it is something to worry about.
    public var isWarning: Bool {
        switch self {
        case .addressesChanged, .becameHealthy, .nameRecovered: false
        case .becameUnhealthy, .nameUnresolved: true
        }
    }

    /// One line for the program's log.
    public var message: String {
        switch self {
        case .addressesChanged(let host, let addresses):
            "\(host) is now \(addresses.map(\.description).joined(separator: ", "))"
        case .becameHealthy(let server, let address):
            "server \(server) (\(address)) is healthy"
        case .becameUnhealthy(let server, let address, let detail):
            "server \(server) (\(address)) is unhealthy: \(detail)"
        case .nameRecovered(let host):
            "\(host) resolves again"
        case .nameUnresolved(let host, let detail, let keptCount):
            "\(host) does not resolve: \(detail); "
                + (keptCount == 0 ? "it has no address" : "its \(keptCount) addresses are kept")
        }
    }
}

/// Who writes the log.
public protocol UpstreamEventSink: Sendable {
    /// Something happened. Must return at once.
    func upstreamEvent(_ event: UpstreamEvent, upstream: Int)
}
