import EventLoop
import Testing

@testable import Configuration

/// Proofs that the table, the reference, the example and the golden confs tell the same.
@Suite
struct DirectiveTableTests {
    @Test
    func referenceIsUpToDate() throws {
        let path = GoldenFiles.repository + "/Sources/Configuration/Configuration.docc/Reference.md"
        let expected = ConfigurationReference.markdown()
        if GoldenFiles.isUpdating {
            GoldenFiles.write(
                expected,
                to: "../../../Sources/Configuration/Configuration.docc/Reference.md"
            )
        }
        let written = try FileSystem.read(path: path, limit: 1 << 20)
        #expect(String(decoding: written, as: UTF8.self) == expected)
        for directive in DirectiveTable.all {
            #expect(expected.contains("### \(directive.name)\n"))
            #expect(expected.contains("`\(directive.syntax)`"))
        }
    }

    @Test
    func noDirectiveStandsTwiceInOneBlock() {
        for context in Context.allCases {
            let names = DirectiveTable.names(in: context)
            #expect(Set(names).count == names.count, "\(context)")
        }
    }

    @Test
    func everyDirectiveIsDescribed() {
        for directive in DirectiveTable.all {
            #expect(directive.meaning.hasSuffix("."))
            #expect(directive.details?.hasSuffix(".") != false)
            #expect(directive.example.hasPrefix(directive.name + " "))
        }
    }

    /// Each example, and each default, is right in each block where the directive may stand.
    @Test
    func everyExampleAndDefaultIsSound() {
        for directive in DirectiveTable.all where directive.name != "include" {
            var texts = [directive.example]
            if let defaultText = directive.defaultText, directive.block.context == nil {
                texts.append("\(directive.name) \(defaultText);")
            }
            for context in directive.contexts {
                for text in texts {
                    let findings = check(wrapped(text, in: context))
                    #expect(findings.diagnostics().isEmpty, "\(findings.diagnostics())")
                }
            }
        }
    }

    @Test
    func exampleLoadsAsItStands() throws {
        let loaded = GoldenFiles.load(exampleText())
        #expect(loaded.diagnostics.isEmpty, "\(loaded.diagnostics.map { $0.rendered() })")
        let settings = try #require(loaded.settings)
        #expect(settings.routes.count == 2)
        #expect(settings.limits == Self.usualLimits)
    }

    /// Every switched-off line is a right line, and together they show every directive and default.
    @Test
    func exampleShowsEveryDirectiveAndDefault() {
        let text = exampleText().split(separator: "\n", omittingEmptySubsequences: false)
            .map(Self.switchedOn).joined(separator: "\n")
        let findings = check(text)
        #expect(findings.diagnostics().isEmpty, "\(findings.diagnostics().map { $0.rendered() })")
        let statements = Self.flatten(Self.parse(text, findings: Findings()), in: .main)
        for directive in DirectiveTable.all {
            for context in directive.contexts where directive.name != "include" {
                let shown = statements.contains {
                    $0.context == context && $0.statement.name.text == directive.name
                }
                #expect(shown, "\(directive.name) in \(context) is not in gateway.conf.example")
            }
            guard let defaultText = directive.defaultText else { continue }
            let line = "\(directive.name) \(defaultText)"
            let shown = statements.contains { $0.text == line }
            #expect(shown, "`\(line);` is not in gateway.conf.example")
        }
        #expect(exampleText().contains("#include "))
    }

    @Test
    func everyDirectiveIsInAGoldenConf() {
        var shown: Set<String> = []
        for name in GoldenFiles.names("good") {
            let text = GoldenFiles.text("good/\(name).conf")
            for entry in Self.flatten(Self.parse(text, findings: Findings()), in: .main) {
                shown.insert("\(entry.context) \(entry.statement.name.text)")
            }
        }
        // What an include names stands in its place, so that it is looked for in the text.
        #expect(GoldenFiles.text("good/includes.conf").contains("include parts/"))
        for directive in DirectiveTable.all where directive.name != "include" {
            let isShown = directive.contexts.contains { shown.contains("\($0) \(directive.name)") }
            #expect(isShown, "no good golden conf has \(directive.name)")
        }
    }

    /// What holds where nothing is written is what ``Defaults`` says, and what the table shows.
    @Test
    func nothingWrittenMeansTheDefaults() throws {
        let loaded = GoldenFiles.load(GoldenFiles.bytes("good/smallest.conf"))
        let settings = try #require(loaded.settings)
        #expect(settings.workerCount == 4)
        #expect(settings.stateDirectory == "/conf/state")
        #expect(settings.accessLog == Defaults.accessLog)
        #expect(settings.errorLog == Defaults.errorLog)
        #expect(settings.signatureFailureBudget == Defaults.signatureFailureBudget)
        #expect(settings.limits == Self.usualLimits)
        #expect(settings.timeouts.head == .seconds(10))
        #expect(settings.timeouts.drain == .seconds(30))
        #expect(settings.admin == nil && settings.trustedProxies.isEmpty)
        let issuer = try #require(settings.issuers.first)
        #expect(issuer.keySetPolicy == Defaults.keySetPolicy)
        #expect(issuer.algorithms == ["RS256", "PS256", "ES256", "EdDSA"])
        #expect(issuer.keys == .discovery(url: nil))
        let route = try #require(settings.routes.first)
        #expect(route.rule.access == .required && route.rule.issuers == [0])
        #expect(route.path.isEmpty && route.bodySizeLimit == nil && route.methods == nil)
    }

    private static let usualLimits = LimitSettings(
        requestHeadSize: 32_768,
        requestFieldCount: 100,
        requestTargetSize: 8_192,
        tokenSize: 8_192,
        responseHeadSize: 65_536,
        connectionCount: 16_384,
        verdictCacheCount: 10_000,
        http2StreamCount: 128,
        http2StreamWindow: 262_144,
        http2ConnectionWindow: 1_048_576,
        http2Budgets: Defaults.http2Budgets
    )

    private func exampleText() -> String {
        let path = GoldenFiles.repository + "/gateway.conf.example"
        let bytes = try? FileSystem.read(path: path, limit: 1 << 20)
        return String(decoding: bytes ?? [], as: UTF8.self)
    }

    /// The line without the `#` that touches a directive; includes stay off, they name no file.
    private static func switchedOn(_ line: Substring) -> String {
        let trimmed = line.drop { $0 == " " }
        guard trimmed.hasPrefix("#"), !trimmed.hasPrefix("#include") else { return String(line) }
        guard let next = trimmed.dropFirst().first, next.isLetter || next == "}" else {
            return String(line)
        }
        return String(trimmed.dropFirst())
    }

    private func wrapped(_ text: String, in context: Context) -> String {
        switch context {
        case .main: text
        case .listen: "listen 127.0.0.1:1 { \(text) }"
        case .serverName: "listen 127.0.0.1:1 { server_name a.test { \(text) } }"
        case .issuer: "issuer https://a.test { \(text) }"
        case .authorizationServer: "authorization_server https://a.test { \(text) }"
        case .provider: "authorization_server https://a.test { provider a { \(text) } }"
        case .project: "authorization_server https://a.test { project a { \(text) } }"
        case .client: "authorization_server https://a.test { client a { \(text) } }"
        case .upstream: "upstream a { \(text) }"
        case .route: "route / { \(text) }"
        case .method: "route / { method GET { \(text) } }"
        }
    }

    private func check(_ text: String) -> Findings {
        let findings = Findings()
        _ = StructureChecker(findings: findings).check(Self.parse(text, findings: findings))
        return findings
    }

    private static func parse(_ text: String, findings: Findings) -> [Statement] {
        var files = InMemoryConfigurationFiles()
        files.add("gateway.conf", text)
        let reader = SourceReader(files: files, findings: findings, limits: Defaults.sourceLimits)
        return reader.statements(ofFileAt: "gateway.conf")
    }

    private struct Entry {
        var context: Context
        var statement: Statement
        var text: String
    }

    private static func flatten(_ statements: [Statement], in context: Context) -> [Entry] {
        statements.flatMap { statement -> [Entry] in
            let words = [statement.name.text] + statement.arguments.map(\.word.text)
            let entry = Entry(
                context: context,
                statement: statement,
                text: words.joined(separator: " ")
            )
            let inner = DirectiveTable.blockContext(of: statement.name.text, in: context)
            guard let block = statement.block, let inner else { return [entry] }
            return [entry] + flatten(block.statements, in: inner)
        }
    }
}
