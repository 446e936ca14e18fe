/// Reads what whom may ask for: `grantable_scopes` and `default_scopes`, and redirect URIs.
struct ScopeBuilder {
    private let block: CheckedBlock
    private let ground: BuildGround
    /// All that can be asked for.
    let grantable: [String]
    /// What every user holds.
    let defaults: [String]

    /// Reads both lists, and notes what every user would hold and nobody could ask for.
    init(_ block: CheckedBlock, ground: BuildGround) {
        self.block = block
        self.ground = ground
        let grantable = block.list("grantable_scopes", ground: ground).map(\.text)
        let usual = block.list("default_scopes", ground: ground)
        if block.all("grantable_scopes").count
            == block.statements.count(where: { $0.directive.name == "grantable_scopes" })
        {
            for (text, span) in usual where !grantable.contains(text) {
                ground.findings.error(
                    "`\(text)` is not among the `grantable_scopes`",
                    at: span,
                    hint: Spelling.suggestion(for: text, among: grantable)
                        .map { "did you mean `\($0)`?" }
                        ?? "every user would hold it, and nobody could ask for it"
                )
            }
        }
        self.grantable = grantable
        defaults = usual.map(\.text)
    }

    /// The URIs of the directive; `localhost` by name is warned of.
    func redirectURIs(_ name: String = "redirect_uri") -> [String] {
        let uris = block.list(name, ground: ground)
        for (text, span) in uris where RedirectURI.isNamedLocalhost(text) {
            ground.findings.warning(
                "a resolver may lead `localhost` elsewhere",
                at: span,
                hint: "write http://127.0.0.1 or http://[::1] (RFC 8252, section 8.3)"
            )
        }
        return uris.map(\.text)
    }
}
