import Bytes
import Telemetry

/// Writes records through a real log into a file, and reads the lines back.
func write(
    format: AccessLog.Format = .json,
    _ fill: (inout AccessRecord) -> Void
) throws -> [UInt8] {
    let directory = TemporaryDirectory()
    let path = directory.file("access.log")
    let log = try AccessLog(path: path, format: format, limits: .patient)
    let sink = log.makeSink()
    var record = AccessRecord()
    fill(&record)
    sink.append(record)
    sink.flush()
    precondition(log.flushAndClose())
    let all = try lines(of: path)
    precondition(all.count == 1)
    return all[0]
}

extension AccessRecord {
    /// Sets a text of the test's own.
    mutating func set(_ key: RecordKey, text: String) {
        let bytes = [UInt8](text.utf8)
        set(key, bytes.span)
    }

    /// A copy of a text as a string.
    func string(_ key: RecordKey) -> String { text(key).text() }
}

/// Numbers that are the same for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

extension AccessLogLimits {
    /// As in the gateway, and a minute for the last flush: no disk, however busy, fails a test.
    static let patient = {
        var limits = usual
        limits.closeTime = 60_000_000_000
        return limits
    }()
}
