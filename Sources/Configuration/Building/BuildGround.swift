import EventLoop

/// What every builder stands on: the outside world, and where faults are noted.
final class BuildGround {
    /// Where faults are noted.
    let findings: Findings
    /// The file system.
    let files: any ConfigurationFiles
    /// Where `env:NAME` is looked up.
    let environment: [String: String]
    /// Looks into files.
    let inspector: any ConfigurationInspector
    /// What `workers auto` means.
    let processorCount: Int
    /// The files that the conf names for reading, each once, in the order of the conf.
    private(set) var referencedFiles: [String] = []
    private var knownFiles: Set<String> = []

    /// Puts the ground together.
    init(
        findings: Findings,
        files: any ConfigurationFiles,
        environment: [String: String],
        inspector: any ConfigurationInspector,
        processorCount: Int
    ) {
        self.findings = findings
        self.files = files
        self.environment = environment
        self.inspector = inspector
        self.processorCount = processorCount
    }

    /// The path from the root of what is written at `span`: relative to the file it stands in.
    func absolutePath(_ text: String, at span: SourceSpan) -> String {
        guard span.file < findings.files.count else { return text }
        let directory = FilePath.directory(of: findings.files[span.file].absolutePath)
        return FilePath.absolute(text, from: directory)
    }

    /// The path of a file that must be there, or `nil` after a fault was noted.
    func existingFile(_ text: String, at span: SourceSpan) -> String? {
        let path = absolutePath(text, at: span)
        if knownFiles.insert(path).inserted {
            referencedFiles.append(path)
        }
        guard let facts = files.facts(of: path) else {
            findings.error(
                "there is no file \(path)",
                at: span,
                hint: text.hasPrefix("/")
                    ? nil : "relative paths begin at the directory of the conf file they stand in"
            )
            return nil
        }
        guard !facts.isDirectory else {
            findings.error("\(path) is a directory", at: span)
            return nil
        }
        return path
    }

    /// Warns where everyone on the machine may read a file that holds a secret.
    func warnIfWorldReadable(_ path: String, holding what: String, at span: SourceSpan) {
        guard let facts = files.facts(of: path), facts.mode & FileFacts.worldReadable != 0 else {
            return
        }
        let mode = String(facts.mode & 0o7777, radix: 8)
        findings.warning(
            "everyone on this machine may read \(what) in \(path) (mode 0\(mode))",
            at: span,
            hint: "chmod 600 \(path), or 640 for a group"
        )
    }
}
