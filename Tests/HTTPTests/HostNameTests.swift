import Bytes
import HTTP
import Testing

@Suite("Host names")
struct HostNameTests {
    @Test(
        "Valid ones, their port, and the one form that routes compare",
        arguments: [
            ("a.test", UInt16?.none, "a.test"), ("A.Test", nil, "a.test"),
            ("a.test.", nil, "a.test"), ("A.TEST.:8080", 8080, "a.test"), ("a", nil, "a"),
            ("localhost:1", 1, "localhost"), ("a.test:65535", 65_535, "a.test"),
            ("a.test:0080", 80, "a.test"), ("127.0.0.1:80", 80, "127.0.0.1"),
            ("a_b.test", nil, "a_b.test"), ("xn--bcher-kva.test", nil, "xn--bcher-kva.test"),
            ("-a.test", nil, "-a.test"), ("[::1]", nil, "[::1]"), ("[::]:80", 80, "[::]"),
            ("[2001:DB8::1]:443", 443, "[2001:db8::1]"),
            ("[1:2:3:4:5:6:7:8]", nil, "[1:2:3:4:5:6:7:8]"),
            ("[::ffff:1.2.3.4]", nil, "[::ffff:1.2.3.4]"), ("[1::]", nil, "[1::]"),
            ("[1:2:3:4:5:6:1.2.3.4]", nil, "[1:2:3:4:5:6:1.2.3.4]"),
            ("[::1.2.3.4]", nil, "[::1.2.3.4]"),
            ("[1:2:3:4:5:6:7::]", nil, "[1:2:3:4:5:6:7::]"),
        ]
    )
    func valid(_ text: String, _ port: UInt16?, _ normalized: String) {
        let authority = bytes(text)
        #expect(HostName.isValid(authority.span) == true)
        #expect(HostName.port(of: authority.span) == port)
        var form: [UInt8] = []
        HostName.appendNormalized(authority.span, to: &form)
        #expect(form == bytes(normalized))
        // The form is its own form.
        var again: [UInt8] = []
        HostName.appendNormalized(form.span, to: &again)
        #expect(again == form)
        let host = HostName.withoutPort(authority.span)
        #expect(host.count <= authority.count && HostName.port(of: host) == nil)
    }

    @Test(
        "Refused ones",
        arguments: [
            "", ".", "..", ".a", "a..b", "a..", "a b", " a", "a ", "a:", "a:0", "a:65536", "a:-1",
            "a:+1", "a:1x", "a:1:2", "a:000080", ":80", ":", "u@a", "u:p@a", "@a", "a/b", "a\\b",
            "a?b", "a#b", "a%41", "a%00b", "a,b", "a;b", "a'b", "a\"b", "<a>", "a~b", "a!b", "a*b",
            "*.a", "a\tb", "a\0b", "\u{E4}.test", "[", "]", "[]", "[::1", "::1", "1::2:3", "[::1]x",
            "[::1]:", "[::1]:x", "[::1]:0", "[::1%25eth0]", "[::1%eth0]", "[v1.a]", "[1:2]",
            "[:::]",
            "[1:::2]", "[::1::]", "[1:2:3:4:5:6:7:8:9]", "[1:2:3:4:5:6:7::8]", "[12345::]", "[g::]",
            "[:1]", "[1:]", "[1.2.3.4]", "[::1.2.3]", "[::1.2.3.256]", "[::01.2.3.4]",
            "[::1.2.3.4:1]",
            "[::1.2.3.4.]", "[1:2:3:4:5:6:7:1.2.3.4]", "[ ::1]", "[a.test]", "[[::1]]",
            String(repeating: "a", count: 255),
        ]
    )
    func refused(_ text: String) {
        #expect(HostName.isValid(bytes(text).span) == false)
    }

    @Test("A name may be as long as DNS can hold, and no longer")
    func length() {
        let label = String(repeating: "a", count: 49) + "."
        let longest = String(repeating: label, count: 5) + "abc."
        #expect(longest.utf8.count == 254)
        #expect(HostName.isValid(bytes(longest).span) == true)
        #expect(HostName.isValid(bytes("b" + longest).span) == false)
    }
}
