import Testing

/// Holds the words that may stand in the product's code, and where.
struct WordTests {
    private struct Source {
        var file: TreeFile
        var module: String
        var words: SwiftWords
    }

    private static let sources: [Source] = Tree.house.productSources.compactMap { file in
        guard let module = file.module else { return nil }
        return Source(file: file, module: module, words: SwiftWords(file.text))
    }

    /// What runs on a worker: synchronous, without locks of the language or a runtime's help.
    private static let dataPlane: Set = [
        "Bytes", "EventLoop", "TLS", "HTTP", "Cryptography", "JSON", "JOSE", "Telemetry", "Access",
        "Proxy",
    ]

    /// Where a wrapper of something unsafe may live; everywhere else there is nothing to wrap.
    private static let unsafeModules: Set = [
        "Bytes", "EventLoop", "TLS", "Cryptography", "JSON", "Outbound", "Storage",
    ]

    private static func faults(
        word: String,
        in modules: (String) -> Bool,
        where accepts: (SwiftWord) -> Bool = { _ in true },
        advice: String
    ) -> [Fault] {
        sources.filter { modules($0.module) }.flatMap { source in
            source.words.words.filter { $0.text == word && accepts($0) }.map {
                Fault(path: source.file.path, line: $0.line, advice: "`\(word)`: \(advice)")
            }
        }
    }

    @Test(
        "A worker waits for nothing but its loop",
        arguments: ["async", "await", "Task", "actor", "TaskGroup", "AsyncStream"]
    )
    func dataPlaneIsSynchronous(word: String) {
        expectNone(
            Self.faults(
                word: word,
                in: Self.dataPlane.contains,
                where: { $0.before != UInt8(ascii: ".") },
                advice: "the data plane is synchronous. Name a state of the machine and let the "
                    + "loop bring the answer; what must wait is an errand to the control plane."
            )
        )
    }

    @Test("No way back is stored", arguments: ["weak", "unowned"])
    func dataPlaneHoldsNoWayBack(word: String) {
        expectNone(
            Self.faults(
                word: word,
                in: Self.dataPlane.contains,
                advice: "costs 70 ns a read. Pass the owner down as an argument instead."
            )
        )
    }

    @Test("The product uses no Foundation")
    func productHasNoFoundation() {
        expectNone(
            Self.faults(
                word: "Foundation",
                in: { _ in true },
                advice: "stays out of the product: Bytes, EventLoop and Configuration have what "
                    + "the code needs, or are the place to add it."
            )
        )
    }

    @Test("Nothing stops the process on purpose")
    func nothingStopsTheProcess() {
        expectNone(
            Self.faults(
                word: "fatalError",
                in: { _ in true },
                advice: "in a gateway that is a denial of service. Make the state unsayable, "
                    + "return an outcome, or state what must hold with `precondition`."
            )
        )
    }

    @Test("No value is forced")
    func noValueIsForced() {
        expectNone(
            Self.sources.flatMap { source in
                source.words.forcedLines.map {
                    Fault(
                        path: source.file.path,
                        line: $0,
                        advice: "a forced value, `try!` or `as!`. Use `guard let`, a default, or a "
                            + "type that cannot be empty."
                    )
                }
            }
        )
    }

    @Test("Only the command line prints", arguments: ["print", "debugPrint", "dump", "NSLog"])
    func onlyTheCommandLinePrints(word: String) {
        expectNone(
            Self.faults(
                word: word,
                in: { $0 != "gatehouse" },
                where: { $0.after == UInt8(ascii: "(") && $0.before != UInt8(ascii: ".") },
                advice: "return the text, or log it: standard output belongs to the commands."
            )
        )
    }

    @Test("Types are not forged", arguments: ["unsafeBitCast", "unsafeDowncast"])
    func typesAreNotForged(word: String) {
        expectNone(
            Self.faults(
                word: word,
                in: { _ in true },
                advice: "name the conversion: `init(bitPattern:)`, a checked cast, or a wrapper."
            )
        )
    }

    @Test("Bodies are opened to other modules only where a benchmark asked for it")
    func inliningIsRare() {
        expectNone(
            Self.faults(
                word: "inlinable",
                in: { !["Bytes", "HTTP"].contains($0) },
                advice: "is for Bytes and the fields of HTTP. `public` alone is right elsewhere: "
                    + "release builds optimise across modules."
            )
        )
    }

    @Test("Unsafe code lives in seven modules, and where HTTP wraps libnghttp2")
    func unsafeLivesInSevenModules() {
        let wrapper = "Sources/HTTP/HTTP2/"
        expectNone(
            Self.faults(
                word: "unsafe",
                in: { !Self.unsafeModules.contains($0) },
                advice: "move the call into the wrapper below (\(Self.unsafeModules.sorted()), "
                    + "\(wrapper))."
            ).filter { !$0.path.hasPrefix(wrapper) }
        )
    }

    @Test("Every unsafe file says why it holds")
    func unsafeFilesSayWhy() {
        let silent = Self.sources.filter {
            !$0.words.lines(of: "unsafe").isEmpty && !$0.file.text.contains("// SAFETY")
        }
        expectNone(
            silent.map {
                Fault(
                    path: $0.file.path,
                    line: $0.words.lines(of: "unsafe").first ?? 0,
                    advice: "uses `unsafe` and never says why that holds. Write `// SAFETY:` and "
                        + "the reason above the use."
                )
            }
        )
    }

    @Test("At most three places vouch for their own thread safety")
    func uncheckedIsCounted() {
        var found: [Fault] = []
        for source in Self.sources {
            let allowed = ["TLS", "Cryptography", "Outbound"].contains(source.module)
            for (index, word) in source.words.words.enumerated() {
                let isIsolation =
                    word.text == "nonisolated" && word.after == UInt8(ascii: "(")
                    && source.words.words.dropFirst(index + 1).first?.text == "unsafe"
                let isVouched = word.text == "unchecked" && word.before == UInt8(ascii: "@")
                guard isVouched || isIsolation else { continue }
                let place = allowed ? "is one of the counted places" : "is not for this module"
                found.append(
                    Fault(
                        path: source.file.path,
                        line: word.line,
                        advice: "\(place): keep the value in one thread, or make it a `Mutex` or "
                            + "an `Atomic`. OpenSSL's context, its key handle and curl are the three."
                    )
                )
            }
        }
        expectNone(found.filter { $0.advice.hasPrefix("is not") })
        expectNone(found.count > 3 ? found : [])
    }

    @Test("The optimiser never removes a check")
    func checksStayOn() throws {
        let places = ["Package.swift", "Makefile", ".ci/run", "deploy/Dockerfile"]
        let flag = "-O" + "unchecked"
        expectNone(
            places.compactMap { Tree.house.file($0) }.filter { $0.text.contains(flag) }.map {
                Fault(
                    path: $0.path,
                    advice: "\(flag) gained nothing when measured and removed a call that stood "
                        + "in a `precondition`: take it out."
                )
            }
        )
    }

    @Test("The code holds no reminders")
    func noReminders() {
        let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"]
        let files = Tree.house.files.filter {
            $0.path.hasPrefix("Sources/") || $0.path.hasPrefix("Tests/")
        }
        var faults: [Fault] = []
        for file in files where file.path.hasSuffix(".swift") {
            guard words.contains(where: { file.text.contains($0) }) else { continue }
            for (index, line) in file.text.split(separator: "\n", omittingEmptySubsequences: false)
                .enumerated()
            where words.contains(where: { line.contains($0) }) {
                faults.append(
                    Fault(
                        path: file.path,
                        line: index + 1,
                        advice: "a reminder. Do it now, or file an issue and say in the comment "
                            + "what holds today."
                    )
                )
            }
        }
        expectNone(faults)
    }
}
