/// The Prometheus text format 0.0.4, read by the letter, so that the tests do not forgive.
struct StrictExposition {
    struct Sample: Hashable {
        let name: String
        let labels: [String: String]
    }

    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    private(set) var samples: [Sample: Double] = [:]
    private(set) var kinds: [String: String] = [:]
    private var helps: Set<String> = []
    private var current = ""

    init(_ bytes: [UInt8]) throws {
        guard let text = String(validating: bytes, as: UTF8.self), text.hasSuffix("\n") else {
            throw Fault(description: "not text, or no line feed at its end")
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            try read(String(line))
        }
        try checkHistograms()
    }

    /// The value of a line.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        samples[Sample(name: name, labels: labels)]
    }

    private mutating func read(_ line: String) throws {
        if line.hasPrefix("# HELP ") {
            let words = line.dropFirst(7).split(separator: " ", maxSplits: 1)
            guard words.count == 2, helps.insert(String(words[0])).inserted else {
                throw Fault(description: "help twice or empty: \(line)")
            }
            current = String(words[0])
        } else if line.hasPrefix("# TYPE ") {
            let words = line.dropFirst(7).split(separator: " ").map(String.init)
            guard words.count == 2, words[0] == current, kinds[current] == nil,
                ["counter", "gauge", "histogram"].contains(words[1])
            else { throw Fault(description: "bad type: \(line)") }
            kinds[current] = words[1]
        } else {
            try readSample(line)
        }
    }

    private mutating func readSample(_ line: String) throws {
        var rest = Substring(line)
        let name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" })
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest = rest.dropFirst()
            while true {
                let (label, value) = try readLabel(&rest)
                guard labels.updateValue(value, forKey: label) == nil else {
                    throw Fault(description: "label twice: \(line)")
                }
                guard let mark = rest.popFirst() else { throw Fault(description: line) }
                if mark == "}" { break }
                guard mark == "," else { throw Fault(description: line) }
            }
        }
        guard rest.popFirst() == " ", let value = Double(rest), value.isFinite else {
            throw Fault(description: "no value: \(line)")
        }
        let isPart =
            kinds[current] == "histogram"
            && ["_bucket", "_sum", "_count"].contains { name == current + $0 }
        guard name == current && kinds[current] != "histogram" || isPart, kinds[current] != nil
        else { throw Fault(description: "outside of its family: \(line)") }
        guard kinds[current] != "counter" || name.hasSuffix("_total") && value >= 0 else {
            throw Fault(description: "not a counter: \(line)")
        }
        guard samples.updateValue(value, forKey: Sample(name: name, labels: labels)) == nil else {
            throw Fault(description: "twice: \(line)")
        }
    }

    private func readLabel(_ rest: inout Substring) throws -> (String, String) {
        let label = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
        rest = rest.dropFirst(label.count)
        guard !label.isEmpty, rest.popFirst() == "=", rest.popFirst() == "\"" else {
            throw Fault(description: "bad label before: \(rest)")
        }
        var value = ""
        while let letter = rest.popFirst() {
            switch letter {
            case "\"": return (label, value)
            case "\\":
                switch rest.popFirst() {
                case "n": value += "\n"
                case "\\": value += "\\"
                case "\"": value += "\""
                default: throw Fault(description: "bad escape before: \(rest)")
                }
            default: value.append(letter)
            }
        }
        throw Fault(description: "label without end")
    }

    private func checkHistograms() throws {
        for (name, kind) in kinds where kind == "histogram" {
            let counts = samples.filter { $0.key.name == name + "_count" }
            guard !counts.isEmpty else { throw Fault(description: "empty histogram \(name)") }
            for (sample, count) in counts {
                let buckets = samples.compactMap { key, value -> (Double, Double)? in
                    guard key.name == name + "_bucket", let bound = key.labels["le"] else {
                        return nil
                    }
                    var others = key.labels
                    others["le"] = nil
                    guard others == sample.labels else { return nil }
                    return (bound == "+Inf" ? .infinity : Double(bound) ?? .nan, value)
                }.sorted { $0.0 < $1.0 }
                guard buckets.last?.0 == .infinity, buckets.last?.1 == count,
                    zip(buckets, buckets.dropFirst()).allSatisfy({ $0.0 < $1.0 && $0.1 <= $1.1 }),
                    value(name + "_sum", sample.labels) != nil
                else { throw Fault(description: "broken histogram \(name) \(sample.labels)") }
            }
        }
    }
}
