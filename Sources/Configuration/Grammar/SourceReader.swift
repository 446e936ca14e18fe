/// Reads a conf file and all that it includes.
///
/// Bounds: ``SourceLimits``. An `include` may stand in any block, means the statements of the file in
/// its place, and may have `*` and `?` in its path; files are taken in the order of their names.
struct SourceReader {
    private let files: any ConfigurationFiles
    private let findings: Findings
    private let limits: SourceLimits

    /// Prepares to read.
    init(files: any ConfigurationFiles, findings: Findings, limits: SourceLimits) {
        self.files = files
        self.findings = findings
        self.limits = limits
    }

    /// The statements of the file at `path`, as the command line names it.
    func statements(ofFileAt path: String) -> [Statement] {
        let absolute = FilePath.absolute(path, from: files.workingDirectory)
        let source = SourceRequest(shownPath: path, absolutePath: absolute, asked: nil)
        return statements(of: source, context: .main, stack: [])
    }

    private func statements(
        of source: SourceRequest,
        context: Context?,
        stack: [String]
    ) -> [Statement] {
        guard let file = read(source) else { return [] }
        var lexer = Lexer(file: file, findings: findings)
        let stack = stack + [source.absolutePath]
        var parser = StatementParser(
            tokens: lexer.readAll(),
            context: context,
            findings: findings,
            include: { statement, context in
                include(statement, context: context, from: file, stack: stack)
            }
        )
        return parser.parse()
    }

    /// Adds the file to the findings, or says why it cannot be read.
    private func read(_ source: SourceRequest) -> Int? {
        let used = findings.files.reduce(0) { $0 + $1.bytes.count }
        guard findings.files.count < limits.fileCount, used < limits.totalSize else {
            report("more than \(limits.fileCount) files, or too large altogether", for: source)
            return nil
        }
        let limit = min(limits.fileSize, limits.totalSize - used)
        do throws(FileFault) {
            let bytes = try files.read(source.absolutePath, sizeMax: limit)
            let mode = files.facts(of: source.absolutePath)?.mode ?? 0
            return findings.add(
                SourceFile(
                    shownPath: source.shownPath,
                    absolutePath: source.absolutePath,
                    bytes: bytes,
                    isWorldReadable: mode & FileFacts.worldReadable != 0
                )
            )
        } catch {
            report("cannot read \(source.shownPath): \(error.reason)", for: source)
            return nil
        }
    }

    private func report(_ message: String, for source: SourceRequest) {
        if let asked = source.asked {
            findings.error(message, at: asked)
            return
        }
        let empty = SourceFile(
            shownPath: source.shownPath,
            absolutePath: source.absolutePath,
            bytes: [],
            isWorldReadable: false
        )
        let file = findings.add(empty)
        findings.error(message, at: SourceSpan(file: file, start: 0, end: 0))
    }

    /// The statements that an `include` stands for, or `nil` for any other statement.
    private func include(
        _ statement: Statement,
        context: Context?,
        from file: Int,
        stack: [String]
    ) -> [Statement]? {
        guard statement.name.keyword == "include", statement.block == nil,
            statement.arguments.count == 1, let pattern = statement.arguments[0].text,
            !pattern.isEmpty
        else { return nil }
        let span = statement.arguments[0].span
        guard stack.count <= limits.includeDepth else {
            findings.error("includes nest deeper than \(limits.includeDepth)", at: span)
            return []
        }
        var statements: [Statement] = []
        for source in sources(matching: pattern, from: findings.files[file], at: span) {
            if stack.contains(source.absolutePath) {
                findings.error("\(source.shownPath) includes itself", at: span)
                continue
            }
            statements += self.statements(of: source, context: context, stack: stack)
        }
        return statements
    }

    private func sources(
        matching pattern: String,
        from file: SourceFile,
        at span: SourceSpan
    ) -> [SourceRequest] {
        let shown = FilePath.joined(FilePath.directory(of: file.shownPath), pattern)
        let absolute = FilePath.absolute(pattern, from: FilePath.directory(of: file.absolutePath))
        guard PathPattern.isPattern(pattern) else {
            return [SourceRequest(shownPath: shown, absolutePath: absolute, asked: span)]
        }
        let found = PathPattern.expand(absolute, files: files, countMax: limits.fileCount)
        let base = FilePath.directory(of: file.absolutePath) + "/"
        return found.map { path in
            let isBelow = path.hasPrefix(base) && !pattern.hasPrefix("/")
            let relative = isBelow ? String(path.dropFirst(base.count)) : path
            let shown = FilePath.joined(FilePath.directory(of: file.shownPath), relative)
            return SourceRequest(shownPath: shown, absolutePath: path, asked: span)
        }
    }
}

/// How much of a conf is read at all.
struct SourceLimits: Sendable {
    /// Bytes of one file.
    var fileSize: Int
    /// Bytes of all files.
    var totalSize: Int
    /// Files, the first one counted.
    var fileCount: Int
    /// Files open around one another.
    var includeDepth: Int
}

/// A file to read.
private struct SourceRequest {
    var shownPath: String
    var absolutePath: String
    /// The argument of the `include` that asks for it, or `nil` for the first file.
    var asked: SourceSpan?
}
