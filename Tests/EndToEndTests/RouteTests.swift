import Foundation
import Testing

extension EndToEnd {
    /// Each route of the owner's conf, asked for with curl: what is let through, what is refused and
    /// why, and what the back end sees.
    @Suite
    struct RouteTests {
        private func expectRefusal(
            _ answer: Response,
            _ status: Int,
            _ reason: String,
            challenge: String? = nil
        ) {
            #expect(answer.status == status, "\(answer)")
            #expect(answer.body.contains("\"\(reason)\""), "\(answer)")
            #expect(answer["content-type"] == "application/problem+json")
            if let challenge {
                #expect(answer["www-authenticate"]?.contains(challenge) == true, "\(answer)")
            }
        }

        @Test
        func protectedRoute() throws {
            let site = try Site()
            let good = try site.curl("/orders/1?x=%2F", token: site.token())
            #expect(good.status == 200)
            #expect(good["strict-transport-security"]?.hasPrefix("max-age=31536000") == true)
            let seen = try #require(site.backEnd.requests.last)
            #expect(seen.startLine == "GET /orders/1?x=%2F HTTP/1.1")
            #expect(seen["x-stack-user-id"] == "alice")
            #expect(seen["authorization"] == nil)
            #expect(seen["host"] == "localhost:\(site.tlsPort)")
            #expect(try site.curl("/orders", token: site.token()).status == 200)

            let count = site.backEnd.requests.count
            let bare = try site.curl("/orders/1")
            expectRefusal(bare, 401, "token_missing", challenge: "Bearer")
            #expect(bare["www-authenticate"]?.contains("error=") == false)
            expectRefusal(
                try site.curl("/orders/1", token: site.token(lifetime: -600)),
                401,
                "token_expired",
                challenge: "error=\"invalid_token\""
            )
            expectRefusal(
                try site.curl("/orders/1", token: site.token(scope: "profile")),
                403,
                "scope_insufficient",
                challenge: "error=\"insufficient_scope\""
            )
            expectRefusal(
                try site.curl("/orders/1", token: "no.such.token"),
                401,
                "token_malformed",
                challenge: "error=\"invalid_token\""
            )
            let good64 = try site.token().dropLast(6)
            expectRefusal(
                try site.curl("/orders/1", token: good64 + "AAAAAA"),
                401,
                "signature_invalid",
                challenge: "error=\"invalid_token\""
            )
            expectRefusal(try site.curl("/ordersx"), 404, "route_not_found")
            expectRefusal(try site.curl("/"), 404, "route_not_found")
            expectRefusal(
                try site.curl("/orders/1", token: site.token(), "-H", "Authorization: Bearer x"),
                400,
                "token_ambiguous"
            )
            #expect(site.backEnd.requests.count == count, "a refused request was forwarded")
        }

        @Test
        func methodsHaveRulesOfTheirOwn() throws {
            let site = try Site()
            let (read, write) = (try site.token(), try site.token(scope: "orders:write"))
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                let refused = try site.curl("/orders/1", token: read, "-X", method)
                expectRefusal(refused, 403, "scope_insufficient")
                #expect(try site.curl("/orders/1", token: write, "-X", method).status == 200)
            }
            expectRefusal(try site.curl("/orders/1", token: write), 403, "scope_insufficient")
            #expect(try site.curl("/orders/1", token: read, "-I").status == 200)
            expectRefusal(
                try site.curl("/orders/1", token: read, "-X", "TRACE"),
                405,
                "method_not_allowed"
            )
            let body = try site.curl("/orders/1", token: write, "-d", "a=b")
            #expect(body.status == 200)
            #expect(site.backEnd.requests.last?["content-length"] == "3")
        }

        @Test
        func partnerRoute() throws {
            let site = try Site()
            let partners = try site.token(isPartners: true)
            // The partner's keys are fetched, which may have begun only just now.
            let good = try site.curl("/partner/7", token: partners)
            #expect(good.status == 200, "\(good)\(site.log)")
            let seen = try #require(site.backEnd.requests.last)
            #expect(seen.startLine == "GET /7 HTTP/1.1")
            #expect(seen["x-partner-id"] == "alice")
            #expect(try site.curl("/orders/1", token: partners).status == 200)
            expectRefusal(
                try site.curl("/partner/7", token: site.token()),
                403,
                "issuer_not_allowed"
            )
            let unverified = try site.token(isPartners: true, emailVerified: false)
            expectRefusal(
                try site.curl("/partner/7", token: unverified),
                403,
                "claim_mismatch"
            )
        }

        @Test
        func shadowPublicOptionalExactAndHostRoutes() throws {
            let site = try Site()
            let token = try site.token()
            #expect(
                try site.curl("/shadow/1", token: token, "-H", "X-Stack-User-Id: m").status == 200
            )
            let shadow = try #require(site.backEnd.requests.last)
            #expect(shadow["authorization"] == "Bearer \(token)")
            #expect(shadow.values("x-stack-user-id") == ["alice"])
            #expect(try site.curl("/shadow/1", "-H", "X-Stack-User-Id: m").status == 200)
            #expect(site.backEnd.requests.last?.values("x-stack-user-id") == [])
            #expect(
                waitUntil {
                    site.accessLog.contains("would_refuse")
                        && site.accessLog.contains("scope_insufficient")
                }
            )

            #expect(try site.curl("/public/1").status == 200)
            #expect(try site.curl("/maybe/1").status == 200)
            #expect(site.backEnd.requests.last?["x-stack-user-id"] == nil)
            #expect(try site.curl("/maybe/1", token: token).status == 200)
            #expect(site.backEnd.requests.last?["x-stack-user-id"] == "alice")
            expectRefusal(
                try site.curl("/maybe/1", token: site.token(lifetime: -600)),
                401,
                "token_expired"
            )
            #expect(try site.curl("/exact").status == 200)
            expectRefusal(try site.curl("/exact/"), 404, "route_not_found")
            expectRefusal(try site.curl("/exact/1"), 404, "route_not_found")
            expectRefusal(try site.curl("/hooks/1"), 404, "route_not_found")
            for host in ["hooks.test", "a.hooks.test:99", "A.Hooks.TEST."] {
                #expect(try site.curl("/hooks/1", "-H", "Host: \(host)").status == 200, "\(host)")
            }
            let other = try site.curl("/hooks/1", "-H", "Host: nothooks.test")
            expectRefusal(other, 404, "route_not_found")
        }

        @Test
        func forgedIdentityIsGone() throws {
            let site = try Site()
            let forged = [
                "x-stack-user-id", "X-Stack-User-Id", "X-STACK-USER-ID", "X_Stack_User_Id",
                "x-stack_user-id", "X-Stack-Project-Id", "x-partner-id", "X_Partner-Id",
            ]
            var request = "GET /public/1 HTTP/1.1\r\nHost: a\r\nX-Kept: yes\r\n"
            for name in forged {
                request += "\(name): mallory\r\n"
            }
            let wire = try site.plain()
            for authorization in ["", "Authorization: Bearer \(try site.token())\r\n"] {
                let path = authorization.isEmpty ? "/public/1" : "/orders/1"
                try wire.send(
                    request.replacingOccurrences(of: "/public/1", with: path) + authorization
                        + "\r\n"
                )
                #expect(try wire.readResponse().status == 200)
                let seen = try #require(site.backEnd.requests.last)
                #expect(!seen.head.contains("mallory"), "\(seen)")
                #expect(seen["x-kept"] == "yes")
                let own = authorization.isEmpty ? [] : ["alice"]
                #expect(seen.values("x-stack-user-id") == own)
            }
        }
    }
}
