import Configuration
import EventLoop
import Telemetry

/// Why the gateway could not start, or not take up a conf: a sentence for the operator.
struct StartFault: Error, Sendable {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

/// A conf that has passed every check.
struct RunnableConfiguration: Sendable {
    let settings: Settings
    let files: [String]
}

/// Where the conf is read from, at the start and at each reload.
struct ConfigurationSource: Sendable {
    let path: String

    /// Reads the conf.
    ///
    /// - Throws: ``StartFault`` with every fault of it.
    func load() throws(StartFault) -> RunnableConfiguration {
        let loaded = loadWithDiagnostics()
        guard let settings = loaded.settings else {
            let faults = loaded.diagnostics.filter { $0.severity == .error }
            throw StartFault(faults.map { $0.rendered() }.joined(separator: "\n"))
        }
        return RunnableConfiguration(settings: settings, files: loaded.files)
    }

    /// Reads the conf, and tells everything that is to be said of it.
    func loadWithDiagnostics() -> LoadedConfiguration {
        ConfigurationLoader(
            files: SystemConfigurationFiles(),
            environment: ProcessEnvironment.all,
            inspector: SystemInspector()
        ).load(path: path)
    }
}
