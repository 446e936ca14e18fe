extension AuthorizationServerSettings {
    /// Our own tokens as routes verify them: one issuer for each realm, in their order.
    var issuers: [IssuerSettings] {
        realms.map { realm in
            IssuerSettings(
                identifier: realm.issuer(url: url),
                keys: .own(realm),
                audiences: audiences(of: realm),
                algorithms: Defaults.ownAlgorithms,
                clockSkew: Defaults.ownClockSkew,
                tokenType: "at+jwt",
                ignoresHeaderKeys: false,
                acceptsIDTokens: false,
                project: nil,
                trustedClaims: ["project_id", "branch_id", "session_id"],
                userIDPrefix: "",
                keySetPolicy: Defaults.keySetPolicy
            )
        }
    }

    private func audiences(of realm: KeyRealm) -> [String] {
        switch realm {
        case .project(let id, _): return [id, "\(id):restricted", "\(id):anon"]
        case .server:
            var names = [url]
            for client in clients {
                if let audience = client.audience, !names.contains(audience) {
                    names.append(audience)
                }
            }
            return names
        }
    }
}
