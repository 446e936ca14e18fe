import Bytes
import Configuration
import JSON

/// The families of identity headers: which fields each has, and what they say.
enum IdentityFamily {
    /// One field of a family.
    struct Member {
        var name: String
        var content: Content
    }

    /// What a field says.
    enum Content {
        case branchID
        case claim(String)
        case clientID
        case email
        case issuer
        case projectID
        case scopes
        case sessionID
        case userID
    }

    /// The fields of a family, in the order in which they are written.
    static func members(of set: IdentityHeaderSet) -> [Member] {
        switch set {
        case .none: []
        case .stack:
            [
                Member(name: "x-stack-user-id", content: .userID),
                Member(name: "x-stack-issuer", content: .issuer),
                Member(name: "x-stack-client-id", content: .clientID),
                Member(name: "x-stack-session-id", content: .sessionID),
                Member(name: "x-stack-project-id", content: .projectID),
                Member(name: "x-stack-branch-id", content: .branchID),
                Member(name: "x-stack-user-email", content: .email),
                Member(name: "x-stack-scopes", content: .scopes),
            ]
        case .forwarded:
            people(prefix: "x-forwarded-", user: "user", name: "preferred-username")
        case .authRequest:
            people(prefix: "x-auth-request-", user: "user", name: "preferred-username")
        case .remoteUser:
            people(prefix: "remote-", user: "user", name: "name")
        }
    }

    /// The names of a family.
    static func names(of set: IdentityHeaderSet) -> [String] {
        members(of: set).map(\.name)
    }

    private static func people(prefix: String, user: String, name: String) -> [Member] {
        [
            Member(name: prefix + user, content: .userID),
            Member(name: prefix + "email", content: .email),
            Member(name: prefix + "groups", content: .claim("groups")),
            Member(
                name: prefix + name,
                content: .claim(name == "name" ? "name" : "preferred_username")
            ),
        ]
    }
}
