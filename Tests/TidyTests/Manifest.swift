/// What `Package.swift` says of the product's targets.
///
/// Read as words rather than asked from SwiftPM: the manifest keeps to three forms, and a test that
/// starts the package manager inside the package manager would wait for its lock.
struct Manifest {
    /// The names of each target's dependencies, house modules and others.
    private(set) var dependencies: [String: [String]] = [:]

    /// Names of `let` constants in the manifest, and the module that each product brings.
    static let productModules = [
        "log": "Logging", "mustache": "Mustache", "arguments": "ArgumentParser",
        "deque": "DequeModule",
    ]

    /// Reads a manifest.
    init(_ text: String) {
        let tokens = Self.tokens(of: text)
        for (index, token) in tokens.enumerated() where Self.isTargetForm(token) {
            guard let name = tokens[index...].first(where: \.isQuoted)?.text else { continue }
            dependencies[name] = Self.list(after: index, in: tokens)
        }
    }

    private struct Token {
        var text: String
        var isQuoted: Bool
    }

    private static func isTargetForm(_ token: Token) -> Bool {
        let forms = ["module(", ".target(", ".executableTarget(", "tests(", "system("]
        return !token.isQuoted && forms.contains(token.text)
    }

    /// The first bracketed list of the call that begins at an index; none when the call has none.
    private static func list(after index: Int, in tokens: [Token]) -> [String] {
        var names: [String] = []
        var isInside = false
        for token in tokens[(index + 1)...] {
            if !token.isQuoted && isTargetForm(token) { break }
            if token.isQuoted {
                if isInside { names.append(token.text) }
            } else if token.text == "[" {
                isInside = true
            } else if token.text == "]" {
                break
            } else if isInside, let module = productModules[token.text] {
                names.append(module)
            }
        }
        return names
    }

    /// Cuts the manifest into quoted names, words (with an opening parenthesis that follows) and brackets.
    private static func tokens(of text: String) -> [Token] {
        var result: [Token] = []
        for rawLine in text.split(separator: "\n") {
            let trimmed = rawLine.drop { $0 == " " }
            guard !trimmed.hasPrefix("//"), !trimmed.hasPrefix("func ") else { continue }
            for (index, piece) in trimmed.split(separator: "\"", omittingEmptySubsequences: false)
                .enumerated()
            {
                if index % 2 == 1 {
                    result.append(Token(text: String(piece), isQuoted: true))
                } else {
                    result += words(of: piece).map { Token(text: $0, isQuoted: false) }
                }
            }
        }
        return result
    }

    private static func words(of piece: Substring) -> [String] {
        var result: [String] = []
        var word = ""
        func end(_ word: inout String) {
            if !word.isEmpty { result.append(word) }
            word = ""
        }
        for character in piece {
            switch character {
            case "[", "]":
                end(&word)
                result.append(String(character))
            case "(":
                word.append(character)
                end(&word)
            case _ where character.isLetter || character == ".":
                word.append(character)
            default:
                end(&word)
            }
        }
        end(&word)
        return result
    }
}
