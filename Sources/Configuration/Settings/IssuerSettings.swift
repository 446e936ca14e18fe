/// One token issuer.
public struct IssuerSettings: Sendable {
    /// The exact `iss` of its tokens.
    public var identifier: String
    /// Where its keys come from.
    public var keys: KeySource
    /// Any of these must be in `aud`; never empty in a conf that passes.
    public var audiences: [String]
    /// The `alg` values accepted, by their JOSE names.
    public var algorithms: [String]
    /// How far our clock and the issuer's may differ.
    public var clockSkew: Duration
    /// The demanded `typ` in lower case (`at+jwt`), or `nil` for absent, `JWT` or `at+jwt`.
    public var tokenType: String?
    /// Whether `jwk`, `jku`, `x5u` and `x5c` in a token header are ignored rather than refused.
    public var ignoresHeaderKeys: Bool
    /// Whether an ID token is taken for an access token.
    public var acceptsIDTokens: Bool
    /// A constant `x-stack-project-id` for this issuer's tokens.
    public var project: String?
    /// Claims (`project_id`, `branch_id`, `session_id`) that this issuer is trusted to say.
    public var trustedClaims: [String]
    /// Written in front of every user id of this issuer.
    public var userIDPrefix: String
    /// Soft refresh, stale bound and fetch bounds of a fetched key set.
    public var keySetPolicy: KeySetPolicySettings
}

/// Where an issuer's keys come from.
public enum KeySource: Sendable, Hashable {
    /// Asked for at the URL, or at the issuer's well-known places when `nil`; `jwks_uri` follows.
    case discovery(url: String?)
    /// A file, read again when it changes.
    case file(path: String)
    /// Our own: made, kept and published by the authorization server of this process.
    case own(KeyRealm)
    /// One shared secret for HS256, 32 bytes or more; admits nothing else.
    case secret(SecretBytes)
    /// Fetched from the URL.
    case url(String)
}

/// Bounds of a fetched key set; reasons stand in ``Defaults``.
public struct KeySetPolicySettings: Sendable, Hashable {
    /// A set older than this is due; it is asked for at half of it.
    public var softLifetime: Duration
    /// A set older than this is no longer used, issuer down or not.
    public var staleLifetime: Duration
    /// The longest one fetch may take.
    public var fetchTimeout: Duration
    /// The most bytes one fetch may bring.
    public var fetchSize: Int
}

/// Bytes that no log may show.
public struct SecretBytes: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The secret itself.
    public let bytes: [UInt8]

    /// Wraps a secret.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Never the secret.
    public var description: String { "(secret)" }

    /// Never the secret.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
