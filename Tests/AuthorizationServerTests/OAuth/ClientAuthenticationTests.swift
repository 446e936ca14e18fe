import Access
import Bytes
import JSON
import Testing

@testable import AuthorizationServer

@Suite("RFC 6749 §2.3: how clients prove themselves")
struct ClientAuthenticationTests {
    private static let form: [String: String?] = ["grant_type": "client_credentials"]

    @Test(
        "done-when 3: a Basic secret with %, +, : and - is taken as it stands and form-coded",
        arguments: [false, true]
    )
    func bothReadings(_ isCoded: Bool) async throws {
        let kit = try await OAuthKit()
        let field = OAuthKit.basic("web", OAuthKit.secret, isCoded: isCoded)
        #expect(try await kit.post("/oauth2/token", Self.form, headers: [field]).status == 200)
    }

    @Test("RFC 6749 §2.3.1: its own example, padded as clients write it")
    func example() async throws {
        let kit = try await OAuthKit()
        let field = ("authorization", "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW")
        #expect(try await kit.post("/oauth2/token", Self.form, headers: [field]).status == 200)
        let lower = ("authorization", "basic czZCaGRSa3F0MzpnWDFmQmF0M2JW")
        #expect(try await kit.post("/oauth2/token", Self.form, headers: [lower]).status == 200)
    }

    @Test("RFC 6749 §2.3.1: the secret in the body")
    func inTheBody() async throws {
        let kit = try await OAuthKit()
        let body = ["client_id": "web", "client_secret": OAuthKit.secret].mapValues {
            $0 as String?
        }
        let answer = try await kit.post("/oauth2/token", Self.form.merging(body) { $1 })
        #expect(answer.status == 200)
    }

    @Test("decision 8: the client_id may stand in the body beside Basic, where it is the same")
    func sameID() async throws {
        let kit = try await OAuthKit()
        let same = Self.form.merging(["client_id": "web"]) { $1 }
        #expect(try await kit.post("/oauth2/token", same, headers: [OAuthKit.web]).status == 200)
        let other = Self.form.merging(["client_id": "resource"]) { $1 }
        expectError(
            try await kit.post("/oauth2/token", other, headers: [OAuthKit.web]),
            "invalid_request"
        )
    }

    @Test("decision 12: credentials in two places are 400")
    func twoPlaces() async throws {
        let kit = try await OAuthKit()
        let both = Self.form.merging(["client_secret": OAuthKit.secret]) { $1 }
        let answer = try await kit.post("/oauth2/token", both, headers: [OAuthKit.web])
        expectError(answer, "invalid_request")
        let twice = try await kit.post(
            "/oauth2/token",
            Self.form,
            headers: [OAuthKit.web, OAuthKit.web]
        )
        expectError(twice, "invalid_request")
    }

    @Test(
        "decision 12: a bad client that tried Basic is 401 with its challenge",
        arguments: [
            OAuthKit.basic("web", "wrong"), OAuthKit.basic("web", ""),
            OAuthKit.basic("nobody", OAuthKit.secret), OAuthKit.basic("spa", "something"),
            OAuthKit.basic("fashion-app", ""), ("authorization", "Basic !!!"),
            ("authorization", "Basic d2Vi"), ("authorization", "Bearer x"),
        ]
    )
    func badBasic(_ name: String, _ value: String) async throws {
        let kit = try await OAuthKit()
        let answer = try await kit.post("/oauth2/token", Self.form, headers: [(name, value)])
        expectError(answer, "invalid_client", 401)
        #expect(answer.value(of: "www-authenticate")?.hasPrefix("Basic realm=") == true)
    }

    @Test(
        "decision 12: a bad client that did not is 401 without one",
        arguments: [
            [:], ["client_id": "nobody"], ["client_id": "web"],
            ["client_id": "web", "client_secret": "wrong"],
            ["client_id": "spa", "client_secret": "wrong"], ["client_id": "fashion-app"],
            ["client_id": "web", "client_assertion": "x"],
        ] as [[String: String?]]
    )
    func badBody(_ body: [String: String?]) async throws {
        let kit = try await OAuthKit()
        let answer = try await kit.post("/oauth2/token", Self.form.merging(body) { $1 })
        expectError(answer, "invalid_client", 401)
        #expect(answer.value(of: "www-authenticate") == nil)
    }

    @Test("RFC 6749 §2.1: a public client says its id, in the body or by Basic without a secret")
    func publicClient() async throws {
        let kit = try await OAuthKit()
        let body = try await kit.refresh("r", ["client_id": "spa"], headers: [])
        expectError(body, "invalid_grant")
        let basic = try await kit.refresh("r", headers: [OAuthKit.basic("spa", "")])
        expectError(basic, "invalid_grant")
    }

    @Test("section 8: nothing that was sent stands in an answer or in the log")
    func nothingLeaks() async throws {
        let kit = try await OAuthKit()
        let answer = try await kit.post(
            "/oauth2/token",
            ["grant_type": "sEcReT-1", "client_id": "web", "client_secret": "sEcReT-2"]
        )
        #expect(!answer.text.contains("sEcReT"))
        #expect(!String(describing: answer.note).contains("sEcReT"))
        let unknown = try await kit.post("/oauth2/token", ["client_id": "sEcReT-3"])
        #expect(!String(describing: unknown.note).contains("sEcReT"))
    }
}
