import Bytes

/// Shows each further refusal of a growing log on a line of its own, across rotations.
internal struct LogFollower: ~Copyable {
    private let options: RejectionReport.Options
    private var reader: LogLineReader
    private var collector: RejectionCollector
    /// The reasons whose hint was shown: once is enough.
    private var hinted: Set<String> = []

    internal init(options: RejectionReport.Options, reader: consuming LogLineReader) {
        self.options = options
        self.reader = reader
        collector = RejectionCollector(options)
    }

    /// Shows what was logged since the last look.
    ///
    /// A log that cannot be read just now, as between a rename and the reopening, is looked at
    /// again the next time.
    internal mutating func look(output: (String) -> Void) {
        do throws(FileFault) {
            try read(output)
            guard options.path != "-" else { return }
            let named = try File.identity(of: options.path)
            let held = try reader.identity()
            if named.inode != held.inode || named.device != held.device {
                // Once more: lines may have come between the reading and the rename.
                try read(output)
                reader = LogLineReader(try File(reading: options.path))
                try read(output)
            } else if held.size < reader.position {
                // Cut off in place, as logrotate's `copytruncate` does.
                reader = LogLineReader(try File(reading: options.path))
                try read(output)
            }
        } catch {
            return
        }
    }

    private mutating func read(_ output: (String) -> Void) throws(FileFault) {
        var found: [Rejection] = []
        try reader.readToEnd { line in
            if let rejection = collector.rejection(in: line) {
                found.append(rejection)
            }
        }
        for rejection in found {
            show(rejection, output)
        }
    }

    private mutating func show(_ rejection: Rejection, _ output: (String) -> Void) {
        let word = TerminalText.safe(rejection.reason, width: 40)
        let detail = rejection.detail.map { " (\(TerminalText.safe($0, width: 40)))" } ?? ""
        let shadow = rejection.isShadow ? "  SHADOW" : ""
        let route = TerminalText.safe(rejection.route, width: 30)
        output("\(LogTime.shown(rejection.seconds))  \(word)\(detail)\(shadow)  route \(route)")
        output("  \(rejection.summary)\n")
        // Bounded: a log that was tampered with may name any number of reasons.
        if hinted.count < 1000, hinted.insert(word + detail).inserted {
            output("    what to do: \(ReasonHint.hint(for: rejection))\n")
        }
    }
}
