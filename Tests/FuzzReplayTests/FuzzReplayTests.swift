import Bytes
import FuzzTargets
import Glibc
import Testing

/// One folder of inputs, and the fuzz target that they belong to.
private struct Corpus: Sendable, CustomTestStringConvertible {
    let name: String
    let replay: @Sendable (Span<UInt8>) -> Void

    var testDescription: String { name }
}

/// Replays every input that a fuzzer found worth keeping, so that what was once fixed stays fixed.
///
/// A target traps when one of its invariants breaks; a test run that dies here names the target in
/// the line that it printed last.
@Suite("Fuzz corpora")
struct FuzzReplayTests {
    private static let corpora = [
        Corpus(name: "head") { fuzzHead($0) },
        Corpus(name: "chunk") { fuzzChunk($0) },
        Corpus(name: "conf") { fuzzConf($0) },
        Corpus(name: "http2") { fuzzHTTP2($0) },
        Corpus(name: "keyset") { fuzzKeySet($0) },
        Corpus(name: "target") { fuzzTarget($0) },
        Corpus(name: "token") { fuzzToken($0) },
    ]

    @Test("Every input holds its target's invariants", arguments: corpora)
    private func replays(_ corpus: Corpus) {
        let files = entries(of: Self.directory + "/" + corpus.name)
        #expect(!files.isEmpty, "the corpus \(corpus.name) is empty")
        for file in files {
            let input = contents(of: Self.directory + "/" + corpus.name + "/" + file)
            corpus.replay(input.span)
        }
    }

    @Test("Every prefix of every input of a wire grammar holds them too", arguments: corpora)
    private func replaysPrefixes(_ corpus: Corpus) {
        for file in entries(of: Self.directory + "/" + corpus.name) {
            let input = contents(of: Self.directory + "/" + corpus.name + "/" + file)
            #expect(input.count < 65_536, "\(file) is larger than a corpus needs")
            for end in 0...min(input.count, 256) {
                corpus.replay(input.span.extracting(0..<end))
            }
        }
    }

    @Test("Every folder of inputs has its target")
    func everyFolderIsReplayed() {
        #expect(entries(of: Self.directory).sorted() == Self.corpora.map(\.name).sorted())
    }

    /// Where the corpora lie: beside this file.
    private static let directory: String = {
        let path = #filePath
        let end = path.lastIndex(of: "/") ?? path.startIndex
        return path[..<end] + "/Corpora"
    }()

    /// The names in a directory, those with a dot first left out, sorted.
    private func entries(of path: String) -> [String] {
        guard let stream = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") {
                names.append(name)
            }
        }
        return names.sorted()
    }

    private func contents(of path: String) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY)
        guard descriptor >= 0 else {
            Issue.record("\(path) cannot be read")
            return []
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe read(descriptor, &block, block.count)
            guard count > 0 else { return bytes }
            bytes += block[..<count]
        }
    }
}
