import Configuration
import EventLoop

/// Notices that a certificate or key file has changed.
struct CertificateWatch {
    private let paths: [String]
    private var accepted: [FileStatus?]
    private var seen: [FileStatus?]
    /// Whether the last look found what the look before it had not.
    private(set) var isNews = false

    init(_ settings: Settings) {
        var paths: [String] = []
        for listener in settings.listeners {
            guard let tls = listener.tls else { continue }
            for pair in [tls.certificate] + tls.named.map(\.certificate) {
                paths += [pair.certificatePath, pair.keyPath]
            }
        }
        self.paths = paths
        accepted = Self.look(paths)
        seen = accepted
    }

    /// Whether some file is another than the one in use.
    mutating func hasChanged() -> Bool {
        let now = Self.look(paths)
        isNews = now != seen
        seen = now
        return now != accepted
    }

    /// What was seen last is in use.
    mutating func accept() {
        accepted = seen
    }

    private static func look(_ paths: [String]) -> [FileStatus?] {
        paths.map { path in try? FileSystem.status(of: path) }
    }
}
