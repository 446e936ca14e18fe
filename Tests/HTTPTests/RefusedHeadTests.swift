import Bytes
import HTTP
import Testing

/// One head that must be refused, and why.
struct RefusedHead: CustomTestStringConvertible, Sendable {
    let clause: String
    let text: String
    let fault: ParseFault

    init(_ clause: String, _ text: String, _ fault: ParseFault) {
        self.clause = clause
        self.text = text
        self.fault = fault
    }

    var testDescription: String { "\(clause): \(text.debugDescription)" }
}

private let host = "Host: a.test\r\n"

private func get(_ fields: String) -> String {
    "GET / HTTP/1.1\r\n" + host + fields + "\r\n"
}

private func post(_ fields: String) -> String {
    "POST / HTTP/1.1\r\n" + host + fields + "\r\n"
}

private func target(_ target: String, method: String = "GET") -> String {
    "\(method) \(target) HTTP/1.1\r\n" + host + "\r\n"
}

private func hostField(_ value: String) -> String {
    "GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n"
}

private let refusedLines: [RefusedHead] = [
    .init("9112 2.2 bare LF", "GET / HTTP/1.1\nHost: a.test\n\n", .bareLineFeed),
    .init(
        "9112 2.2 bare LF in fields",
        "GET / HTTP/1.1\r\nHost: a.test\nA: b\r\n\r\n",
        .bareLineFeed
    ),
    .init("9112 2.2 bare LF at the end", "GET / HTTP/1.1\r\nHost: a.test\r\n\n", .bareLineFeed),
    .init("9112 2.2 leading LF", "\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n", .bareLineFeed),
    .init("9112 2.2 bare CR", get("A: b\rc\r\n"), .bareCarriageReturn),
    .init("9112 2.2 bare CR at a value's end", get("A: b\r\r\n"), .bareCarriageReturn),
    .init("9112 2.2 bare CR in the line", "GET /\r HTTP/1.1\r\n\r\n", .bareCarriageReturn),
    .init("9112 2.2 leading CR", "\rGET / HTTP/1.1\r\n\r\n", .bareCarriageReturn),
    .init("9112 2.2 CR for CRLF", "GET / HTTP/1.1\rHost: a.test\r\r", .bareCarriageReturn),
    .init("9112 2.2 two empty lines", "\r\n\r\nGET / HTTP/1.1\r\n\r\n", .malformedRequestLine),
    .init(
        "9112 2.2 blank before the first field",
        "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        .obsoleteFold
    ),
    .init("9112 5.2 obs-fold", get("A: b\r\n c\r\n"), .obsoleteFold),
    .init("9112 5.2 obs-fold with tab", get("A: b\r\n\tc\r\n"), .obsoleteFold),
    .init("9112 5.2 obs-fold of nothing", get("A: b\r\n \r\n"), .obsoleteFold),
    .init("9112 5.1 space before the colon", get("A : b\r\n"), .spaceBeforeColon),
    .init("9112 5.1 tab before the colon", get("A\t: b\r\n"), .spaceBeforeColon),
    .init("9112 5.1 blanks before the colon", get("Content-Length \t : 5\r\n"), .spaceBeforeColon),
    .init("9110 5.1 no colon", get("Abc\r\n"), .malformedFieldName),
    .init("9110 5.1 two words, no colon", get("A b\r\n"), .malformedFieldName),
    .init("9110 5.1 no name", get(": b\r\n"), .malformedFieldName),
    .init("9110 5.1 name in parentheses", get("A(b): c\r\n"), .malformedFieldName),
    .init("9110 5.1 name with a slash", get("A/b: c\r\n"), .malformedFieldName),
    .init("9110 5.1 name beyond ASCII", get("\u{E4}: c\r\n"), .malformedFieldName),
    .init("9110 5.1 quoted name", get("\"Host\": c\r\n"), .malformedFieldName),
    .init("9110 5.5 NUL in a value", get("A: b\0c\r\n"), .controlCharacter),
    .init("9110 5.5 NUL in a name", get("A\0: b\r\n"), .controlCharacter),
    .init("9110 5.5 DEL in a value", get("A: b\u{7F}\r\n"), .controlCharacter),
    .init("9110 5.5 vertical tab", get("A: \u{B}b\r\n"), .controlCharacter),
    .init("9110 5.5 form feed", get("A: \u{C}b\r\n"), .controlCharacter),
    .init("9110 5.5 escape", get("A: \u{1B}[2J\r\n"), .controlCharacter),
    .init(
        "9110 5.5 backspace in a coding",
        post("Transfer-Encoding: \u{8}chunked\r\n"),
        .controlCharacter
    ),
    .init("9110 5.5 NUL in the target", "GET /\0 HTTP/1.1\r\n\r\n", .controlCharacter),
    .init("8446 a TLS hello on a plain port", "\u{16}\u{3}\u{1}\u{2}\0", .controlCharacter),
]

private let refusedRequestLines: [RefusedHead] = [
    .init("9112 3 empty method", " / HTTP/1.1\r\n\r\n", .malformedRequestLine),
    .init("9112 3 one word", "GET\r\n\r\n", .malformedRequestLine),
    .init("1945 5 HTTP/0.9", "GET /\r\n", .malformedRequestLine),
    .init("9112 3 no target", "GET  HTTP/1.1\r\n\r\n", .malformedRequestLine),
    .init("9112 3 two spaces before the target", "GET  / HTTP/1.1\r\n\r\n", .malformedRequestLine),
    .init("9112 3 two spaces after the target", "GET /  HTTP/1.1\r\n\r\n", .malformedVersion),
    .init("9112 3 space after the version", "GET / HTTP/1.1 \r\n\r\n", .malformedVersion),
    .init("9112 3 tab for space", "GET\t/\tHTTP/1.1\r\n\r\n", .malformedMethod),
    .init("9112 3 tab before the version", "GET /\tHTTP/1.1\r\n\r\n", .malformedRequestLine),
    .init("9112 3 space in the target", "GET /a b HTTP/1.1\r\n\r\n", .malformedVersion),
    .init("9112 3 leading space", " GET / HTTP/1.1\r\n\r\n", .malformedRequestLine),
    .init("9112 3.1 method with a bracket", "G[T / HTTP/1.1\r\n\r\n", .malformedMethod),
    .init("9112 3.1 method with a colon", "GET: / HTTP/1.1\r\n\r\n", .malformedMethod),
    .init("9112 3.1 method beyond ASCII", "G\u{C9}T / HTTP/1.1\r\n\r\n", .malformedMethod),
    .init("9112 2.3 lower case", "GET / http/1.1\r\n\r\n", .malformedVersion),
    .init("9112 2.3 no digits", "GET / HTTP/x.y\r\n\r\n", .malformedVersion),
    .init("9112 2.3 two digits", "GET / HTTP/1.10\r\n\r\n", .malformedVersion),
    .init("9112 2.3 no minor", "GET / HTTP/1\r\n\r\n", .malformedVersion),
    .init("9112 2.3 comma", "GET / HTTP/1,1\r\n\r\n", .malformedVersion),
    .init("9112 2.3 sign", "GET / HTTP/+1.1\r\n\r\n", .malformedVersion),
    .init("9112 2.3 other protocol", "GET / ICY/1.1\r\n\r\n", .malformedVersion),
    .init("9110 2.5 version 1.2", "GET / HTTP/1.2\r\n\r\n", .unsupportedVersion),
    .init("9110 2.5 version 0.9", "GET / HTTP/0.9\r\n\r\n", .unsupportedVersion),
    .init("9110 2.5 version 2.0", "GET / HTTP/2.0\r\n\r\n", .unsupportedVersion),
    .init("9110 2.5 version 3.0", "GET / HTTP/3.0\r\n\r\n", .unsupportedVersion),
    .init("9113 3.4 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .http2Preface),
]

private let refusedTargets: [RefusedHead] = [
    .init("9112 3.2 no slash", target("a/b"), .malformedTarget),
    .init("9112 3.2 host as target", target("a.test"), .malformedTarget),
    .init("9112 3.2 query only", target("?a"), .malformedTarget),
    .init("9112 3.2 backslash first", target("\\a"), .malformedTarget),
    .init("9112 3.2.4 asterisk for GET", target("*"), .malformedTarget),
    .init("9112 3.2.4 asterisk and more", target("*x", method: "OPTIONS"), .malformedTarget),
    .init("9112 3.2.4 asterisk and query", target("*?x", method: "OPTIONS"), .malformedTarget),
    .init("9112 3.2 fragment", target("/a#b"), .malformedTarget),
    .init("3986 2 raw byte beyond ASCII", target("/\u{E4}"), .malformedTarget),
    .init("9112 3.2.2 other scheme", target("ftp://a.test/"), .malformedTarget),
    .init("9112 3.2.2 no authority", target("http:///a"), .malformedHost),
    .init("9112 3.2.2 no slashes", target("http:a.test/"), .malformedTarget),
    .init("9112 3.2.2 scheme only", target("http://"), .malformedTarget),
    .init("9110 4.2.4 user information", target("http://u:p@a.test/"), .malformedHost),
    .init("9112 3.2.2 bad port", target("http://a.test:99999/"), .malformedHost),
    .init("9112 3.2.2 backslash in the authority", target("http://a.test\\@b/"), .malformedHost),
    .init("9112 3.2.3 authority for GET", target("a.test:443"), .malformedTarget),
    .init("9112 3.2.3 path for CONNECT", target("/a", method: "CONNECT"), .malformedTarget),
    .init("9112 3.2.3 no port for CONNECT", target("a.test", method: "CONNECT"), .malformedTarget),
    .init("9112 3.2.3 user for CONNECT", target("u@a.test:1", method: "CONNECT"), .malformedTarget),
]

private let refusedHosts: [RefusedHead] = [
    .init("9112 3.2 no Host", "GET / HTTP/1.1\r\n\r\n", .missingHost),
    .init("9112 3.2 no Host, absolute", "GET http://a.test/ HTTP/1.1\r\n\r\n", .missingHost),
    .init("9112 3.2 two Hosts", get("Host: a.test\r\n"), .duplicateHost),
    .init("9112 3.2 two Hosts, one odd", get("hOST: b.test\r\n"), .duplicateHost),
    .init("9112 3.2 two Hosts in 1.0", "GET / HTTP/1.0\r\n\(host)\(host)\r\n", .duplicateHost),
    .init("9112 3.2 empty", hostField(""), .malformedHost),
    .init("9112 3.2 user information", hostField("u@a.test"), .malformedHost),
    .init("9112 3.2 space", hostField("a.test b.test"), .malformedHost),
    .init("9112 3.2 tab", hostField("a.test\tb"), .malformedHost),
    .init("9112 3.2 list", hostField("a.test, b.test"), .malformedHost),
    .init("9112 3.2 path", hostField("a.test/b"), .malformedHost),
    .init("9112 3.2 scheme", hostField("http://a.test"), .malformedHost),
    .init("9112 3.2 query", hostField("a.test?b"), .malformedHost),
    .init("9112 3.2 port of letters", hostField("a.test:http"), .malformedHost),
    .init("9112 3.2 port too large", hostField("a.test:65536"), .malformedHost),
    .init("9112 3.2 port 0", hostField("a.test:0"), .malformedHost),
    .init("9112 3.2 empty port", hostField("a.test:"), .malformedHost),
    .init("9112 3.2 signed port", hostField("a.test:+80"), .malformedHost),
    .init("9112 3.2 two ports", hostField("a.test:80:80"), .malformedHost),
    .init("9112 3.2 bad host in 1.0", "GET / HTTP/1.0\r\nHost: a b\r\n\r\n", .malformedHost),
    .init(
        "9112 3.2.2 a bad Host that the target overrules",
        "GET http://a.test/ HTTP/1.1\r\nHost: u@b\r\n\r\n",
        .malformedHost
    ),
]

private let refusedFramings: [RefusedHead] = [
    .init(
        "9110 8.6 two lengths",
        post("Content-Length: 5\r\nContent-Length: 6\r\n"),
        .duplicateContentLength
    ),
    .init(
        "9110 8.6 two equal lengths",
        post("Content-Length: 5\r\ncontent-length: 5\r\n"),
        .duplicateContentLength
    ),
    .init("9110 8.6 list", post("Content-Length: 5,5\r\n"), .malformedContentLength),
    .init("9110 8.6 list with blank", post("Content-Length: 5, 5\r\n"), .malformedContentLength),
    .init("9110 8.6 empty", post("Content-Length: \r\n"), .malformedContentLength),
    .init("9110 8.6 plus", post("Content-Length: +5\r\n"), .malformedContentLength),
    .init("9110 8.6 minus", post("Content-Length: -5\r\n"), .malformedContentLength),
    .init("9110 8.6 minus zero", post("Content-Length: -0\r\n"), .malformedContentLength),
    .init("9110 8.6 leading zero", post("Content-Length: 05\r\n"), .malformedContentLength),
    .init("9110 8.6 two zeros", post("Content-Length: 00\r\n"), .malformedContentLength),
    .init("9110 8.6 hexadecimal", post("Content-Length: 0x5\r\n"), .malformedContentLength),
    .init("9110 8.6 letters", post("Content-Length: 5a\r\n"), .malformedContentLength),
    .init("9110 8.6 underscore", post("Content-Length: 1_0\r\n"), .malformedContentLength),
    .init("9110 8.6 fraction", post("Content-Length: 5.0\r\n"), .malformedContentLength),
    .init("9110 8.6 exponent", post("Content-Length: 5e1\r\n"), .malformedContentLength),
    .init("9110 8.6 quoted", post("Content-Length: \"5\"\r\n"), .malformedContentLength),
    .init("9110 8.6 space inside", post("Content-Length: 5 5\r\n"), .malformedContentLength),
    .init(
        "9110 8.6 full-width digit",
        post("Content-Length: \u{FF15}\r\n"),
        .malformedContentLength
    ),
    .init(
        "9110 8.6 over Int64",
        post("Content-Length: 9223372036854775808\r\n"),
        .malformedContentLength
    ),
    .init(
        "9110 8.6 over UInt64",
        post("Content-Length: 18446744073709551616\r\n"),
        .malformedContentLength
    ),
    .init(
        "9110 8.6 very long",
        post("Content-Length: \(String(repeating: "1", count: 99))\r\n"),
        .malformedContentLength
    ),
    .init(
        "9112 6.1 both",
        post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        .framingConflict
    ),
    .init(
        "9112 6.1 both, other order",
        post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"),
        .framingConflict
    ),
    .init(
        "9112 6.1 both, odd coding",
        post("Transfer-Encoding: x\r\nContent-Length: 5\r\n"),
        .framingConflict
    ),
    .init("9112 6.1 identity", post("Transfer-Encoding: identity\r\n"), .unknownTransferEncoding),
    .init("9112 6.1 gzip", post("Transfer-Encoding: gzip\r\n"), .unknownTransferEncoding),
    .init(
        "9112 6.1 gzip, chunked",
        post("Transfer-Encoding: gzip, chunked\r\n"),
        .unknownTransferEncoding
    ),
    .init(
        "9112 6.1 chunked, identity",
        post("Transfer-Encoding: chunked, identity\r\n"),
        .unknownTransferEncoding
    ),
    .init(
        "9112 6.1 chunked twice",
        post("Transfer-Encoding: chunked, chunked\r\n"),
        .unknownTransferEncoding
    ),
    .init(
        "9112 6.1 chunked and a comma",
        post("Transfer-Encoding: chunked,\r\n"),
        .unknownTransferEncoding
    ),
    .init(
        "9112 6.1 two fields",
        post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        .duplicateTransferEncoding
    ),
    .init(
        "9112 6.1 two fields, one odd",
        post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"),
        .duplicateTransferEncoding
    ),
    .init("9112 6.1 xchunked", post("Transfer-Encoding: xchunked\r\n"), .unknownTransferEncoding),
    .init("9112 6.1 quoted", post("Transfer-Encoding: \"chunked\"\r\n"), .unknownTransferEncoding),
    .init(
        "9112 6.1 parameter",
        post("Transfer-Encoding: chunked;q=1\r\n"),
        .unknownTransferEncoding
    ),
    .init("9112 6.1 empty", post("Transfer-Encoding:\r\n"), .unknownTransferEncoding),
    .init(
        "9112 6.1 Kelvin sign",
        post("Transfer-Encoding: chun\u{212A}ed\r\n"),
        .unknownTransferEncoding
    ),
    .init(
        "9112 6.1 in HTTP/1.0",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        .transferEncodingInHTTP10
    ),
    .init("9110 10.1.1 other expectation", post("Expect: 200-ok\r\n"), .unknownExpectation),
    .init(
        "9110 10.1.1 two",
        post("Expect: 100-continue\r\nExpect: 100-continue\r\n"),
        .unknownExpectation
    ),
]

@Suite("Heads that are refused")
struct RefusedHeadTests {
    private static let all =
        refusedLines + refusedRequestLines + refusedTargets + refusedHosts + refusedFramings

    @Test("Each is refused with its fault, whole and cut at every byte", arguments: all)
    func refuses(_ refused: RefusedHead) {
        let input = bytes(refused.text)
        let whole = serve(input)
        #expect(whole.events == ["fault \(refused.fault)"])
        for cut in 0...input.count {
            #expect(serve(input, cutAt: [cut]) == whole)
        }
        #expect(serve(input, cutAt: Array(1..<max(1, input.count))) == whole)
    }

    @Test("Every control in every place of a head is refused", arguments: 0..<32)
    func refusesControls(_ control: Int) {
        let sound = bytes("GET /a HTTP/1.1\r\nHost: a.test\r\nName: value\r\n\r\n")
        for place in sound.indices where control != 9 {
            var input = sound
            input.insert(UInt8(control), at: place)
            // CR LF before the request line is the one tolerated; this is never that.
            #expect(serve(input).events.last?.hasPrefix("fault") == true, "at \(place)")
        }
    }

    @Test("A fault is thrown again, whatever comes after it")
    func faultsStay() throws {
        var machine = HTTP1ServerMachine(limits: limits)
        var head = RequestHead()
        #expect(throws: ParseFault.bareLineFeed) {
            try machine.advance(over: bytes("\n").span, head: &head)
        }
        #expect(throws: ParseFault.bareLineFeed) {
            try machine.advance(over: bytes("GET / HTTP/1.1\r\n").span, head: &head)
        }
        #expect(!machine.isAwaitingHead)
        #expect(!machine.isBodyComplete)
    }

    @Test(
        "Every fault has a detail of the closed shape and a client's status",
        arguments: ParseFault.allCases
    )
    func faultsAreNamed(_ fault: ParseFault) {
        let detail = "\(fault.detail)"
        #expect(["head.", "chunk.", "body."].contains { detail.hasPrefix($0) })
        #expect([400, 414, 417, 431, 505].contains(fault.status))
    }
}
