public import Access
public import Configuration
import EventLoop
public import TLS

/// Settings, routes, keys and certificates as of one moment.
///
/// Immutable: a reload or a new key set makes another, and each worker swaps its own reference
/// between turns. An exchange keeps the one that it began with.
public final class Snapshot: Sendable {
    /// The conf.
    public let settings: Settings
    /// Raised by each reload; snapshots that differ only in keys share it.
    public let settingsGeneration: UInt64
    /// What decisions are made from.
    public let access: AccessSnapshot
    /// The TLS contexts, by listener; `nil` for plain ones.
    public let listenerTLS: [TLSServerContext?]
    /// The TLS contexts towards servers, by upstream; `nil` where none of its servers needs one.
    public let upstreamTLS: [TLSClientContext?]
    /// The times of the conf, cheap to add.
    let timeouts: Timeouts
    /// The value of `Strict-Transport-Security`, by listener; empty where it is not said.
    let strictTransportSecurity: [[UInt8]]

    /// Puts one moment together.
    public init(
        settings: Settings,
        settingsGeneration: UInt64,
        access: AccessSnapshot,
        listenerTLS: [TLSServerContext?],
        upstreamTLS: [TLSClientContext?]
    ) {
        self.settings = settings
        self.settingsGeneration = settingsGeneration
        self.access = access
        self.listenerTLS = listenerTLS
        self.upstreamTLS = upstreamTLS
        timeouts = Timeouts(settings.timeouts)
        strictTransportSecurity = settings.listeners.map { listener in
            guard listener.tls != nil, let age = listener.strictTransportSecurity else { return [] }
            return Array("max-age=\(age.components.seconds)".utf8)
        }
    }

    /// The same moment with other keys, or other certificates.
    public func replacing(
        issuers: [Issuer]? = nil,
        listenerTLS: [TLSServerContext?]? = nil
    ) -> Snapshot {
        Snapshot(
            settings: settings,
            settingsGeneration: settingsGeneration,
            access: issuers.map(access.replacing) ?? access,
            listenerTLS: listenerTLS ?? self.listenerTLS,
            upstreamTLS: upstreamTLS
        )
    }
}

/// The times of the conf, cheap to add, and those that no conf changes.
struct Timeouts: Sendable {
    let head: Timeout
    let bodyIdle: Timeout
    let keepAliveIdle: Timeout
    let sendIdle: Timeout
    let upgradeIdle: Timeout
    /// How long a refused request's body is read and dropped before the connection is closed.
    let discard = Timeout(.seconds(1))
    /// How long a closing connection is read, so that the peer sees our last bytes and no reset.
    let linger = Timeout(.seconds(2))
    /// How long an exchange waits for a key set: longer, and a client would have given up.
    let verdict = Timeout(.seconds(2))
    /// How long an exchange waits for the authorization server, which may itself wait for a provider:
    /// longer, and a browser's user would have given up.
    let control = Timeout(.seconds(30))
    /// How long a peer that was told of the end of its HTTP/2 connection may still begin streams: a
    /// second is several round trips (RFC 9113 §6.8).
    let announcement = Timeout(.seconds(1))
    /// A connection that rests this long gives back its TLS buffers; before, the next request would
    /// only have to make them again.
    let rest = Timeout(.seconds(1))
    /// How long the ends of a WebSocket have to part where no conf says it: as long as by default.
    let closing = Timeout(.seconds(10))
    /// How long an acceptor rests when the process is out of descriptors.
    let acceptRest = Timeout(.milliseconds(250))

    init(_ settings: TimeoutSettings) {
        head = Timeout(settings.head)
        bodyIdle = Timeout(settings.bodyIdle)
        keepAliveIdle = Timeout(settings.keepAliveIdle)
        sendIdle = Timeout(settings.sendIdle)
        upgradeIdle = Timeout(settings.upgradeIdle)
    }
}
