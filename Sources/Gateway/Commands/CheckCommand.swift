import Configuration

/// `gatehouse check`: every fault of a conf, and what the conf means.
public enum CheckCommand {
    /// Reads the conf and prints what there is to say.
    ///
    /// - Returns: The exit code: 0 for a conf that may be run, 1 for any fault.
    public static func run(configurationPath: String) -> Int32 {
        let loaded = ConfigurationSource(path: configurationPath).loadWithDiagnostics()
        for diagnostic in loaded.diagnostics {
            Console.writeError(diagnostic.rendered())
        }
        guard let report = loaded.report else {
            let count = loaded.errorCount
            Console.writeError("\(configurationPath): \(count) error\(count == 1 ? "" : "s")")
            return 1
        }
        for line in report.lines {
            Console.write(line)
        }
        let warnings = loaded.warningCount
        let suffix = warnings == 0 ? "" : ", \(warnings) warning\(warnings == 1 ? "" : "s")"
        Console.write("\(configurationPath): good\(suffix)")
        return 0
    }
}
