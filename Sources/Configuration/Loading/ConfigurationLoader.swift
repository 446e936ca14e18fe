import EventLoop

/// Reads a `gateway.conf` and says either what it means or everything that is wrong with it.
///
/// Loading has no effect on anything: the same call serves start, reload and `gatehouse check`.
public struct ConfigurationLoader {
    private let files: any ConfigurationFiles
    private let environment: [String: String]
    private let inspector: any ConfigurationInspector
    private let processorCount: Int

    /// Prepares to load.
    ///
    /// - Parameters:
    ///   - files: The file system, or a pretence of one.
    ///   - environment: Where `env:NAME` is looked up.
    ///   - inspector: Looks into certificates and key sets.
    ///   - processorCount: What `workers auto` means.
    public init(
        files: any ConfigurationFiles,
        environment: [String: String],
        inspector: any ConfigurationInspector,
        processorCount: Int = ConfigurationLoader.allowedProcessorCount
    ) {
        self.files = files
        self.environment = environment
        self.inspector = inspector
        self.processorCount = processorCount
    }

    /// Loads the file at `path`, which may be relative to the working directory.
    public func load(path: String) -> LoadedConfiguration {
        let findings = Findings()
        let reader = SourceReader(files: files, findings: findings, limits: Defaults.sourceLimits)
        let statements = reader.statements(ofFileAt: path)
        let main = StructureChecker(findings: findings).check(statements)
        let ground = BuildGround(
            findings: findings,
            files: files,
            environment: environment,
            inspector: inspector,
            processorCount: processorCount
        )
        let settings = SettingsBuilder(main: main, ground: ground).build()
        let hasErrors = findings.hasErrors
        return LoadedConfiguration(
            settings: hasErrors ? nil : settings,
            diagnostics: findings.diagnostics(),
            files: findings.files.map(\.absolutePath) + ground.referencedFiles,
            report: hasErrors
                ? nil : ConfigurationReport(of: settings, relaxations: findings.relaxationLines())
        )
    }

    /// The processors that this process may run on, as many as there may be workers.
    public static var allowedProcessorCount: Int { min(Processors.allowed().count, 256) }
}

/// What came of loading a conf.
public struct LoadedConfiguration: Sendable {
    /// The settings, or `nil` where there is any error.
    public let settings: Settings?
    /// Everything found, in the order of the files and of the places in them.
    public let diagnostics: [Diagnostic]
    /// Every file that was read or that the conf names for reading, by its absolute path.
    ///
    /// Conf files first, then key sets, certificates, keys and secrets: a change of any is a reason
    /// to load again.
    public let files: [String]
    /// What the conf amounts to, or `nil` where there is any error.
    public let report: ConfigurationReport?

    /// The number of errors.
    public var errorCount: Int { diagnostics.count { $0.severity == .error } }

    /// The number of warnings.
    public var warningCount: Int { diagnostics.count { $0.severity == .warning } }
}
