/// The names that routes may use, and which setting each stands for.
struct NameTable {
    /// The issuers, in the order of their settings.
    let issuers: [(name: String, span: SourceSpan)]
    /// The upstreams, in the order of their settings.
    let upstreams: [(name: String, span: SourceSpan)]
    private let issuerIndexes: [String: Int]
    private let upstreamIndexes: [String: Int]

    /// Gathers the names, and notes those that are given twice.
    init(main: CheckedBlock, ground: BuildGround) {
        issuers = Self.names(of: "issuer", in: main)
        upstreams = Self.names(of: "upstream", in: main)
        issuerIndexes = Self.indexes(issuers, what: "issuer", ground: ground)
        upstreamIndexes = Self.indexes(upstreams, what: "upstream", ground: ground)
    }

    /// The place of the issuer's settings, or `nil` where nobody defines it.
    func issuerIndex(of name: String) -> Int? { issuerIndexes[name] }

    /// The place of the upstream's settings, or `nil` where nobody defines it.
    func upstreamIndex(of name: String) -> Int? { upstreamIndexes[name] }

    private static func names(
        of directive: String,
        in main: CheckedBlock
    ) -> [(name: String, span: SourceSpan)] {
        main.statements.compactMap { statement in
            guard statement.directive.name == directive, let name = statement.text() else {
                return nil
            }
            return (name, statement.span())
        }
    }

    private static func indexes(
        _ names: [(name: String, span: SourceSpan)],
        what: String,
        ground: BuildGround
    ) -> [String: Int] {
        var indexes: [String: Int] = [:]
        for (index, (name, span)) in names.enumerated() {
            if let first = indexes[name] {
                let place = ground.findings.place(of: names[first].span)
                ground.findings.error(
                    "\(what) `\(name)` is defined twice; first at \(place)",
                    at: span,
                    hint: "put both into one block"
                )
            } else {
                indexes[name] = index
            }
        }
        return indexes
    }
}
