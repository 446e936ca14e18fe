import Bytes
import HTTP
import Testing

@Suite("Dates")
struct DateTests {
    @Test(
        "A second is written as IMF-fixdate",
        arguments: [
            (Int64(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT"),
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (.max, "Fri, 31 Dec 9999 23:59:59 GMT"), (.min, "Mon, 01 Jan 0001 00:00:00 GMT"),
        ]
    )
    func formats(_ second: Int64, _ text: String) {
        #expect(HTTPDate(secondsSince1970: second).bytes.text() == text)
        var updated = HTTPDate(secondsSince1970: 1)
        updated.update(secondsSince1970: second)
        #expect(updated.bytes.text() == text)
        updated.update(secondsSince1970: second)
        #expect(updated.bytes.text() == text)
        var array: [UInt8] = []
        HTTPDate.append(secondsSince1970: second, to: &array)
        #expect(array == bytes(text))
        var buffer = ByteBuffer(capacity: 8)
        HTTPDate.append(secondsSince1970: second, to: &buffer)
        #expect(buffer.bytes.text() == text)
    }

    @Test("Every day of 400 years follows the one before")
    func everyDay() {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        var day = 0
        for year in 1970..<2370 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            for (month, length) in lengths.enumerated() {
                for date in 1...(month == 1 && isLeap ? 29 : length) {
                    let text = HTTPDate(secondsSince1970: Int64(day) * 86_400).bytes.text()
                    let padded = date < 10 ? "0\(date)" : "\(date)"
                    let wanted =
                        "\(weekdays[day % 7]), \(padded) \(months[month]) \(year) 00:00:00 GMT"
                    guard text == wanted else {
                        Issue.record("\(text) is not \(wanted)")
                        return
                    }
                    day += 1
                }
            }
        }
        #expect(day == 146_097)
    }

    @Test("Statuses have their phrases")
    func phrases() {
        #expect(StatusText.reason(200).description == "OK")
        #expect(StatusText.reason(431).description == "Request Header Fields Too Large")
        #expect(StatusText.reason(299).description == "")
        #expect(StatusText.reason(-1).description == "")
        for answered in [200, 204, 308, 400, 401, 403, 404, 405, 413, 414, 417, 429, 431, 501, 502]
        {
            #expect(StatusText.reason(answered).utf8CodeUnitCount > 0)
        }
    }
}
