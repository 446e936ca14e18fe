import Testing

/// Holds sizes, names and the shape of the tree.
struct ShapeTests {
    /// The owner of the product fixed the top level; `Package.resolved` belongs to each clone.
    private static let rootNames: Set = [
        "CHANGELOG.md", "LICENSE", "Makefile", "Package.resolved", "Package.swift", "README.md",
        "Sources", "Tests", "deploy", "gateway.conf.example",
    ]

    private static let codeEndings = [".swift", ".c", ".h", ".py", ".lua"]

    @Test("The top level stays as it is")
    func topLevelStays() {
        let strangers = Tree.house.rootNames.filter {
            !$0.hasPrefix(".") && !Self.rootNames.contains($0)
        }
        expectNone(
            strangers.map {
                Fault(
                    path: $0,
                    advice: "is new at the top level. Documents live in .docc folders below "
                        + "Sources, tools and benchmarks below Tests, packaging in deploy."
                )
            }
        )
    }

    @Test("No file outgrows a reader")
    func filesStaySmall() {
        let lineCountMax = 500
        let large = Tree.house.files.filter { file in
            let isScript = file.text.hasPrefix("#!")
            let isCode = Self.codeEndings.contains { file.path.hasSuffix($0) }
            return (isCode || isScript) && file.lineCount > lineCountMax
        }
        expectNone(
            large.map {
                Fault(
                    path: $0.path,
                    advice: "\($0.lineCount) lines, \(lineCountMax) at most. Split it where its "
                        + "subjects part: `Type+Aspect.swift`, or a type of its own."
                )
            }
        )
    }

    @Test("A file is called after what it declares")
    func fileNamesSaySomething() {
        let empty = ["Utils", "Utilities", "Helpers", "Helper", "Common", "Manager", "Misc"]
        let vague = Tree.house.productSources.filter { file in
            empty.contains { file.name.hasSuffix($0 + ".swift") }
        }
        expectNone(
            vague.map {
                Fault(path: $0.path, advice: "says nothing. Name the type that the file declares.")
            }
        )
    }

    /// `EventLoop` is the one noun for what its module is, and nothing in it needs qualifying.
    @Test("No type bears a module's name")
    func typesDoNotHideModules() {
        let modules = Set(Tree.house.modules).subtracting(["EventLoop"])
        let keywords: Set = ["struct", "class", "enum", "protocol", "actor", "typealias"]
        var faults: [Fault] = []
        for file in Tree.house.productSources {
            let words = SwiftWords(file.text).words
            for (keyword, name) in zip(words, words.dropFirst())
            where keywords.contains(keyword.text) && modules.contains(name.text) {
                faults.append(
                    Fault(
                        path: file.path,
                        line: name.line,
                        advice: "a type called \(name.text) hides the module of that name, and "
                            + "Swift cannot then qualify its neighbours: choose another noun."
                    )
                )
            }
        }
        expectNone(faults)
    }

    @Test("The tree names no package registry")
    func noRegistryHosts() {
        // In two halves each, so that this file does not name them either.
        let hosts = [
            ("deb.", "debian.org"), ("security.", "debian.org"), ("archive.", "ubuntu.com"),
            ("pypi", ".org"), ("files.python", "hosted.org"), ("registry.npm", "js.org"),
            ("crates", ".io/"), ("proxy.", "golang.org"), ("docker", ".io"), ("gcr", ".io"),
            ("ghcr", ".io"), ("quay", ".io"), ("repo1.", "maven.org"), ("ruby", "gems.org"),
            ("snapshot.", "debian.org"),
        ].map { $0.0 + $0.1 }
        let files = Tree.house.files.filter { file in
            hosts.contains { file.text.contains($0) }
        }
        expectNone(
            files.map {
                Fault(
                    path: $0.path,
                    advice: "names a registry's host. Which mirror a machine uses is the machine's "
                        + "own setting: name the package only."
                )
            }
        )
    }
}
