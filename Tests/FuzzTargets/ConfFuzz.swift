import Bytes
import Configuration

/// Loads the bytes as a conf that may include itself under another name.
///
/// Any input must end as settings or as diagnostics with an error among them, and every diagnostic
/// must be fit to be shown.
public func fuzzConf(_ bytes: Span<UInt8>) {
    let conf = bytes.copied()
    var files = InMemoryConfigurationFiles()
    files.add("gateway.conf", conf)
    files.add("again.conf", conf)
    let loader = ConfigurationLoader(
        files: files,
        environment: ["SECRET": "0123456789abcdef0123456789abcdef"],
        inspector: TrustingInspector(),
        processorCount: 2
    )
    let loaded = loader.load(path: "gateway.conf")
    precondition((loaded.settings != nil) == (loaded.errorCount == 0))
    precondition((loaded.report != nil) == (loaded.settings != nil))
    for diagnostic in loaded.diagnostics {
        precondition(diagnostic.rendered().hasSuffix("\n"))
    }
    for line in loaded.report?.lines ?? [] {
        precondition(!line.isEmpty)
    }
}
