/// Why a sign-in at a provider came to nothing (contract, section 12.3).
///
/// Details are for the operator's log: reasons and hosts, never codes, tokens or secrets.
enum ProviderFault: Error, Hashable, Sendable {
    /// The person, or the provider's own rules, said no.
    case accessDenied
    /// The provider answers with something that no correct provider sends: a forged, stale or foreign
    /// ID token among them.
    case broken(detail: String)
    /// The provider refuses us for a reason that the person should read; another try may not help.
    case refused(text: String, detail: String)
    /// The provider cannot be reached, or says that it cannot serve now.
    case temporarilyUnavailable(detail: String)
}

extension ProviderFault {
    /// One line for the operator's log.
    var logDetail: String {
        switch self {
        case .accessDenied: "the provider denied access"
        case .broken(let detail): detail
        case .refused(_, let detail): detail
        case .temporarilyUnavailable(let detail): detail
        }
    }
}
