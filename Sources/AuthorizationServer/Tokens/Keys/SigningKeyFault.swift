public import Cryptography
public import Storage

/// Why signing keys cannot be had: each is the operator's to mend, none a client's fault.
public enum SigningKeyFault: Error {
    /// The algorithm cannot sign tokens that others check.
    case algorithmUnsuitable(name: String)
    /// OpenSSL could not make a key or a signature.
    case cryptography(CryptographyFault)
    /// The sealing key is right, and yet this key does not open: the store was damaged.
    case keyUnreadable(id: String)
    /// No keys were made for this realm: it is in no settings that were seen.
    case realmUnknown(name: String)
    /// Keys open with the sealing key, but the store's check value does not: the store was damaged.
    case sealingCheckUnreadable
    /// The store was sealed with another key than the one that `source` gives.
    case sealingKeyWrong(source: String)
    /// The store failed.
    case store(StorageFault)
}

extension SigningKeyFault: CustomStringConvertible {
    /// A sentence part for the operator; nothing secret.
    public var description: String {
        switch self {
        case .algorithmUnsuitable(let name): "tokens cannot be signed with \(name)"
        case .cryptography(let fault): "OpenSSL failed: \(fault.rawValue)"
        case .keyUnreadable(let id):
            "signing key \(id) cannot be read though the sealing key is right: the store is damaged"
        case .realmUnknown(let name): "there are no signing keys for \(name)"
        case .sealingCheckUnreadable:
            "the store's check value cannot be read though its keys can: the store is damaged"
        case .sealingKeyWrong(let source):
            "the store was sealed with another key than the one of \(source): give back the one "
                + "that it was made with"
        case .store(let fault): "the store failed: \(fault)"
        }
    }
}
