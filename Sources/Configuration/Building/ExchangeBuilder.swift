import Bytes

/// Reads how requests and responses of a route are read and changed, with what the file says for all.
struct ExchangeBuilder {
    private let main: CheckedBlock
    private let ground: BuildGround

    /// Prepares to read, from routes and from the file itself.
    init(main: CheckedBlock, ground: BuildGround) {
        self.main = main
        self.ground = ground
    }

    /// Notes what the file relaxes for all routes at once.
    func noteFileWide() {
        notePathCase(main)
        noteMergedSlashes(main)
        if let statement = main.first("cors_preflight"), statement.text() == "pass" {
            ground.findings.relaxation(
                "pre-flights pass to every upstream without a token",
                at: statement.wholeSpan
            )
        }
        if let statement = main.first("on_token_expiry") {
            _ = tokenExpiry(statement, of: "every route")
        }
        _ = responseHeaders(of: main)
        _ = origins(of: main)
    }

    /// Whether the case of letters in paths is ignored.
    func ignoresPathCase(_ block: CheckedBlock) -> Bool {
        notePathCase(block)
        return (block.first("path_case") ?? main.first("path_case"))?.text() == "insensitive"
    }

    /// Whether `//` is merged.
    func mergesSlashes(_ block: CheckedBlock) -> Bool {
        noteMergedSlashes(block)
        return block.isOn("merge_slashes") ?? main.isOn("merge_slashes") ?? false
    }

    /// Whether `%2F` passes.
    func allowsEncodedSlash(_ block: CheckedBlock, of route: String) -> Bool {
        guard block.isOn("allow_encoded_slash") == true,
            let statement = block.first("allow_encoded_slash")
        else { return false }
        ground.findings.relaxation(
            "the upstream of route \(route) gets `%2F`, and may read it as a slash",
            at: statement.wholeSpan
        )
        return true
    }

    /// The most bytes of a body, or `nil`.
    func bodySizeLimit(_ block: CheckedBlock) -> Int? {
        guard let statement = block.first("body_limit") ?? main.first("body_limit") else {
            return Defaults.bodySizeLimit
        }
        return statement.text().flatMap(ConfigurationValue.size)
    }

    /// What becomes of what outlives its token; a route's own line replaces the file's.
    func tokenExpiry(_ block: CheckedBlock, of route: String, looksAtTokens: Bool) -> TokenExpiry {
        guard let statement = block.first("on_token_expiry") else {
            return main.first("on_token_expiry").map(Self.tokenExpiry) ?? Defaults.tokenExpiry
        }
        if !looksAtTokens {
            ground.findings.warning(
                "`on_token_expiry` has no effect: no token is looked at",
                at: statement.wholeSpan
            )
            return Self.tokenExpiry(statement)
        }
        return tokenExpiry(statement, of: "route \(route)")
    }

    private func tokenExpiry(_ statement: CheckedStatement, of subject: String) -> TokenExpiry {
        let expiry = Self.tokenExpiry(statement)
        if expiry == .keep {
            if statement.options["grace"] != nil {
                ground.findings.error("`grace=` beside `keep`", at: statement.wholeSpan)
            }
            ground.findings.relaxation(
                "streams and WebSockets of \(subject) outlive their tokens",
                at: statement.wholeSpan
            )
        }
        return expiry
    }

    private static func tokenExpiry(_ statement: CheckedStatement) -> TokenExpiry {
        guard statement.text() != "keep" else { return .keep }
        guard
            let grace = statement.options["grace"].flatMap({ ConfigurationValue.duration($0.text) })
        else { return Defaults.tokenExpiry }
        return .close(grace: grace)
    }

    /// Where a token may stand; what our own clients send is looked at where the route takes their
    /// tokens and names no header itself.
    func tokenSources(_ block: CheckedBlock, takesOwn: Bool) -> TokenSourceSettings {
        var headers: [String] = []
        for statement in block.all("token_header") {
            for (index, text) in statement.texts.enumerated() {
                let name = text.lowercased()
                if let hint = Self.unfitTokenHeaders[name] {
                    ground.findings.error(
                        "no token is taken from `\(text)`",
                        at: statement.span(index),
                        hint: hint
                    )
                } else if HeaderNames.frames(name) {
                    ground.findings.error(
                        "`\(text)` belongs to the protocol and carries no token",
                        at: statement.span(index)
                    )
                } else if !headers.contains(name) {
                    headers.append(name)
                }
            }
        }
        let isUsual = takesOwn && !block.mentions("token_header")
        return TokenSourceSettings(
            headers: isUsual ? Defaults.ownTokenHeaders : headers,
            cookie: block.first("token_cookie")?.text(),
            webSocketProtocol: block.isOn("token_websocket_protocol") ?? false
        )
    }

    /// The family of identity headers.
    func identityHeaderSet(_ block: CheckedBlock) -> IdentityHeaderSet {
        let statement = block.first("identity_headers") ?? main.first("identity_headers")
        return statement?.text().flatMap { IdentityHeaderSet(rawValue: $0) }
            ?? Defaults.identityHeaderSet
    }

    /// The further identity headers.
    func identityHeaders(_ block: CheckedBlock) -> [IdentityHeaderSettings] {
        let family = identityHeaderSet(block)
        var headers: [IdentityHeaderSettings] = []
        var folded: [String: SourceSpan] = [:]
        for statement in block.all("identity_header") {
            guard let text = statement.text(), let source = statement.options["from"],
                let path = ConfigurationValue.claimPath(source)
            else { continue }
            let name = text.lowercased()
            checkIdentityHeader(name, statement, family: family, folded: &folded)
            headers.append(
                IdentityHeaderSettings(
                    name: name,
                    claimPath: path,
                    separator: statement.options["separator"]?.text ?? Defaults.identitySeparator
                )
            )
        }
        return headers
    }

    private func checkIdentityHeader(
        _ name: String,
        _ statement: CheckedStatement,
        family: IdentityHeaderSet,
        folded: inout [String: SourceSpan]
    ) {
        if HeaderNames.frames(name) || Self.unfitIdentityHeaders.contains(name) {
            ground.findings.error(
                "`\(name)` cannot be an identity header: the protocol or the gateway needs it",
                at: statement.span(),
                hint: "write a name of your own, such as x-user"
            )
        }
        if let prefix = Self.prefix(of: family), HeaderNames.folded(name).hasPrefix(prefix) {
            ground.findings.error(
                "`\(name)` belongs to the `\(family.rawValue)` set, which the gateway writes itself",
                at: statement.span(),
                hint: "write another name, or identity_headers none;"
            )
        }
        let key = HeaderNames.folded(name)
        if let place = folded[key] {
            ground.findings.error(
                "back ends cannot tell `\(name)` from the header at "
                    + ground.findings.place(of: place),
                at: statement.span()
            )
        }
        folded[key] = folded[key] ?? statement.span()
    }

    private static func prefix(of family: IdentityHeaderSet) -> String? {
        switch family {
        case .authRequest: "x-auth-request-"
        case .forwarded: "x-forwarded-"
        case .none: nil
        case .remoteUser: "remote-"
        case .stack: "x-stack-"
        }
    }

    /// The edits of the response, the file's first.
    func responseHeaders(_ block: CheckedBlock) -> [ResponseHeaderEdit] {
        let wide = main.all("response_header").compactMap(Self.edit)
        return wide + responseHeaders(of: block)
    }

    private func responseHeaders(of block: CheckedBlock) -> [ResponseHeaderEdit] {
        block.all("response_header").compactMap { statement in
            let count = statement.positional.count
            if statement.text(0) == "set", count < 3 {
                ground.findings.error(
                    "`response_header set` lacks a value",
                    at: statement.wholeSpan,
                    hint: "write response_header set NAME VALUE;"
                )
            } else if statement.text(0) == "remove", count > 2 {
                ground.findings.error(
                    "`response_header remove` takes no value",
                    at: statement.span(2),
                    hint: "all fields of the name are removed"
                )
            }
            if let name = statement.text(1), HeaderNames.frames(name.lowercased()) {
                ground.findings.error(
                    "`\(name)` belongs to the protocol and cannot be edited",
                    at: statement.span(1)
                )
            }
            return Self.edit(statement)
        }
    }

    private static func edit(_ statement: CheckedStatement) -> ResponseHeaderEdit? {
        guard let name = statement.text(1)?.lowercased() else { return nil }
        if statement.text(0) == "remove" { return .remove(name: name) }
        return .set(name: name, value: statement.text(2) ?? "")
    }

    /// The origins that may call; a route's own line replaces the file's.
    func corsOrigins(_ block: CheckedBlock) -> [String] {
        block.mentions("cors") ? origins(of: block) : Self.originTexts(of: main)
    }

    private func origins(of block: CheckedBlock) -> [String] {
        if let statement = block.first("cors"), statement.positional.count > 1,
            statement.positional.contains(where: { $0.keyword == "off" })
        {
            ground.findings.error("`off` beside origins", at: statement.wholeSpan)
        }
        return Self.originTexts(of: block)
    }

    private static func originTexts(of block: CheckedBlock) -> [String] {
        var origins: [String] = []
        for text in block.first("cors")?.texts ?? [] {
            if let origin = ConfigurationValue.origin(text), !origins.contains(origin) {
                origins.append(origin)
            }
        }
        return origins
    }

    /// Whether real pre-flights pass.
    func passesCORSPreflight(_ block: CheckedBlock, of route: String) -> Bool {
        guard let statement = block.first("cors_preflight") else {
            return main.first("cors_preflight")?.text() == "pass"
        }
        guard statement.text() == "pass" else { return false }
        ground.findings.relaxation(
            "pre-flights pass to the upstream of route \(route) without a token",
            at: statement.wholeSpan
        )
        return true
    }

    private func notePathCase(_ block: CheckedBlock) {
        guard let statement = block.first("path_case"), statement.text() == "insensitive" else {
            return
        }
        ground.findings.relaxation(
            "paths match whatever their case: the back end may see more than one path where "
                + "the rule sees one",
            at: statement.wholeSpan
        )
    }

    private func noteMergedSlashes(_ block: CheckedBlock) {
        guard block.isOn("merge_slashes") == true, let statement = block.first("merge_slashes")
        else { return }
        ground.findings.relaxation(
            "`//` in a path is merged rather than refused",
            at: statement.wholeSpan
        )
    }

    private static let unfitTokenHeaders = [
        "authorization": "`Authorization: Bearer` is read always",
        "cookie": "write token_cookie NAME;",
        "sec-websocket-protocol": "write token_websocket_protocol on;",
    ]
    private static let unfitIdentityHeaders: Set<String> = [
        "authorization", "cookie", "forwarded", "traceparent", "x-forwarded-for",
        "x-forwarded-host", "x-forwarded-proto", "x-request-id",
    ]
}

/// Names of header fields that a conf may not touch.
enum HeaderNames {
    /// Whether the field, in lower case, says where a message ends or goes, or is of one hop only.
    static func frames(_ name: String) -> Bool { framing.contains(name) }

    /// What back ends cannot tell apart is one (`X_User`, `x-user`): every other byte than a letter
    /// or digit reads as `-`.
    static func folded(_ name: String) -> String {
        let bytes = name.utf8.map { byte in
            ASCII.isLetter(byte) || ASCII.isDigit(byte)
                ? ASCII.lowercased(byte) : UInt8(ascii: "-")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let framing: Set<String> = [
        "connection", "content-length", "expect", "host", "http2-settings", "keep-alive",
        "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]
}
