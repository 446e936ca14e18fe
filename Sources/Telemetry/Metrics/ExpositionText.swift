import Bytes

/// The Prometheus text format, version 0.0.4, as it is written.
internal struct ExpositionText {
    internal private(set) var bytes: [UInt8] = []

    /// Begins a family.
    internal mutating func begin(_ name: String, help: String, kind: MetricKind) {
        put("# HELP \(name) \(Self.escapedHelp(help))\n# TYPE \(name) \(kind.rawValue)\n")
    }

    /// One line.
    ///
    /// `labels` are rendered already.
    internal mutating func sample(_ name: String, labels: String = "", _ value: String) {
        put(labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n")
    }

    /// A family of one line without labels.
    internal mutating func single(_ name: String, help: String, kind: MetricKind, _ value: String) {
        begin(name, help: help, kind: kind)
        sample(name, value)
    }

    /// The lines of one histogram whose cells are counts for each bound and the sum of nanoseconds.
    internal mutating func histogram(_ name: String, labels: String, cells: [UInt64]) {
        let prefix = labels.isEmpty ? "" : labels + ","
        var count: UInt64 = 0
        for (index, bound) in LatencyBuckets.labels.enumerated() {
            count &+= cells[index]
            sample("\(name)_bucket", labels: "\(prefix)le=\"\(bound)\"", "\(count)")
        }
        let sum = Self.seconds(cells[LatencyBuckets.cellCount - 1])
        sample("\(name)_sum", labels: labels, sum)
        sample("\(name)_count", labels: labels, "\(count)")
    }

    /// Nanoseconds as seconds.
    internal static func seconds(_ nanoseconds: UInt64) -> String {
        "\(Double(nanoseconds) / 1_000_000_000)"
    }

    /// `a="b",c="d"`, values escaped.
    internal static func labels(_ pairs: [(String, String)]) -> String {
        pairs.map { "\($0.0)=\"\(escapedValue($0.1))\"" }.joined(separator: ",")
    }

    private mutating func put(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    private static func escapedValue(_ text: String) -> String {
        escaped(text, quotes: true)
    }

    private static func escapedHelp(_ text: String) -> String {
        escaped(text, quotes: false)
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
