/// Makes the rule of a route or of a `method` block.
struct RuleBuilder {
    private let names: NameTable
    private let ground: BuildGround

    /// Prepares to build rules of issuers that `names` knows.
    init(names: NameTable, ground: BuildGround) {
        self.names = names
        self.ground = ground
    }

    /// What holds where a route says nothing: a token of any issuer of the file, and one that is
    /// issued here only where the file has no other.
    var usualRule: RouteRule {
        RouteRule(
            access: Defaults.access,
            issuers: Array(names.issuers.isEmpty ? names.ownIssuers : names.issuers.indices),
            scopes: [],
            claims: [],
            projects: [],
            clients: [],
            allowsAnonymous: false,
            allowsRestricted: false
        )
    }

    /// `base` with everything replaced that the block says.
    func rule(_ block: CheckedBlock, replacing base: RouteRule) -> RouteRule {
        var rule = base
        if let mode = block.first("access")?.text().flatMap({ AccessMode(rawValue: $0) }) {
            rule.access = mode
        }
        if block.mentions("issuer") {
            rule.issuers = issuers(block)
        }
        if block.mentions("scope") {
            rule.scopes = block.all("scope").flatMap(Self.scopes)
        }
        if block.mentions("claim") {
            rule.claims = block.all("claim").compactMap(Self.claim)
        }
        if block.mentions("project") {
            rule.projects = block.all("project").flatMap(\.texts)
        }
        if block.mentions("client") {
            rule.clients = block.all("client").flatMap(\.texts)
        }
        rule.allowsAnonymous = block.allows("anonymous") ?? base.allowsAnonymous
        rule.allowsRestricted = block.allows("restricted") ?? base.allowsRestricted
        return rule
    }

    /// Whether an `issuer` of the block could not be read or is nobody's.
    func hasIssuerFault(_ block: CheckedBlock) -> Bool {
        block.statements.contains { statement in
            guard statement.directive.name == "issuer" else { return false }
            return !statement.isSound
                || statement.positional.contains { argument in
                    !isSelf(argument) && argument.text.flatMap(names.issuerIndex) == nil
                }
        }
    }

    /// Whether the block changes whose tokens are taken, or what they must show.
    func demands(_ block: CheckedBlock) -> Bool {
        block.mentions("access") || Self.demandNames.contains(where: block.mentions)
    }

    /// Notes demands that nothing is held against, because no token is looked at.
    func checkDemands(_ block: CheckedBlock, access: AccessMode) {
        guard access == .public else { return }
        for statement in block.statements
        where Self.demandNames.contains(statement.directive.name) {
            ground.findings.error(
                "`\(statement.directive.name)` beside `access public`: no token is looked at",
                at: statement.wholeSpan,
                hint: "remove it, or write access required;"
            )
        }
    }

    /// Warns of what lets requests in without a token, or with one of hardly anybody.
    func noteAccess(_ block: CheckedBlock, of subject: String) {
        for (name, users) in [("anonymous", "anonymous"), ("restricted", "restricted")]
        where block.allows(name) == true {
            guard let statement = block.first(name) else { continue }
            ground.findings.relaxation(
                "\(subject) is open to \(users) users",
                at: statement.wholeSpan
            )
        }
        guard let statement = block.first("access") else { return }
        switch statement.text() {
        case "optional":
            ground.findings.relaxation(
                "\(subject) is open to requests without a token",
                at: statement.wholeSpan
            )
        case "public":
            ground.findings.relaxation("\(subject) is open to everyone", at: statement.wholeSpan)
        default: break
        }
    }

    private func issuers(_ block: CheckedBlock) -> [Int] {
        var indexes: [Int] = []
        for statement in block.all("issuer") {
            for (place, argument) in statement.positional.enumerated() {
                if isSelf(argument) {
                    indexes += names.ownIssuers.filter { !indexes.contains($0) }
                    if names.server == nil { reportNoServer(at: argument.span) }
                    continue
                }
                guard let name = argument.text else { continue }
                guard let index = names.issuerIndex(of: name) else {
                    reportUnknownIssuer(name, at: statement.span(place))
                    continue
                }
                if !indexes.contains(index) {
                    indexes.append(index)
                }
            }
        }
        return indexes
    }

    private func isSelf(_ argument: Argument) -> Bool {
        argument.keyword == NameTable.selfName
    }

    private func reportNoServer(at span: SourceSpan) {
        // One whose line is at fault was told already.
        guard !names.mentionsServer else { return }
        ground.findings.error(
            "`self` is the authorization server of the file, and it has none",
            at: span,
            hint: "write authorization_server URL { ... }"
        )
    }

    private func reportUnknownIssuer(_ name: String, at span: SourceSpan) {
        guard !ground.findings.isFull else { return }
        if names.server?.issuers.contains(where: { $0.identifier == name }) == true {
            ground.findings.error(
                "`\(name)` is the authorization server of this file",
                at: span,
                hint: "write issuer self;"
            )
            return
        }
        let known = names.issuers.map(\.name)
        var hint = Spelling.suggestion(for: name, among: known).map { "did you mean `\($0)`?" }
        if known.contains(name + "/") || known.contains(String(name.dropLast())) {
            hint = "names of issuers are compared byte for byte, a slash at the end included"
        }
        ground.findings.error(
            "no `issuer` block defines `\(name)`",
            at: span,
            hint: hint ?? (known.isEmpty ? nil : "defined are \(known.joined(separator: ", "))")
        )
    }

    /// The plain words of a line are all demanded, and one of each `any(...)`.
    private static func scopes(_ statement: CheckedStatement) -> [ScopeRequirement] {
        let plain = statement.texts
        let forms = statement.positional.compactMap(\.members)
        return (plain.isEmpty ? [] : [.allOf(plain)]) + forms.map { .anyOf($0.map(\.text)) }
    }

    private static func claim(_ statement: CheckedStatement) -> ClaimRequirement? {
        guard let name = statement.positional.first?.word,
            let path = ConfigurationValue.claimPath(name)
        else { return nil }
        let values = statement.positional.dropFirst().compactMap {
            ConfigurationValue.claimValue($0.word)
        }
        return ClaimRequirement(path: path, values: values)
    }

    /// What a token is held against.
    private static let demandNames: Set<String> = ["claim", "client", "issuer", "project", "scope"]
}

extension CheckedBlock {
    /// Whether the directive says `allow`; `nil` where it is not written.
    fileprivate func allows(_ name: String) -> Bool? {
        first(name)?.text().map { $0 == "allow" }
    }
}
