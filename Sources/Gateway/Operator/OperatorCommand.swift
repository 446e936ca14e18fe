import JSON

/// A command of the operator to the authorization server: what `gatehouse users` and `gatehouse keys`
/// ask for.
public enum OperatorCommand: Sendable, Equatable {
    /// Makes an account with a password.
    case addUser(email: String, password: String, name: String?, project: String?)
    /// A page of the users, in the order of their ids.
    case listUsers(project: String?, limit: Int, after: String?)
    /// Keeps a user out from this moment on.
    case disableUser(String, project: String?)
    /// Lets a user in again.
    case enableUser(String, project: String?)
    /// Sets another password.
    case setPassword(String, password: String, project: String?)
    /// Says that a user's e-mail address is theirs.
    case verifyUser(String, project: String?)
    /// Gives a user a scope.
    case grant(String, to: String, project: String?)
    /// Takes a scope back.
    case revoke(String, from: String, project: String?)
    /// The signing keys.
    case listKeys
    /// Lets fresh keys sign at once: of one realm, or of every one.
    case rotateKeys(realm: String?)
}

extension OperatorCommand {
    /// What it is called on the socket and in the log.
    var name: String {
        switch self {
        case .addUser: "users add"
        case .listUsers: "users list"
        case .disableUser: "users disable"
        case .enableUser: "users enable"
        case .setPassword: "users passwd"
        case .verifyUser: "users verify"
        case .grant: "users grant"
        case .revoke: "users revoke"
        case .listKeys: "keys list"
        case .rotateKeys: "keys rotate"
        }
    }

    /// Whether it may change anything: the log has it then.
    var isChange: Bool {
        switch self {
        case .listKeys, .listUsers: false
        case .addUser, .disableUser, .enableUser, .grant, .revoke, .rotateKeys, .setPassword,
            .verifyUser:
            true
        }
    }

    /// As it goes over the socket.
    var json: JSONObject {
        var object: JSONObject = ["command": .string(name)]
        func put(_ name: String, _ value: String?) {
            object[name] = value.map { .string($0) }
        }
        switch self {
        case .addUser(let email, let password, let name, let project):
            put("user", email)
            put("password", password)
            put("name", name)
            put("project", project)
        case .listUsers(let project, let limit, let after):
            put("project", project)
            object["limit"] = .integer(Int64(limit))
            put("after", after)
        case .disableUser(let user, let project), .enableUser(let user, let project),
            .verifyUser(let user, let project):
            put("user", user)
            put("project", project)
        case .setPassword(let user, let password, let project):
            put("user", user)
            put("password", password)
            put("project", project)
        case .grant(let scope, let user, let project), .revoke(let scope, let user, let project):
            put("scope", scope)
            put("user", user)
            put("project", project)
        case .listKeys: break
        case .rotateKeys(let realm): put("realm", realm)
        }
        return object
    }

    /// Reads what came over the socket; `nil` where it is no command.
    init?(_ object: JSONObject) {
        func text(_ name: String) -> String? { object[name]?.string }
        let (user, scope, password) = (text("user"), text("scope"), text("password"))
        let project = text("project")
        switch (text("command"), user, scope, password) {
        case ("users add", let user?, _, let password?):
            self = .addUser(
                email: user,
                password: password,
                name: text("name"),
                project: project
            )
        case ("users list", _, _, _):
            guard let limit = object["limit"]?.integer else { return nil }
            self = .listUsers(
                project: project,
                limit: Int(clamping: limit),
                after: text("after")
            )
        case ("users disable", let user?, _, _): self = .disableUser(user, project: project)
        case ("users enable", let user?, _, _): self = .enableUser(user, project: project)
        case ("users passwd", let user?, _, let password?):
            self = .setPassword(user, password: password, project: project)
        case ("users verify", let user?, _, _): self = .verifyUser(user, project: project)
        case ("users grant", let user?, let scope?, _):
            self = .grant(scope, to: user, project: project)
        case ("users revoke", let user?, let scope?, _):
            self = .revoke(scope, from: user, project: project)
        case ("keys list", _, _, _): self = .listKeys
        case ("keys rotate", _, _, _): self = .rotateKeys(realm: text("realm"))
        default: return nil
        }
    }
}
