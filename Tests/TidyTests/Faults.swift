import Testing

/// What a tidy test found: where, what, and what to do instead.
struct Fault: CustomStringConvertible {
    /// The file, or the place in general.
    let path: String
    /// The line, or zero where a whole file is meant.
    var line = 0
    /// What is wrong and what to do instead, in one sentence or two.
    let advice: String

    /// `path:line: advice`, which editors can jump to.
    var description: String {
        line > 0 ? "\(path):\(line): \(advice)" : "\(path): \(advice)"
    }
}

/// Fails with every fault on a line of its own.
func expectNone(_ faults: [Fault], sourceLocation: SourceLocation = #_sourceLocation) {
    let list = faults.map(\.description).joined(separator: "\n")
    #expect(faults.isEmpty, "\n\(list)", sourceLocation: sourceLocation)
}
