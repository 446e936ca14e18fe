import HTTP
import Testing

@testable import Proxy

/// Interim responses go on to the peer, over all pairs of wires (RFC 9110 §15.2).
@Suite
struct InterimResponseTests {
    private static let second = StreamScene.second

    private static let hints =
        "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nConnection: x-hop\r\n"
        + "X-Hop: 1\r\nX-Request-Id: 7\r\n\r\n"
    private static let final = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    /// `103` with a link, over HTTP/2.
    private static let hintsHead =
        [0x08, 3] + Array("103".utf8) + WireScene.field("link", "</a.css>; rel=preload")
        + WireScene.field("x-request-id", "7")

    /// An origin that sends those bytes once it has a request, whatever its wire.
    private func scene(
        isHTTP2: Bool,
        sending bytes: [UInt8]
    ) throws -> WireScene {
        var isDone = false
        return try WireScene(hasHTTP2Origins: isHTTP2) { origin in
            let isAsked = isHTTP2 ? WireScene.hasRequest(origin.received) : origin.headEnd != nil
            guard !isDone, isAsked else { return [] }
            isDone = true
            return isHTTP2 ? WireScene.frame(4, 0, on: 0, []) + bytes : bytes
        }
    }

    private func answer(isHTTP2: Bool, hintsCount: Int) -> [UInt8] {
        guard isHTTP2 else {
            return Array((String(repeating: Self.hints, count: hintsCount) + Self.final).utf8)
        }
        var bytes: [UInt8] = []
        for _ in 0..<hintsCount {
            bytes += WireScene.frame(1, 4, on: 1, Self.hintsHead)
        }
        return bytes + WireScene.frame(1, 4, on: 1, [0x88])
            + WireScene.frame(0, 1, on: 1, Array("ok".utf8))
    }

    private static let relayed =
        "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"

    @Test(
        "Hints go on to a peer of HTTP/1.1, without what is of the hop",
        arguments: [false, true]
    )
    func hintsOverHTTP1(isHTTP2: Bool) throws {
        let scene = try scene(isHTTP2: isHTTP2, sending: answer(isHTTP2: isHTTP2, hintsCount: 2))
        let peer = scene.addPeer()
        let lines = scene.run()
        let seen = String(decoding: peer.received, as: UTF8.self)
        let hints = isHTTP2 ? Self.relayed.replacing("Link", with: "link") : Self.relayed
        #expect(seen.hasPrefix(hints + hints + "HTTP/1.1 200 OK\r\n"), "\(seen)")
        #expect(seen.hasSuffix(isHTTP2 ? "2\r\nok\r\n0\r\n\r\n" : "\r\n\r\nok"), "\(seen)")
        #expect(lines.count == 1 && lines[0].contains("\"status\":200"), "\(lines)")
    }

    @Test("Hints go on to a peer of HTTP/2", arguments: [false, true])
    func hintsOverHTTP2(isHTTP2: Bool) throws {
        let scene = try scene(isHTTP2: isHTTP2, sending: answer(isHTTP2: isHTTP2, hintsCount: 2))
        let peer = try scene.addHTTP2Peer()
        peer.open(1, at: Self.second, .get, WireScene.fields("GET"))
        let lines = scene.run()
        let stream = try #require(peer.streams[1])
        #expect(stream.interim.map(\.status) == [103, 103] && peer.fault == nil)
        #expect(
            stream.interim.map(\.fields) == [
                ["link": "</a.css>; rel=preload"], ["link": "</a.css>; rel=preload"],
            ]
        )
        #expect(stream.status == 200 && stream.text == "ok" && lines.count == 1)
    }

    @Test("A peer of HTTP/1.0 gets the final response alone", arguments: [false, true])
    func hintsOverHTTP10(isHTTP2: Bool) throws {
        let scene = try scene(isHTTP2: isHTTP2, sending: answer(isHTTP2: isHTTP2, hintsCount: 2))
        let peer = scene.addPeer("GET /open/1 HTTP/1.0\r\nHost: gate.test\r\n\r\n")
        _ = scene.run()
        #expect(peer.firstLine == "HTTP/1.1 200 OK")
    }

    @Test("Nobody who has not asked for it gets a 100")
    func continueStays() throws {
        let bytes = Array(("HTTP/1.1 100 Continue\r\n\r\n" + Self.final).utf8)
        let scene = try scene(isHTTP2: false, sending: bytes)
        let peer = scene.addPeer()
        _ = scene.run()
        #expect(peer.firstLine == "HTTP/1.1 200 OK")
    }

    @Test(
        "More of them than anybody needs are an answer that cannot be read",
        arguments: [false, true]
    )
    func tooMany(isHTTP2: Bool) throws {
        let scene = try scene(isHTTP2: isHTTP2, sending: answer(isHTTP2: isHTTP2, hintsCount: 17))
        let peer = scene.addPeer()
        let lines = scene.run()
        let seen = String(decoding: peer.received, as: UTF8.self)
        #expect(seen.ranges(of: "HTTP/1.1 103 ").count == 16, "\(seen)")
        #expect(seen.contains("HTTP/1.1 502 Bad Gateway"), "\(seen)")
        #expect(lines.count == 1 && lines[0].contains("\"upstream_error\":\"upstream_malformed\""))
    }

    @Test("Together they are no larger than a head", arguments: [false, true])
    func tooLarge(isHTTP2: Bool) throws {
        let value = String(repeating: "a", count: 15_000)
        var bytes: [UInt8] = []
        for _ in 0..<5 {
            bytes +=
                isHTTP2
                ? WireScene.frame(
                    1,
                    4,
                    on: 1,
                    [0x08, 3, 0x31, 0x30, 0x33] + WireScene.field("link", value)
                )
                : Array("HTTP/1.1 103 Early Hints\r\nlink: \(value)\r\n\r\n".utf8)
        }
        let scene = try scene(isHTTP2: isHTTP2, sending: bytes)
        let peer = scene.addPeer()
        _ = scene.run()
        let seen = String(decoding: peer.received, as: UTF8.self)
        #expect(seen.ranges(of: "HTTP/1.1 103 ").count == 4)
        #expect(seen.contains("HTTP/1.1 502 Bad Gateway"))
    }
}
