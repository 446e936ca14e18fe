import Configuration
import EventLoop
import Glibc

/// `gatehouse logs rejected`: finds the access log that the conf names, and reports on it.
public enum LogsCommand {
    /// Prints the report.
    ///
    /// - Parameters:
    ///   - configurationPath: The conf that names the log.
    ///   - logPath: The log itself, in place of the conf's; `-` is standard input.
    ///   - since: How far back to look, as the conf spells times (`1h`), or `nil` for all of it.
    ///   - isFollowing: Whether to go on with what is logged from now on.
    ///   - grouping: What a row stands for.
    /// - Returns: The exit code.
    public static func rejected(
        configurationPath: String,
        logPath: String?,
        since: String?,
        isFollowing: Bool,
        grouping: RejectionReport.Grouping
    ) -> Int32 {
        do throws(StartFault) {
            let path: String
            if let logPath {
                path = logPath
            } else {
                path = try accessLogPath(configurationPath)
            }
            let options = RejectionReport.Options(
                path: path,
                sinceSeconds: try beginning(since),
                isFollowing: isFollowing,
                grouping: grouping
            )
            do throws(RejectionReport.LogFault) {
                try RejectionReport.run(options) { Console.put($0, to: STDOUT_FILENO) }
            } catch {
                throw StartFault("\(error)")
            }
            return 0
        } catch {
            Console.writeError("gatehouse: \(error.message)")
            return 1
        }
    }

    private static func beginning(_ since: String?) throws(StartFault) -> Int64? {
        guard let since else { return nil }
        guard let time = ConfigurationTime.duration(since) else {
            throw StartFault("--since \(since): a time is a number and a unit, as 30m, 1h or 7d")
        }
        return WallTime.now().secondsSince1970 - time.components.seconds
    }

    private static func accessLogPath(_ configurationPath: String) throws(StartFault) -> String {
        let settings = try ConfigurationSource(path: configurationPath).load().settings
        guard let log = settings.accessLog else {
            throw StartFault("\(configurationPath): the access log is off")
        }
        guard log.format == .json else {
            throw StartFault("\(configurationPath): the access log is not written as JSON")
        }
        guard case .file(let path) = log.destination else {
            throw StartFault("the access log goes to a stream; name a file with --log, or - ")
        }
        return path
    }
}
