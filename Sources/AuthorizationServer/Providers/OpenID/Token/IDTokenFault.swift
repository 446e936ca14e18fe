import JOSE

/// Why an ID token is refused.
enum IDTokenFault: Error, Hashable, Sendable {
    /// `at_hash` is not the access token's: one of the two was exchanged.
    case accessTokenHash
    /// `azp` is another client, or missing beside several audiences.
    case authorizedParty
    /// `iat` is missing, or lies ahead.
    case issuedAt
    /// `iss` is somebody else.
    case issuer
    /// The nonce is missing, or another sign-in's.
    case nonce
    /// `sub` is missing, or no account id.
    case subject
    /// What JOSE refuses in any token.
    case token(TokenFault)
}

extension IDTokenFault {
    /// Whether the provider may have rotated its keys since the set was fetched.
    var newerKeysMayHelp: Bool {
        guard case .token(let fault) = self else { return false }
        return switch fault.cause {
        case .keyUnknown, .keyUnsuitable, .signatureInvalid: true
        default: false
        }
    }

    /// A sentence part for the operator's log, without a byte of the token.
    var logDetail: String {
        switch self {
        case .accessTokenHash: "at_hash is not the access token's"
        case .authorizedParty: "azp is another client, or missing beside several audiences"
        case .issuedAt: "iat is missing, or lies ahead"
        case .issuer: "iss is not this provider"
        case .nonce: "nonce is missing, or another sign-in's"
        case .subject: "sub is missing, or no account id"
        case .token(let fault): "\(fault)"
        }
    }
}
