public import Cryptography

/// The `alg` values of signed tokens that Gatehouse knows (RFC 7518 §3.1, RFC 8037 §3.1).
///
/// `none`, HS384 and HS512 are absent on purpose: what is not here is never verified. Names are
/// compared exactly, as RFC 7515 §4.1.1 wants.
public enum Algorithm: String, CaseIterable, Sendable {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    case rs256 = "RS256"
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    case rs384 = "RS384"
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    case rs512 = "RS512"
    /// RSASSA-PSS with SHA-256.
    case ps256 = "PS256"
    /// RSASSA-PSS with SHA-384.
    case ps384 = "PS384"
    /// RSASSA-PSS with SHA-512.
    case ps512 = "PS512"
    /// ECDSA on P-256.
    case es256 = "ES256"
    /// ECDSA on P-384.
    case es384 = "ES384"
    /// ECDSA on P-521.
    case es512 = "ES512"
    /// Ed25519.
    case eddsa = "EdDSA"
    /// HMAC with SHA-256: for issuers that share a secret with us, and never beside public keys.
    case hs256 = "HS256"
}

extension Algorithm {
    /// The scheme that the name stands for.
    public var scheme: SignatureScheme {
        switch self {
        case .rs256: .rs256
        case .rs384: .rs384
        case .rs512: .rs512
        case .ps256: .ps256
        case .ps384: .ps384
        case .ps512: .ps512
        case .es256: .es256
        case .es384: .es384
        case .es512: .es512
        case .eddsa: .eddsa
        case .hs256: .hs256
        }
    }
}

/// Some of the algorithms.
public struct AlgorithmSet: OptionSet, Hashable, Sendable {
    /// One bit for each algorithm.
    public let rawValue: UInt16

    /// The set whose bits are given.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// The set of exactly one algorithm.
    public init(_ algorithm: Algorithm) {
        rawValue = 1 << UInt16(algorithm.scheme.rawValue)
    }

    /// The set of the algorithms with these names, or `nil` where one is unknown.
    public init?(names: [String]) {
        var set: AlgorithmSet = []
        for name in names {
            guard let algorithm = Algorithm(rawValue: name) else { return nil }
            set.formUnion(AlgorithmSet(algorithm))
        }
        self = set
    }

    /// Whether the algorithm is one of them.
    public func contains(_ algorithm: Algorithm) -> Bool {
        isSuperset(of: AlgorithmSet(algorithm))
    }

    /// The algorithms in the order of ``Algorithm``.
    public var algorithms: [Algorithm] {
        Algorithm.allCases.filter { contains($0) }
    }
}
