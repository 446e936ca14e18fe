/// Looks into the files that a conf names.
///
/// The gateway supplies it, because what is a good certificate or key set is known above this module.
public protocol ConfigurationInspector {
    /// What is wrong with a certificate chain and its key, or `nil` where they are good and match.
    func certificatePairFault(certificatePath: String, keyPath: String) -> String?

    /// The DNS names that the certificate is for; empty where they are not known.
    func certificateNames(certificatePath: String, keyPath: String) -> [String]

    /// What is wrong with a JSON Web Key Set, or `nil`.
    func keySetFault(path: String) -> String?

    /// What is wrong with a file of trusted certificates, or `nil`.
    func trustedCertificatesFault(path: String) -> String?
}

/// Finds every file good without a look: for tests and fuzzers, whose files are not there.
public struct TrustingInspector: ConfigurationInspector, Sendable {
    /// There is nothing to set.
    public init() {}

    /// Always good.
    public func certificatePairFault(certificatePath: String, keyPath: String) -> String? { nil }

    /// Always unknown.
    public func certificateNames(certificatePath: String, keyPath: String) -> [String] { [] }

    /// Always good.
    public func keySetFault(path: String) -> String? { nil }

    /// Always good.
    public func trustedCertificatesFault(path: String) -> String? { nil }
}
