public import Configuration
public import JOSE

/// One issuer as a worker sees it: what its tokens must be like, and the keys held at the moment.
public final class Issuer: Sendable {
    /// What the conf says.
    public let settings: IssuerSettings
    /// The exact `iss`, as bytes.
    public let identifier: [UInt8]
    /// The checks of a token of this issuer.
    public let policy: IssuerPolicy
    /// The keys, or `nil` where none are held.
    public let keySet: KeySet?
    /// Whose tokens of our own it issues, or `nil` where it is somebody else.
    public let ownRealm: KeyRealm?
    /// Raised whenever the keys or the settings change; a verdict dies with its generation.
    public let generation: UInt64

    /// Makes an issuer ready, with the keys held at the moment.
    public init(_ settings: IssuerSettings, keySet: KeySet?, generation: UInt64) {
        self.settings = settings
        identifier = Array(settings.identifier.utf8)
        policy = IssuerPolicy(settings)
        self.keySet = keySet
        if case .own(let realm) = settings.keys {
            ownRealm = realm
        } else {
            ownRealm = nil
        }
        self.generation = generation
    }
}

extension IssuerPolicy {
    /// The checks that an `issuer` block asks for.
    public init(_ settings: IssuerSettings) {
        var secret: [UInt8]?
        if case .secret(let bytes) = settings.keys {
            secret = bytes.bytes
        }
        var algorithms = AlgorithmSet()
        for name in settings.algorithms {
            if let algorithm = Algorithm(rawValue: name) {
                algorithms.insert(AlgorithmSet(algorithm))
            }
        }
        self.init(
            audiences: settings.audiences,
            algorithms: algorithms,
            clockSkewSeconds: settings.clockSkew.components.seconds,
            tokenType: settings.tokenType,
            ignoresHeaderKeys: settings.ignoresHeaderKeys,
            acceptsIDTokens: settings.acceptsIDTokens,
            secret: secret
        )
    }
}
