/// The checks of a token, in the order in which they are made: cheapest first, so that a refusal
/// never costs a signature check that it could avoid.
public enum TokenCheck: UInt8, CaseIterable, Sendable {
    /// Size, and three parts of canonical base64url.
    case shape
    /// The header, typed.
    case header
    /// The claims, parsed and typed.
    case claims
    /// The issuer is one of the conf's.
    case issuerKnown
    /// The issuer is accepted by the route.
    case issuerAllowed
    /// The algorithm is accepted for the issuer.
    case algorithm
    /// The token is an access token.
    case tokenType
    /// The token is meant for us.
    case audience
    /// The token is good now.
    case times
    /// A held key fits.
    case key
    /// The signature has the length and the coding of its algorithm.
    case signatureShape
    /// The signature is the key's.
    case signature

    /// What a person reads in `explain`.
    public var title: StaticString {
        switch self {
        case .shape: "size and shape"
        case .header: "header"
        case .claims: "claims"
        case .issuerKnown: "issuer known"
        case .issuerAllowed: "issuer accepted by the route"
        case .algorithm: "algorithm"
        case .tokenType: "token type"
        case .audience: "audience"
        case .times: "times"
        case .key: "key"
        case .signatureShape: "signature shape"
        case .signature: "signature"
        }
    }
}
