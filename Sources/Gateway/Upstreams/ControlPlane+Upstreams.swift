import Configuration
import EventLoop
import Proxy

// Where the servers of upstreams are, and which of them answer.

extension ControlPlane {
    /// A server is to be found elsewhere.
    func addressesChanged(
        _ upstream: Int,
        _ server: Int,
        _ found: [SocketAddress],
        generation: UInt64
    ) async {
        guard generation == self.generation else { return }
        addresses[upstream][server] = found
        postTargets(of: upstream)
        await checker?.setAddresses(found, upstream: upstream, server: server)
    }

    /// A server answers its checks, or does not.
    func healthChanged(_ place: ServerPlace, isHealthy: Bool, generation: UInt64) {
        guard generation == self.generation else { return }
        if isHealthy {
            unhealthy.remove(place)
        } else {
            unhealthy.insert(place)
        }
        postTargets(of: place.upstream)
    }

    /// Tells the workers what they were not told yet.
    func postTargets() {
        for upstream in settings.upstreams.indices {
            postTargets(of: upstream)
        }
    }

    /// Tells the workers of one upstream.
    ///
    /// Not while a conf is being taken up: the workers' upstreams are those of the conf before, which
    /// may be others by the same name. They get the addresses with the conf.
    private func postTargets(of upstream: Int) {
        guard snapshot?.settingsGeneration == generation else { return }
        post(.targets(upstream: settings.upstreams[upstream].name, targetStates(of: upstream)))
    }

    /// The addresses of every upstream, in the order of the conf.
    func targetStates() -> [[TargetState]] {
        settings.upstreams.indices.map(targetStates)
    }

    private func targetStates(of upstream: Int) -> [TargetState] {
        addresses[upstream].enumerated().flatMap { server, found in
            found.map { address in
                let place = ServerPlace(upstream: upstream, server: server, address: address)
                return TargetState(
                    server: server,
                    address: address,
                    isHealthy: !unhealthy.contains(place)
                )
            }
        }
    }
}
