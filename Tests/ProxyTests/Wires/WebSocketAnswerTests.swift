import HTTP
import Testing

@testable import Proxy

/// The gateway is the WebSocket client of a server of HTTP/1.1 where the peer speaks HTTP/2: it has made
/// the key, and judges the answer (RFC 8441 §5.1, RFC 6455 §4.1).
@Suite
struct WebSocketAnswerTests {
    private static let second = StreamScene.second

    /// What an origin answers, `ACCEPT` in the place of the right one, and what becomes of it.
    struct Answer: CustomTestStringConvertible {
        var status = "101 Switching Protocols"
        var lines = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: ACCEPT"]
        var error: String?
        var testDescription: String { status + " " + lines.joined(separator: ", ") }

        static func bad(_ lines: String...) -> Answer {
            Answer(lines: lines, error: "upstream_bad_websocket")
        }

        static func good(_ more: String...) -> Answer {
            Answer(lines: Answer().lines + more)
        }

        static func odd(_ more: String...) -> Answer {
            Answer(lines: Answer().lines + more, error: "upstream_bad_websocket")
        }
    }

    @Test(
        arguments: [
            .good(), .good("Sec-WebSocket-Protocol: chat"), .good("Sec-WebSocket-Protocol: talk"),
            .good("Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover"),
            Answer(lines: [
                "upgrade: WebSocket", "connection: keep-alive, upgrade",
                "sec-websocket-accept:  ACCEPT ",
            ]),
            .bad("Upgrade: websocket", "Connection: Upgrade"),
            .bad("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: x"),
            .bad("Upgrade: echo", "Connection: Upgrade", "Sec-WebSocket-Accept: ACCEPT"),
            .bad("Connection: Upgrade", "Sec-WebSocket-Accept: ACCEPT"),
            .bad("Upgrade: websocket", "Sec-WebSocket-Accept: ACCEPT"),
            .bad("Upgrade: websocket", "Connection: close", "Sec-WebSocket-Accept: ACCEPT"),
            .odd("Sec-WebSocket-Accept: ACCEPT"), .odd("Sec-WebSocket-Protocol: Chat"),
            .odd("Sec-WebSocket-Protocol: chat, talk"), .odd("Sec-WebSocket-Protocol: other"),
            .odd("Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: talk"),
            .odd("Sec-WebSocket-Extensions: x-other"),
            .odd("Sec-WebSocket-Extensions: permessage-deflate, x-other"),
            Answer(status: "200 OK", lines: ["Content-Length: 0"], error: "upstream_no_websocket"),
        ] as [Answer]
    )
    func answersAreJudged(answer: Answer) throws {
        let scene = try WireScene(hasHTTP2Origins: false) { origin in
            guard let end = origin.headEnd, end == origin.received.count else { return [] }
            let lines = answer.lines.map {
                $0.replacing("ACCEPT", with: origin.webSocketAccept)
            }
            let head = (["HTTP/1.1 \(answer.status)"] + lines).joined(separator: "\r\n")
            return Array((head + "\r\n\r\n").utf8)
        }
        let peer = try scene.addHTTP2Peer()
        let fields: [(String, String)] = [
            (":protocol", "websocket"), ("sec-websocket-version", "13"),
            ("sec-websocket-protocol", "talk, chat"),
            ("sec-websocket-extensions", "permessage-deflate; client_max_window_bits"),
            // Not of this wire, and not to be answered in its place.
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ]
        peer.open(1, at: Self.second, .connect, WireScene.fields("CONNECT", fields), hasBody: true)
        peer.send([], on: 1, at: 2 * Self.second, andEnds: true)
        let lines = scene.run()
        let stream = try #require(peer.streams[1])
        #expect(peer.fault == nil && lines.count == 1)
        guard let error = answer.error else {
            #expect(stream.status == 200, "\(lines)")
            return
        }
        #expect(stream.status == 502)
        #expect(lines[0].contains("\"upstream_error\":\"\(error)\""), "\(lines)")
    }

    @Test("A refusal of the server goes on as it is")
    func refusalsPass() throws {
        let scene = try WireScene(hasHTTP2Origins: false) { origin in
            guard origin.headEnd == origin.received.count else { return [] }
            return Array("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno".utf8)
        }
        let peer = try scene.addHTTP2Peer()
        let fields = WireScene.fields("CONNECT", [(":protocol", "websocket")])
        peer.open(1, at: Self.second, .connect, fields, hasBody: true)
        _ = scene.run()
        #expect(peer.streams[1]?.status == 403 && peer.streams[1]?.text == "no")
    }
}
