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

    @Test("Trailers go behind the chunks of HTTP/1.1, but none that says who asks")
    func requestTrailers() throws {
        let end = Array("\r\n\r\n".utf8)
        let scene = try WireScene(hasHTTP2Origins: false) { origin in
            guard origin.body.suffix(4) == end[...] else { return [] }
            return Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
        }
        let peer = try scene.addHTTP2Peer()
        peer.open(1, at: Self.second, .post, WireScene.fields("POST"), hasBody: true)
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

    private static let chunkedRequest =
        "POST /open/1 HTTP/1.1\r\nHost: gate.test\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "5\r\nhello\r\n0\r\nX-Check: 7\r\nX-Stack-User-Id: root\r\nAuthorization: Basic x\r\n\r\n"

    @Test("So do those that came behind the chunks of HTTP/1.1")
    func chunkedTrailers() throws {
        let end = Array("\r\n\r\n".utf8)
        let scene = try WireScene(hasHTTP2Origins: false) { origin in
            guard origin.body.suffix(4) == end[...] else { return [] }
            return Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
        }
        let peer = scene.addPeer(Self.chunkedRequest)
        _ = scene.run()
        let body = scene.origins.first.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(body == "5\r\nhello\r\n0\r\nX-Check: 7\r\n\r\n")
        #expect(peer.firstLine == "HTTP/1.1 200 OK")
    }

    @Test("And they end a stream of HTTP/2, where any may stand there")
    func trailersOnStreams() throws {
        let forbidden = Self.chunkedRequest.replacing("X-Check: 7\r\n", with: "")
        for (request, headCount) in [(Self.chunkedRequest, 2), (forbidden, 1)] {
            var isDone = false
            let scene = try WireScene(hasHTTP2Origins: true) { origin in
                let hasEnded = WireScene.frames(origin.received).contains {
                    $0.stream == 1 && $0.type < 2 && $0.flags & 1 == 1
                }
                guard !isDone, hasEnded else { return [] }
                isDone = true
                return WireScene.frame(4, 0, on: 0, []) + WireScene.frame(1, 5, on: 1, [0x88])
            }
            let peer = scene.addPeer(request)
            _ = scene.run()
            let frames = WireScene.frames(try #require(scene.origins.first).received)
            let heads = frames.filter { $0.type == 1 }
            #expect(heads.count == headCount)
            #expect((heads.last?.flags ?? 0) & 1 == (headCount == 2 ? 1 : 0))
            #expect(peer.firstLine == "HTTP/1.1 200 OK")
        }
    }

    @Test("What every server refuses is refused to a client of HTTP/2 in the same words")
    func refusalsGoOn() throws {
        let scene = try WireScene(hasHTTP2Origins: true)
        var plan = RequestPlan(id: 1)
        plan.response.refusalCount = 9
        scene.world.plans[1] = plan
        let peer = try scene.addHTTP2Peer()
        peer.open(1, at: Self.second, .get, WireScene.fields("GET", [("x-plan", "1")]))
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

    /// An origin that sends its settings and those frames once it has a request.
    private func scene(sending frames: [UInt8]) throws -> WireScene {
        var isDone = false
        return try WireScene(hasHTTP2Origins: true) { origin in
            guard !isDone, WireScene.frames(origin.received).contains(where: { $0.type == 1 })
            else {
                return []
            }
            isDone = true
            return WireScene.frame(4, 0, on: 0, []) + frames
        }
    }

    @Test("A server that breaks the rules is told so (RFC 9113 §5.4.1)")
    func faultsAreTold() throws {
        let scene = try scene(sending: WireScene.frame(8, 0, on: 1, [0, 0, 0, 0]))
        let peer = scene.addPeer()
        _ = scene.run()
        #expect(peer.firstLine.hasPrefix("HTTP/1.1 502 "))
        let origin = try #require(scene.origins.first)
        let last = try #require(WireScene.frames(origin.received).last)
        #expect(last.type == 7 && last.payload.dropFirst(4).prefix(4) == [0, 0, 0, 1], "\(last)")
    }

    @Test("One that floods sees why it is left, and not a reset of its connection")
    func floodsAreTold() throws {
        let ping = WireScene.frame(6, 0, on: 0, [UInt8](repeating: 0, count: 8))
        let flood = [[UInt8]](repeating: ping, count: 5_000).flatMap(\.self)
        let scene = try scene(sending: flood)
        let peer = scene.addPeer()
        let lines = scene.run()
        #expect(peer.firstLine.hasPrefix("HTTP/1.1 502 "))
        #expect(lines.allSatisfy { $0.contains("\"upstream_error\":\"upstream_malformed\"") })
        let origin = try #require(scene.origins.first)
        let last = try #require(WireScene.frames(origin.received).last)
        #expect(last.type == 7 && last.payload.dropFirst(4).prefix(4) == [0, 0, 0, 11], "\(last)")
        #expect(!origin.wasReset && origin.endedAt != nil)
    }

    /// `:status 200`, `content-length: 0`.
    private static let emptyHead: [UInt8] = [0x88, 0x0F, 0x0D, 1, 0x30]

    @Test(
        "A length of none is believed when the body has ended (RFC 9113 §8.1.1)",
        arguments: [([UInt8](), "200"), ([0x78], "502")]
    )
    func emptyBodies(body: [UInt8], status: String) throws {
        let scene = try scene(
            sending: WireScene.frame(1, 4, on: 1, Self.emptyHead)
                + WireScene.frame(0, 1, on: 1, body)
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
