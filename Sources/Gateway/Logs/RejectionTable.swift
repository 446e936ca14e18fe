/// Writes groups of refusals, the most frequent first, each with an example and a hint.
internal struct RejectionTable {
    private let collector: RejectionCollector
    private let options: RejectionReport.Options

    internal init(_ collector: RejectionCollector, options: RejectionReport.Options) {
        self.collector = collector
        self.options = options
    }

    internal func write(to output: (String) -> Void) {
        writeHeading(to: output)
        if options.grouping == .issuer || options.grouping == .subject {
            let what = options.grouping.rawValue
            if !collector.groups.isEmpty {
                output("\nBy \(what), proven by the token's signature:\n")
                writeRows(collector.groups, to: output)
            }
            if !collector.claimedGroups.isEmpty {
                output(
                    "\nBy \(what), not verified: the sender's word, which anyone can write:\n"
                )
                writeRows(collector.claimedGroups, to: output)
            }
        } else if !collector.groups.isEmpty {
            output("\n")
            writeRows(collector.groups, to: output)
        }
        writeNotes(to: output)
    }

    private func writeHeading(to output: (String) -> Void) {
        let path = options.path == "-" ? "standard input" : TerminalText.safe(options.path)
        let since = options.sinceSeconds.map { " since \(LogTime.shown($0)) UTC" } ?? ""
        guard collector.refusedCount + collector.shadowCount > 0 else {
            return output("No request was refused in \(path)\(since).\n")
        }
        let refused = TerminalText.grouped(collector.refusedCount)
        let noun = collector.refusedCount == 1 ? "request" : "requests"
        output("\(refused) \(noun) refused in \(path)\(since)")
        if collector.shadowCount > 0 {
            output(", \(TerminalText.grouped(collector.shadowCount)) would be (shadow mode)")
        }
        output(". Times are UTC.\n")
    }

    private func writeRows(
        _ groups: [RejectionCollector.Key: RejectionGroup],
        to output: (String) -> Void
    ) {
        let sorted = groups.sorted { left, right in
            left.value.count != right.value.count
                ? left.value.count > right.value.count : isBefore(left.key, right.key)
        }
        let shown = sorted.prefix(options.rowCountMax)
        let rows = [heading] + shown.map { cells($0.key, $0.value) }
        let widths = heading.indices.map { column in
            rows.map { $0[column].unicodeScalars.count }.max() ?? 0
        }
        output(line(rows[0], widths))
        for (row, entry) in zip(rows.dropFirst(), shown) {
            output(line(row, widths))
            let example = entry.value.example
            let time = LogTime.shown(example.seconds)
            output("    e.g. \(time)  \(example.summary)\n")
            output("    what to do: \(ReasonHint.hint(for: example))\n")
        }
        let rest = sorted.dropFirst(options.rowCountMax)
        if !rest.isEmpty {
            let count = rest.reduce(0) { $0 + $1.value.count }
            output("and \(TerminalText.grouped(rest.count)) rows more, ")
            output("of \(TerminalText.grouped(count)) requests\n")
        }
    }

    private var heading: [String] {
        let common = ["REFUSED", "SHADOW", "REASON", "ROUTE", "FIRST SEEN", "LAST SEEN"]
        switch options.grouping {
        case .reason: return common
        case .route: return ["REFUSED", "SHADOW", "ROUTE", "REASON", "FIRST SEEN", "LAST SEEN"]
        case .client, .issuer, .subject:
            return common.prefix(2) + [options.grouping.rawValue.uppercased()] + common.dropFirst(2)
        }
    }

    private func cells(_ key: RejectionCollector.Key, _ group: RejectionGroup) -> [String] {
        let counts = [group.refusedCount, group.shadowCount].map(TerminalText.grouped)
        let times = [group.firstSeconds, group.lastSeconds].map(LogTime.shown)
        let word = TerminalText.safe(key.reason, width: 40)
        let reason =
            key.detail.map { "\(word) (\(TerminalText.safe($0, width: 40)))" } ?? word
        let value = key.value.map { TerminalText.safe($0, width: 50) } ?? "(none)"
        switch options.grouping {
        case .reason: return counts + [reason, group.routes] + times
        case .route: return counts + [value, reason] + times
        case .client, .issuer, .subject: return counts + [value, reason, group.routes] + times
        }
    }

    /// One row, numbers to the right, the rest to the left, nothing behind the last column.
    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (column, cell) in cells.enumerated() {
            let isLast = column == cells.count - 1
            line +=
                isLast
                ? cell : TerminalText.padded(cell, to: widths[column], onLeft: column < 2) + "  "
        }
        return line + "\n"
    }

    private func isBefore(
        _ left: RejectionCollector.Key,
        _ right: RejectionCollector.Key
    ) -> Bool {
        let leftTexts = [left.value ?? "", left.reason, left.detail ?? ""]
        let rightTexts = [right.value ?? "", right.reason, right.detail ?? ""]
        return leftTexts.lexicographicallyPrecedes(rightTexts)
    }

    private func writeNotes(to output: (String) -> Void) {
        if collector.ungroupedCount > 0 {
            let count = TerminalText.grouped(collector.ungroupedCount)
            output("note: \(count) more found no row: there were too many different ones\n")
        }
        if collector.malformedCount > 0 {
            let isAll = collector.malformedCount == collector.lineCount
            let count = TerminalText.grouped(collector.malformedCount)
            output(
                isAll
                    ? "note: no line is JSON: this report needs `access_log ... format=json;`\n"
                    : "note: \(count) lines are not JSON and were left out\n"
            )
        }
        if collector.skippedCount > 0 {
            let count = TerminalText.grouped(collector.skippedCount)
            output("note: \(count) lines are longer than 64 KiB and were left out\n")
        }
    }
}
