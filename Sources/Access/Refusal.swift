public import JOSE

/// A refusal: its reason, and what only the operator sees.
public struct Refusal: Error, Hashable, Sendable {
    /// The word for everybody.
    public var reason: Reason
    /// The second word, for the log, `explain` and hints only; empty where there is none.
    public var detail: String
    /// The status where the reason alone does not say it (414 beside 431).
    public var status: Int

    /// Refuses for `reason`, with the status that belongs to it.
    public init(_ reason: Reason, detail: String = "") {
        self.reason = reason
        self.detail = detail
        self.status = reason.status
    }

    /// Refuses with a status of its own.
    public init(_ reason: Reason, detail: String, status: Int) {
        self.reason = reason
        self.detail = detail
        self.status = status
    }

    /// Says a token's fault in the words of this module: the one place where they meet.
    public init(_ fault: TokenFault) {
        self.init(Reason(fault.cause), detail: fault.detail.rawValue)
    }
}

extension Reason {
    /// The reason that a token's fault is refused for.
    public init(_ cause: TokenFault.Cause) {
        switch cause {
        case .algorithmNotAllowed: self = .algorithmNotAllowed
        case .audienceMismatch: self = .audienceMismatch
        case .claimInvalid: self = .claimInvalid
        case .claimMissing: self = .claimMissing
        case .headerUnsupported: self = .headerUnsupported
        case .issuerUnknown: self = .issuerUnknown
        case .keysUnavailable: self = .keysUnavailable
        case .keyUnknown: self = .keyUnknown
        case .keyUnsuitable: self = .keyUnsuitable
        case .signatureInvalid: self = .signatureInvalid
        case .signatureMalformed: self = .signatureMalformed
        case .tokenEncrypted: self = .tokenEncrypted
        case .tokenExpired: self = .tokenExpired
        case .tokenMalformed: self = .tokenMalformed
        case .tokenNotYetValid: self = .tokenNotYetValid
        case .tokenTooLarge: self = .tokenTooLarge
        case .tokenTypeMismatch: self = .tokenTypeMismatch
        }
    }
}
