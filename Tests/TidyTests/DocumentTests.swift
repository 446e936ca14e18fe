import Testing

/// Holds what the articles and pages promise.
struct DocumentTests {
    private static let articles = Tree.house.files.filter { $0.path.hasSuffix(".md") }

    @Test("Every module has its page")
    func everyModuleHasItsPage() {
        let targets = Tree.house.modules.filter {
            !$0.hasPrefix("C") || $0 == "Configuration" || $0 == "Cryptography"
        }
        let missing = targets.filter { module in
            Tree.house.isWritten(module)
                && Tree.house.file("Sources/\(module)/\(module).docc/\(module).md") == nil
        }
        expectNone(
            missing.map {
                Fault(
                    path: "Sources/\($0)/\($0).docc/\($0).md",
                    advice: "is missing. One screen: what the module owns, what it refuses, the "
                        + "three invariants to know, and the file to start reading."
                )
            }
        )
    }

    @Test("Every Swift file that an article names exists")
    func namedFilesExist() {
        let names = Set(Tree.house.files.map(\.name))
        var faults: [Fault] = []
        for article in Self.articles {
            for (line, name) in Self.names(in: article.text, endingWith: ".swift") {
                guard !names.contains(name) else { continue }
                faults.append(
                    Fault(
                        path: article.path,
                        line: line,
                        advice: "\(name) does not exist. Name the file as it is called now."
                    )
                )
            }
        }
        expectNone(faults)
    }

    @Test("Every path that an article or the README gives exists")
    func namedPathsExist() {
        let roots = ["Sources/", "Tests/", "deploy/"]
        var faults: [Fault] = []
        for article in Self.articles {
            for (line, name) in Self.codeSpans(in: article.text) {
                let path = String(name.prefix { $0 != " " && $0 != "*" && $0 != "<" })
                guard roots.contains(where: { path.hasPrefix($0) }), path == name else { continue }
                let folder = path.hasSuffix("/") ? path : path + "/"
                let exists =
                    Tree.house.file(path) != nil
                    || Tree.house.files.contains { $0.path.hasPrefix(folder) }
                guard !exists else { continue }
                faults.append(
                    Fault(
                        path: article.path,
                        line: line,
                        advice: "\(path) does not exist. Give the path as it is now."
                    )
                )
            }
        }
        expectNone(faults)
    }

    @Test("The life of a request is told by its files")
    func lifeOfARequestNamesFiles() {
        let path = "Sources/Gateway/Gateway.docc/LifeOfARequest.md"
        guard let article = Tree.house.file(path) else {
            expectNone(
                !Tree.house.isWritten("Gateway")
                    ? []
                    : [
                        Fault(
                            path: path,
                            advice: "is missing. Tell the life of a request as the list of files "
                                + "that a newcomer opens in order."
                        )
                    ]
            )
            return
        }
        let names = Set(Self.names(in: article.text, endingWith: ".swift").map(\.name))
        #expect(
            names.count >= 10,
            "\(path) names \(names.count) files: name the ones that a request passes through."
        )
    }

    @Test("The tests find a name that is not there")
    func namesAreFound() {
        let text = "Open `Head.swift`,\nthen A+B.swift (not swift or .swift)."
        let found = Self.names(in: text, endingWith: ".swift")
        #expect(found.map(\.name) == ["Head.swift", "A+B.swift"])
        #expect(found.map(\.line) == [1, 2])
        #expect(Self.codeSpans(in: "a `Tests/x` b `c`\n`d`").map(\.name) == ["Tests/x", "c", "d"])
    }

    /// File names with an ending, and the lines that they stand on.
    private static func names(
        in text: String,
        endingWith ending: String
    ) -> [(line: Int, name: String)] {
        var result: [(line: Int, name: String)] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        where line.contains(ending) {
            let isNamePart = { (character: Character) in
                character.isLetter || character.isNumber || "+._-".contains(character)
            }
            for var word in line.split(whereSeparator: { !isNamePart($0) }) {
                while word.hasSuffix(".") { word.removeLast() }
                guard word.hasSuffix(ending), word.count > ending.count else { continue }
                guard word.first?.isUppercase == true || word == "main.swift" else { continue }
                result.append((line: index + 1, name: String(word)))
            }
        }
        return result
    }

    /// What stands between back-quotes on one line.
    private static func codeSpans(in text: String) -> [(line: Int, name: String)] {
        var result: [(line: Int, name: String)] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            let pieces = line.split(separator: "`", omittingEmptySubsequences: false)
            for (place, piece) in pieces.enumerated() where place % 2 == 1 && !piece.isEmpty {
                result.append((line: index + 1, name: String(piece)))
            }
        }
        return result
    }
}
