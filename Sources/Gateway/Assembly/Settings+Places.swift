import Configuration
import EventLoop

extension Settings {
    /// The places in this conf of servers that were found unhealthy under another.
    func places(of targets: Set<HealthTarget>) -> [ServerPlace] {
        targets.compactMap { target in
            guard let upstream = upstreams.firstIndex(where: { $0.name == target.upstream }),
                let server = upstreams[upstream].servers.firstIndex(where: {
                    $0.host == target.host && $0.port == target.address.port
                })
            else { return nil }
            return ServerPlace(upstream: upstream, server: server, address: target.address)
        }
    }
}
