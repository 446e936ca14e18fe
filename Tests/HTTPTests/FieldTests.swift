import Bytes
import HTTP
import Testing

@Suite("Fields")
struct FieldTests {
    @Test("Every known name finds itself, whatever its case", arguments: FieldName.allCases)
    func names(_ name: FieldName) {
        let lower = bytes("\(name.lowercaseName)")
        guard name != .other else {
            #expect(lower.isEmpty)
            return
        }
        #expect(FieldName(lower.span) == name)
        let upper = lower.map { ASCII.isLetter($0) ? $0 & 0xDF : $0 }
        #expect(FieldName(upper.span) == name)
        let longer = lower + [0x78]
        #expect(FieldName(longer.span) == .other)
        let shorter = Array(lower.dropLast())
        #expect(FieldName(shorter.span) == .other)
        for place in lower.indices {
            var changed = lower
            changed[place] ^= 1
            #expect(FieldName(changed.span) != name)
            // A blank or NUL where a hyphen was is no known name.
            changed[place] = lower[place] & 0x1F
            #expect(FieldName(changed.span) == .other)
        }
    }

    @Test("Few enough names for one word of bits")
    func fits() {
        #expect(FieldName.allCases.count <= 64)
        #expect(FieldName(bytes("").span) == .other)
        #expect(FieldName(bytes("x").span) == .other)
        #expect(FieldName([UInt8](repeating: 0x61, count: 300).span) == .other)
    }

    @Test("A block finds first and next, counts, and forgets")
    func block() {
        var block = FieldBlock()
        #expect(block.count == 0 && block.first(.cookie) == nil && block.byteCount == 0)
        block.append(name: bytes("Cookie").span, value: bytes("a=1").span)
        block.append(name: bytes("X-Mine").span, value: bytes("").span)
        block.appendKnown(.host, value: bytes("a.test").span)
        block.append(name: bytes("cOOKIE").span, value: bytes("b=2").span)
        #expect(block.count == 4)
        #expect(block.first(.cookie) == 0 && block.next(.cookie, after: 0) == 3)
        #expect(block.next(.cookie, after: 3) == nil && block.occurrences(of: .cookie) == 2)
        #expect(block.first(.host) == 2 && block.occurrences(of: .origin) == 0)
        #expect(block.first(.other) == 1)
        #expect(block.first(named: bytes("x-mine").span) == 1)
        #expect(block.first(named: bytes("cookie").span) == 0)
        #expect(block.next(named: bytes("cookie").span, after: 0) == 3)
        #expect(block.first(named: bytes("x-min").span) == nil)
        #expect(
            describe(block)
                == "{cookie/Cookie=a=1|other/X-Mine=|host/host=a.test|cookie/cOOKIE=b=2}"
        )
        #expect(block.byteCount == "Cookiea=1X-Minehosta.testcOOKIEb=2".utf8.count)
        block.removeAll()
        #expect(block.count == 0 && block.first(.cookie) == nil && block.byteCount == 0)
        block.append(name: bytes("origin").span, value: bytes("null").span)
        #expect(block.first(.origin) == 0 && block.first(.host) == nil)
    }

    @Test("A copy of a block is a value of its own")
    func copies() {
        var block = FieldBlock()
        block.appendKnown(.origin, value: bytes("a").span)
        let copy = block
        block.removeAll()
        block.appendKnown(.host, value: bytes("b").span)
        #expect(describe(copy) == "{origin/origin=a}")
        #expect(describe(block) == "{host/host=b}")
    }

    @Test("Lists are split at commas, empty elements skipped")
    func lists() {
        func elements(_ text: String) -> [String] {
            let list = bytes(text)
            var found: [String] = []
            var position = 0
            while let element = FieldSyntax.nextListElement(of: list.span, from: &position) {
                found.append(list.span.extracting(element).text())
            }
            return found
        }
        #expect(elements("") == [])
        #expect(elements(" , ,\t") == [])
        #expect(elements("a") == ["a"])
        #expect(elements("a,b , c d,") == ["a", "b", "c d"])
        #expect(FieldSyntax.listContains("upgrade", in: bytes("keep-alive, UPGRADE").span) == true)
        #expect(FieldSyntax.listContains("upgrade", in: bytes("upgrades").span) == false)
    }

    @Test("Names and values that may be written are told from those that may not")
    func syntax() {
        #expect(FieldSyntax.isToken(bytes("X-Mine_1").span) == true)
        for bad in ["", "a b", "a:", "a\r", "\u{E4}"] {
            #expect(FieldSyntax.isToken(bytes(bad).span) == false)
        }
        for good in ["", "a", "a b\tc", "\u{E4}"] {
            #expect(FieldSyntax.isValue(bytes(good).span) == true)
        }
        for bad in [" a", "a ", "\ta", "a\r\nb", "a\0", "\u{7F}"] {
            #expect(FieldSyntax.isValue(bytes(bad).span) == false)
        }
    }

    @Test(
        "Cookies are found by exact name",
        arguments: [
            ("a=1", "a", String?.some("1"), 1), ("a=1; b=2", "b", "2", 1), ("a=1;b=2", "b", "2", 1),
            ("a=1; A=2", "A", "2", 1), ("aa=1; a=2", "a", "2", 1), ("a=", "a", "", 1),
            ("a=b=c", "a", "b=c", 1), ("a=\"x\"", "a", "\"x\"", 1), ("a = 1 ", "a", "1", 1),
            ("a", "a", nil, 0), ("=a", "a", nil, 0), ("", "a", nil, 0), (";;; ;", "a", nil, 0),
            ("b=a=1", "a", nil, 0), ("a=1; a=2", "a", "1", 2), ("x; a=1; y", "a", "1", 1),
            ("b=\"; a=1; \"", "a", "1", 1),
        ]
    )
    func cookies(_ field: String, _ name: String, _ value: String?, _ count: Int) {
        let fieldBytes = bytes(field)
        let nameBytes = bytes(name)
        var found: String?
        if let span = CookieHeader.value(named: nameBytes.span, in: fieldBytes.span) {
            found = span.text()
        }
        #expect(found == value)
        #expect(CookieHeader.occurrences(of: nameBytes.span, in: fieldBytes.span) == count)
    }

    @Test(
        "A cookie is taken out, and nothing of it stays",
        arguments: [
            ("a=1", "", 0), ("a=1; b=2", "b=2", 1), ("b=2; a=1", "b=2", 1),
            ("b=2;a=1;c=3", "b=2; c=3", 2), ("a=1; a=2; b=3; a=4", "b=3", 1), ("b=2", "b=2", 1),
            ("a =1; b", "b", 1), ("A=1; aa=2; a", "A=1; aa=2; a", 3), (" ; ;", "", 0),
        ]
    )
    func removesCookie(_ field: String, _ rest: String, _ count: Int) {
        var written = bytes("Cookie: ")
        let kept = CookieHeader.append(bytes(field).span, without: bytes("a").span, to: &written)
        #expect(written == bytes("Cookie: " + rest))
        #expect(kept == count)
        #expect(CookieHeader.occurrences(of: bytes("a").span, in: bytes(rest).span) == 0)
    }
}
