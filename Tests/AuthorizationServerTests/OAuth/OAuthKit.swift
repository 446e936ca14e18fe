import Access
import Bytes
import Cryptography
import JSON
import Testing

@testable import AuthorizationServer

/// What plain clients do, in a few words, and the conf that they stand in.
struct OAuthKit {
    let harness: ServiceHarness

    init(_ conf: String = OAuthKit.conf) async throws {
        harness = try await ServiceHarness(conf)
    }

    /// Holds every letter that one of the two habits of Basic would change.
    static let secret = "a%2B+b:c-d%"

    static func hash(_ secret: String) -> String {
        SHA256.digest([UInt8](secret.utf8).span).map {
            String(UnicodeScalar(ASCII.lowercaseHexDigit($0 >> 4)))
                + String(UnicodeScalar(ASCII.lowercaseHexDigit($0 & 15)))
        }.joined()
    }

    static let webURI = "https://web.example.com/callback"

    /// One provider outside; clients of every kind.
    static let conf = """
        authorization_server https://gate.test {
            provider corp {
                discovery https://id.test/.well-known/openid-configuration;
                client_id gatehouse;
                client_secret env:CORP_SECRET;
            }
            project people {
                providers corp;
                grantable_scopes openid email profile orders:read orders:write;
                default_scopes openid email profile orders:read;
                sign_up on;
            }
            client web {
                dialect oauth;
                project people;
                client_secret_hash sha256:\(hash(secret));
                grant_types client_credentials authorization_code refresh_token;
                redirect_uri \(webURI);
                post_logout_redirect_uri https://web.example.com/bye?from=gate;
                cors_origins https://web.example.com;
                audience orders-api;
                consent implicit;
                grantable_scopes openid email profile orders:read orders:write;
                default_scopes openid email profile orders:read;
            }
            client spa {
                dialect oauth;
                project people;
                redirect_uri https://spa.example.com/cb;
                cors_origins https://spa.example.com;
                grantable_scopes openid orders:read;
                default_scopes openid orders:read;
            }
            client desktop {
                dialect oauth;
                project people;
                grant_types authorization_code;
                redirect_uri http://127.0.0.1/callback com.example.app:/cb;
                consent implicit;
                grantable_scopes openid orders:read;
                default_scopes openid orders:read;
            }
            client s6BhdRkqt3 {
                dialect oauth;
                project people;
                client_secret_hash sha256:\(hash("gX1fBat3bV"));
                grant_types client_credentials;
                grantable_scopes orders:read;
            }
            client resource {
                dialect oauth;
                project people;
                client_secret_hash sha256:\(hash("resource"));
                grant_types client_credentials;
                introspect any;
                grantable_scopes orders:read;
            }
            client fashion-app {
                dialect dressipi;
                project people;
                cors_origins https://shop.example.com;
                grantable_scopes orders:read;
                default_scopes orders:read;
            }
            client fashion-old {
                dialect dressipi;
                project people;
                token_parameters_in_query on;
                grantable_scopes orders:read;
                default_scopes orders:read;
            }
        }

        """

    /// The value of an `Authorization` field, its parts as they stand or coded.
    static func basic(_ id: String, _ secret: String, isCoded: Bool = false) -> (String, String) {
        let text =
            isCoded
            ? FormCoding.encode(id) + ":" + FormCoding.encode(secret) : id + ":" + secret
        let bytes = [UInt8](text.utf8)
        return ("authorization", "Basic " + Base64URL.encode(bytes.span).span.text())
    }

    static let web = basic("web", secret)

    /// The query of a good authorize request, changed.
    static func query(_ changes: [String: String?]) -> [(String, String)] {
        var all: [String: String] = [
            "client_id": "web", "redirect_uri": webURI, "response_type": "code",
            "state": "st-1", "scope": "openid email orders:read", "nonce": "n-1",
            "code_challenge": ServiceHarness.challenge, "code_challenge_method": "S256",
        ]
        for (name, value) in changes { all[name] = value }
        return all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    func authorize(
        _ changes: [String: String?] = [:],
        adding: [(String, String)] = [],
        cookies: CookieJar? = nil,
        headers: [(String, String)] = []
    ) async throws -> ControlResponse {
        try await harness.send(
            "GET",
            "/oauth2/authorize?" + FormCoding.query(Self.query(changes) + adding),
            headers: headers,
            cookies: cookies
        )
    }

    /// The person signs in at the provider, and the browser comes back from it.
    func returns(
        from started: ControlResponse,
        subject: String = "user-1",
        cookies: CookieJar,
        path: String = "/oauth2/callback/corp"
    ) async throws -> ControlResponse {
        let query = started.locationParameters
        let name = subject == "user-1" ? "ada" : subject
        let claims: JSONObject = [
            "email": .string(name + "@example.test"), "email_verified": true, "name": "Ada",
        ]
        try StackDriver(harness: harness).signInAtProvider(query, subject: subject, claims: claims)
        let back = FormCoding.query([("state", query["state"] ?? ""), ("code", "provider-code")])
        return try await harness.send("GET", path + "?" + back, cookies: cookies)
    }

    /// All the way to a code of a client that asks for no consent.
    func code(
        _ changes: [String: String?] = [:],
        subject: String = "user-1",
        cookies: CookieJar = CookieJar()
    ) async throws -> String {
        let started = try await authorize(changes, cookies: cookies)
        let answer = try await returns(from: started, subject: subject, cookies: cookies)
        return try #require(answer.locationParameters["code"], "\(answer.status) \(answer.text)")
    }

    /// A form posted by a program.
    func post(
        _ path: String,
        _ fields: [String: String?],
        headers: [(String, String)] = [],
        isConfidential: Bool = true
    ) async throws -> ControlResponse {
        try await harness.send(
            "POST",
            path,
            form: fields.compactMapValues(\.self).sorted { $0.key < $1.key }
                .map { ($0.key, $0.value) },
            headers: headers,
            isConfidential: isConfidential
        )
    }

    func redeem(
        _ code: String,
        _ changes: [String: String?] = [:],
        headers: [(String, String)] = [web]
    ) async throws -> ControlResponse {
        let fields: [String: String?] = [
            "grant_type": "authorization_code", "code": code, "redirect_uri": Self.webURI,
            "code_verifier": ServiceHarness.verifier,
        ]
        return try await post(
            "/oauth2/token",
            fields.merging(changes) { $1 },
            headers: headers
        )
    }

    func refresh(
        _ token: String,
        _ changes: [String: String?] = [:],
        headers: [(String, String)] = [web]
    ) async throws -> ControlResponse {
        let fields: [String: String?] = ["grant_type": "refresh_token", "refresh_token": token]
        return try await post("/oauth2/token", fields.merging(changes) { $1 }, headers: headers)
    }

    /// A token of the client for itself.
    func machine(_ headers: [(String, String)] = [web]) async throws -> String {
        let answer = try await post(
            "/oauth2/token",
            ["grant_type": "client_credentials", "scope": "orders:read"],
            headers: headers
        )
        return try #require(answer.object["access_token"]?.string, "\(answer.text)")
    }

    /// What a new sign-in to `web` gives.
    func signIn(
        _ changes: [String: String?] = [:],
        subject: String = "user-1",
        cookies: CookieJar = CookieJar()
    ) async throws -> Signed {
        let code = try await code(changes, subject: subject, cookies: cookies)
        let answer = try await redeem(code)
        let body = answer.object
        return Signed(
            access: try #require(body["access_token"]?.string, "\(answer.text)"),
            refresh: try #require(body["refresh_token"]?.string),
            identity: body["id_token"]?.string ?? "",
            answer: body
        )
    }

    struct Signed {
        var access: String
        var refresh: String
        var identity: String
        var answer: JSONObject
    }

    func introspect(
        _ token: String,
        headers: [(String, String)] = [web]
    ) async throws -> JSONObject {
        try await post("/oauth2/introspect", ["token": token], headers: headers).object
    }
}

/// The claims of a token, unchecked.
func claims(_ token: String) throws -> JSONObject {
    let parts = token.split(separator: ".")
    let middle = [UInt8](try #require(parts.count == 3 ? parts[1] : nil).utf8)
    let decoded = Base64URL.decode(middle.span)
    let text = try #require(decoded)
    let value = try JSONValue.parse(text.span, limits: JSONLimits(size: 65_536, depth: 8))
    guard case .object(let object) = value else { return [:] }
    return object
}

/// Holds an answer to an error of RFC 6749 §5.2.
func expectError(
    _ response: ControlResponse,
    _ word: String,
    _ status: Int = 400,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(response.status == status, "\(response.text)", sourceLocation: sourceLocation)
    #expect(response.object["error"]?.string == word, sourceLocation: sourceLocation)
    #expect(
        response.object["error_description"]?.string?.isEmpty == false,
        sourceLocation: sourceLocation
    )
    #expect(response.value(of: "cache-control") == "no-store", sourceLocation: sourceLocation)
    #expect(response.note.error == word, sourceLocation: sourceLocation)
}
