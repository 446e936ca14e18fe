import Configuration
import Testing

/// Confs as files, each with what `check` must say of it, or with what it must mean.
@Suite
struct GoldenTests {
    @Test(arguments: GoldenFiles.names("bad"))
    func badConfIsRefusedAsExpected(name: String) {
        let loaded = GoldenFiles.load(GoldenFiles.bytes("bad/\(name).conf"), name: name)
        let found = loaded.diagnostics.map { $0.rendered() }.joined()
        if GoldenFiles.isUpdating {
            GoldenFiles.write(found, to: "bad/\(name).expected")
        }
        #expect(found == GoldenFiles.text("bad/\(name).expected"))
        #expect(loaded.settings == nil || name.hasPrefix("warning-") || name.hasPrefix("readable-"))
        #expect(!loaded.diagnostics.isEmpty)
    }

    @Test(arguments: GoldenFiles.names("good"))
    func goodConfMeansWhatIsExpected(name: String) throws {
        let loaded = GoldenFiles.load(GoldenFiles.bytes("good/\(name).conf"), name: name)
        let found = loaded.diagnostics.map { $0.rendered() }.joined()
        #expect(loaded.errorCount == 0, "\(found)")
        let settings = try #require(loaded.settings)
        let report = try #require(loaded.report)
        let text =
            (SettingsDump(settings).lines + [""] + report.lines).joined(separator: "\n") + "\n"
        if GoldenFiles.isUpdating {
            GoldenFiles.write(text, to: "good/\(name).expected")
        }
        #expect(text == GoldenFiles.text("good/\(name).expected"))
    }

    @Test
    func enoughConfsStandHere() {
        #expect(GoldenFiles.names("bad").count >= 25)
        #expect(GoldenFiles.names("good").count >= 3)
    }

    /// A file that was cut anywhere is still read to its end: it means something or is told why not.
    @Test(
        arguments: GoldenFiles.names("good").map { "good/\($0)" }
            + GoldenFiles.names("bad").map { "bad/\($0)" }
    )
    func confCutAtEveryByteIsSettingsOrDiagnostics(path: String) {
        let whole = GoldenFiles.bytes("\(path).conf")
        for count in 0..<whole.count {
            let loaded = GoldenFiles.load(Array(whole.prefix(count)))
            #expect((loaded.settings != nil) == (loaded.errorCount == 0))
            #expect(loaded.settings != nil || !loaded.diagnostics.isEmpty)
            for diagnostic in loaded.diagnostics {
                #expect(diagnostic.line >= 1 && diagnostic.column >= 1)
                #expect(diagnostic.rendered().hasSuffix("\n"))
            }
        }
    }
}
