/// Reads the code out of a callback, or why there is none.
enum CallbackCode {
    /// The code.
    ///
    /// `iss` is held against the provider before anything else, so that one provider's answer or
    /// error never counts as another's (RFC 9207 §2.4).
    ///
    /// - Parameters:
    ///   - callback: What came back.
    ///   - issuers: Who `iss` may be; empty where the provider is not known to say one, and then it
    ///     is passed over.
    ///   - demandsIssuer: Whether the provider has promised to say it.
    static func read(
        _ callback: ProviderCallback,
        issuers: [IssuerPattern],
        demandsIssuer: Bool
    ) throws(ProviderFault) -> String {
        let parameters = callback.parameters
        if let issuer = parameters["iss"] {
            guard issuers.isEmpty || issuers.contains(where: { $0.admits(issuer) }) else {
                let quoted = ProviderErrorWord.quoted(issuer)
                throw .broken(detail: "callback: iss is another provider's: \(quoted)")
            }
        } else if demandsIssuer {
            throw .broken(detail: "callback: no iss, which this provider always sends")
        }
        if let word = parameters["error"] {
            throw ProviderErrorWord.fault(
                word,
                description: parameters["error_description"],
                place: "callback"
            )
        }
        guard let code = parameters["code"], !code.isEmpty,
            code.utf8.count <= ProviderLimits.codeSize
        else { throw .broken(detail: "callback: neither a code nor an error") }
        return code
    }
}
