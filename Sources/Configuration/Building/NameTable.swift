/// The names that routes may use, and which setting each stands for.
struct NameTable {
    /// The issuers, in the order of their settings.
    let issuers: [(name: String, span: SourceSpan)]
    /// The upstreams, in the order of their settings.
    let upstreams: [(name: String, span: SourceSpan)]
    /// The authorization server, whose tokens are named `self`.
    let server: AuthorizationServerSettings?
    /// Whether the file has one, well or badly written.
    let mentionsServer: Bool
    /// The places of our own issuers: behind those of the file.
    let ownIssuers: Range<Int>
    private let issuerIndexes: [String: Int]
    private let upstreamIndexes: [String: Int]

    /// Gathers the names, and notes those that are given twice.
    init(main: CheckedBlock, server: AuthorizationServerSettings?, ground: BuildGround) {
        self.server = server
        mentionsServer = main.mentions("authorization_server")
        issuers = Self.names(of: "issuer", in: main)
        upstreams = Self.names(of: "upstream", in: main)
        issuerIndexes = Self.indexes(issuers, what: "issuer", ground: ground)
        upstreamIndexes = Self.indexes(upstreams, what: "upstream", ground: ground)
        ownIssuers = issuers.count..<issuers.count + (server?.issuers.count ?? 0)
        checkOwn(ground)
    }

    /// An `issuer` block must not stand for what is issued here.
    private func checkOwn(_ ground: BuildGround) {
        let own = Set(server?.issuers.map(\.identifier) ?? [])
        for (name, span) in issuers {
            if name == Self.selfName {
                ground.findings.error(
                    "`self` is the authorization server of the file and cannot be defined",
                    at: span,
                    hint: "give the issuer the name that its tokens say"
                )
            } else if own.contains(name) {
                ground.findings.error(
                    "`\(name)` is what the `authorization_server` of this file calls itself",
                    at: span,
                    hint: "remove the block, and write issuer self; in routes"
                )
            }
        }
    }

    /// What routes call the authorization server.
    static let selfName = "self"

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
