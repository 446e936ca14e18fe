import Configuration
import EventLoop
import Glibc
import Telemetry

extension AccessLog {
    /// Opens the access log where the conf says, its directory made where it is missing.
    static func open(_ settings: AccessLogSettings) throws(StartFault) -> AccessLog {
        let format: Format = settings.format == .json ? .json : .combined
        switch settings.destination {
        case .standardError: return AccessLog(descriptor: STDERR_FILENO, format: format)
        case .standardOutput: return AccessLog(descriptor: STDOUT_FILENO, format: format)
        case .file(let path):
            if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
                let directory = String(path[..<slash])
                if (try? FileSystem.status(of: directory)) == nil {
                    try? FileSystem.makeDirectory(path: directory, mode: 0o750)
                }
            }
            do throws(TelemetryFault) {
                return try AccessLog(path: path, format: format)
            } catch {
                throw StartFault("the access log cannot be opened: \(error)")
            }
        }
    }
}
