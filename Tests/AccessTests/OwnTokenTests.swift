import Bytes
import Configuration
import JSON
import Testing

@testable import Access

/// What is asked of tokens of our own, and what they say.
@Suite
struct OwnTokenTests {
    private static let claims = Kit.claims.with("project_id", "p1").with("client_id", "c1")

    private func rule(_ change: (inout RouteRule) -> Void) throws -> Route.Rule {
        var settings = try Kit.route("scope read;").rules[0].settings
        change(&settings)
        return Route.Rule(settings)
    }

    private func refusal(
        _ claims: JSONObject = OwnTokenTests.claims,
        _ realm: KeyRealm = .server,
        _ change: (inout RouteRule) -> Void
    ) throws -> Reason? {
        AccessEvaluator.evaluate(try rule(change), try Kit.own(claims, realm))?.reason
    }

    @Test
    func projectsAndClients() throws {
        #expect(try refusal { _ in } == nil)
        #expect(try refusal { $0.projects = ["p0", "p1"] } == nil)
        #expect(try refusal { $0.projects = ["p2"] } == .projectMismatch)
        #expect(try refusal { $0.clients = ["c1"] } == nil)
        #expect(try refusal { $0.clients = ["c2"] } == .clientMismatch)
        #expect(
            try refusal {
                $0.projects = ["p1"]
                $0.clients = ["c2"]
            } == .clientMismatch
        )
        let bare = Kit.claims
        #expect(try refusal(bare) { $0.projects = ["p1"] } == .projectMismatch)
        #expect(try refusal(bare) { $0.clients = ["c1"] } == .clientMismatch)
        // The realm that signed knows better than a claim.
        let realm = KeyRealm.project(id: "p2", .normal)
        #expect(try refusal(Self.claims, realm) { $0.projects = ["p1"] } == .projectMismatch)
        #expect(try refusal(Self.claims, realm) { $0.projects = ["p2"] } == nil)
    }

    @Test
    func kindsOfUsers() throws {
        let anonymous = Self.claims.with("is_anonymous", true).with("is_restricted", true)
        let restricted = Self.claims.with("is_restricted", true)
        #expect(try refusal(anonymous) { _ in } == .subjectAnonymous)
        #expect(try refusal(anonymous) { $0.allowsRestricted = true } == .subjectAnonymous)
        #expect(try refusal(anonymous) { $0.allowsAnonymous = true } == nil)
        #expect(try refusal(restricted) { _ in } == .subjectRestricted)
        #expect(try refusal(restricted) { $0.allowsAnonymous = true } == .subjectRestricted)
        #expect(try refusal(restricted) { $0.allowsRestricted = true } == nil)
        #expect(try refusal(Self.claims.with("is_anonymous", "true")) { _ in } == nil)
        for (userClass, reason) in [
            (UserClass.anonymous, Reason.subjectAnonymous), (.restricted, .subjectRestricted),
        ] {
            let realm = KeyRealm.project(id: "p1", userClass)
            #expect(try refusal(Self.claims, realm) { _ in } == reason)
        }
        #expect(Reason.subjectAnonymous.status == 401 && Reason.subjectRestricted.status == 403)
    }

    @Test
    func whoComesBeforeWhat() throws {
        let found = try refusal(Self.claims.with("is_anonymous", true)) {
            $0.projects = ["p2"]
            $0.scopes = [.allOf(["nothing"])]
        }
        #expect(found == .projectMismatch)
        #expect(try refusal { $0.scopes = [.allOf(["nothing"])] } == .scopeInsufficient)
    }

    @Test
    func tokensOfOthersPassBy() throws {
        let token = try Kit.verified(Self.claims.with("is_anonymous", true))
        let rule = try rule {
            $0.projects = ["p2"]
            $0.clients = ["c2"]
        }
        #expect(token.own == nil && AccessEvaluator.evaluate(rule, token) == nil)
    }

    @Test
    func identityHeadersSayWhatIsTheirs() throws {
        let claims = Self.claims.with("refresh_token_id", "s1").with("session_id", "s2")
            .with("branch_id", "main")
        let route = try Kit.route("scope read;")
        let lines = IdentityHeaders.list(
            for: try Kit.own(claims),
            issuer: try Kit.issuers()[0],
            route: route.settings
        )
        #expect(lines.contains("x-stack-session-id: s1"))
        #expect(lines.contains("x-stack-project-id: p1"))
        #expect(lines.contains("x-stack-branch-id: main"))
        let other = IdentityHeaders.list(
            for: try Kit.verified(claims),
            issuer: try Kit.issuers()[0],
            route: route.settings
        )
        #expect(!other.contains { $0.hasPrefix("x-stack-session-id") })
    }

    @Test
    func sessionsHaveTwoNames() throws {
        let old = try Kit.own(Self.claims.with("session_id", "s2").with("jti", "j"))
        #expect(old.own?.sessionID == Array("s2".utf8) && old.own?.tokenID == Array("j".utf8))
    }
}
