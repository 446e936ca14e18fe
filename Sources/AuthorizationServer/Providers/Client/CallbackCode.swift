/// Reads the code out of a callback, or why there is none.
enum CallbackCode {
    /// The code.
    ///
    /// `iss` is held against the provider before anything else, so that one provider's answer or
    /// error never counts as another's (RFC 9207 §2.4). It must be one of `issuers`, unless nobody
    /// knows whether the provider says one at all: then there are none, and it is passed over. Where
    /// the provider has promised it (`demandsIssuer`), it must be there.
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
