import EventLoop
import Testing

@testable import Configuration

/// Files, includes, bounds, and what diagnostics show of a line.
@Suite
struct SourceTests {
    private func load(
        _ files: InMemoryConfigurationFiles,
        path: String = "gateway.conf"
    )
        -> LoadedConfiguration
    {
        let loader = ConfigurationLoader(
            files: files,
            environment: [:],
            inspector: TrustingInspector(),
            processorCount: 1
        )
        return loader.load(path: path)
    }

    @Test
    func pathsBeginAtTheFileTheyStandIn() throws {
        var files = InMemoryConfigurationFiles()
        files.add(
            "etc/gateway.conf",
            "listen 127.0.0.1:1; include sub/../sub/*.conf; include /abs.conf;"
        )
        files.add("etc/sub/20.conf", "route /b { respond 200; access public; }")
        files.add("etc/sub/10.conf", "access_log log; include deep/x.conf;")
        files.add("etc/sub/.hidden.conf", "broken")
        files.add("etc/sub/notes.txt", "broken")
        files.add("etc/sub/deep/x.conf", "state_directory ../state;")
        files.add("/abs.conf", "error_log ./e.log;")
        let loaded = load(files, path: "etc/gateway.conf")
        let settings = try #require(loaded.settings, "\(loaded.diagnostics)")
        #expect(settings.accessLog?.destination == .file(path: "/conf/etc/sub/log"))
        #expect(settings.stateDirectory == "/conf/etc/sub/state")
        #expect(settings.errorLog.destination == .file(path: "/e.log"))
        let read = ["/conf/etc/gateway.conf", "/conf/etc/sub/10.conf", "/conf/etc/sub/deep/x.conf"]
        #expect(loaded.files == read + ["/conf/etc/sub/20.conf", "/abs.conf"])
    }

    @Test
    func diagnosticsNameTheFileAsTheUserKnowsIt() throws {
        var files = InMemoryConfigurationFiles()
        files.add("etc/gateway.conf", "include sub/*.conf;")
        files.add("etc/sub/a.conf", "\n  scoep x;")
        let diagnostic = try #require(load(files, path: "etc/gateway.conf").diagnostics.last)
        let expected = """
            etc/sub/a.conf:2:3: error: unknown directive `scoep`
                scoep x;
                ^~~~~
              hint: did you mean `scope`? it may stand in `provider`, `route`, `method`

            """
        #expect(diagnostic.rendered() == expected)
    }

    @Test
    func missingFileIsADiagnostic() {
        let loaded = load(InMemoryConfigurationFiles())
        #expect(loaded.settings == nil)
        let rendered = loaded.diagnostics.map { $0.rendered() }
        let expected = "gateway.conf:1:1: error: cannot read gateway.conf: there is no such file\n"
        #expect(rendered.contains(expected), "\(rendered)")
    }

    @Test
    func includesAreBounded() {
        var files = InMemoryConfigurationFiles()
        files.add("gateway.conf", "include 0.conf;")
        for index in 0..<40 { files.add("\(index).conf", "include \(index + 1).conf;") }
        let deep = load(files).diagnostics.map(\.message)
        #expect(deep.contains("includes nest deeper than 16"))
        files.add("0.conf", String(repeating: "include wide.conf;\n", count: 300))
        files.add("wide.conf", "")
        let wide = load(files)
        #expect(wide.diagnostics.contains { $0.message.hasPrefix("more than 256 files") })
        #expect(wide.settings == nil)
    }

    @Test
    func sizesAreBounded() {
        var files = InMemoryConfigurationFiles()
        files.add("gateway.conf", String(repeating: "#", count: (1 << 20) + 1))
        #expect(load(files).diagnostics.first?.message.contains("larger than 1048576") == true)
    }

    @Test
    func nestingIsBounded() {
        var files = InMemoryConfigurationFiles()
        files.add("gateway.conf", String(repeating: "a {", count: 50_000))
        let open = load(files).diagnostics
        #expect(open.contains { $0.message == "blocks nest deeper than 8" })
        files.add("gateway.conf", String(repeating: "(", count: 50_000))
        #expect(load(files).settings == nil)
        files.add("gateway.conf", String(repeating: "}", count: 50_000))
        #expect(load(files).settings == nil)
    }

    @Test
    func faultsAreBoundedAndStillErrors() throws {
        var files = InMemoryConfigurationFiles()
        let routes = (0..<1_200).map { "route /\($0) { upstream u; access public; }\n" }.joined()
        let text = "listen 127.0.0.1:1; upstream u { server a; }\n" + routes + "zzzzzzzzzz;"
        files.add("gateway.conf", text)
        let loaded = load(files)
        #expect(loaded.diagnostics.count == 1_001)
        #expect(loaded.settings == nil && loaded.errorCount > 0)
        let last = try #require(loaded.diagnostics.last)
        #expect(last.message.hasSuffix("more faults are not shown"))
    }

    @Test
    func longLinesAreShownInPart() throws {
        let filler = String(repeating: "é", count: 3_000)
        let text = "state_directory \(filler); scoep; state_directory \(filler);"
        var files = InMemoryConfigurationFiles()
        files.add("gateway.conf", text)
        let found = load(files).diagnostics.first { $0.message == "unknown directive `scoep`" }
        let diagnostic = try #require(found)
        #expect(diagnostic.column == 3_019)
        #expect(diagnostic.excerpt.utf8.count <= 170)
        let lines = diagnostic.rendered().split(separator: "\n")
        let caret = try #require(lines[2].firstIndex(of: "^"))
        let offset = lines[2].distance(from: lines[2].startIndex, to: caret)
        #expect(lines[1].dropFirst(offset).hasPrefix("scoep"))
    }

    @Test
    func tabsAndLettersAreCountedAsShown() throws {
        var files = InMemoryConfigurationFiles()
        files.add("gateway.conf", "\tstate_directory \"äöü\"; wokers 2;\r\n")
        let found = load(files).diagnostics.first { $0.message == "unknown directive `wokers`" }
        let diagnostic = try #require(found)
        #expect(diagnostic.line == 1 && diagnostic.column == 25 && diagnostic.length == 6)
        #expect(diagnostic.excerpt == " state_directory \"äöü\"; wokers 2;")
    }

    @Test
    func noSecretIsEverShown() {
        let secret = "correct-horse-battery-staple"
        let lines = [
            "secret \(secret);", "secret \"\(secret)\";", "secret \"\(secret);",
            "secrte \(secret) x",
            "secret x \(secret);", "secret x=\(secret) y;", "SECRET '\(secret)'",
            "secret \(secret) { audience a; }", "secret any(\(secret));",
        ]
        for line in lines {
            var files = InMemoryConfigurationFiles()
            let text = "listen 127.0.0.1:1;\nissuer a {\n    \(line)\n}\nroute / { respond 200; }\n"
            files.add("gateway.conf", text, mode: 0o644)
            let loaded = load(files)
            #expect(loaded.settings == nil)
            for diagnostic in loaded.diagnostics {
                #expect(!diagnostic.rendered().contains(secret), "\(line)")
            }
        }
        #expect("\(SecretBytes(Array(secret.utf8)))" == "(secret)")
        var dumped = ""
        dump(SecretBytes(Array(secret.utf8)), to: &dumped)
        #expect(!dumped.contains("99"))
    }

    @Test
    func realFilesAreRead() throws {
        let files = SystemConfigurationFiles()
        let directory = GoldenFiles.directory + "/Golden"
        #expect(files.workingDirectory.hasPrefix("/"))
        #expect(files.names(inDirectory: directory).sorted() == ["bad", "good", "parts"])
        #expect(files.facts(of: directory)?.isDirectory == true)
        #expect(files.facts(of: directory + "/none") == nil)
        let bytes = try files.read(directory + "/parts/loop.conf", sizeMax: 100)
        #expect(bytes == Array("include loop.conf;\n".utf8))
        #expect(throws: FileFault.missing) {
            try files.read(directory + "/none", sizeMax: 100)
        }
        #expect(throws: FileFault.tooLarge(sizeMax: 3)) {
            try files.read(directory + "/parts/loop.conf", sizeMax: 3)
        }
        #expect(throws: FileFault.self) { try files.read(directory, sizeMax: 100) }
        let loader = ConfigurationLoader(
            files: files,
            environment: [:],
            inspector: TrustingInspector()
        )
        #expect(loader.load(path: directory + "/good/smallest.conf").settings != nil)
    }

    @Test
    func patternsMatchNames() {
        #expect(PathPattern.matches("a.conf", pattern: "*.conf"))
        #expect(PathPattern.matches("a.conf", pattern: "?.c*f"))
        #expect(PathPattern.matches("", pattern: "*"))
        #expect(!PathPattern.matches(".a.conf", pattern: "*.conf"))
        #expect(PathPattern.matches(".a.conf", pattern: ".*"))
        #expect(!PathPattern.matches("a.confx", pattern: "*.conf"))
        #expect(!PathPattern.matches("ab", pattern: "?"))
        let name = String(repeating: "a", count: 200)
        #expect(!PathPattern.matches(name, pattern: String(repeating: "*a", count: 100) + "b"))
    }

    /// Bytes exchanged, cut and doubled at random never trap, and always end as one or the other.
    @Test(arguments: 0..<4)
    func changedConfsAreSettingsOrDiagnostics(seed: UInt64) {
        var random = seed &* 7_919 &+ 1
        func next(_ bound: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33) % max(bound, 1)
        }
        let signs = Array("{}();\"'\\#=\n\t *.,/%0a".utf8) + [0, 0x80, 0xFF, 0xC2, 0xE2]
        let confs =
            GoldenFiles.names("good").map { GoldenFiles.bytes("good/\($0).conf") }
            + GoldenFiles.names("bad").map { GoldenFiles.bytes("bad/\($0).conf") }
        for _ in 0..<300 {
            var bytes = confs[next(confs.count)]
            for _ in 0...next(4) where !bytes.isEmpty {
                let place = next(bytes.count)
                switch next(4) {
                case 0: bytes[place] = signs[next(signs.count)]
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(signs[next(signs.count)], at: place)
                default:
                    let end = min(bytes.count, place + next(60))
                    bytes.insert(contentsOf: bytes[place..<end], at: next(bytes.count))
                }
            }
            let loaded = GoldenFiles.load(bytes)
            let isOne = (loaded.settings != nil) == (loaded.errorCount == 0)
            #expect(isOne, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
            for diagnostic in loaded.diagnostics { #expect(!diagnostic.rendered().isEmpty) }
        }
    }
}
