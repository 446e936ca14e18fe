import Bytes
import Telemetry
import Testing

@Suite("A record")
struct AccessRecordTests {
    @Test("keeps what was set last, of each kind")
    func replaces() {
        var record = AccessRecord()
        record.set(.status, text: "text")
        record.set(.status, number: 200)
        #expect(record.number(.status) == 200)
        #expect(record.string(.status) == "")
        record.set(.status, literal: "later")
        #expect(record.number(.status) == nil)
        #expect(record.string(.status) == "later")
        record.set(.verified, flag: true)
        let held = RecordKey.allCases.filter { record.holds($0) }
        #expect(held == [.status, .verified])
    }

    @Test("forgets everything at a reset")
    func resets() {
        var record = AccessRecord()
        record.set(.path, text: "/a")
        record.set(.status, number: 1)
        record.set(.verified, flag: false)
        record.reset()
        let held = RecordKey.allCases.filter { record.holds($0) }
        #expect(held.isEmpty)
        record.set(.host, text: "b")
        #expect(record.string(.host) == "b")
    }

    @Test("appends to the last text and to one that lies before others")
    func appends() {
        var record = AccessRecord()
        let tail = [UInt8]("?x=1".utf8)
        record.append(.path, tail.span)
        #expect(record.string(.path) == "?x=1")
        record.set(.path, literal: "/a")
        record.append(.path, tail.span)
        #expect(record.string(.path) == "/a?x=1")
        record.set(.host, text: "h")
        record.append(.path, tail.span)
        #expect(record.string(.path) == "/a?x=1?x=1")
        #expect(record.string(.host) == "h")
    }

    @Test("cuts a text at its limit, between letters, and shows that it did", arguments: 0..<4)
    func cuts(shift: Int) throws {
        var record = AccessRecord()
        let long = String(repeating: "a", count: shift) + String(repeating: "\u{1F600}", count: 100)
        record.set(.keyID, text: long)
        let kept = record.text(.keyID).copied()
        let read = try text(kept)
        #expect(read.hasSuffix("\u{2026}"))
        #expect(kept.count <= RecordKey.keyID.textSizeMax + 3)
        #expect(kept.count > RecordKey.keyID.textSizeMax - 4)
        #expect(long.hasPrefix(read.dropLast()))
    }

    @Test("takes nothing more for a text that was cut")
    func appendsNothingBeyondTheLimit() {
        var record = AccessRecord()
        let block = [UInt8](repeating: 0x61, count: 100)
        for _ in 0..<1000 {
            record.append(.keyID, block.span)
        }
        #expect(record.text(.keyID).count == RecordKey.keyID.textSizeMax + 3)
        let exact = [UInt8](repeating: 0x61, count: RecordKey.keyID.textSizeMax)
        record.set(.keyID, exact.span)
        #expect(record.text(.keyID).copied() == exact)
        // One that just fits is not whole either when more was to follow.
        record.append(.keyID, block.span)
        #expect(record.text(.keyID).copied() == exact + Array("\u{2026}".utf8))
    }

    @Test("cuts bytes that are no letters without looking for one")
    func cutsContinuationBytes() {
        var record = AccessRecord()
        let junk = [UInt8](repeating: 0x80, count: 5000)
        record.set(.keyID, junk.span)
        #expect(record.text(.keyID).count == RecordKey.keyID.textSizeMax - 4 + 3)
    }

    @Test("names its fields in snake case, each once")
    func names() {
        let names = RecordKey.allCases.map { "\($0.jsonName)" }
        #expect(Set(names).count == names.count)
        #expect(
            names.prefix(7) == [
                "time", "request_id", "client", "method", "host", "path", "protocol",
            ]
        )
        for name in names {
            #expect(name.allSatisfy { $0 == "_" || $0.isLowercase })
        }
    }
}
