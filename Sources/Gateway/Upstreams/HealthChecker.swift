public import Configuration
public import EventLoop
public import Outbound

/// One address of one server, as health is told of it.
public struct HealthTarget: Sendable, Hashable {
    /// The upstream's name.
    public var upstream: String
    /// The server's name or literal address, as written.
    public var host: String
    /// Where it is.
    public var address: SocketAddress

    /// Names a target.
    public init(upstream: String, host: String, address: SocketAddress) {
        self.upstream = upstream
        self.host = host
        self.address = address
    }
}

/// Who lets the workers know.
public protocol UpstreamHealthPublisher: Sendable {
    /// A server's address is to be used, or not to be used. One call after the other for one address.
    func healthChanged(
        upstream: Int,
        server: Int,
        address: SocketAddress,
        isHealthy: Bool
    ) async
}

/// Asks every server of every upstream with a `health_check` how it is, in the version of HTTP that
/// requests to it are made in.
///
/// From the control plane, each check over a connection of its own, to the very address that a worker
/// would use; certificates are verified by the server's name. A check that could not be made for our own
/// reasons says nothing about the server.
public actor HealthChecker {
    private let upstreams: [UpstreamSettings]
    private let transport: any OutboundTransport
    private let publisher: any UpstreamHealthPublisher
    private let sink: any UpstreamEventSink
    private let clock: any ControlClock
    private let inherited: Set<HealthTarget>
    private var random: SeededRandom
    private var checks: [Place: Check] = [:]
    private var isStopped = false

    /// Prepares a checker; it begins with ``setAddresses(_:upstream:server:)``.
    ///
    /// - Parameters:
    ///   - upstreams: The upstreams of the conf.
    ///   - client: Carries the checks; best one of its own, so that hung servers never keep key sets
    ///     waiting.
    ///   - publisher: Gets changes.
    ///   - sink: Gets log lines.
    ///   - unhealthy: What ``unhealthyTargets()`` of the checker before this one gave.
    public init(
        upstreams: [UpstreamSettings],
        client: OutboundClient,
        publisher: any UpstreamHealthPublisher,
        sink: any UpstreamEventSink,
        unhealthy: Set<HealthTarget> = []
    ) {
        self.init(
            upstreams: upstreams,
            transport: client,
            publisher: publisher,
            sink: sink,
            clock: SystemClock(),
            unhealthy: unhealthy,
            seed: .random(in: .min ... .max)
        )
    }

    /// Prepares a checker on another transport and another clock.
    init(
        upstreams: [UpstreamSettings],
        transport: any OutboundTransport,
        publisher: any UpstreamHealthPublisher,
        sink: any UpstreamEventSink,
        clock: any ControlClock,
        unhealthy: Set<HealthTarget>,
        seed: UInt64
    ) {
        self.upstreams = upstreams
        self.transport = transport
        self.publisher = publisher
        self.sink = sink
        self.clock = clock
        inherited = unhealthy
        random = SeededRandom(seed: seed)
    }

    /// A server is to be found at these addresses: new ones are checked from now on, those gone are
    /// not any more.
    public func setAddresses(_ addresses: [SocketAddress], upstream: Int, server: Int) {
        guard !isStopped, upstreams.indices.contains(upstream),
            let settings = upstreams[upstream].healthCheck,
            upstreams[upstream].servers.indices.contains(server)
        else { return }
        for (place, check) in checks
        where place.upstream == upstream && place.server == server
            && !addresses.contains(place.address)
        {
            check.task.cancel()
            checks[place] = nil
        }
        for address in addresses {
            let place = Place(upstream: upstream, server: server, address: address)
            guard checks[place] == nil else { continue }
            let machine = HealthMachine(
                fall: settings.fall,
                rise: settings.rise,
                isKnownUnhealthy: inherited.contains(target(place))
            )
            let task = Task { await keepChecking(place, settings) }
            checks[place] = Check(machine: machine, task: task)
        }
    }

    /// The targets that no request should go to.
    public func unhealthyTargets() -> Set<HealthTarget> {
        Set(checks.filter { !$0.value.machine.isHealthy }.map { target($0.key) })
    }

    /// Checks nothing any more.
    public func stop() {
        isStopped = true
        for check in checks.values {
            check.task.cancel()
        }
    }

    private func keepChecking(_ place: Place, _ settings: HealthCheckSettings) async {
        let request = request(for: place, settings)
        // The first checks of many servers are spread over a second.
        let spread = min(settings.interval, .seconds(1))
        var next = clock.now().instant + Timeout(spread * Double.random(in: 0...1, using: &random))
        while true {
            // A cancelled sleep ends the loop below.
            await clock.sleep(until: next)
            guard !Task.isCancelled else { return }
            let began = clock.now().instant
            let result = await transport.result(of: request)
            guard !Task.isCancelled else { return }
            await checked(place, settings.probe, result)
            // A tenth to either side, so that gateways do not ask in step.
            let interval = settings.interval * Double.random(in: 0.9...1.1, using: &random)
            next = max(began + Timeout(interval), clock.now().instant)
        }
    }

    private func checked(
        _ place: Place,
        _ probe: HealthProbe,
        _ result: Result<OutboundResponse, OutboundFault>
    ) async {
        let verdict: HealthVerdict
        switch result {
        case .success(let response): verdict = probe.verdict(on: response)
        case .failure(let fault) where fault.isOurs: return
        case .failure(let fault): verdict = .unhealthy(detail: fault.logDetail)
        }
        let isChanged: Bool
        var detail = ""
        switch verdict {
        case .healthy:
            isChanged = checks[place]?.machine.checkSucceeded() ?? false
        case .unhealthy(let reason):
            detail = reason
            isChanged = checks[place]?.machine.checkFailed() ?? false
        }
        guard isChanged, let isHealthy = checks[place]?.machine.isHealthy else { return }
        let name = upstreams[place.upstream].servers[place.server].host
        let event: UpstreamEvent =
            isHealthy
            ? .becameHealthy(server: name, address: place.address)
            : .becameUnhealthy(server: name, address: place.address, detail: detail)
        sink.upstreamEvent(event, upstream: place.upstream)
        await publisher.healthChanged(
            upstream: place.upstream,
            server: place.server,
            address: place.address,
            isHealthy: isHealthy
        )
    }

    private func request(for place: Place, _ settings: HealthCheckSettings) -> OutboundRequest {
        let upstream = upstreams[place.upstream]
        let server = upstream.servers[place.server]
        let host = server.host.contains(":") ? "[\(server.host)]" : server.host
        var request = settings.probe.request(
            to: "\(server.isTLS ? "https" : "http")://\(host):\(server.port)",
            version: server.wireProtocol == .http2 ? .http2 : .http11,
            timeout: settings.timeout,
            responseSizeMax: Self.responseSizeMax
        )
        request.pinnedAddress = place.address.address.description
        request.trustedCertificatesPath = upstream.trustedCertificatesPath
        request.reusesConnections = false
        return request
    }

    private func target(_ place: Place) -> HealthTarget {
        let upstream = upstreams[place.upstream]
        return HealthTarget(
            upstream: upstream.name,
            host: upstream.servers[place.server].host,
            address: place.address
        )
    }

    /// One address of one server.
    private struct Place: Hashable {
        let upstream: Int
        let server: Int
        let address: SocketAddress
    }

    private struct Check {
        var machine: HealthMachine
        let task: Task<Void, Never>
    }

    /// A megabyte: the page of a check says little, but some say it at length.
    private static let responseSizeMax = 1 << 20
}
