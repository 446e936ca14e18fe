import Bytes
import Glibc

/// What the system knows about this process: read when the metrics are, not before.
internal struct ProcessSample {
    /// Bytes of memory in use, or `nil` where `/proc` cannot be read.
    internal let residentSize: UInt64?
    /// Descriptors that are open.
    internal let descriptorCount: Int?
    /// Nanoseconds of processor time, all threads, user and system together.
    internal let processorTime: UInt64?

    internal init() {
        residentSize = Self.readResidentSize()
        // One of them is the listing's own.
        descriptorCount = File.entryCount(ofDirectory: "/proc/self/fd").map { max(0, $0 - 1) }
        processorTime = Self.readProcessorTime()
    }

    /// The second word of `/proc/self/statm`, in pages.
    private static func readResidentSize() -> UInt64? {
        guard let words = readWords(of: "/proc/self/statm"), words.count > 1 else { return nil }
        return number(words[1]).map { $0 &* UInt64(max(1, sysconf(Int32(_SC_PAGESIZE)))) }
    }

    /// The twelfth and thirteenth words behind the name in `/proc/self/stat`, in clock ticks.
    private static func readProcessorTime() -> UInt64? {
        guard let words = readWords(of: "/proc/self/stat"),
            let name = words.lastIndex(where: { $0.last == UInt8(ascii: ")") }),
            words.count > name + 13,
            let user = number(words[name + 12]),
            let system = number(words[name + 13])
        else { return nil }
        let ticks = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        return (user &+ system) &* (1_000_000_000 / ticks)
    }

    private static func number(_ word: [UInt8]) -> UInt64? {
        let digits = word.span
        return digits.decimalValue()
    }

    private static func readWords(of path: String) -> [[UInt8]]? {
        var buffer = ByteBuffer(capacity: 4096)
        do throws(FileFault) {
            let file = try File(reading: path)
            while try file.read(atMost: 4096, into: &buffer) > 0 {}
        } catch {
            return nil
        }
        return buffer.bytes.copied().split { $0 == 0x20 || $0 == 0x0A }.map { [UInt8]($0) }
    }
}
