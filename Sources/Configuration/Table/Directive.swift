/// A block of the conf, or the file itself: where a directive may stand.
enum Context: String, CaseIterable, Sendable {
    /// Outside of every block.
    case main
    case listen
    case serverName = "server_name"
    case issuer
    case authorizationServer = "authorization_server"
    case provider
    case project
    case client
    case upstream
    case route
    case method

    /// As a diagnostic and the reference name it.
    var title: String {
        self == .main ? "the file itself, outside of blocks" : "`\(rawValue)`"
    }
}

/// One directive: all that parsing, checking, the reference and the example know of it.
struct Directive: Sendable {
    /// Its name, which may stand for different directives in different blocks.
    let name: String
    /// Where it may stand.
    let contexts: [Context]
    /// Its arguments.
    let shape: ArgumentShape
    /// Its block.
    let block: BlockShape
    /// Whether several lines of it in one block add up.
    let isRepeatable: Bool
    /// Its arguments where it is not written, or `nil` where there is then nothing.
    let defaultText: String?
    /// What it means, in one line.
    let meaning: String
    /// What else must be known to use it.
    let details: String?
    /// A line that is right in its place.
    let example: String

    /// Describes a directive.
    init(
        _ name: String,
        in contexts: [Context],
        _ shape: ArgumentShape,
        block: BlockShape = .none,
        isRepeatable: Bool = false,
        default defaultText: String? = nil,
        _ meaning: String,
        details: String? = nil,
        example: String
    ) {
        self.name = name
        self.contexts = contexts
        self.shape = shape
        self.block = block
        self.isRepeatable = isRepeatable
        self.defaultText = defaultText
        self.meaning = meaning
        self.details = details
        self.example = example
    }

    /// Name and arguments as the reference shows them.
    var syntax: String {
        let words = ([name] + shape.pieces).joined(separator: " ")
        return switch block {
        case .none: words + ";"
        case .optional: words + " [{ ... }];"
        case .required: words + " { ... }"
        }
    }
}

/// Whether a directive has a block.
enum BlockShape: Sendable {
    case none
    case optional(Context)
    case required(Context)

    /// What the block is, where there may be one.
    var context: Context? {
        switch self {
        case .none: nil
        case .optional(let context), .required(let context): context
        }
    }
}

/// Which arguments a directive takes.
struct ArgumentShape: Sendable {
    /// Arguments told apart by their place.
    var positional: [Parameter] = []
    /// Arguments told apart by a name, `NAME=VALUE`.
    var options: [Parameter] = []
    /// Words that are there or not.
    var flags: [String] = []

    /// No arguments but those in their places.
    static func words(_ positional: Parameter...) -> ArgumentShape {
        ArgumentShape(positional: positional)
    }

    /// The same, with options.
    func options(_ options: Parameter...) -> ArgumentShape {
        ArgumentShape(positional: positional, options: options, flags: flags)
    }

    /// The same, with flags.
    func flags(_ flags: String...) -> ArgumentShape {
        ArgumentShape(positional: positional, options: options, flags: flags)
    }

    /// The fewest words in their places.
    var countMin: Int {
        positional.count { $0.presence == .one || $0.presence == .oneOrMore }
    }

    /// The most words in their places, or `nil` without end.
    var countMax: Int? {
        if positional.contains(where: { $0.presence == .oneOrMore }) { return nil }
        return positional.count
    }

    /// The parameter for the word in place `index`; the last one takes what is over.
    func parameter(at index: Int) -> Parameter? {
        if index < positional.count { return positional[index] }
        guard let last = positional.last, last.presence == .oneOrMore else { return nil }
        return last
    }

    /// The arguments as the reference shows them; a flag of one sign, such as `=`, stands first.
    var pieces: [String] {
        let (signs, flagWords) = (flags.filter { $0 == "=" }, flags.filter { $0 != "=" })
        return signs.map { "[\($0)]" }
            + positional.map(\.syntax)
            + options.map { $0.presence == .one ? $0.optionSyntax : "[\($0.optionSyntax)]" }
            + flagWords.map { "[\($0)]" }
    }
}

/// One argument of a directive.
struct Parameter: Sendable {
    /// How often it stands.
    enum Presence: Sendable {
        case one
        case oneOrMore
        case optional
    }

    /// Its name in the reference; of an option, the name before the `=`.
    let name: String
    /// What may stand there.
    let kind: ValueKind
    /// How often it stands.
    let presence: Presence

    /// An argument that must be there once.
    static func one(_ name: String, _ kind: ValueKind) -> Parameter {
        Parameter(name: name, kind: kind, presence: .one)
    }

    /// An argument that may be left out.
    static func optional(_ name: String, _ kind: ValueKind) -> Parameter {
        Parameter(name: name, kind: kind, presence: .optional)
    }

    /// An argument that must be there and may be repeated.
    static func some(_ name: String, _ kind: ValueKind) -> Parameter {
        Parameter(name: name, kind: kind, presence: .oneOrMore)
    }

    /// As the reference shows it in its place.
    var syntax: String {
        let text = kind.keywords.isEmpty ? name : kind.syntax(named: name)
        return switch presence {
        case .one: text
        case .oneOrMore: text + "..."
        case .optional: "[\(text)]"
        }
    }

    /// As the reference shows it as an option.
    var optionSyntax: String {
        "\(name)=\(kind.syntax(named: kind.placeholder))"
    }
}
