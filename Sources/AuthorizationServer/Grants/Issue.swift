import Configuration
import Storage

/// What tokens are made of, once the store has it.
struct Issue: Sendable {
    var client: OAuthClient
    var user: UserRecord
    var session: SessionRecord
    var scopes: [String]
    /// A new one, or `nil` where the client keeps what it has.
    var refreshToken: String?
    /// Echoed in an ID token.
    var nonce = ""
    var isNewUser: Bool?
    var afterCallbackRedirectURL: String?
    /// Milliseconds since 1970.
    var issuedAt: Int64
    /// Sessions that ended in the same transaction; published before anyone is answered.
    var revokedSessions: [String] = []
}

extension OAuthClient {
    /// Whether its code grants come with a refresh token.
    var allowsRefresh: Bool {
        registration.map { $0.grantTypes.contains(.refreshToken) } ?? true
    }

    /// Whether it may use a grant.
    func allows(_ grant: GrantType) -> Bool {
        registration.map { $0.grantTypes.contains(grant) } ?? (grant != .clientCredentials)
    }
}

extension GrantFault {
    /// What a fault of the store means to whoever asks for tokens.
    init(_ fault: StorageFault) {
        switch fault {
        case .overloaded: self = .unavailable
        default: self = .broken
        }
    }
}
