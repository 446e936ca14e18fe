import Bytes
import Configuration
import EventLoop
import HTTP
import Testing

@testable import Proxy

/// What servers get on their wire, and what becomes of servers that break its rules.
@Suite
struct UpstreamWireTests {
    private static let second = StreamScene.second

    /// A world whose origins are scripts.
    private final class Scene {
        let world: World
        private(set) var origins: [ScriptedEnd] = []

        init(
            hasHTTP2Origins: Bool,
            answer: ((ScriptedEnd) -> [UInt8])? = nil
        ) throws {
            world = try World(seed: 5, scenario: .failing, hasHTTP2Origins: hasHTTP2Origins)
            var settings = hasHTTP2Origins ? World.http2Settings : World.settings
            settings.listeners[0].protocols = [.http2, .http11]
            let snapshot = Kit.snapshot(
                settings,
                generation: 2,
                keySets: [Kit.keySet([0]), Kit.keySet([0]), Kit.keySet([0])]
            )
            let equipment = WorkerEquipment(
                metrics: World.metrics,
                log: world.log,
                targets: [World.targets]
            )
            world.at(world.kernel.time.now, .adopt(snapshot, equipment))
            world.worker.loop.runTurn(waitingAtMost: .zero)
            world.worker.loop.runTurn(waitingAtMost: .zero)
            guard let answer else { return }
            world.kernel.dial = { [unowned self] _ in
                .accepted(after: 0, window: world.dialling.window) { [unowned self] end in
                    let origin = ScriptedEnd(end, time: world.kernel.time)
                    origin.answer = answer
                    origins.append(origin)
                    world.kernel.actors.append(origin)
                }
            }
        }

        func addHTTP2Peer() throws -> HTTP2ScriptedPeer {
            let (kernel, listener) = (world.kernel, world.listener)
            let peer = try HTTP2ScriptedPeer(time: kernel.time) {
                kernel.connectPeer(to: listener, from: World.address("192.0.2.1:4000"))
            }
            world.strangerCount += 1
            kernel.actors.append(peer)
            return peer
        }

        /// A peer of HTTP/1.1 that asks at once.
        func addPeer() -> ScriptedEnd {
            let (kernel, listener) = (world.kernel, world.listener)
            let peer = ScriptedEnd(time: kernel.time, at: kernel.time.now) {
                kernel.connectPeer(to: listener, from: World.address("192.0.2.1:4000"))
            }
            let request = "GET /open/1 HTTP/1.1\r\nHost: gate.test\r\n\r\n"
            peer.send(Array(request.utf8), at: kernel.time.now)
            world.strangerCount += 1
            kernel.actors.append(peer)
            return peer
        }

        func run() -> [String] {
            let faults = world.run()
            #expect(faults.isEmpty, "\(faults)")
            return world.logLines
        }
    }

    private func fields(_ method: String, _ more: [(String, String)] = []) -> [(String, String)] {
        [
            (":method", method), (":scheme", "http"), (":authority", "gate.test"),
            (":path", "/open/1"),
        ] + more
    }

    @Test("Trailers go behind the chunks of HTTP/1.1, but none that says who asks")
    func requestTrailers() throws {
        let end = Array("\r\n\r\n".utf8)
        let scene = try Scene(hasHTTP2Origins: false) { origin in
            guard origin.body.suffix(4) == end[...] else { return [] }
            return Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
        }
        let peer = try scene.addHTTP2Peer()
        peer.open(1, at: Self.second, .post, fields("POST"), hasBody: true)
        peer.send(
            Array("hello".utf8),
            on: 1,
            at: 2 * Self.second,
            andEnds: true,
            trailers: [("x-check", "7"), ("x-stack-user-id", "root"), ("authorization", "Basic x")]
        )
        _ = scene.run()
        let origin = try #require(scene.origins.first)
        #expect(
            String(decoding: origin.body, as: UTF8.self)
                == "5\r\nhello\r\n0\r\nx-check: 7\r\n\r\n"
        )
        #expect(peer.fault == nil && peer.streams[1]?.status == 200)
    }

    @Test("What every server refuses is refused to a client of HTTP/2 in the same words")
    func refusalsGoOn() throws {
        let scene = try Scene(hasHTTP2Origins: true)
        var plan = RequestPlan(id: 1)
        plan.response.refusalCount = 9
        scene.world.plans[1] = plan
        let peer = try scene.addHTTP2Peer()
        peer.open(1, at: Self.second, .get, fields("GET", [("x-plan", "1")]))
        let lines = scene.run()
        #expect(scene.world.sight.refusalCounts == [1: ExchangeMachine.refusalCountMax])
        #expect(peer.fault == nil && peer.streams[1]?.status == 0)
        #expect(peer.streams[1]?.closed == .refusedStream)
        #expect(
            lines.count == 1 && lines[0].contains("\"upstream_error\":\"upstream_refused\"")
                && lines[0].contains("\"status\":503"),
            "\(lines)"
        )
    }

    /// A frame of HTTP/2.
    private static func frame(
        _ type: UInt8,
        _ flags: UInt8,
        on stream: UInt8,
        _ bytes: [UInt8]
    )
        -> [UInt8]
    {
        [0, 0, UInt8(bytes.count), type, flags, 0, 0, 0, stream] + bytes
    }

    /// The types and payloads of what a client has sent behind its preface.
    private static func frames(_ bytes: [UInt8]) -> [(type: UInt8, payload: [UInt8])] {
        var frames: [(UInt8, [UInt8])] = []
        var rest = bytes.dropFirst(24)
        while rest.count >= 9 {
            let head = Array(rest.prefix(9))
            let size = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            frames.append((head[3], Array(rest.dropFirst(9).prefix(size))))
            rest = rest.dropFirst(9 + size)
        }
        return frames
    }

    /// An origin that sends its settings and those frames once it has a request.
    private func scene(sending frames: [UInt8]) throws -> Scene {
        var isDone = false
        return try Scene(hasHTTP2Origins: true) { origin in
            guard !isDone, Self.frames(origin.received).contains(where: { $0.type == 1 }) else {
                return []
            }
            isDone = true
            return Self.frame(4, 0, on: 0, []) + frames
        }
    }

    @Test("A server that breaks the rules is told so (RFC 9113 §5.4.1)")
    func faultsAreTold() throws {
        let scene = try scene(sending: Self.frame(8, 0, on: 1, [0, 0, 0, 0]))
        let peer = scene.addPeer()
        _ = scene.run()
        #expect(peer.firstLine.hasPrefix("HTTP/1.1 502 "))
        let origin = try #require(scene.origins.first)
        let last = try #require(Self.frames(origin.received).last)
        #expect(last.type == 7 && last.payload.dropFirst(4).prefix(4) == [0, 0, 0, 1], "\(last)")
    }

    /// `:status 200`, `content-length: 0`.
    private static let emptyHead: [UInt8] = [0x88, 0x0F, 0x0D, 1, 0x30]

    @Test(
        "A length of none is believed when the body has ended (RFC 9113 §8.1.1)",
        arguments: [([UInt8](), "200"), ([0x78], "502")]
    )
    func emptyBodies(body: [UInt8], status: String) throws {
        let scene = try scene(
            sending: Self.frame(1, 4, on: 1, Self.emptyHead) + Self.frame(0, 1, on: 1, body)
        )
        let peer = scene.addPeer()
        _ = scene.run()
        #expect(peer.firstLine.hasPrefix("HTTP/1.1 \(status) "), "\(peer.firstLine)")
    }

    @Test(
        "What a gRPC server may remember as a fault stays out of the connection's table",
        arguments: [
            ("grpc-timeout", true), ("Grpc-Encoding", true), ("x-trace-bin", true),
            ("traceparent", true), ("grpc", false), ("-bin", false), ("x-robin", false),
            ("user-agent", false),
        ]
    )
    func tables(name: String, isKept: Bool) {
        var block = FieldBlock()
        block.append(name: Array(name.utf8).span, value: [0x31].span)
        #expect(UpstreamHeadWriter.isKeptFromTables(block, 0) == isKept)
    }
}
