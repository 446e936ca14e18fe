import Bytes
import Configuration
import EventLoop
import HTTP
import JSON
import Testing

@testable import Access

/// What an upstream is told of who asks.
@Suite
struct IdentityTests {
    private func lines(
        _ claims: JSONObject,
        _ route: String = "scope read;",
        issuer: Int = 0
    ) throws -> [String] {
        let token = try Kit.verified(claims)
        return IdentityHeaders.list(
            for: token,
            issuer: try Kit.issuers()[issuer],
            route: try Kit.route(route).settings
        )
    }

    @Test
    func stackFamily() throws {
        let claims = Kit.claims.with("client_id", "app").with("branch_id", "main")
            .with("project_id", "p2").with("session_id", "s")
        #expect(
            try lines(claims) == [
                "x-stack-user-id: user-1", "x-stack-issuer: https://a.test",
                "x-stack-client-id: app", "x-stack-scopes: read write",
            ]
        )
        #expect(
            try lines(claims.with("iss", "https://b.test"), issuer: 1) == [
                "x-stack-user-id: b:user-1", "x-stack-issuer: https://b.test",
                "x-stack-client-id: app", "x-stack-project-id: p1", "x-stack-branch-id: main",
                "x-stack-scopes: read write",
            ]
        )
    }

    @Test(arguments: [
        ("forwarded", "x-forwarded-", "preferred-username"),
        ("auth_request", "x-auth-request-", "preferred-username"),
    ])
    func peopleFamilies(set: String, prefix: String, name: String) throws {
        let claims = Kit.claims.with("groups", ["a", "b"]).with("preferred_username", "ann")
            .with("email", "a@x.test").with("email_verified", true).with("name", "Ann A")
        #expect(
            try lines(claims, "scope read; identity_headers \(set);") == [
                "\(prefix)user: user-1", "\(prefix)email: a@x.test", "\(prefix)groups: a,b",
                "\(prefix)\(name): ann",
            ]
        )
        #expect(
            try lines(claims, "scope read; identity_headers remote_user;").last
                == "remote-name: Ann A"
        )
        #expect(try lines(claims, "scope read; identity_headers none;") == [])
    }

    @Test(arguments: [
        (JSONValue.boolean(true), true), (.boolean(false), false), (.string("true"), false),
        (.integer(1), false), (.null, false),
    ])
    func emailOnlyWhereVerifiedIsTrue(verified: JSONValue, isSaid: Bool) throws {
        let claims = Kit.claims.with("email", "a@x.test").with("email_verified", verified)
        #expect(try lines(claims).contains("x-stack-user-email: a@x.test") == isSaid)
    }

    @Test
    func machinesHaveNoUser() throws {
        for claims in [Kit.claims.with("client_id", "user-1"), Kit.claims.with("sub", nil)] {
            #expect(!(try lines(claims)).contains { $0.hasPrefix("x-stack-user-id") })
        }
    }

    @Test
    func noValueEndsALineAndNoTwoAreOne() throws {
        let values = [
            "a", " a", "a ", "%61", "a\r\nx: y", "a\r", "a\n", "a\u{1}", "a\u{7F}", "é", "%C3%A9",
            "%", "%25", "a b", "a%20b", "a\tb", "\t", " ", "%20", "a,b",
        ]
        var seen: Set<String> = []
        for value in values {
            let line = try #require(try lines(Kit.claims.with("sub", .string(value))).first)
            #expect(line.hasPrefix("x-stack-user-id: "))
            #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
            #expect(seen.insert(line).inserted, "\(value)")
        }
    }

    @Test
    func ownHeadersReadAnyClaim() throws {
        let route = """
            scope read; identity_headers none; identity_header x-a from=a.b separator=";";
            """
        func line(_ value: JSONValue) throws -> [String] {
            try lines(Kit.claims.with("a", .object(["b": value])), route)
        }
        #expect(try line(["x", "y"]) == ["x-a: x;y"] && line(.integer(-5)) == ["x-a: -5"])
        #expect(try line(.boolean(false)) == ["x-a: false"] && line(.null) == [])
        #expect(try line(.object(["c": 1])) == [#"x-a: {"c":1}"#] && line("") == [])
        #expect(try lines(Kit.claims.with("a", "flat"), route) == [])
    }

    @Test
    func foldedNamesAreProtected() throws {
        let names = ProtectedNames(
            try Kit.routes(
                """
                route /a/ { upstream one; identity_header x-partner-id from=sub; }
                route /b/ { upstream one; identity_headers remote_user; }
                """
            )
        )
        func holds(_ name: String) -> Bool {
            let bytes = Array(name.utf8)
            return names.contains(bytes.span)
        }
        let forged = [
            "X-Stack-User-Id", "x_stack_user_id", "X_Stack.User-Id", "x-stack-user-id",
            "X-STACK-ANYTHING", "x.stack.new", "x!stack!z", "X~Stack~User~Id", "x-stack-",
            "x-Partner-Id", "X_Partner_Id", "x.partner.id", "Remote-User", "REMOTE_USER",
            "remote.email", "remote+groups", "Remote*Name", "X-Forwarded-For", "x_forwarded_for",
            "X-Forwarded-Proto", "X-Forwarded-Host", "x-forwarded_port", "X-Forwarded-Scheme",
            "x-forwarded-ssl", "X-Real-IP", "x_real_ip", "Forwarded", "FORWARDED", "X-Request-Id",
            "x`request`id", "X|Stack|User|Id", "x^stack^a",
        ]
        #expect(forged.filter { !holds($0) } == [])
        let honest = [
            "x-stack", "xstack-user-id", "accept", "x-partner-ids", "partner-id", "user-agent",
            "remote-users", "x-requestid", "", "x", "forwarded-for", "x-forwarded-user",
        ]
        #expect(honest.filter(holds) == [])
    }
}

/// Who the client is behind proxies.
@Suite
struct ClientAddressTests {
    @Test(arguments: [
        ([], "10.0.0.1"), (["203.0.113.9"], "203.0.113.9"),
        (["1.1.1.1, 203.0.113.9"], "203.0.113.9"), (["203.0.113.9, 10.0.0.7"], "203.0.113.9"),
        (["1.1.1.1", "203.0.113.9, 10.0.0.7", "10.0.0.8"], "203.0.113.9"),
        (["203.0.113.9:1234, 10.0.0.7:80"], "203.0.113.9"), (["10.0.0.3, 10.0.0.4"], "10.0.0.3"),
        (["[2001:db8::1]:80"], "2001:db8::1"), (["2001:db8::1 ,10.0.0.2"], "2001:db8::1"),
        (["junk, 10.0.0.2"], "10.0.0.2"), (["junk"], "10.0.0.1"), ([""], "10.0.0.1"),
        (["203.0.113.9,"], "10.0.0.1"), (["203.0.113.9,,10.0.0.2"], "10.0.0.2"),
        (["[", "]", "[::1"], "10.0.0.1"), (["unknown"], "10.0.0.1"),
    ])
    func rightmostUntrusted(values: [String], client: String) throws {
        let trusted = [try #require(IPNetwork("10.0.0.0/8"))]
        let fields = Kit.fields(values.map { ("X-Forwarded-For", $0) })
        let peer = try #require(IPAddress("10.0.0.1"))
        let found = ClientAddress.find(peer: peer, fields: fields, trusted: trusted)
        #expect(found == IPAddress(client))
    }

    @Test
    func untrustedPeersAreNotBelieved() throws {
        let fields = Kit.fields([("X-Forwarded-For", "203.0.113.9")])
        let peer = try #require(IPAddress("192.0.2.1"))
        #expect(ClientAddress.find(peer: peer, fields: fields, trusted: []) == peer)
    }
}
