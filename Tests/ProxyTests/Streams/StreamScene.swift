import Configuration
import EventLoop
import Testing

@testable import Access
@testable import Proxy

/// Streams on the simulated system, with tokens that end at a second of its clock.
final class StreamScene {
    static let second: Int64 = 1_000_000_000
    let world: World
    private(set) var peers: [ScriptedEnd] = []
    private(set) var origins: [ScriptedEnd] = []
    /// What an origin sends at once, and what it does later.
    private let response: String
    private let perform: (ScriptedEnd) -> Void

    /// Makes a scene whose origins answer with `response`, and then do as `perform` says.
    init(_ response: String, _ perform: @escaping (ScriptedEnd) -> Void = { _ in }) throws {
        world = try World(seed: 7, scenario: .changing)
        self.response = response
        self.perform = perform
        world.kernel.dial = { [unowned self] _ in
            .accepted(after: 0, window: world.dialling.window) { [unowned self] end in
                addOrigin(end)
            }
        }
    }

    private func addOrigin(_ end: LinkEnd) {
        let origin = ScriptedEnd(end, time: world.kernel.time)
        var hasAnswered = false
        let (response, perform) = (response, perform)
        origin.answer = { origin in
            guard !hasAnswered, origin.headEnd != nil else { return [] }
            hasAnswered = true
            perform(origin)
            return Array(response.replacing("ACCEPT", with: origin.webSocketAccept).utf8)
        }
        origins.append(origin)
        world.kernel.actors.append(origin)
    }

    /// A peer that asks at once, with a token that is refused from a second on.
    @discardableResult
    func addPeer(
        path: String = "/secure/live",
        diesAt second: Int64 = 4,
        session: String? = nil,
        fields: String = ""
    ) -> ScriptedEnd {
        let number = peers.count
        let address = World.address("192.0.2.\(number % 200 + 1):\(3000 + number)")
        let kernel = world.kernel
        let listener = world.listener
        let peer = ScriptedEnd(time: kernel.time, at: kernel.time.now) {
            kernel.connectPeer(to: listener, from: address)
        }
        let token = Self.token(diesAt: second, session: session)
        peer.send(
            Array(
                ("GET \(path) HTTP/1.1\r\nHost: gate.test\r\n\(fields)"
                    + "Authorization: Bearer \(token)\r\n\r\n").utf8
            ),
            at: kernel.time.now
        )
        peers.append(peer)
        world.strangerCount += 1
        kernel.actors.append(peer)
        return peer
    }

    /// A peer of HTTP/2, which asks when it is told to.
    func addHTTP2Peer(grace: Duration = .seconds(10)) throws -> HTTP2ScriptedPeer {
        configure { $0.tokenExpiry = .close(grace: grace) }
        let (kernel, listener) = (world.kernel, world.listener)
        let peer = try HTTP2ScriptedPeer(time: kernel.time) {
            kernel.connectPeer(to: listener, from: World.address("192.0.2.1:4000"))
        }
        world.strangerCount += 1
        kernel.actors.append(peer)
        return peer
    }

    static let webSocketFields =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

    /// Sixty seconds of clock skew are the default.
    static func token(diesAt second: Int64, session: String?) -> String {
        Kit.token(
            issuer: session == nil ? "https://file.test" : "https://auth.test",
            key: 0,
            subject: "user-1",
            expiry: 1_700_000_000 + second - 60,
            session: session
        )
    }

    /// Has the worker take another conf at a moment, as a reload does.
    func reload(at moment: Int64, _ change: (inout RouteSettings) -> Void) {
        var settings = World.settings
        settings.listeners[0].protocols = [.http2, .http11]
        for index in settings.routes.indices where settings.routes[index].path == "/secure" {
            change(&settings.routes[index])
        }
        let snapshot = Kit.snapshot(
            settings,
            generation: UInt64(moment),
            keySets: [Kit.keySet([0]), Kit.keySet([0]), Kit.keySet([0])]
        )
        let equipment = WorkerEquipment(
            metrics: World.metrics,
            log: world.log,
            targets: [World.targets]
        )
        world.at(moment, .adopt(snapshot, equipment))
    }

    /// The conf of `/secure/` from the start.
    func configure(_ change: (inout RouteSettings) -> Void) {
        reload(at: world.kernel.time.now, change)
        // The conf is there before anybody asks.
        world.worker.loop.runTurn(waitingAtMost: .zero)
        world.worker.loop.runTurn(waitingAtMost: .zero)
    }

    /// Runs until nobody has anything left to do.
    ///
    /// - Returns: The lines of the access log.
    func run() -> [String] {
        let faults = world.run()
        #expect(faults.isEmpty, "\(faults)")
        return world.logLines
    }

    /// The seconds of the simulation at which a peer saw the end, in milliseconds.
    static func milliseconds(_ moment: Int64?) -> Int64? { moment.map { $0 / 1_000_000 } }
}
