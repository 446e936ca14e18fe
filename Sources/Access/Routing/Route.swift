import Bytes
public import Configuration
public import HTTP

/// One route, made ready for the path of a request: a rule for each method, and nothing to parse.
///
/// A class, like its rules: an exchange holds on to one by one count, not by one for each field.
public final class Route: Sendable {
    /// What the conf says.
    public let settings: RouteSettings
    /// The route's name, as bytes for the log.
    public let name: [UInt8]
    /// The `Allow` field of a closed list of methods; empty where the list is open.
    public let allow: [UInt8]
    /// The rules: the route's own first, then one for each `method` block.
    public let rules: [Rule]
    /// The rule of each known method, by its raw value.
    private let ruleByMethod: [UInt8]
    /// Blocks that name methods beyond the known ones.
    private let ruleByOtherMethod: [(method: [UInt8], rule: Int)]
    private let allowedMethods: [[UInt8]]?

    /// What a request must show, with its challenge made ready.
    public final class Rule: Sendable {
        /// What the conf says.
        public let settings: RouteRule
        /// The scopes of a challenge, one blank between (RFC 6750 §3).
        public let scopeText: [UInt8]
        /// The scopes as bytes, in the order of ``RouteRule/scopes``.
        public let scopes: [ScopeTest]
        /// The projects whose tokens of our own are taken; empty for every one.
        public let projects: [[UInt8]]
        /// The clients whose tokens of our own are taken; empty for every one.
        public let clients: [[UInt8]]

        init(_ settings: RouteRule) {
            self.settings = settings
            var names: [String] = []
            scopes = settings.scopes.map { requirement in
                switch requirement {
                case .allOf(let scopes):
                    names += scopes
                    return .allOf(scopes.map { Array($0.utf8) })
                case .anyOf(let scopes):
                    names += scopes
                    return .anyOf(scopes.map { Array($0.utf8) })
                }
            }
            projects = settings.projects.map { Array($0.utf8) }
            clients = settings.clients.map { Array($0.utf8) }
            scopeText = Array(names.joined(separator: " ").utf8)
        }
    }

    /// One demand on scopes, as bytes.
    public enum ScopeTest: Sendable {
        case allOf([[UInt8]])
        case anyOf([[UInt8]])
    }

    /// Makes a route ready.
    public init(_ settings: RouteSettings) {
        self.settings = settings
        name = Array(settings.name.utf8)
        rules = [Rule(settings.rule)] + settings.methodRules.map { Rule($0.rule) }
        var byMethod = [UInt8](repeating: 0, count: Method.allCases.count)
        var byOther: [(method: [UInt8], rule: Int)] = []
        for (index, block) in settings.methodRules.enumerated() {
            for text in block.methods {
                let bytes = Array(text.utf8)
                let method = Method(bytes.span)
                if method == .other {
                    byOther.append((bytes, index + 1))
                } else {
                    byMethod[Int(method.rawValue)] = UInt8(index + 1)
                }
            }
        }
        let namesHead = settings.methodRules.contains { $0.methods.contains("HEAD") }
        if !namesHead {
            byMethod[Int(Method.head.rawValue)] = byMethod[Int(Method.get.rawValue)]
        }
        ruleByMethod = byMethod
        ruleByOtherMethod = byOther
        var listed = settings.methods
        if let list = listed, list.contains("GET"), !list.contains("HEAD") {
            listed?.append("HEAD")
        }
        allowedMethods = listed.map { $0.map { Array($0.utf8) } }
        allow = Array((listed ?? []).joined(separator: ", ").utf8)
    }

    /// Whether the closed list of methods, where there is one, holds this one.
    public func allows(_ method: Span<UInt8>) -> Bool {
        guard let allowedMethods else { return true }
        for allowed in allowedMethods where allowed.span.isEqual(to: method) {
            return true
        }
        return false
    }

    /// The rule for a method.
    public func rule(for method: Method, spelt bytes: Span<UInt8>) -> Rule {
        if method == .other {
            for entry in ruleByOtherMethod where entry.method.span.isEqual(to: bytes) {
                return rules[entry.rule]
            }
            return rules[0]
        }
        return rules[Int(ruleByMethod[Int(method.rawValue)])]
    }
}
