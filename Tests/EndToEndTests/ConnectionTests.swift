import Testing

extension EndToEnd {
    /// Connections: what keeps them, what ends them, and what goes through as it is.
    @Suite
    struct ConnectionTests {
        @Test
        func refusalsKeepTheConnection() throws {
            let site = try Site()
            let wire = try site.plain()
            let bearer = "Authorization: Bearer \(try site.token())\r\n"
            for (request, status) in [
                ("GET /orders/1 HTTP/1.1\r\nHost: a\r\n\r\n", 401),
                ("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 404),
                (
                    "POST /orders/1 HTTP/1.1\r\nHost: a\r\n\(bearer)Content-Length: 4\r\n\r\nbody",
                    403
                ),
                ("GET /orders/1 HTTP/1.1\r\nHost: a\r\n\(bearer)\r\n", 200),
            ] {
                try wire.send(request)
                let answer = try wire.readResponse()
                #expect(answer.status == status, "\(answer)")
                #expect(answer["connection"]?.lowercased() != "close")
            }
            let two =
                "GET /public/1 HTTP/1.1\r\nHost: a\r\n\r\nGET /public/2 HTTP/1.1\r\nHost: a\r\n\r\n"
            try wire.send(two)
            #expect(try wire.readResponse().body.hasPrefix("GET /public/1 "))
            #expect(try wire.readResponse().body.hasPrefix("GET /public/2 "))
        }

        @Test
        func limitsAreSaidAndTheConnectionEnds() throws {
            let site = try Site { conf in
                conf.replacing("route /public/  {", with: "route /public/ { body_limit 10;")
            }
            // A site of its own: the others need not be quick.
            let hasty = try Site { conf in
                conf.replacing("workers          2;", with: "workers 2; head_timeout 1s;")
            }
            let long = String(repeating: "a", count: 40_000)
            for (request, status) in [
                ("GET /public/1 HTTP/1.1\r\nHost: a\r\nX: \(long)\r\n\r\n", 431),
                ("GET /public/\(long.prefix(9_000)) HTTP/1.1\r\nHost: a\r\n\r\n", 414),
                ("PUT /public/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", 413),
                ("GET /public/1 HTTP/1.1\r\nHost: a\r\nX-Unfi", 408),
                ("GET /public/1 HTTP/1.1\nHost: a\n\n", 400),
                ("GET /public/1 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
                (
                    "PUT /public/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400
                ),
                ("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 501),
            ] {
                let wire = try status == 408 ? hasty.plain() : site.plain()
                try wire.send(request)
                let answer = try wire.readResponse()
                #expect(answer.status == status, "\(request.prefix(60)): \(answer)")
                if status != 501 {
                    #expect(try wire.isClosedByPeer(), "\(request.prefix(60))")
                }
            }
            #expect(site.backEnd.requests.isEmpty && hasty.backEnd.requests.isEmpty)
        }

        @Test
        func webSocketThroughProtectedRouteOverTLS() throws {
            let site = try Site()
            let wire = try Wire(port: site.tlsPort, trusting: site.certificatePath)
            let upgrade =
                "GET /orders/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            try wire.send(upgrade + "\r\n")
            #expect(try wire.readResponse().status == 401)
            try wire.send(upgrade + "Authorization: Bearer \(try site.token())\r\n\r\n")
            let answer = Response(head: try wire.readHead(), body: "")
            #expect(answer.status == 101, "\(answer)")
            #expect(site.backEnd.requests.last?["x-stack-user-id"] == "alice")
            #expect(site.backEnd.requests.last?["authorization"] == nil)
            for size in [1, 125, 16_384, 65_536, 200_000] {
                let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                try wire.send(bytes)
                #expect(try wire.read(size) == bytes, "\(size)")
            }
        }
    }
}
