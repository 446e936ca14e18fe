import Configuration
import HTTP
import Testing

@testable import Proxy

/// The same over HTTP/2: what ends is one stream, and the others of its connection go on.
@Suite
struct HTTP2StreamEndTests {
    private static let second = StreamScene.second

    private func head(
        _ type: String,
        status: String = "200 OK",
        _ fields: String = "Transfer-Encoding: chunked\r\n"
    ) -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\n\(fields)\r\n"
    }

    private func chunk(_ text: String) -> [UInt8] {
        Array("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n".utf8)
    }

    private func fields(_ method: String, _ more: [(String, String)] = []) -> [(String, String)] {
        [
            (":method", method), (":scheme", "http"), (":authority", "gate.test"),
            (":path", "/secure/live"),
        ] + more + [
            ("authorization", "Bearer \(StreamScene.token(diesAt: 4, session: nil))")
        ]
    }

    private static let call = [("content-type", "application/grpc"), ("te", "trailers")]

    /// Opens another stream on the connection when everything is over.
    private func expectAlive(_ peer: HTTP2ScriptedPeer, _ scene: StreamScene) {
        scene.world.strangerCount += 1
        let fields = [
            (":method", "GET"), (":scheme", "http"), (":authority", "gate.test"),
            (":path", "/text/"),
        ]
        peer.open(9, at: 9 * Self.second, .get, fields)
    }

    private func isAlive(_ peer: HTTP2ScriptedPeer) -> Bool {
        peer.fault == nil && peer.streams[9]?.status == 200 && peer.streams[9]?.closed == .noError
    }

    private func isRefused(_ lines: [String], _ status: Int) -> Bool {
        let about = lines.filter { $0.contains("/secure/live") }
        return about.count == 1 && about[0].contains("\"status\":\(status)")
            && about[0].contains("\"decision\":\"refuse\"")
            && about[0].contains("\"reason\":\"token_expired\"")
            && about[0].contains("\"detail\":\"stream.expired\"")
    }

    @Test
    func aWebSocketIsClosed() throws {
        let early: [UInt8] = [0x81, 1, 0x61]
        let said: [UInt8] = [0x81, 0x81, 0, 0, 0, 0, 0x62]
        let scene = try StreamScene(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                + "Connection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n"
        ) {
            $0.send(early, at: 2 * Self.second)
            $0.send(early, at: 5 * Self.second)
        }
        let peer = try scene.addHTTP2Peer()
        peer.open(
            1,
            at: Self.second,
            .connect,
            fields(
                "CONNECT",
                [(":protocol", "websocket"), ("sec-websocket-version", "13")]
            ),
            hasBody: true
        )
        peer.send(said, on: 1, at: 3 * Self.second)
        peer.send([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xF0], on: 1, at: 6 * Self.second)
        expectAlive(peer, scene)
        let lines = scene.run()
        let stream = try #require(peer.streams[1])
        let close = WebSocketClose(code: 1008, reason: "token_expired")
        #expect(stream.status == 200 && stream.data == early + close.serverFrame(), "\(stream)")
        #expect(scene.origins[0].body.starts(with: said + [0x88, 0x80 | 15]))
        #expect(stream.hasEnded && stream.closed == .noError && isAlive(peer), "\(stream)")
        #expect((6_000...6_050).contains(stream.closedAt ?? 0), "\(stream)")
        #expect(isRefused(lines, 101) || isRefused(lines, 200), "\(lines)")
    }

    @Test
    func anEventStreamEndsWithAComment() throws {
        let part = chunk("data: a\n\n")
        let scene = try StreamScene(head("text/event-stream")) {
            $0.send(part, at: 2 * Self.second)
            $0.send(part, at: 5 * Self.second)
        }
        let peer = try scene.addHTTP2Peer()
        peer.open(1, at: Self.second, .get, fields("GET"))
        expectAlive(peer, scene)
        let lines = scene.run()
        let stream = try #require(peer.streams[1])
        #expect(stream.text == "data: a\n\n: token_expired\n" && stream.closed == .noError)
        #expect((4_000...4_050).contains(stream.closedAt ?? 0) && isAlive(peer), "\(stream)")
        #expect(isRefused(lines, 200), "\(lines)")
    }

    /// More than one turn ends: the rest follows in the next ones, without a wait.
    @Test
    func manyThatEndTogetherAllEnd() throws {
        let scene = try StreamScene(head("text/event-stream"))
        let peer = try scene.addHTTP2Peer()
        for slot in 11...110 {
            peer.open(slot, at: Self.second, .get, fields("GET"))
        }
        scene.world.strangerCount += 100
        let lines = scene.run()
        let ended = peer.streams.values.filter { $0.text == ": token_expired\n" }
        #expect(ended.count == 100 && lines.count == 100 && peer.fault == nil)
        #expect(ended.allSatisfy { (4_000...4_100).contains($0.closedAt ?? 0) })
    }

    @Test
    func anotherResponseIsResetAfterTheGrace() throws {
        let part = chunk("part")
        let scene = try StreamScene(head("text/plain")) {
            $0.send(part, at: 2 * Self.second)
            $0.send(part, at: 5 * Self.second)
        }
        let peer = try scene.addHTTP2Peer(grace: .seconds(3))
        peer.open(1, at: Self.second, .get, fields("GET"))
        expectAlive(peer, scene)
        let lines = scene.run()
        let stream = try #require(peer.streams[1])
        #expect(stream.text == "partpart" && stream.closed == .cancel, "\(stream)")
        #expect((7_000...7_050).contains(stream.closedAt ?? 0) && isAlive(peer), "\(stream)")
        #expect(isRefused(lines, 200), "\(lines)")
    }

    @Test
    func aCallEndsWithItsStatusAfterTheGrace() throws {
        let part = chunk("message")
        let scene = try StreamScene(head("application/grpc")) {
            $0.send(part, at: 2 * Self.second)
            $0.send(part, at: 5 * Self.second)
        }
        let peer = try scene.addHTTP2Peer(grace: .seconds(3))
        peer.open(1, at: Self.second, .post, fields("POST", Self.call), hasBody: true)
        peer.send(Array("question".utf8), on: 1, at: 3 * Self.second)
        expectAlive(peer, scene)
        let lines = scene.run()
        let stream = try #require(peer.streams[1])
        #expect(stream.text == "messagemessage" && stream.hasEnded, "\(stream)")
        #expect(stream.trailers["grpc-status"] == "16", "\(stream)")
        #expect(stream.trailers["grpc-message"]?.hasPrefix("token_expired") == true, "\(stream)")
        #expect((7_000...7_050).contains(stream.closedAt ?? 0) && isAlive(peer), "\(stream)")
        #expect(isRefused(lines, 200), "\(lines)")
    }

    /// A client that streams, and a server that says nothing before it is over.
    @Test
    func aCallThatHasNoResponseYetIsRefusedAfterTheGrace() throws {
        let scene = try StreamScene("")
        let peer = try scene.addHTTP2Peer(grace: .seconds(3))
        peer.open(1, at: Self.second, .post, fields("POST", Self.call), hasBody: true)
        for moment in 2...6 {
            peer.send(Array("question".utf8), on: 1, at: Int64(moment) * Self.second)
        }
        expectAlive(peer, scene)
        let lines = scene.run()
        let stream = try #require(peer.streams[1])
        #expect(stream.status == 200 && stream.data.isEmpty && stream.hasEnded, "\(stream)")
        #expect(stream.fields["grpc-status"] == "16", "\(stream)")
        #expect((7_000...7_050).contains(stream.closedAt ?? 0) && isAlive(peer), "\(stream)")
        #expect(isRefused(lines, 200) || isRefused(lines, 401), "\(lines)")
    }

    /// The question is asked, and the answer is on its way: it may come.
    @Test
    func aCallThatWaitsForItsOneAnswerGetsIt() throws {
        let whole = Array(head("application/grpc").utf8) + chunk("answer") + Array("0\r\n\r\n".utf8)
        let scene = try StreamScene("") { $0.send(whole, at: 5 * Self.second) }
        let peer = try scene.addHTTP2Peer(grace: .zero)
        peer.open(1, at: 3 * Self.second, .post, fields("POST", Self.call), hasBody: true)
        peer.send(Array("question".utf8), on: 1, at: 3 * Self.second + 1, andEnds: true)
        expectAlive(peer, scene)
        let lines = scene.run()
        let stream = try #require(peer.streams[1])
        #expect(stream.text == "answer" && stream.closed == .noError, "\(stream)")
        #expect(lines.contains { $0.contains("\"decision\":\"allow\"") }, "\(lines)")
    }
}
