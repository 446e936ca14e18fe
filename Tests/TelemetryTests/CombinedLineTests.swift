import Bytes
import Glibc
import Telemetry
import Testing

@Suite("A combined line")
struct CombinedLineTests {
    @Test("is what nginx writes")
    func golden() throws {
        let line = try write(format: .combined) { record in
            record.set(.client, text: "192.0.2.7")
            record.set(.time, number: 1_769_904_000_123_000_000)
            record.set(.method, literal: "GET")
            record.set(.path, text: "/a?b=c")
            record.set(.protocolName, literal: "HTTP/1.1")
            record.set(.status, number: 200)
            record.set(.bytesSent, number: 512)
            record.set(.referer, text: "https://a.test/")
            record.set(.userAgent, text: "curl/8 (x)")
            record.set(.verified, flag: true)
            record.set(.subject, text: "user 1")
        }
        let expected = #"""
            192.0.2.7 - user\x201 [01/Feb/2026:00:00:00 +0000] "GET /a?b=c HTTP/1.1" 200 512 "https://a.test/" "curl/8 (x)"
            """#
        #expect(try text(line) == expected)
    }

    @Test("shows dashes for what is absent, and no name that nobody proved")
    func absent() throws {
        let line = try write(format: .combined) { record in
            record.set(.verified, flag: false)
            record.set(.subject, text: "mallory")
        }
        #expect(
            try text(line) == #"- - - [01/Jan/1970:00:00:00 +0000] "- - -" 0 0 "-" "-""#
        )
    }

    @Test("cannot be given a second line or another field", arguments: RecordKey.allCases)
    func injection(key: RecordKey) throws {
        let junk = (UInt8.min...UInt8.max).map { $0 }
        let line = try write(format: .combined) { record in
            record.set(.verified, flag: true)
            if key != .verified {
                record.set(key, junk.span)
            }
        }
        #expect(line.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
        #expect(line.count { $0 == UInt8(ascii: "\"") } == 6)
    }

    @Test("names every day as the C library does")
    func calendar() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<20_000 {
            let seconds = Int64.random(in: -62_167_219_200...253_402_300_799, using: &generator)
            var moment = time_t(seconds)
            var broken = unsafe tm()
            // SAFETY: both structures are ours and live through the call.
            _ = unsafe gmtime_r(&moment, &broken)
            let time = CalendarTime(secondsSince1970: seconds)
            let expected = unsafe [
                broken.tm_year + 1900, broken.tm_mon + 1, broken.tm_mday, broken.tm_hour,
                broken.tm_min, broken.tm_sec,
            ].map { Int($0) }
            let named = [time.year, time.month, time.day, time.hour, time.minute, time.second]
            #expect(named == expected)
        }
        #expect(CalendarTime(secondsSince1970: .max).year == 9999)
        #expect(CalendarTime(secondsSince1970: .min).year == 0)
    }
}
