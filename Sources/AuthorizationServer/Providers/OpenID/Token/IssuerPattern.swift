import JSON

/// An issuer as its tokens name it: exact, or Microsoft's, whose tenant differs from token to token.
struct IssuerPattern: Sendable, Hashable {
    /// The issuer; `{tenantid}` stands for the tenant's id where it has one.
    let text: String
    /// A tenant that is not meant, though the placeholder would take it.
    let refusedTenant: String?

    /// An issuer, compared byte for byte but for its placeholder.
    init(_ text: String, refusedTenant: String? = nil) {
        self.text = text
        self.refusedTenant = refusedTenant
    }

    /// Whether an ID token's `iss` is this issuer; its `tid` must name the tenant that `iss` has.
    func admits(_ issuer: String, tenant: String?) -> Bool {
        guard halves != nil else { return JSONText.isExactly(issuer, text) }
        guard let tenant, let found = self.tenant(of: issuer) else { return false }
        return JSONText.isExactly(found, tenant) && found != refusedTenant
    }

    /// Whether a callback's `iss` may be this issuer.
    func admits(_ issuer: String) -> Bool {
        guard halves != nil else { return JSONText.isExactly(issuer, text) }
        return tenant(of: issuer).map { $0 != refusedTenant } ?? false
    }

    /// The tenant in an issuer of this form; `nil` for other forms and exact patterns.
    private func tenant(of issuer: String) -> String? {
        guard let (before, after) = halves, issuer.hasPrefix(before), issuer.hasSuffix(after),
            issuer.utf8.count > before.utf8.count + after.utf8.count
        else { return nil }
        let found = String(issuer.dropFirst(before.count).dropLast(after.count))
        return Self.isTenantID(found) ? found : nil
    }

    private var halves: (String, String)? {
        let pieces = text.split(separator: "{tenantid}", omittingEmptySubsequences: false)
        return pieces.count == 2 ? (String(pieces[0]), String(pieces[1])) : nil
    }

    /// Whether the text is a GUID as Microsoft writes tenants: lower case, with hyphens.
    static func isTenantID(_ text: String) -> Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.utf8.count) == [8, 4, 4, 4, 12]
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x61...0x66, UInt8(ascii: "-"): true
                default: false
                }
            }
    }
}
