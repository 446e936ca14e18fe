/// Collects what is found while a conf is read: its files, its faults, and what it relaxes.
///
/// One object follows the load from the first byte to the last check, so that every fault is told
/// and not only the first. It is bounded: a conf of nothing but faults does not fill the memory.
final class Findings {
    /// The files in the order in which they were begun.
    private(set) var files: [SourceFile] = []
    /// Whether any error was found.
    private(set) var hasErrors = false

    private var found: [Finding] = []
    private var unique: Set<Finding> = []
    private var relaxations: [(message: String, span: SourceSpan)] = []
    private var unshownCount = 0
    private var masked: [SourceSpan] = []
    private var placeLines: [Int: SourceLines] = [:]

    /// Adds a file, and returns its place.
    func add(_ file: SourceFile) -> Int {
        files.append(file)
        return files.count - 1
    }

    /// Keeps the bytes of `span` out of every excerpt: they may be a secret.
    func mask(_ span: SourceSpan) {
        masked.append(span)
    }

    /// Notes a fault that keeps the conf from running.
    func error(_ message: String, at span: SourceSpan, hint: String? = nil) {
        hasErrors = true
        add(Finding(severity: .error, span: span, message: message, hint: hint))
    }

    /// Notes what the operator should look at.
    func warning(_ message: String, at span: SourceSpan, hint: String? = nil) {
        add(Finding(severity: .warning, span: span, message: message, hint: hint))
    }

    /// Notes a setting that is less strict than what stands where nothing is said.
    func relaxation(_ message: String, at span: SourceSpan, hint: String? = nil) {
        warning(message, at: span, hint: hint)
        relaxations.append((message, span))
    }

    /// Every relaxed setting with its place, in the order of the files.
    func relaxationLines() -> [String] {
        relaxations
            .sorted { ($0.span.file, $0.span.start) < ($1.span.file, $1.span.start) }
            .map { "\(place(of: $0.span)): \($0.message)" }
    }

    /// `file:line` of `span`, for messages that point elsewhere.
    func place(of span: SourceSpan) -> String {
        guard !isFull, span.file < files.count else { return "?" }
        let file = files[span.file]
        let lines = placeLines[span.file] ?? SourceLines(of: file, masked: [])
        placeLines[span.file] = lines
        return "\(file.shownPath):\(lines.location(of: span).line)"
    }

    /// Whether no further finding would be kept, so that no work need go into its hint.
    var isFull: Bool { found.count >= Self.countMax }

    /// Everything found, in the order of the files and of the places in them.
    func diagnostics() -> [Diagnostic] {
        let ordered = found.sorted {
            ($0.span.file, $0.span.start, $0.order) < ($1.span.file, $1.span.start, $1.order)
        }
        // It is an error where an error may be among them, lest a conf without settings had none.
        let unshown = (unshownCount > 0 ? ordered.last : nil).map { last in
            Finding(
                severity: hasErrors ? .error : .warning,
                span: last.span,
                message: "\(unshownCount) more faults are not shown",
                hint: nil
            )
        }
        var lines: [Int: SourceLines] = [:]
        var diagnostics: [Diagnostic] = []
        for finding in ordered + [unshown].compactMap(\.self) {
            guard finding.span.file < files.count else { continue }
            let file = files[finding.span.file]
            let known = lines[finding.span.file]
            let fileLines =
                known
                ?? SourceLines(of: file, masked: masked.filter { $0.file == finding.span.file })
            lines[finding.span.file] = fileLines
            let location = fileLines.location(of: finding.span)
            diagnostics.append(finding.diagnostic(file: file.shownPath, at: location))
        }
        return diagnostics
    }

    private func add(_ finding: Finding) {
        guard unique.insert(finding).inserted else { return }
        guard found.count < Self.countMax else {
            unshownCount += 1
            unique.remove(finding)
            return
        }
        var ordered = finding
        ordered.order = found.count
        found.append(ordered)
    }

    /// A thousand: more than anyone reads, and less than hurts.
    private static let countMax = 1_000
}

/// One thing found, before its line and column are counted.
private struct Finding: Hashable {
    var severity: Diagnostic.Severity
    var span: SourceSpan
    var message: String
    var hint: String?
    /// When it was found; not a part of what it is, and so the same for all until it is kept.
    var order = 0

    func diagnostic(file: String, at location: SourceLocation) -> Diagnostic {
        Diagnostic(
            severity: severity,
            file: file,
            line: location.line,
            column: location.column,
            length: location.length,
            message: message,
            hint: hint,
            excerpt: location.excerpt,
            excerptOffset: location.excerptOffset
        )
    }
}
