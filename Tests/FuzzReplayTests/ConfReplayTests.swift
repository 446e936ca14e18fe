import Bytes
import FuzzTargets
import Glibc
import Testing

/// Replays the committed inputs of the conf's fuzzer.
@Suite
struct ConfReplayTests {
    @Test
    func corpusPasses() {
        let directory =
            String("\(#filePath)".dropLast("ConfReplayTests.swift".count)) + "Corpora/conf"
        let inputs = Self.inputs(in: directory)
        #expect(inputs.count >= 10)
        for input in inputs {
            fuzzConf(input.span)
        }
    }

    private static func inputs(in directory: String) -> [[UInt8]] {
        // SAFETY: names are copied before the next `readdir`, and the stream is closed once.
        guard let stream = unsafe opendir(directory) else { return [] }
        defer { unsafe _ = closedir(stream) }
        var inputs: [[UInt8]] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe String(
                    cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self)
                )
            }
            guard !name.hasPrefix("."), let file = unsafe fopen("\(directory)/\(name)", "r") else {
                continue
            }
            var bytes = [UInt8](repeating: 0, count: 1 << 20)
            let count = unsafe fread(&bytes, 1, bytes.count, file)
            unsafe fclose(file)
            inputs.append(Array(bytes.prefix(count)))
        }
        return inputs
    }
}
