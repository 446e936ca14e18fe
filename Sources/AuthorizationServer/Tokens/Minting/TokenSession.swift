/// What a token says of the login that it belongs to.
struct TokenSession: Sendable, Hashable {
    /// `refresh_token_id`, `session_id` or `sid`.
    var id: String
    /// When the user last proved who they are, in milliseconds since 1970.
    var authenticatedAt: Int64
    /// What was granted, in the project's order.
    var scopes: [String]

    /// The scopes as a claim has them.
    var scopeText: String { scopes.joined(separator: " ") }
}

/// A token, and what else its answer says.
struct MintedToken: Sendable {
    /// The token; never logged.
    let text: String
    /// `jti`; empty for an ID token.
    let id: String
    /// `iat`, in seconds since 1970.
    let issuedAt: Int64
    /// `exp`, in seconds since 1970.
    let expiresAt: Int64

    /// `expires_in`, which is true.
    var lifetimeSeconds: Int64 { expiresAt - issuedAt }
}

extension MintedToken: CustomStringConvertible, CustomReflectable {
    /// Never the token.
    var description: String { "(token \(id))" }

    /// Never the token.
    var customMirror: Mirror { Mirror(self, children: []) }
}
