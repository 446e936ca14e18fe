import Foundation
import Testing

extension EndToEnd {
    /// HTTP/2 towards peers, by the real curl: what a request means is the same as over HTTP/1.1.
    @Suite
    struct HTTP2Tests {
        @Test
        func decisionsAndHeadersAreTheSame() throws {
            let site = try Site()
            let token = try site.token()
            let allowed = try site.curl("/orders/1?x=1", token: token, "-H", "X-Stack-User-Id: eve")
            #expect(allowed.startLine == "HTTP/2 200 ")
            let seen = try #require(site.backEnd.requests.last)
            #expect(seen.startLine == "GET /orders/1?x=1 HTTP/1.1")
            #expect(seen.values("x-stack-user-id") == ["alice"])
            #expect(seen.values("host") == ["localhost:\(site.tlsPort)"])
            #expect(seen["x-forwarded-proto"] == "https")
            #expect(seen["authorization"] == nil)
            let missing = try site.curl("/orders/1")
            #expect(missing.status == 401)
            #expect(missing["www-authenticate"]?.hasPrefix("Bearer realm=") == true)
            #expect(missing.body.contains("\"reason\":\"token_missing\""))
            #expect(try site.curl("/orders/1", token: token, "-d", "x").status == 403)
            #expect(try site.curl("/nowhere").status == 404)
            #expect(
                try site.curl("/orders/../public/1").status == site.status11("/orders/../public/1")
            )
            #expect(waitUntil { site.accessLog.contains("\"reason\":\"route_not_found\"") })
            #expect(site.accessLog.contains("\"protocol\":\"HTTP/2\""))
        }

        @Test
        func bodiesGoBothWaysWhole() throws {
            let site = try Site()
            let size = 3 << 20
            try site.write("body", String(repeating: "0123456789abcdef", count: size / 16))
            let answer = try site.curl("/public/1", "--data-binary", "@body", "-X", "PUT")
            #expect(answer.status == 200, "\(answer)")
            #expect(site.backEnd.requests.last?["content-length"] == "\(size)")
        }

        @Test
        func manyRequestsShareAConnection() throws {
            let site = try Site()
            let urls = (0..<100).map { "https://localhost:\(site.tlsPort)/public/\($0)" }
            let curl = try #require(Command.find("curl"))
            let done = try Command.run(
                curl,
                ["-sS", "-Z", "--parallel-max", "50", "--max-time", "60"]
                    + ["--cacert", site.certificatePath, "-w", "%{http_version} %{http_code}\\n"]
                    + urls.flatMap { ["-o", "/dev/null", $0] },
                in: site.folder
            )
            #expect(done.code == 0, "\(done.errors)")
            let lines = done.output.split(separator: "\n")
            #expect(lines.count == 100 && lines.allSatisfy { $0 == "2 200" }, "\(done.output)")
        }

        @Test
        func http11IsSpokenWhereItIsAskedFor() throws {
            let site = try Site()
            let answer = try site.curl("/public/1", "--http1.1")
            #expect(answer.startLine == "HTTP/1.1 200 OK")
        }
    }
}

extension Site {
    /// The status that the same path gets over HTTP/1.1.
    fileprivate func status11(_ path: String) throws -> Int {
        try curl(path, "--http1.1").status
    }
}
