import Foundation
import Testing

extension EndToEnd {
    /// The authorization server of the real binary: from sign-up to sign-out, through reloads,
    /// restarts and kills, and the operator's commands beside it.
    @Suite
    struct SignInTests {
        private func signOut(_ site: SignInSite, _ tokens: SignInSite.Tokens) throws {
            let answer = try site.stack(
                "DELETE",
                "/auth/sessions/current",
                "-H",
                "x-stack-access-token: \(tokens.access)",
                "-H",
                "x-stack-refresh-token: \(tokens.refresh)"
            )
            #expect(answer.status == 200, "\(answer)")
        }

        private func refresh(_ site: SignInSite, _ tokens: SignInSite.Tokens) throws -> Int {
            try site.stack(
                "POST",
                "/auth/sessions/current/refresh",
                "-H",
                "x-stack-refresh-token: \(tokens.refresh)"
            ).status
        }

        @Test
        func signedOutTokensAreRefusedAtOnce() throws {
            let site = try SignInSite()
            let tokens = try site.signUp("alice@example.com")
            #expect(try site.orders(tokens).status == 200)
            let seen = try #require(site.backEnd.requests.last)
            #expect(seen["x-stack-user-email"] == "alice@example.com")
            #expect(seen["x-stack-project-id"] == SignInSite.project)
            #expect(seen["x-stack-scopes"] == "openid email orders:read")
            try signOut(site, tokens)
            for _ in 0..<8 {
                let refused = try site.orders(tokens)
                #expect(refused.status == 401)
                #expect(refused.body.contains("token_revoked"))
            }
            #expect(try refresh(site, tokens) == 401)
        }

        @Test
        func sessionsOutliveReloadsAndRestarts() throws {
            let site = try SignInSite()
            let tokens = try site.signUp("alice@example.com")
            let other = try site.signUp("bob@example.com")
            try site.write(inServer: "client tool { redirect_uri http://localhost:9/tool; }")
            #expect(site.reload(), "\(site.log)")
            #expect(try site.orders(tokens).status == 200)
            #expect(try refresh(site, tokens) == 200)
            #expect(try site.curl("/.well-known/openid-configuration").status == 200)
            try site.write()
            #expect(site.reload(), "\(site.log)")
            #expect(try site.curl("/.well-known/openid-configuration").status == 404)
            try signOut(site, other)
            site.stop(SIGTERM)
            #expect(site.log.contains("stopped"), "\(site.log)")
            try site.start()
            #expect(try site.orders(tokens).status == 200)
            #expect(try refresh(site, tokens) == 200)
            #expect(try site.orders(other).body.contains("token_revoked"))
        }

        @Test
        func whatWasSignedOutStaysSoAfterAKill() throws {
            let site = try SignInSite()
            let kept = try site.signUp("alice@example.com")
            let tokens = try site.signUp("bob@example.com")
            try signOut(site, tokens)
            site.stop(SIGKILL)
            try site.start()
            #expect(try site.orders(tokens).body.contains("token_revoked"))
            #expect(try refresh(site, tokens) == 401)
            #expect(try site.orders(kept).status == 200)
        }

        @Test
        func operatorsCommandsActAtOnce() throws {
            let site = try SignInSite()
            let tokens = try site.signUp("alice@example.com")
            let disabled = try site.gatehouse("users disable alice@example.com")
            #expect(disabled.code == 0, "\(disabled.errors)")
            #expect(disabled.output.contains("1 session ended"), "\(disabled.output)")
            #expect(try site.orders(tokens).body.contains("token_revoked"))
            #expect(try refresh(site, tokens) == 401)
            let added = try site.gatehouse(
                "users add carol@example.com --name Carol",
                input: "correct horse battery staple"
            )
            #expect(added.code == 0, "\(added.errors)")
            #expect(try site.gatehouse("users list").output.contains("carol@example.com"))
            let unknown = try site.gatehouse("users disable nobody@example.com")
            #expect(unknown.code == 1 && unknown.errors.contains("there is no user"))
            let good = try site.signUp("dave@example.com")
            #expect(try site.gatehouse("keys rotate").code == 0)
            #expect(try site.orders(good).status == 200, "the old key is not published any more")
            #expect(try site.orders(try site.signUp("erin@example.com")).status == 200)
        }

        @Test
        func commandsOpenTheStoreWhereNoGatewayRuns() throws {
            let site = try SignInSite()
            let tokens = try site.signUp("alice@example.com")
            site.stop(SIGTERM)
            let disabled = try site.gatehouse("users disable alice@example.com")
            #expect(disabled.code == 0, "\(disabled.errors)")
            try site.start()
            #expect(try site.orders(tokens).body.contains("token_revoked"))
        }

        @Test
        func startIsRefusedWithAnotherKeyOrAHeldStore() throws {
            let site = try SignInSite()
            let second = try site.gatehouse("run")
            #expect(second.code == 1)
            #expect(
                second.errors.contains("is held by process \(site.processID)"),
                "\(second.errors)"
            )
            site.stop(SIGTERM)
            let key = "\(site.folder)/state/sealing.key"
            let kept = try #require(FileManager.default.contents(atPath: key))
            #expect(
                try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions] as? Int
                    == 0o600
            )
            try Data(repeating: 7, count: 32).write(to: URL(fileURLWithPath: key))
            let wrong = try site.gatehouse("run")
            #expect(wrong.code == 1)
            #expect(wrong.errors.contains("sealing_key file:"), "\(wrong.errors)")
            try FileManager.default.removeItem(atPath: key)
            let missing = try site.gatehouse("run")
            #expect(missing.code == 1)
            #expect(missing.errors.contains("sealing.key is missing"), "\(missing.errors)")
            #expect(!FileManager.default.fileExists(atPath: key), "a key of no use was made")
            try kept.write(to: URL(fileURLWithPath: key))
            try site.start()
        }

        @Test
        func upstreamsNeverSeeOurCookies() throws {
            let site = try SignInSite()
            let tokens = try site.signUp("alice@example.com")
            let answer = try site.curl(
                "/orders/1",
                "-H",
                "authorization: Bearer \(tokens.access)",
                "-H",
                "cookie: a=1; gatehouse_session=x; __Host-gatehouse_session=x; stack-oauth-inner-s=x"
            )
            #expect(answer.status == 200)
            let cookie = try #require(site.backEnd.requests.last?["cookie"])
            #expect(cookie == "a=1")
        }
    }
}
