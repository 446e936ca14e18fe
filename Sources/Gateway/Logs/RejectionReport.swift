public import Bytes
import Glibc
import Telemetry

/// `gatehouse logs rejected`: why requests were refused, as a table that a person reads.
///
/// Reads the JSON access log line by line. Memory is bounded: so many groups are kept, what comes
/// on top is counted together; lines beyond 64 KiB are skipped and counted, as are lines that are
/// no JSON. Nothing of the log reaches the terminal raw.
public enum RejectionReport {
    /// Prints the report, and with ``Options/isFollowing`` every further refusal as it is logged.
    ///
    /// Following ends only with the process.
    ///
    /// - Parameters:
    ///   - options: What to read and how to group it.
    ///   - output: Gets whole lines with their line feeds.
    /// - Throws: Why the log cannot be read.
    public static func run(_ options: Options, output: (String) -> Void) throws(LogFault) {
        // Half a second: what `tail -f` and people find prompt.
        try run(options, output: output) {
            usleep(500_000)
            return true
        }
    }

    /// The same, with a pause of the caller's own between two looks at a growing log; it says
    /// whether to go on.
    internal static func run(
        _ options: Options,
        output: (String) -> Void,
        pause: () -> Bool
    ) throws(LogFault) {
        var collector = RejectionCollector(options)
        let reader = try collect(options, into: &collector)
        collector.skippedCount += reader.skippedCount
        RejectionTable(collector, options: options).write(to: output)
        guard options.isFollowing else { return }
        var follower = LogFollower(options: options, reader: reader)
        while pause() {
            follower.look(output: output)
        }
    }

    /// Reads all that is there; the reader stands at the end of the log.
    private static func collect(
        _ options: Options,
        into collector: inout RejectionCollector
    ) throws(LogFault) -> LogLineReader {
        do throws(FileFault) {
            try readRotated(options, into: &collector)
            var reader = try open(options)
            try reader.readToEnd { collector.take($0) }
            if !options.isFollowing {
                reader.finish { collector.take($0) }
            }
            return reader
        } catch {
            throw .logNotRead(path: options.path, error)
        }
    }

    /// Opens the log at the first line that may be wanted.
    private static func open(_ options: Options) throws(FileFault) -> LogLineReader {
        guard options.path != "-" else {
            return LogLineReader(File(descriptor: STDIN_FILENO, owned: false))
        }
        let file = try File(reading: options.path)
        guard let since = options.sinceSeconds else { return LogLineReader(file) }
        // What cannot be searched, as a pipe, is read from its beginning.
        let offset = (try? LogSearch.offset(of: since, in: file)) ?? 0
        var reader = LogLineReader(file)
        if offset > 0 {
            try reader.start(at: offset)
        } else {
            try? reader.rewind()
        }
        return reader
    }

    /// Reads the log before, `PATH.1`, where the time asked for reaches back into it.
    private static func readRotated(
        _ options: Options,
        into collector: inout RejectionCollector
    ) throws(FileFault) {
        guard let since = options.sinceSeconds, options.path != "-" else { return }
        let current = try File(reading: options.path)
        if let first = LogSearch.firstTime(in: current), first <= since { return }
        guard let file = try? File(reading: options.path + ".1") else { return }
        let offset = (try? LogSearch.offset(of: since, in: file)) ?? 0
        var reader = LogLineReader(file)
        if offset > 0 {
            try reader.start(at: offset)
        } else {
            try? reader.rewind()
        }
        try reader.readToEnd { collector.take($0) }
        reader.finish { collector.take($0) }
        collector.skippedCount += reader.skippedCount
    }
}

extension RejectionReport {
    /// What to report on.
    public struct Options: Sendable {
        /// The access log; `-` is standard input.
        public var path: String
        /// Lines before this are left out: seconds since 1970.
        public var sinceSeconds: Int64?
        /// Whether to go on with what is logged from now on.
        public var isFollowing: Bool
        /// What a row of the table stands for.
        public var grouping: Grouping
        /// Rows shown; the rest is summed up.
        ///
        /// Fifty: a screen and a half.
        public var rowCountMax = 50

        /// Names a log and a view of it.
        public init(
            path: String,
            sinceSeconds: Int64? = nil,
            isFollowing: Bool = false,
            grouping: Grouping = .reason
        ) {
            self.path = path
            self.sinceSeconds = sinceSeconds
            self.isFollowing = isFollowing
            self.grouping = grouping
        }
    }

    /// What a row of the table stands for, beside the reason.
    public enum Grouping: String, Sendable, CaseIterable {
        case reason
        case route
        case issuer
        case client
        case subject
    }

    /// Why there is no report.
    public enum LogFault: Error, Hashable, Sendable, CustomStringConvertible {
        /// The log cannot be opened or read.
        case logNotRead(path: String, FileFault)

        /// What the operator reads.
        public var description: String {
            switch self {
            case .logNotRead(let path, let fault):
                "cannot read the access log \(TerminalText.safe(path)): \(fault)"
            }
        }
    }
}
