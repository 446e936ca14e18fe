import Foundation
import Testing

extension EndToEnd {
    /// Streams that are open when their token ends, on the real clock.
    @Suite
    struct StreamTests {
        private static let upgrade =
            "GET /orders/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        private static let closing = [0x88, 15, 0x03, 0xF0] + Array("token_expired".utf8)
        /// A masked text of two letters, and a masked answer to the Close, as clients write them.
        private static let hello: [UInt8] = [0x81, 0x82, 1, 2, 3, 4, 0x69, 0x6B]
        private static let answer: [UInt8] = [0x88, 0x82, 1, 2, 3, 4, 0x02, 0xF2]

        private func makeSite(_ line: String = "") throws -> Site {
            try Site { conf in
                conf.replacing("clock_skew  60s;", with: "clock_skew 0s;")
                    .replacing("route /orders/ {", with: "route /orders/ { \(line)")
            }
        }

        /// Opens something with a token of few seconds; on a machine that is too busy for it to be
        /// opened before they have passed, again with one of more.
        ///
        /// `attempt` gives `nil` where it came too late.
        ///
        /// - Returns: What it gave, with the token and the second that it ends at.
        private func beforeItEnds<Opened>(
            _ site: Site,
            _ attempt: (String) throws -> Opened?
        ) throws -> (opened: Opened, token: String, expiry: Double) {
            for lifetime in [2, 8, 32] as [Int64] {
                let token = try site.token(lifetime: lifetime)
                if let opened = try attempt(token) {
                    return (opened, token, try Self.expiry(of: token))
                }
            }
            throw Wire.Failure.timedOut
        }

        private static func expiry(of token: String) throws -> Double {
            let part = try #require(token.split(separator: ".").dropFirst().first)
            let base64 = part.replacing("-", with: "+").replacing("_", with: "/")
            let padding = String(repeating: "=", count: (4 - base64.count % 4) % 4)
            let data = try #require(Data(base64Encoded: base64 + padding))
            let claims = try JSONSerialization.jsonObject(with: data) as? [String: Any]
            return try #require(claims?["exp"] as? Double)
        }

        /// Opens a WebSocket over TLS, and has one frame echoed; `nil` where the token had ended.
        private func open(_ site: Site, _ token: String) throws -> Wire? {
            let wire = try Wire(port: site.tlsPort, trusting: site.certificatePath)
            try wire.send(Self.upgrade + "Authorization: Bearer \(token)\r\n\r\n")
            let answer = Response(head: try wire.readHead(), body: "")
            if answer.status == 401 { return nil }
            try #require(answer.status == 101, "\(answer)")
            try wire.send(Self.hello)
            let echoed = try wire.read(Self.hello.count)
            if echoed.starts(with: Self.closing.prefix(1)) { return nil }
            #expect(echoed == Self.hello)
            return wire
        }

        @Test
        func aWebSocketIsClosedWhenItsTokenEnds() throws {
            let site = try makeSite()
            let (wire, _, expiry) = try beforeItEnds(site) { try open(site, $0) }
            #expect(try wire.read(Self.closing.count) == Self.closing)
            let seconds = Date().timeIntervalSince1970 - expiry
            // Exact times are those of the tests in virtual time; other streams have ten seconds more.
            #expect(seconds >= 0 && seconds < 9, "\(seconds)")
            try wire.send(Self.answer)
            #expect(try wire.isClosedByPeer())
            #expect(waitUntil { site.accessLog.contains("\"status\":101") })
            let lines = site.accessLog.split(separator: "\n").filter { $0.contains("/orders/live") }
            #expect(lines.count == 1)
            #expect(lines.first?.contains("\"reason\":\"token_expired\"") == true, "\(lines)")
            #expect(lines.first?.contains("\"detail\":\"stream.expired\"") == true, "\(lines)")
        }

        /// A reload in between changes nothing: neither the stream nor what it ends by.
        @Test
        func aWebSocketThatIsKeptGoesOnThroughReloads() throws {
            let site = try makeSite("on_token_expiry keep;")
            let (wire, token, _) = try beforeItEnds(site) { try open(site, $0) }
            site.signal(SIGHUP)
            #expect(waitUntil { site.log.contains("the conf was reloaded") })
            #expect(
                waitUntil { (try? site.curl("/orders/1", token: token, "--http1.1").status) == 401 }
            )
            try wire.send(Self.hello)
            #expect(try wire.read(Self.hello.count) == Self.hello)
        }

        @Test(arguments: ["--http1.1", "--http2"])
        func anEventStreamEndsWithAComment(wire: String) throws {
            let site = try makeSite()
            let (answer, _, expiry) = try beforeItEnds(site) { token in
                let answer = try site.curl("/orders/events", token: token, "-N", wire)
                return answer.body.hasPrefix("data: a\n\ndata: a\n\n") ? answer : nil
            }
            #expect(Date().timeIntervalSince1970 >= expiry)
            #expect(answer.status == 200)
            #expect(answer.body.hasSuffix("\n\n: token_expired\n"), "\(answer.body.suffix(60))")
            #expect(waitUntil { site.accessLog.contains("\"detail\":\"stream.expired\"") })
        }

        /// What can only be broken off has its grace first: a reset of the stream, or the end of the
        /// connection in the middle of a body.
        @Test(arguments: [("--http1.1", 18), ("--http2", 92)] as [(String, Int32)])
        func anotherResponseIsCutAfterTheGrace(wire: String, code: Int32) throws {
            let site = try makeSite("on_token_expiry close grace=1s;")
            let curl = try #require(Command.find("curl"))
            let (done, _, expiry) = try beforeItEnds(site) { token -> Command? in
                let done = try Command.run(
                    curl,
                    [
                        "-sS", "-N", wire, "--max-time", "60", "--cacert", site.certificatePath,
                        "-H", "Authorization: Bearer \(token)",
                        "https://localhost:\(site.tlsPort)/orders/chunks",
                    ],
                    in: site.folder
                )
                return done.output.hasPrefix("data: a\n\ndata: a\n\n") ? done : nil
            }
            #expect(done.code == code, "\(done.code) \(done.errors)")
            #expect(Date().timeIntervalSince1970 >= expiry + 1, "there was no grace")
            #expect(!done.output.contains("token"))
            #expect(waitUntil { site.accessLog.contains("\"detail\":\"stream.expired\"") })
        }
    }
}
