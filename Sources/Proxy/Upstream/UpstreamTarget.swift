import Bytes
import Configuration
import EventLoop
import TLS

/// One address of an upstream's server, as one worker sees it: its idle connections, its load, and
/// how it has behaved.
final class UpstreamTarget {
    let state: TargetState
    let server: UpstreamServerSettings
    /// `host:port` as the conf has it, for the log and for a `Host` that the client did not send.
    let authority: [UInt8]
    /// The host alone, for comparing places.
    let serverHost: [UInt8]
    let name: [UInt8]
    let tls: TLSClientContext?
    let connectTimeout: Timeout
    let readTimeout: Timeout
    let idleTimeout: Timeout
    let keepAliveIdle: Timeout
    private let idleCountMax: Int
    private let ejectionFailureCount: Int
    private let ejectionTime: Timeout

    /// Whether its active check says that it answers.
    var isHealthy: Bool
    /// Exchanges and connections under way.
    var activeCount = 0
    private var idle: [HTTP1UpstreamConnection] = []
    /// How many streams the server allowed on a connection when last heard.
    var streamCountSeen: Int?
    private var http2Connections: [HTTP2UpstreamConnection] = []
    private var failureCount = 0
    private var ejectedUntil: Instant?
    private var isRetired = false

    init(
        _ state: TargetState,
        of upstream: UpstreamSettings,
        tls: TLSClientContext?,
        workerCount: Int
    ) {
        self.state = state
        server = upstream.servers[state.server]
        let host = server.host.contains(":") ? "[\(server.host)]" : server.host
        authority = Array("\(host):\(server.port)".utf8)
        serverHost = Array(host.utf8)
        name = Array("\(state.address)".utf8)
        self.tls = server.isTLS ? tls : nil
        connectTimeout = Timeout(upstream.connectTimeout)
        readTimeout = Timeout(upstream.readTimeout)
        idleTimeout = Timeout(upstream.idleTimeout)
        keepAliveIdle = Timeout(upstream.keepAliveIdle)
        idleCountMax = (upstream.keepAliveCount + workerCount - 1) / max(1, workerCount)
        ejectionFailureCount = upstream.ejectionFailureCount
        ejectionTime = Timeout(upstream.ejectionTime)
        isHealthy = state.isHealthy
    }

    /// Whether it may be chosen now.
    func isAvailable(at now: Instant) -> Bool {
        guard isHealthy else { return false }
        guard let ejectedUntil else { return true }
        return now >= ejectedUntil
    }

    /// Gives an exchange a wire: the idle connection used last, which is the one least likely to
    /// have been closed, or a new one.
    func open(for exchange: Exchange) -> UpstreamOpening {
        guard server.wireProtocol == .http11 else { return openStream(for: exchange) }
        if let connection = idle.popLast() {
            connection.begin(exchange)
            return .ready(connection)
        }
        return HTTP1UpstreamConnection.open(to: self, for: exchange)
    }

    /// Gives an exchange a stream of the least loaded connection with room, or of one that is still
    /// being made, or of a new one.
    private func openStream(for exchange: Exchange) -> UpstreamOpening {
        if let connection = leastLoaded(isActive: true) ?? leastLoaded(isActive: false) {
            return connection.open(for: exchange)
        }
        switch HTTP2UpstreamConnection.open(to: self, worker: exchange.worker) {
        case .opened(let connection):
            http2Connections.append(connection)
            return connection.open(for: exchange)
        case .failed(let failure): return .failed(failure)
        }
    }

    private func leastLoaded(isActive: Bool) -> HTTP2UpstreamConnection? {
        var best: HTTP2UpstreamConnection?
        for connection in http2Connections
        where connection.isActive == isActive && connection.hasRoom {
            if connection.streamCount < best?.streamCount ?? .max {
                best = connection
            }
        }
        return best
    }

    /// Whether a connection without streams is kept for later, or there are enough of those.
    func keepsResting(_ connection: HTTP2UpstreamConnection) -> Bool {
        guard !isRetired else { return false }
        var count = 1
        for other in http2Connections where other !== connection && other.streamCount == 0 {
            count += 1
        }
        return count <= idleCountMax
    }

    /// Forgets a connection that has ended.
    func forget(_ connection: HTTP2UpstreamConnection) {
        http2Connections.removeAll { $0 === connection }
    }

    /// Keeps a connection for later, or says that there is no room for it.
    func keep(_ connection: HTTP1UpstreamConnection, now: Instant) -> Bool {
        guard !isRetired, idle.count < idleCountMax else { return false }
        idle.append(connection)
        connection.setDeadline(now + keepAliveIdle)
        return true
    }

    /// Forgets an idle connection that has ended.
    func forget(_ connection: HTTP1UpstreamConnection) {
        idle.removeAll { $0 === connection }
    }

    /// Notes a failure; so many in a row, and the server is left alone for a while.
    func failed(at now: Instant) {
        failureCount += 1
        if failureCount >= ejectionFailureCount {
            ejectedUntil = now + ejectionTime
            failureCount = 0
        }
    }

    /// Notes that it has answered.
    func succeeded() {
        failureCount = 0
        ejectedUntil = nil
    }

    /// Closes what is idle, and keeps nothing from here on.
    func retire() {
        isRetired = true
        let connections = idle
        idle.removeAll()
        for connection in connections {
            connection.close()
        }
        // A copy: one that ends leaves the list.
        for connection in http2Connections {
            connection.retire()
        }
    }
}
