import EventLoop
import Synchronization
import Testing

@testable import Configuration
@testable import Gateway

/// An upstream as a conf would have it.
func upstream(
    _ servers: [(host: String, isTLS: Bool)],
    check: HealthCheckSettings? = nil
) -> UpstreamSettings {
    UpstreamSettings(
        name: "orders",
        servers: servers.map { server in
            UpstreamServerSettings(
                host: server.host,
                port: 9_000,
                isTLS: server.isTLS,
                wireProtocol: .http11,
                isBackup: false,
                weight: 1
            )
        },
        balance: .roundRobin,
        keepAliveCount: 64,
        keepAliveIdle: .seconds(60),
        connectTimeout: .seconds(5),
        readTimeout: .seconds(60),
        idleTimeout: .seconds(300),
        healthCheck: check,
        ejectionFailureCount: 5,
        ejectionTime: .seconds(10),
        trustedCertificatesPath: nil
    )
}

/// Remembers everything it is told.
final class UpstreamWitness: UpstreamAddressPublisher, UpstreamHealthPublisher, UpstreamEventSink {
    private let state = Mutex(State())

    struct Health: Equatable {
        let server: Int
        let address: SocketAddress
        let isHealthy: Bool
    }

    private struct State {
        var addresses: [[SocketAddress]] = []
        var health: [Health] = []
        var events: [UpstreamEvent] = []
    }

    func addressesChanged(upstream: Int, server: Int, addresses: [SocketAddress]) async {
        state.withLock { $0.addresses.append(addresses) }
    }

    func healthChanged(
        upstream: Int,
        server: Int,
        address: SocketAddress,
        isHealthy: Bool
    ) async {
        let health = Health(server: server, address: address, isHealthy: isHealthy)
        state.withLock { $0.health.append(health) }
    }

    func upstreamEvent(_ event: UpstreamEvent, upstream: Int) {
        state.withLock { $0.events.append(event) }
    }

    var addresses: [[SocketAddress]] { state.withLock { $0.addresses } }
    var health: [Health] { state.withLock { $0.health } }
    var events: [UpstreamEvent] { state.withLock { $0.events } }
}

/// Name servers that say what a test tells them to.
final class FakeLookup: NameLookup {
    private let state = Mutex<(answers: [String: [String]], count: Int)>(([:], 0))

    func addresses(of host: String, port: UInt16) throws(SystemFault) -> [SocketAddress] {
        let answer = state.withLock { state in
            state.count += 1
            return state.answers[host]
        }
        guard let answer else { throw SystemFault(call: "getaddrinfo", code: -2) }
        return answer.compactMap { text in
            IPAddress(text).map { SocketAddress(address: $0, port: port) }
        }
    }

    /// From now on the name has these addresses, or does not resolve.
    func set(_ host: String, _ addresses: [String]?) {
        state.withLock { $0.answers[host] = addresses }
    }

    var count: Int { state.withLock { $0.count } }
}

/// Addresses on port 9000.
func addresses(_ texts: String...) throws -> [SocketAddress] {
    try texts.map { text in
        SocketAddress(address: try #require(IPAddress(text)), port: 9_000)
    }
}
