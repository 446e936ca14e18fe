import Configuration
import EventLoop
import Testing

@testable import Proxy

/// What a reload makes of requests that wait for a key, and of connections that have said nothing yet.
@Suite
struct ReloadTests {
    private static let second = StreamScene.second
    private static let response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    private func scene() throws -> WireScene {
        var isDone = false
        return try WireScene(hasHTTP2Origins: false) { origin in
            guard !isDone, origin.headEnd != nil else { return [] }
            isDone = true
            return Array(Self.response.utf8)
        }
    }

    /// Takes up a conf that was changed, and the second key, a second from now.
    private func reload(_ scene: WireScene, _ change: (inout Settings) -> Void) {
        var settings = World.settings
        change(&settings)
        let known = Kit.keySet([0, 1])
        let snapshot = Kit.snapshot(
            settings,
            generation: 3,
            keySets: settings.issuers.map { _ in known }
        )
        let equipment = WorkerEquipment(
            metrics: Kit.metrics(settings),
            log: scene.world.log,
            targets: settings.upstreams.map { _ in World.targets }
        )
        let moment = scene.world.kernel.time.now + Self.second
        scene.world.at(moment, .adopt(snapshot, equipment))
    }

    /// Asks with a key that is not known yet, and is told to decide again behind the reload.
    private func ask(_ change: (inout Settings) -> Void) throws -> (seen: String, line: String) {
        let scene = try scene()
        scene.world.answerErrands { _ in .answer(.decideAgain, after: Self.second * 3 / 2) }
        let token = Kit.token(issuer: "https://url.test", key: 1, subject: "ann")
        let peer = scene.addPeer(
            "GET /secure/1 HTTP/1.1\r\nHost: gate.test\r\nConnection: close\r\n"
                + "Authorization: Bearer \(token)\r\n\r\n"
        )
        reload(scene, change)
        let lines = scene.run()
        #expect(lines.count == 1)
        return (String(decoding: peer.received, as: UTF8.self), lines.first ?? "")
    }

    @Test
    func questionIsDecidedByTheNewConf() throws {
        let (seen, line) = try ask { settings in
            settings.issuers.reverse()
            settings.routes.reverse()
            settings.upstreams.insert(settings.upstreams[0], at: 0)
            settings.upstreams[0].name = "none"
            for index in settings.routes.indices {
                if case .forward = settings.routes[index].action {
                    settings.routes[index].action = .forward(upstream: 1)
                }
            }
        }
        #expect(seen.hasPrefix("HTTP/1.1 200 "), "\(seen)")
        #expect(line.contains(#""route":"/secure/""#), "\(line)")
        #expect(line.contains(#""issuer":"https://url.test""#), "\(line)")
    }

    @Test
    func questionOfARouteThatIsGone() throws {
        let (seen, line) = try ask { $0.routes.removeAll { $0.name != "/text/" } }
        #expect(seen.hasPrefix("HTTP/1.1 404 "), "\(seen)")
        #expect(line.contains(#""reason":"route_not_found""#), "\(line)")
    }

    @Test
    func questionOnAListenerThatIsGone() throws {
        let (seen, line) = try ask { $0.listeners.removeFirst() }
        #expect(seen.hasPrefix("HTTP/1.1 503 "), "\(seen)")
        #expect(line.contains(#""reason":"keys_unavailable""#), "\(line)")
    }

    @Test
    func silentConnectionOfAListenerThatIsGone() throws {
        let scene = try scene()
        let peer = scene.addPeer("")
        let request = "GET /open/1 HTTP/1.1\r\nHost: gate.test\r\n\r\n"
        peer.send(Array(request.utf8), at: scene.world.kernel.time.now + Self.second * 2)
        reload(scene) { $0.listeners.removeFirst() }
        #expect(scene.run().isEmpty)
        #expect(peer.received.isEmpty)
    }
}
