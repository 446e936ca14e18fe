/// What one issuer's tokens must be like, as the conf says.
public struct IssuerPolicy: Sendable {
    /// Any of these must be in `aud`; an empty list admits no token.
    public var audiences: [String]
    /// The algorithms that the issuer may use; without effect where there is a ``secret``.
    public var algorithms: AlgorithmSet
    /// How far its clock and ours may differ.
    public var clockSkewSeconds: Int64
    /// The `typ` demanded (`at+jwt`), or `nil` for absent, `JWT` or `at+jwt`.
    public var tokenType: String?
    /// Whether keys in the header are passed over rather than refused; they are never used.
    public var ignoresHeaderKeys: Bool
    /// Whether an ID token is taken for an access token.
    public var acceptsIDTokens: Bool
    /// The secret shared with the issuer: HS256 is then the only algorithm, and is otherwise none.
    public var secret: [UInt8]?

    /// Names every rule; there is no default, so that the conf decides.
    public init(
        audiences: [String],
        algorithms: AlgorithmSet,
        clockSkewSeconds: Int64,
        tokenType: String?,
        ignoresHeaderKeys: Bool,
        acceptsIDTokens: Bool,
        secret: [UInt8]?
    ) {
        self.audiences = audiences
        self.algorithms = algorithms
        self.clockSkewSeconds = clockSkewSeconds
        self.tokenType = tokenType.map(TokenHeader.normalized)
        self.ignoresHeaderKeys = ignoresHeaderKeys
        self.acceptsIDTokens = acceptsIDTokens
        self.secret = secret
    }

    /// Whether the issuer may sign with the algorithm.
    public func admits(_ algorithm: Algorithm) -> Bool {
        guard secret == nil else { return algorithm == .hs256 }
        return algorithm != .hs256 && algorithms.contains(algorithm)
    }
}
