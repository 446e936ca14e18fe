import Bytes
import JSON

/// The parameters of a request, each once (RFC 6749 §3.1, §3.2).
///
/// One without a value counts as left out; a name that stands twice is remembered as a fault, which
/// whoever reads the request answers as its dialect does.
struct Parameters: Sendable, Equatable {
    private var values: [String: String] = [:]
    /// The first name that stood twice, or `nil`.
    private(set) var duplicate: String?

    /// No parameters.
    init() {}

    /// A query or a form: `name=value` with `&` between, `+` and percent coding read.
    ///
    /// - Throws: ``ParameterFault/malformed`` for percent coding that is none, or text that is not
    ///   UTF-8.
    init(form bytes: Span<UInt8>) throws(ParameterFault) {
        var start = 0
        var count = 0
        while start <= bytes.count {
            let end = bytes.firstIndex(of: UInt8(ascii: "&"), from: start) ?? bytes.count
            if end > start {
                count += 1
                guard count <= Self.countMax else { throw .tooMany }
                let pair = bytes.extracting(start..<end)
                let equals = pair.firstIndex(of: UInt8(ascii: "="))
                let name = pair.extracting(0..<(equals ?? pair.count))
                let value = pair.extracting((equals.map { $0 + 1 } ?? pair.count)..<pair.count)
                try insert(FormCoding.decode(name), FormCoding.decode(value))
            }
            start = end + 1
        }
    }

    /// The members of a JSON object.
    ///
    /// - Throws: ``ParameterFault/notText(name:)`` for a member that is no text; `null` counts as
    ///   left out, and what nobody asks for may be anything.
    init(json: JSONObject) {
        for member in json.members {
            switch member.value {
            case .string(let text): if !text.isEmpty { values[member.name] = text }
            case .null: break
            default: notText.insert(member.name)
            }
        }
    }

    /// Members of a JSON body that were no text.
    private(set) var notText: Set<String> = []

    /// The value of a parameter, or `nil` where it is left out.
    subscript(name: String) -> String? { values[name] }

    /// Every name that has a value.
    var names: Set<String> { Set(values.keys) }

    /// Whether there is none.
    var isEmpty: Bool { values.isEmpty && notText.isEmpty }

    /// These, and those of `other` that are not here.
    func completed(by other: Parameters) -> Parameters {
        var all = self
        all.values.merge(other.values) { own, _ in own }
        all.notText.formUnion(other.notText)
        all.duplicate = duplicate ?? other.duplicate
        return all
    }

    private mutating func insert(_ name: String?, _ value: String?) throws(ParameterFault) {
        guard let name, let value else { throw .malformed }
        // Twice is twice, with a value or without.
        if !seen.insert(name).inserted {
            duplicate = duplicate ?? name
        }
        if !value.isEmpty {
            values[name] = value
        }
    }

    private var seen: Set<String> = []

    /// More parameters than any dialect has; what is beyond is somebody playing.
    private static let countMax = 100
}

/// Why parameters could not be read.
enum ParameterFault: Error, Sendable, Equatable {
    /// Percent coding that is none, or no UTF-8.
    case malformed
    /// More than any client sends.
    case tooMany
    /// A body of a type that is not understood.
    case unsupportedType
}
