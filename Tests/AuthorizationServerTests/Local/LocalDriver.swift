import Access
import Configuration
import EventLoop
import JSON
import Storage
import Testing

@testable import AuthorizationServer

/// A person with one browser at the pages of a server, in a few words.
struct LocalDriver {
    let harness: ServiceHarness
    let jar = CookieJar()

    static let email = "Ada@Example.com"
    static let emailKey = "ada@example.com"
    static let password = "correct horse battery"

    /// A Stack project, and two plain clients of it: one of the house, one that must ask.
    static func conf(
        local: String = "sign_up on;",
        project: String = "sign_up on;"
    ) -> String {
        """
        authorization_server https://gate.test {
            provider local { \(local) }
            provider corp {
                discovery https://id.test/.well-known/openid-configuration;
                client_id gatehouse;
                client_secret env:CORP_SECRET;
            }
            project \(ServiceHarness.project) {
                name "Internal tools";
                dialect stack;
                publishable_client_key \(ServiceHarness.key);
                trusted_domain https://app.example.com;
                providers local corp;
                grantable_scopes openid email orders:read orders:write;
                default_scopes openid email orders:read;
                \(project)
            }
            client shop {
                dialect oauth;
                project \(ServiceHarness.project);
                consent implicit;
                grant_types authorization_code refresh_token;
                redirect_uri https://shop.example.com/callback;
                grantable_scopes openid orders:read;
                default_scopes openid orders:read;
            }
            client diary {
                dialect oauth;
                project \(ServiceHarness.project);
                grant_types authorization_code refresh_token;
                redirect_uri https://diary.example.net/callback;
                grantable_scopes openid email orders:read orders:write;
                default_scopes openid email orders:read;
            }
        }

        """
    }

    static func make(_ conf: String = conf()) async throws -> LocalDriver {
        LocalDriver(harness: try await ServiceHarness(conf))
    }

    /// Another browser at the same server.
    var stranger: LocalDriver { LocalDriver(harness: harness) }

    var context: ServerContext { harness.service.context }

    var project: ProjectSettings { harness.settings.projects[0] }

    var administration: AccountAdministration { AccountAdministration(harness.service) }

    /// Begins a sign-in as authorize does.
    ///
    /// - Returns: The state.
    func begin(
        _ clientID: String = "shop",
        provider: String? = "local",
        change: (inout AuthorizationRequest) -> Void = { _ in }
    ) async throws -> String {
        let client = try #require(context.clients.client(clientID))
        var request = AuthorizationRequest(
            clientID: clientID,
            redirectURI: client.registration?.redirectURIs[0] ?? ServiceHarness.redirectURI,
            state: "outer-state",
            scopes: [],
            challenge: ServiceHarness.challenge
        )
        change(&request)
        let start = try await SignInFlow(context: context).begin(
            request,
            client,
            provider: harness.settings.providers.first { $0.id == provider },
            address: "203.0.113.7"
        ).get()
        jar.take(ControlResponse(status: 302, fields: start.cookies))
        if provider == "corp" {
            let query = ControlResponse(
                status: 302,
                fields: [ControlField("location", start.location)]
            )
            return try #require(query.locationParameters["state"])
        }
        return try #require(start.location.split(separator: "flow=").last.map(String.init))
    }

    /// Opens a page of a flow.
    func get(
        _ page: String,
        _ state: String,
        _ more: [(String, String)] = [],
        isConfidential: Bool = true
    ) async throws -> ControlResponse {
        try await harness.send(
            "GET",
            "/oauth2/\(page)?" + FormCoding.query([("flow", state)] + more),
            cookies: jar,
            isConfidential: isConfidential
        )
    }

    /// Sends the form of a page, with its token unless the fields have another.
    func post(
        _ page: String,
        _ state: String,
        _ fields: [String: String],
        address: String = "203.0.113.7",
        isConfidential: Bool = true
    ) async throws -> ControlResponse {
        var all = ["flow": state]
        if fields["csrf"] == nil { all["csrf"] = Self.token(try await get(page, state)) }
        all.merge(fields) { _, own in own }
        return try await harness.send(
            "POST",
            "/oauth2/\(page)",
            form: all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
            cookies: jar,
            address: address,
            isConfidential: isConfidential
        )
    }

    func signIn(
        _ state: String,
        email: String = email,
        password: String = password,
        address: String = "203.0.113.7"
    ) async throws -> ControlResponse {
        try await post(
            "sign-in",
            state,
            ["email": email, "password": password],
            address: address
        )
    }

    func signUp(
        _ state: String,
        email: String = email,
        password: String = password,
        name: String = ""
    ) async throws -> ControlResponse {
        try await post(
            "sign-up",
            state,
            ["email": email, "password": password, "display_name": name]
        )
    }

    /// Makes Ada's account, as an operator does.
    @discardableResult
    func addAda() async throws -> AccountSummary {
        try await administration.add(
            email: Self.email,
            password: Self.password,
            displayName: "Ada"
        )
    }

    /// Whose the tokens of an answer are.
    func userID(_ tokens: ControlResponse) async throws -> String {
        let me = try await harness.send(
            "GET",
            "/api/v1/users/me",
            headers: StackDriver.client(tokens.object["access_token"]?.string)
        )
        return try #require(me.object["id"]?.string, "\(tokens.text) \(me.text)")
    }

    func users() async throws -> [UserRecord] {
        try await harness.store.read { transaction -> [UserRecord] in
            try transaction.users(projectID: nil, limit: 100)
        }
    }

    /// The token of the form on a page; empty where there is none.
    static func token(_ response: ControlResponse) -> String {
        Markup(response.text).all("input").first { $0["name"] == "csrf" }?["value"] ?? ""
    }
}

/// Holds a response to a page that says a fault by its word.
func expectPage(
    _ response: ControlResponse,
    _ status: Int,
    _ fault: PageFault,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(response.status == status, "\(response.text)", sourceLocation: sourceLocation)
    #expect(response.text.contains(fault.title), "\(response.text)", sourceLocation: sourceLocation)
    #expect(
        response.value(of: "content-type") == "text/html; charset=utf-8",
        sourceLocation: sourceLocation
    )
    #expect(response.note.error == fault.rawValue, sourceLocation: sourceLocation)
}
