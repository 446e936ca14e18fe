import Testing

extension EndToEnd {
    /// What is decided on is what the back end is sent: each path against both.
    @Suite
    struct PathTests {
        /// A path below a public route, and what the back end must see; `nil` where it is refused.
        private static let paths: [(String, String?)] = [
            ("/public", "/public"), ("/public/", "/public/"), ("/public/a", "/public/a"),
            ("/public/a/", "/public/a/"), ("/public/%61", "/public/a"),
            ("/public/%41%5a", "/public/AZ"), ("/public/%7e", "/public/~"),
            ("/public/%2d%2e%5f", "/public/-._"), ("/public/a%20b", "/public/a%20b"),
            ("/public/%c3%a9", "/public/%C3%A9"), ("/public/%C3%A9", "/public/%C3%A9"),
            ("/public/./a", "/public/a"), ("/public/b/../a", "/public/a"),
            ("/public/b/c/../../a", "/public/a"), ("/public/a/.", "/public/a/"),
            ("/public/a/..", "/public/"), ("/x/../public/a", "/public/a"),
            ("/%70ublic/a", "/public/a"), ("/public/a;v=1", "/public/a;v=1"),
            ("/public;v=1/a", "/public;v=1/a"), ("/public/a?b=%2F%2e%2e", "/public/a?b=%2F%2e%2e"),
            ("/public/a?/../orders", "/public/a?/../orders"), ("/public/a?", "/public/a?"),
            ("/public/a??", "/public/a??"), ("/public/...", "/public/..."),
            ("/public/.a", "/public/.a"), ("/public/a..b", "/public/a..b"),
            ("/public/a:b@c", "/public/a:b@c"), ("/public/a+b", "/public/a+b"),
            ("/public/%3f", "/public/%3F"), ("/public/%3b", "/public/%3B"),
            ("/public/%25", "/public/%25"), ("/public/%25zz", "/public/%25zz"),
            ("/public/a%2Fb", nil), ("/public/a%2fb", nil), ("/public/a%5Cb", nil),
            ("/public/a\\b", nil), ("/public/%00", nil), ("/public/%0a", nil),
            ("/public/%7f", nil), ("/public/%252e", nil), ("/public/%252F", nil),
            ("/public//a", nil), ("//public/a", nil), ("/public/a//", nil),
            ("/public/%2e%2e/orders", nil), ("/public/%2e/a", nil), ("/public/.%2e/a", nil),
            ("/public/%2e./a", nil), ("/../public", nil), ("/public/../../a", nil),
            ("/public/%ff", nil), ("/public/%c0%af", nil), ("/public/%c3", nil),
            ("/public/%", nil), ("/public/%4", nil), ("/public/%zz", nil),
            ("/public/../orders/1", nil), ("/public/..;/orders/1", nil),
            ("/Public/a", nil), ("/publicx", nil),
        ]

        @Test
        func decisionAndBackEndAgree() throws {
            let site = try Site()
            #expect(Self.paths.count >= 40)
            for (path, wanted) in Self.paths {
                let before = site.backEnd.requests.count
                let wire = try site.plain()
                try wire.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try wire.readResponse()
                let seen = site.backEnd.requests.dropFirst(before)
                if let wanted {
                    #expect(answer.status == 200, "\(path): \(answer)")
                    #expect(seen.map(\.startLine) == ["GET \(wanted) HTTP/1.1"], "\(path)")
                } else {
                    #expect([400, 401, 404].contains(answer.status), "\(path): \(answer)")
                    #expect(seen.isEmpty, "\(path) reached the back end: \(seen)")
                }
            }
        }

        @Test
        func curlAgrees() throws {
            let site = try Site()
            #expect(try site.curl("/public/../orders/1").status == 401)
            #expect(try site.curl("/public/%2e%2e/orders/1").status == 400)
            #expect(try site.curl("/orders/../public/1").status == 200)
        }
    }
}
