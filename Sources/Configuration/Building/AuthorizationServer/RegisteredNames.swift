/// Looks for ids that are given twice, in the blocks of one kind.
struct RegisteredNames {
    private let ground: BuildGround
    private var spans: [String: SourceSpan] = [:]

    /// Begins with none.
    init(ground: BuildGround) {
        self.ground = ground
    }

    /// Adds an id; `false` after a fault was noted, where it is there already.
    mutating func add(_ id: String, what: String, at span: SourceSpan) -> Bool {
        guard let first = spans[id] else {
            spans[id] = span
            return true
        }
        ground.findings.error(
            "\(what) `\(id)` is defined already; first at \(ground.findings.place(of: first))",
            at: span,
            hint: "an id means one thing"
        )
        return false
    }
}

extension CheckedBlock {
    /// All words of all lines of the name, each with its place; one that is repeated is noted.
    func list(_ name: String, ground: BuildGround) -> [(text: String, span: SourceSpan)] {
        var words: [(text: String, span: SourceSpan)] = []
        var known: Set<String> = []
        for statement in all(name) {
            for (index, text) in statement.texts.enumerated() {
                if known.insert(text).inserted {
                    words.append((text, statement.span(index)))
                } else {
                    let kind = statement.directive.shape.parameter(at: index)?.kind
                    let shown = kind?.isSecret == true ? "this" : "`\(text)`"
                    ground.findings.error("\(shown) stands here twice", at: statement.span(index))
                }
            }
        }
        return words
    }

    /// Warns that what the names say means nothing here.
    func warnOfNoEffect(_ names: [String], because reason: String, ground: BuildGround) {
        for statement in statements where names.contains(statement.directive.name) {
            ground.findings.warning(
                "`\(statement.directive.name)` has no effect: \(reason)",
                at: statement.wholeSpan
            )
        }
    }
}
