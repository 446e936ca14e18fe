import Bytes
import EventLoop
import HTTP
import Synchronization
import Telemetry

/// `/healthz`, `/readyz` and `/metrics`, on a listener of their own: a scrape never waits for a
/// worker, nor a worker for a scrape.
final class AdminResponder: SmallResponder {
    private let registry: MetricsRegistry
    private let readiness = Mutex(Readiness.starting)

    /// Whether requests should be sent here.
    ///
    /// Says nothing about issuers: a gateway whose issuer is down still serves every token whose
    /// key it knows, and every public route.
    enum Readiness: String, Sendable {
        case draining
        case ready
        case starting
    }

    init(_ registry: MetricsRegistry) {
        self.registry = registry
    }

    /// Says so from now on.
    func become(_ next: Readiness) {
        readiness.withLock { $0 = next }
    }

    func answer(_ head: RequestHead) -> SmallAnswer {
        .now(response(to: head))
    }

    private func response(to head: RequestHead) -> SmallResponse {
        guard head.method == .get || head.method == .head else {
            return SmallResponse(405, text: "only GET\n")
        }
        let path = head.pathBytes
        if path.isEqual(to: "/healthz") {
            return SmallResponse(200, text: "alive\n")
        }
        if path.isEqual(to: "/readyz") {
            let now = readiness.withLock { $0 }
            return SmallResponse(now == .ready ? 200 : 503, text: "\(now.rawValue)\n")
        }
        if path.isEqual(to: "/metrics") {
            let now = WallTime.now().secondsSince1970
            return SmallResponse(
                200,
                "text/plain; version=0.0.4; charset=utf-8",
                registry.exposition(nowSeconds: now)
            )
        }
        return SmallResponse(404, text: "/healthz /readyz /metrics\n")
    }
}
