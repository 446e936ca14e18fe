import Bytes
import EventLoop
import HTTP
import Telemetry

/// Accepts the operator's peers.
final class AdminServer: EventHandler {
    private let loop: EventLoop
    private let registry: MetricsRegistry
    private let listener: Socket
    private var openCount = 0

    /// Peers at once: a scraper or two, a probe, and a person.
    private static let connectionCountMax = 64

    init(
        _ address: SocketAddress,
        loop: EventLoop,
        registry: MetricsRegistry
    ) throws(SystemFault) {
        self.loop = loop
        self.registry = registry
        let descriptor = try loop.kernel.listen(on: address, backlog: 64, sharesPort: false)
        listener = Socket(descriptor: descriptor, kernel: loop.kernel)
        _ = try loop.register(self, descriptor: descriptor, interest: .readable)
    }

    func becameReady(_ readiness: Readiness) {
        guard case .accepted(let descriptor, _) = loop.kernel.accept(listener.descriptor) else {
            return
        }
        let socket = Socket(descriptor: descriptor, kernel: loop.kernel)
        guard openCount < Self.connectionCountMax else { return }
        AdminConnection.begin(socket, server: self, loop: loop)
    }

    func deadlinePassed() {}

    func opened() {
        openCount += 1
    }

    func closed() {
        openCount -= 1
    }

    /// The answer to one request: status, type, body.
    func answer(_ head: RequestHead) -> (status: Int, type: StaticString, body: [UInt8]) {
        guard head.method == .get || head.method == .head else {
            return (405, "text/plain", Array("only GET\n".utf8))
        }
        if head.pathBytes.isEqual(to: "/healthz") {
            return (200, "text/plain", Array("alive\n".utf8))
        }
        if head.pathBytes.isEqual(to: "/readyz") {
            return (200, "text/plain", Array("ready\n".utf8))
        }
        if head.pathBytes.isEqual(to: "/metrics") {
            let now = WallTime.now().secondsSince1970
            return (200, "text/plain; version=0.0.4", registry.exposition(nowSeconds: now))
        }
        return (404, "text/plain", Array("/healthz /readyz /metrics\n".utf8))
    }
}
