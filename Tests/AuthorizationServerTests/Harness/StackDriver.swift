import Access
import JSON
import Testing

@testable import AuthorizationServer

/// What a Stack client does, in a few words.
struct StackDriver {
    let harness: ServiceHarness

    /// The query of a good authorize request, changed.
    static func query(
        _ changes: [String: String?] = [:],
        adding: [(String, String)] = []
    ) -> [(String, String)] {
        let usual: [(String, String)] = [
            ("client_id", ServiceHarness.project), ("client_secret", ServiceHarness.key),
            ("redirect_uri", ServiceHarness.redirectURI), ("scope", "legacy"),
            ("state", "outer-state"), ("grant_type", "authorization_code"),
            ("code_challenge", ServiceHarness.challenge), ("code_challenge_method", "S256"),
            ("response_type", "code"),
        ]
        var pairs: [(String, String)] = []
        for (name, value) in usual {
            guard let change = changes[name] else {
                pairs.append((name, value))
                continue
            }
            if let change { pairs.append((name, change)) }
        }
        for (name, value) in changes.sorted(by: { $0.key < $1.key }) {
            if let value, !usual.contains(where: { $0.0 == name }) { pairs.append((name, value)) }
        }
        return pairs + adding
    }

    static let authorizePath = "/api/v1/auth/oauth/authorize/"
    static let callbackPath = "/api/v1/auth/oauth/callback/"
    static let tokenPath = "/api/v1/auth/oauth/token"

    /// Sends an authorize request.
    func authorize(
        _ changes: [String: String?] = [:],
        adding: [(String, String)] = [],
        provider: String = "corp",
        headers: [(String, String)] = [],
        cookies: CookieJar? = nil
    ) async throws -> ControlResponse {
        let query = FormCoding.query(Self.query(changes, adding: adding))
        return try await harness.send(
            "GET",
            Self.authorizePath + provider + "?" + query,
            headers: headers,
            cookies: cookies
        )
    }

    /// What the provider was asked for, as its own query says.
    func providerQuery(_ response: ControlResponse) -> [String: String] {
        var copy = response
        if let location = response.object["location"]?.string {
            copy.fields.append(ControlField("location", location))
        }
        return copy.locationParameters
    }

    /// Lets the provider say who it is, for the nonce that it was given.
    func signInAtProvider(
        _ query: [String: String],
        subject: String = "user-1",
        claims: JSONObject = [:]
    ) throws {
        var all: JSONObject = ["sub": .string(subject), "nonce": .string(query["nonce"] ?? "")]
        for member in claims.members { all[member.name] = member.value }
        harness.provider.serve(
            Fixtures.tokenPlace,
            Fixtures.answer(token: try Fixtures.token(all))
        )
        var info: JSONObject = ["sub": .string(subject)]
        for member in claims.members { info[member.name] = member.value }
        harness.provider.serve(Fixtures.userInfoPlace, info)
    }

    /// The provider sends the browser back.
    func callback(
        state: String,
        provider: String = "corp",
        cookies: CookieJar? = nil,
        headers: [(String, String)] = [],
        adding: [(String, String)] = [("code", "provider-code")]
    ) async throws -> ControlResponse {
        let query = FormCoding.query([("state", state)] + adding)
        return try await harness.send(
            "GET",
            Self.callbackPath + provider + "?" + query,
            headers: headers,
            cookies: cookies
        )
    }

    /// All the way to a code.
    func code(
        _ changes: [String: String?] = [:],
        subject: String = "user-1",
        claims: JSONObject = [:]
    ) async throws -> String {
        let cookies = CookieJar()
        let started = try await authorize(changes, cookies: cookies)
        let query = providerQuery(started)
        try signInAtProvider(query, subject: subject, claims: claims)
        let answer = try await callback(state: query["state"] ?? "", cookies: cookies)
        return try #require(answer.locationParameters["code"], "\(answer.status) \(answer.text)")
    }

    /// Redeems a code, the fields changed.
    func redeem(
        _ code: String,
        _ changes: [String: String?] = [:],
        headers: [(String, String)] = []
    ) async throws -> ControlResponse {
        var fields: [String: String] = [
            "grant_type": "authorization_code", "code": code,
            "code_verifier": ServiceHarness.verifier,
            "redirect_uri": ServiceHarness.redirectURI, "client_id": ServiceHarness.project,
            "client_secret": ServiceHarness.key,
        ]
        for (name, value) in changes { fields[name] = value }
        return try await harness.send(
            "POST",
            Self.tokenPath,
            form: fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
            headers: headers
        )
    }

    /// Refreshes, the fields changed.
    func refresh(
        _ token: String,
        _ changes: [String: String?] = [:],
        headers: [(String, String)] = []
    ) async throws -> ControlResponse {
        var fields: [String: String] = [
            "grant_type": "refresh_token", "refresh_token": token,
            "client_id": ServiceHarness.project, "client_secret": ServiceHarness.key,
        ]
        for (name, value) in changes { fields[name] = value }
        return try await harness.send(
            "POST",
            Self.tokenPath,
            form: fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
            headers: headers
        )
    }

    /// Both tokens of a new sign-in.
    func signIn(
        subject: String = "user-1",
        claims: JSONObject = [:]
    ) async throws -> (access: String, refresh: String, answer: JSONObject) {
        let answer = try await redeem(try await code(subject: subject, claims: claims))
        let access = try #require(answer.object["access_token"]?.string, "\(answer.text)")
        let refresh = try #require(answer.object["refresh_token"]?.string)
        return (access, refresh, answer.object)
    }

    /// The header fields of a client's call.
    static func client(
        _ access: String? = nil,
        _ more: [(String, String)] = []
    ) -> [(String, String)] {
        [("x-stack-access-type", "client"), ("x-stack-project-id", ServiceHarness.project)]
            + (access.map { [("x-stack-access-token", $0)] } ?? []) + more
    }
}

/// Holds an answer to a known error.
func expectKnown(
    _ response: ControlResponse,
    _ code: String,
    _ status: Int,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(response.status == status, "\(response.text)", sourceLocation: sourceLocation)
    #expect(response.object["code"]?.string == code, sourceLocation: sourceLocation)
    #expect(response.value(of: "x-stack-known-error") == code, sourceLocation: sourceLocation)
}
