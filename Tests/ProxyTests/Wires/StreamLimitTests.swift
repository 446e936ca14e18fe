import HTTP
import Testing

@testable import Proxy

/// Servers that allow few streams, or none (RFC 9113 §5.1.2): nothing waits behind their limit for the
/// time of a response.
@Suite
struct StreamLimitTests {
    private static let second = StreamScene.second

    /// SETTINGS that allow so many streams, and extended CONNECT.
    ///
    /// What opens with that waits for them: so nothing is sent before the limit is known.
    private static func settings(streams: UInt8) -> [UInt8] {
        WireScene.frame(4, 0, on: 0, [0, 3, 0, 0, 0, streams, 0, 8, 0, 0, 0, 1])
    }

    private static let tunnel = WireScene.fields("CONNECT", [(":protocol", "websocket")])
    /// The head of an answer that ends its stream, which ends a tunnel.
    private static let accepted = [0x88] as [UInt8]

    /// Origins that allow so many streams, and end each tunnel after a second.
    private func scene(streams: UInt8, thenAllows later: (UInt8, Int64)? = nil) throws -> WireScene
    {
        var counts: [ObjectIdentifier: Int] = [:]
        var world: World?
        let scene = try WireScene(hasHTTP2Origins: true) { origin in
            let name = ObjectIdentifier(origin)
            let requests = WireScene.frames(origin.received).filter { $0.type == 1 }
            let known = counts[name]
            counts[name] = requests.count
            for request in requests.dropFirst(known ?? 0) {
                let answer = WireScene.frame(1, 5, on: request.stream, Self.accepted)
                origin.send(answer, at: (world?.kernel.time.now ?? 0) + Self.second)
            }
            guard known == nil else { return [] }
            if let later { origin.send(Self.settings(streams: later.0), at: later.1) }
            return Self.settings(streams: streams)
        }
        world = scene.world
        return scene
    }

    private func addPeer(to scene: WireScene, tunnels: Int) throws -> HTTP2ScriptedPeer {
        let peer = try scene.addHTTP2Peer()
        for slot in 1...tunnels {
            peer.open(slot, at: Self.second, .connect, Self.tunnel, hasBody: true)
        }
        scene.world.strangerCount += tunnels - 1
        return peer
    }

    @Test("A server that allows none for a moment gets the requests when it does")
    func noneForAMoment() throws {
        // Half of the time that a connection may take.
        let scene = try scene(streams: 0, thenAllows: (1, Self.second + Self.second / 2))
        let peer = try addPeer(to: scene, tunnels: 1)
        _ = scene.run()
        #expect(peer.streams[1]?.status == 200 && peer.fault == nil)
        #expect((2_500...2_600).contains(peer.streams[1]?.closedAt ?? 0))
        #expect(scene.origins.count == 1)
    }

    @Test("One that allows none at all has failed as one that cannot be reached")
    func noneAtAll() throws {
        let scene = try scene(streams: 0)
        let peer = try addPeer(to: scene, tunnels: 3)
        let lines = scene.run()
        #expect(peer.fault == nil && lines.count == 3)
        for slot in 1...3 {
            #expect(peer.streams[slot]?.status == 504, "\(lines)")
        }
        for line in lines {
            #expect(line.contains("\"upstream_error\":\"upstream_connect_timeout\""), "\(line)")
        }
        // A connection for each second and server, and not one for each request.
        #expect(scene.origins.count <= 2 * (ExchangeMachine.attemptCountMax + 1))
        #expect(scene.origins.allSatisfy { !WireScene.hasRequest($0.received) })
    }

    @Test("What does not fit goes over another connection at once")
    func fewAtATime() throws {
        let scene = try scene(streams: 1)
        let peer = try addPeer(to: scene, tunnels: 6)
        let lines = scene.run()
        #expect(peer.fault == nil && lines.count == 6)
        for slot in 1...6 {
            #expect(peer.streams[slot]?.status == 200, "\(lines)")
            #expect((2_000...2_200).contains(peer.streams[slot]?.closedAt ?? 0), "\(lines)")
        }
        #expect(scene.origins.count == 6)
    }

    @Test("One that allows none and refuses what it has got is left after six attempts")
    func noneAndRefused() throws {
        var answered: Set<ObjectIdentifier> = []
        let scene = try WireScene(hasHTTP2Origins: true) { origin in
            guard WireScene.hasRequest(origin.received),
                answered.insert(ObjectIdentifier(origin)).inserted
            else { return [] }
            return Self.settings(streams: 0) + WireScene.frame(3, 0, on: 1, [0, 0, 0, 7])
        }
        let peer = scene.addPeer()
        let lines = scene.run()
        #expect(peer.firstLine.hasPrefix("HTTP/1.1 503 "))
        #expect(lines.count == 1 && lines[0].contains("\"upstream_error\":\"upstream_refused\""))
        #expect(scene.origins.count <= ExchangeMachine.refusalCountMax + 1)
        // None of them is kept for nothing.
        #expect(
            scene.origins.allSatisfy { origin in
                WireScene.frames(origin.received).contains { $0.type == 7 }
                    && (origin.endedAt ?? .max) < 2 * Self.second
            }
        )
    }
}
