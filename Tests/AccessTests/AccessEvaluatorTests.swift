import JSON
import Testing

@testable import Access

/// A route's demands against what a token proved.
@Suite
struct AccessEvaluatorTests {
    private func refusal(_ route: String, _ claims: JSONObject = Kit.claims) throws -> String? {
        let route = try Kit.route(route)
        let token = try Kit.verified(claims)
        return AccessEvaluator.evaluate(route.rules[0], token).map { "\($0.reason.word)" }
    }

    @Test(arguments: [
        ("scope read;", nil), ("scope read write;", nil), ("scope READ;", "scope_insufficient"),
        ("scope read admin;", "scope_insufficient"), ("scope any(admin read);", nil),
        ("scope any(admin root);", "scope_insufficient"),
        ("scope write any(admin read);", nil), ("scope rea;", "scope_insufficient"),
    ])
    func scopes(route: String, word: String?) throws {
        #expect(try refusal(route) == word)
    }

    @Test
    func missingScopesAreNamed() throws {
        let rule = try Kit.route("scope read admin any(a b);").rules[0]
        let missing = AccessEvaluator.missingScopes(rule, try Kit.verified(Kit.claims))
        #expect(String(decoding: missing, as: UTF8.self) == "admin a b")
    }

    @Test(arguments: [
        (JSONValue.boolean(true), "true", true), (.string("true"), "true", false),
        (.string("true"), "\"true\"", true), (.boolean(true), "\"true\"", false),
        (.integer(5), "5", true), (.real(5.0), "5", true), (.string("5"), "5", false),
        (.string("5"), "\"5\"", true), (.integer(6), "5", false),
        (.string("red"), "red blue", true),
        (.string("Red"), "red", false), (.array(["x", "red"]), "red", true),
        (.array([["red"]]), "red", false), (.array([]), "red", false), (.null, "red", false),
        (.object(["red": true]), "red", false), (.boolean(false), "true", false),
        (.integer(9_007_199_254_740_993), "9007199254740992", false),
        (.string("e\u{301}"), "é", false),
    ])
    func claims(value: JSONValue, wanted: String, isMet: Bool) throws {
        let found = try refusal("claim team \(wanted);", Kit.claims.with("team", value))
        #expect(found == (isMet ? nil : "claim_mismatch"))
    }

    @Test
    func pathsGoThroughObjects() throws {
        let claims = Kit.claims.with("a", .object(["b": .object(["c": "x"])]))
        #expect(try refusal("claim a.b.c x;", claims) == nil)
        #expect(try refusal("claim a.b x;", claims) == "claim_mismatch")
        #expect(try refusal("claim a.b.c.d x;", claims) == "claim_mismatch")
        #expect(try refusal("claim z x;", claims) == "claim_mismatch")
    }

    @Test
    func rememberedProofsAreLookedAtAgain() throws {
        let token = try Kit.verified(Kit.claims.with("nbf", .integer(Kit.now)))
        let rule = try Kit.route("scope read; issuer https://a.test;").rules[0]
        func recheck(_ now: Int64) -> Reason? {
            AccessEvaluator.recheck(token, rule, now: now)?.reason
        }
        #expect(recheck(Kit.now) == nil && recheck(Kit.now + 659) == nil)
        #expect(recheck(Kit.now + 660) == .tokenExpired)
        #expect(recheck(Kit.now - 60) == nil && recheck(Kit.now - 61) == .tokenNotYetValid)
        let other = try Kit.route("scope read; issuer https://b.test;").rules[0]
        #expect(AccessEvaluator.recheck(token, other, now: Kit.now)?.reason == .issuerNotAllowed)
    }
}
