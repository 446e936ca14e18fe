public import Configuration
public import EventLoop

/// Looks host names up; blocks, on a thread of its own.
protocol NameLookup: Sendable {
    /// The addresses of a name.
    ///
    /// - Throws: Where the name has none, or no name server answers.
    func addresses(of host: String, port: UInt16) throws(SystemFault) -> [SocketAddress]
}

/// The system's resolver.
struct SystemNameLookup: NameLookup {
    /// Asks `getaddrinfo`.
    func addresses(of host: String, port: UInt16) throws(SystemFault) -> [SocketAddress] {
        try NameResolver.addresses(of: host, port: port)
    }
}

/// What an address was found by.
public struct ResolvedName: Sendable, Hashable {
    /// The name.
    public let host: String
    /// The port that stands in each of its addresses.
    public let port: UInt16
}

/// Who brings changed addresses to the workers and to the health checks.
public protocol UpstreamAddressPublisher: Sendable {
    /// A server of an upstream is to be found at these addresses now, never none.
    ///
    /// One call after the other for one server.
    func addressesChanged(upstream: Int, server: Int, addresses: [SocketAddress]) async
}

/// Finds the addresses of all upstream servers, and looks their names up again every 10 to 30 s.
///
/// Literal addresses are taken as they are. Every name has one look-up in flight at most, on a thread
/// of its own, so that a dead name server costs a thread per name and holds nobody else up.
public actor UpstreamResolver {
    private let servers: [Server]
    private let lookup: any NameLookup
    private let publisher: any UpstreamAddressPublisher
    private let sink: any UpstreamEventSink
    private let clock: any ControlClock
    private let seed: UInt64
    private var known: [[[SocketAddress]]]
    private var tasks: [Task<Void, Never>] = []
    private var unresolvedCount: Int
    private var waitingForFirst: [CheckedContinuation<Void, Never>] = []

    /// Prepares a resolver; nothing is asked before ``start(waitingAtMost:)``.
    ///
    /// What ``inheritance()`` of the resolver before this one gave holds until a name is looked up:
    /// a reload while the name servers are down loses no server.
    public init(
        upstreams: [UpstreamSettings],
        publisher: any UpstreamAddressPublisher,
        sink: any UpstreamEventSink,
        inheriting: [ResolvedName: [SocketAddress]] = [:]
    ) {
        self.init(
            upstreams: upstreams,
            publisher: publisher,
            sink: sink,
            lookup: SystemNameLookup(),
            clock: SystemClock(),
            seed: .random(in: .min ... .max),
            inheriting: inheriting
        )
    }

    /// Prepares a resolver on another look-up and another clock.
    init(
        upstreams: [UpstreamSettings],
        publisher: any UpstreamAddressPublisher,
        sink: any UpstreamEventSink,
        lookup: any NameLookup,
        clock: any ControlClock,
        seed: UInt64,
        inheriting: [ResolvedName: [SocketAddress]] = [:]
    ) {
        self.lookup = lookup
        self.clock = clock
        self.publisher = publisher
        self.sink = sink
        self.seed = seed
        known = upstreams.map { upstream in
            upstream.servers.map { server in
                IPAddress(server.host).map { [SocketAddress(address: $0, port: server.port)] }
                    ?? inheriting[ResolvedName(host: server.host, port: server.port)] ?? []
            }
        }
        servers = upstreams.enumerated().flatMap { upstream, settings in
            settings.servers.enumerated().compactMap { server, settings in
                IPAddress(settings.host) == nil
                    ? Server(upstream: upstream, index: server, settings: settings) : nil
            }
        }
        unresolvedCount = servers.count
    }

    /// Looks every name up, and goes on doing so.
    ///
    /// Returns when each was looked up once, or failed to, or the time is over.
    ///
    /// Afterwards ``addresses()`` says what is there to begin with. Every change is published, those
    /// of the first look-ups included.
    public func start(waitingAtMost limit: Duration) async {
        guard tasks.isEmpty else { return }
        tasks = servers.enumerated().map { number, server in
            Task { await keepResolving(server, seed: seed &+ UInt64(number)) }
        }
        guard unresolvedCount > 0 else { return }
        let end = clock.now().instant + Timeout(limit)
        let timer = Task { [clock] in
            await clock.sleep(until: end)
            releaseWaiting()
        }
        await withCheckedContinuation { waitingForFirst.append($0) }
        timer.cancel()
    }

    /// The addresses of every server: by upstream, then by server, in the order of the conf.
    ///
    /// Empty where a name has not been resolved yet.
    public func addresses() -> [[[SocketAddress]]] {
        known
    }

    /// What is known of every name, for the resolver of the next conf.
    public func inheritance() -> [ResolvedName: [SocketAddress]] {
        var held: [ResolvedName: [SocketAddress]] = [:]
        for server in servers {
            let name = ResolvedName(host: server.settings.host, port: server.settings.port)
            let addresses = known[server.upstream][server.index]
            if !addresses.isEmpty {
                held[name] = addresses
            }
        }
        return held
    }

    /// Looks nothing up any more.
    public func stop() {
        for task in tasks {
            task.cancel()
        }
        releaseWaiting()
    }

    private func keepResolving(_ server: Server, seed: UInt64) async {
        var record = NameRecord(seed: seed, addresses: known[server.upstream][server.index])
        var isFirst = true
        while !Task.isCancelled {
            let result = await lookUp(server.settings)
            guard !Task.isCancelled else { return }
            let wasFailing = record.isFailing
            let isChanged: Bool
            switch result {
            case .success(let found):
                isChanged = record.resolved(found)
            case .failure:
                record.failed()
                isChanged = false
            }
            report(server, result, record, wasFailing: wasFailing)
            if isChanged {
                known[server.upstream][server.index] = record.addresses
                let event = UpstreamEvent.addressesChanged(
                    host: server.settings.host,
                    addresses: record.addresses
                )
                sink.upstreamEvent(event, upstream: server.upstream)
                await publisher.addressesChanged(
                    upstream: server.upstream,
                    server: server.index,
                    addresses: record.addresses
                )
            }
            if isFirst {
                isFirst = false
                unresolvedCount -= 1
                if unresolvedCount == 0 {
                    releaseWaiting()
                }
            }
            // A cancelled sleep ends the loop at its head.
            await clock.sleep(until: clock.now().instant + Timeout(record.nextDelay()))
        }
    }

    /// Says a change between good and bad once.
    private func report(
        _ server: Server,
        _ result: Result<[SocketAddress], SystemFault>,
        _ record: NameRecord,
        wasFailing: Bool
    ) {
        guard record.isFailing != wasFailing else { return }
        var event = UpstreamEvent.nameRecovered(host: server.settings.host)
        if record.isFailing {
            var detail = "no address"
            if case .failure(let fault) = result {
                detail = fault.description
            }
            event = .nameUnresolved(
                host: server.settings.host,
                detail: detail,
                keptCount: record.addresses.count
            )
        }
        sink.upstreamEvent(event, upstream: server.upstream)
    }

    /// One look-up, on a thread that lives as long as it.
    private func lookUp(
        _ server: UpstreamServerSettings
    ) async -> Result<[SocketAddress], SystemFault> {
        await withCheckedContinuation { continuation in
            do throws(SystemFault) {
                _ = try startThread(name: "resolver") { [lookup] in
                    let result = Result { () throws(SystemFault) in
                        try lookup.addresses(of: server.host, port: server.port)
                    }
                    continuation.resume(returning: result)
                }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
    }

    private func releaseWaiting() {
        for continuation in waitingForFirst {
            continuation.resume()
        }
        waitingForFirst = []
    }

    /// A server with a name.
    private struct Server {
        let upstream: Int
        let index: Int
        let settings: UpstreamServerSettings
    }
}
