import Bytes
import Configuration
import JOSE
import JSON

/// What a token of our own says beside what every token does, read once when it is verified.
///
/// Confined to the worker that verified it.
public final class OwnClaims {
    /// The project that its user or client belongs to, or empty.
    public let projectID: [UInt8]
    /// `branch_id`, or empty.
    public let branchID: [UInt8]
    /// The session: `refresh_token_id`, else `session_id`, or empty.
    public let sessionID: [UInt8]
    /// `jti`, or empty.
    public let tokenID: [UInt8]
    /// Whether its user is anonymous.
    public let isAnonymous: Bool
    /// Whether its user is restricted, as every anonymous one is.
    public let isRestricted: Bool
    /// The generation of the revocations that it was last held against.
    var clearedAt = -1

    /// The realm that signed says more than a claim could.
    init(_ claims: Claims, realm: KeyRealm) {
        let object = claims.object
        func text(_ name: String) -> [UInt8] {
            guard case .string(let value)? = object[name] else { return [] }
            return Array(value.utf8)
        }
        let session = text("refresh_token_id")
        sessionID = session.isEmpty ? text("session_id") : session
        tokenID = Array((claims.tokenID ?? "").utf8)
        branchID = text("branch_id")
        let isAnonymous: Bool
        let isRestricted: Bool
        switch realm {
        case .project(let id, let userClass):
            projectID = Array(id.utf8)
            isAnonymous = userClass == .anonymous
            isRestricted = userClass == .restricted
        case .server:
            projectID = text("project_id")
            isAnonymous = false
            isRestricted = false
        }
        self.isAnonymous = isAnonymous || object["is_anonymous"] == .boolean(true)
        self.isRestricted =
            self.isAnonymous || isRestricted || object["is_restricted"] == .boolean(true)
    }
}
