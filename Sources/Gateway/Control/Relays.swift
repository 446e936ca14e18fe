import Configuration
import EventLoop
import Logging
import Telemetry

// What the keepers of one conf tell the control plane. Each relay knows the generation of its conf,
// so that a late word of a conf that a reload has replaced is not mistaken for one of the present.

/// Brings changed keys.
struct KeySetRelay: KeySetPublisher {
    let plane: ControlPlane
    let generation: UInt64

    func keySetChanged(issuer: Int, version: KeySetVersion) async {
        await plane.keySetChanged(issuer, version, generation: generation)
    }
}

/// Brings changed addresses.
struct AddressRelay: UpstreamAddressPublisher {
    let plane: ControlPlane
    let generation: UInt64

    func addressesChanged(upstream: Int, server: Int, addresses: [SocketAddress]) async {
        await plane.addressesChanged(upstream, server, addresses, generation: generation)
    }
}

/// Brings changed health.
struct HealthRelay: UpstreamHealthPublisher {
    let plane: ControlPlane
    let generation: UInt64

    func healthChanged(
        upstream: Int,
        server: Int,
        address: SocketAddress,
        isHealthy: Bool
    ) async {
        let place = ServerPlace(upstream: upstream, server: server, address: address)
        await plane.healthChanged(place, isHealthy: isHealthy, generation: generation)
    }
}

/// One address of one server of one upstream.
struct ServerPlace: Hashable, Sendable {
    var upstream: Int
    var server: Int
    var address: SocketAddress
}

/// Writes down and counts what happens to key sets.
struct KeySetJournal: KeySetEventSink {
    let log: ProgramLog
    let registry: MetricsRegistry
    let identifiers: [String]

    func keySetEvent(_ event: KeySetEvent, issuer: Int) {
        let name = identifiers[issuer]
        switch event {
        case .fetched: registry.keyFetchEnded(issuer: name, outcome: "success")
        case .fetchFailed(_, let label, _, _): registry.keyFetchEnded(issuer: name, outcome: label)
        case .archiveFailed, .dropped, .restored: break
        }
        switch event.level {
        case .debug: log.write(.debug, "issuer \(name): \(event.message)")
        case .notice: log.write(.notice, "issuer \(name): \(event.message)")
        case .warning: log.write(.warning, "issuer \(name): \(event.message)")
        case .error: log.write(.error, "issuer \(name): \(event.message)")
        }
    }
}

/// Writes down what happens to upstreams.
struct UpstreamJournal: UpstreamEventSink {
    let log: ProgramLog
    let names: [String]

    func upstreamEvent(_ event: UpstreamEvent, upstream: Int) {
        log.write(
            event.isWarning ? .warning : .notice,
            "upstream \(names[upstream]): \(event.message)"
        )
    }
}
