import Configuration

/// Whoever asks for tokens: a Stack project, which is one public client, or a registered client.
///
/// The dialects differ on the wire; flows and grants see only this.
struct OAuthClient: Sendable {
    /// `client_id`.
    let id: String
    let dialect: Dialect
    /// Shown to people.
    let name: String
    /// Whose users sign in.
    let project: ProjectSettings
    /// What the conf says of a registered client; `nil` for a project.
    let registration: ClientSettings?
    let tokens: TokenSettings
    let grantableScopes: [String]
    let defaultScopes: [String]

    /// The dialects, as the core tells them apart.
    enum Dialect: String, Sendable {
        case dressipi
        case oauth
        case stack
    }

    /// A project as the client that it is.
    init(project: ProjectSettings) {
        id = project.id
        dialect = .stack
        name = project.name
        self.project = project
        registration = nil
        tokens = project.tokens
        grantableScopes = project.grantableScopes
        defaultScopes = project.defaultScopes
    }

    /// A registered client.
    init(registration: ClientSettings, project: ProjectSettings) {
        id = registration.id
        dialect = registration.dialect == .dressipi ? .dressipi : .oauth
        name = registration.name
        self.project = project
        self.registration = registration
        tokens = registration.tokens
        grantableScopes = registration.grantableScopes
        defaultScopes = registration.defaultScopes
    }

    /// Whether a person must say yes to it first.
    var requiresConsent: Bool { registration?.requiresConsent ?? false }
}

/// The clients of the conf, by id.
struct ClientDirectory: Sendable {
    private let clients: [String: OAuthClient]

    /// Makes the directory of a conf.
    init(_ settings: AuthorizationServerSettings) {
        var clients: [String: OAuthClient] = [:]
        for project in settings.projects where project.isStack {
            clients[project.id] = OAuthClient(project: project)
        }
        for client in settings.clients {
            clients[client.id] = OAuthClient(
                registration: client,
                project: settings.projects[client.project]
            )
        }
        self.clients = clients
    }

    /// The client of that id, whatever its dialect.
    func client(_ id: String) -> OAuthClient? { clients[id] }

    /// The client of that id, where it speaks the dialect.
    func client(_ id: String, speaking dialect: OAuthClient.Dialect) -> OAuthClient? {
        clients[id].flatMap { $0.dialect == dialect ? $0 : nil }
    }

    /// Every client of a dialect.
    func all(speaking dialect: OAuthClient.Dialect) -> [OAuthClient] {
        clients.values.filter { $0.dialect == dialect }.sorted { $0.id < $1.id }
    }
}
