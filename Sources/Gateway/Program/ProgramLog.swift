import Configuration
import EventLoop
import Glibc
import Logging
import Synchronization
import Telemetry

/// The program's own log: one line an event, for the operator.
///
/// Never the place of requests.
public struct ProgramLog: Sendable {
    private let output: ProgramLogOutput
    private let logger: Logger

    /// Opens the log where the conf says.
    ///
    /// - Throws: ``SystemFault`` where the file cannot be opened.
    init(_ settings: ErrorLogSettings) throws(SystemFault) {
        let output = try ProgramLogOutput(settings.destination)
        self.output = output
        var logger = Logger(label: "gatehouse") { _ in ProgramLogHandler(output: output) }
        logger.logLevel = Logger.Level(settings.level)
        self.logger = logger
    }

    /// Writes one line.
    func write(_ level: Logger.Level, _ message: String) {
        logger.log(level: level, "\(message)")
    }

    /// Opens the file anew, for a log that was renamed.
    func reopen() {
        output.reopen()
    }
}

/// The descriptor that lines go to, and how it is opened again.
final class ProgramLogOutput: Sendable {
    private let path: String?
    private let descriptor: Mutex<Int32>

    init(_ destination: LogDestination) throws(SystemFault) {
        switch destination {
        case .standardError:
            path = nil
            descriptor = Mutex(STDERR_FILENO)
        case .standardOutput:
            path = nil
            descriptor = Mutex(STDOUT_FILENO)
        case .file(let path):
            self.path = path
            descriptor = Mutex(try FileSystem.openForAppending(path: path))
        }
    }

    func write(_ line: String) {
        let bytes = Array(line.utf8)
        descriptor.withLock { descriptor in
            // A log that cannot be written has nobody left to tell.
            try? FileSystem.write(bytes.span, to: descriptor)
        }
    }

    func reopen() {
        guard let path, let opened = try? FileSystem.openForAppending(path: path) else { return }
        descriptor.withLock { descriptor in
            _ = Glibc.close(descriptor)
            descriptor = opened
        }
    }
}

/// Writes lines as `TIME LEVEL MESSAGE`.
struct ProgramLogHandler: LogHandler {
    let output: ProgramLogOutput
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let time = CalendarTime(secondsSince1970: WallTime.now().secondsSince1970)
        let text = event.message.description.map { $0.isNewline ? " " : $0 }
        output.write("\(time.text) \(event.level.rawValue) \(String(text))\n")
    }
}

extension Logger.Level {
    init(_ level: LogLevel) {
        self =
            switch level {
            case .debug: .debug
            case .error: .error
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            }
    }
}

extension CalendarTime {
    /// `2026-01-31T12:00:00Z`.
    var text: String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(two(month))-\(two(day))T\(two(hour)):\(two(minute)):\(two(second))Z"
    }
}
