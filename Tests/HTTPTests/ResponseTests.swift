import Bytes
import HTTP
import Testing

@Suite("Responses")
struct ResponseTests {
    /// One response, what asked for it, and what becomes of it.
    struct Example: Sendable, CustomTestStringConvertible {
        let clause: String
        let text: String
        var method = HTTP.Method.get
        let events: [String]

        var testDescription: String { clause }
    }

    private static let framed: [Example] = [
        Example(
            clause: "9112 6.3 a length",
            text: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
            events: [
                "200 OK http11 length(3) keeps=true upgrade=false {contentLength/Content-Length=3}",
                "body abc", "end reusable=true", "left ", "closed complete",
            ]
        ),
        Example(
            clause: "9112 4 no reason, no space",
            text: "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
            events: [
                "200  http11 length(0) keeps=true upgrade=false {contentLength/Content-Length=0}",
                "end reusable=true", "left ", "closed complete",
            ]
        ),
        Example(
            clause: "9112 4 no reason, a space; odd reasons",
            text: "HTTP/1.1 999 \t\u{E4} x\r\nContent-Length: 0\r\n\r\n",
            events: [
                "999 \t\u{E4} x http11 length(0) keeps=true upgrade=false {contentLength/Content-Length=0}",
                "end reusable=true", "left ", "closed complete",
            ]
        ),
        Example(
            clause: "9112 7.1 chunks and trailers",
            text:
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n",
            events: [
                "200 OK http11 chunked keeps=true upgrade=false {transferEncoding/Transfer-Encoding=chunked}",
                "body abc", "end reusable=true", "trailers {other/A=b}", "left ", "closed complete",
            ]
        ),
        Example(
            clause: "9112 6.3 until close",
            text: "HTTP/1.1 200 OK\r\n\r\nabc\r\n",
            events: [
                "200 OK http11 untilClose keeps=false upgrade=false {}", "body abc\r\n", "left ",
                "closed complete",
            ]
        ),
        Example(
            clause: "9112 6.3 until close, empty",
            text: "HTTP/1.0 200 OK\r\n\r\n",
            events: [
                "200 OK http10 untilClose keeps=false upgrade=false {}", "left ", "closed complete",
            ]
        ),
        Example(
            clause: "9112 9.3 HTTP/1.0 closes",
            text: "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na",
            events: [
                "200 OK http10 length(1) keeps=false upgrade=false {contentLength/Content-Length=1}",
                "body a", "end reusable=false", "left ", "closed complete",
            ]
        ),
        Example(
            clause: "9112 9.3 HTTP/1.0 keeps where it says so",
            text: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na",
            events: [
                "200 OK http10 length(1) keeps=true upgrade=false "
                    + "{connection/Connection=keep-alive|contentLength/Content-Length=1}",
                "body a", "end reusable=true", "left ", "closed complete",
            ]
        ),
        Example(
            clause: "9112 9.6 close",
            text: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na",
            events: [
                "200 OK http11 length(1) keeps=false upgrade=false "
                    + "{connection/Connection=close|contentLength/Content-Length=1}",
                "body a", "end reusable=false", "left ", "closed complete",
            ]
        ),
        Example(
            clause: "9112 6.3 HEAD with a length",
            text: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
            method: .head,
            events: [
                "200 OK http11 none keeps=true upgrade=false {contentLength/Content-Length=3}",
                "end reusable=true", "left ", "closed complete",
            ]
        ),
        Example(
            clause: "9112 6.3 HEAD with chunks",
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            method: .head,
            events: [
                "200 OK http11 none keeps=true upgrade=false {transferEncoding/Transfer-Encoding=chunked}",
                "end reusable=true", "left ", "closed complete",
            ]
        ),
        Example(
            clause: "9112 6.3 204 without a length",
            text: "HTTP/1.1 204 No Content\r\n\r\n",
            events: [
                "204 No Content http11 none keeps=true upgrade=false {}", "end reusable=true",
                "left ", "closed complete",
            ]
        ),
        Example(
            clause: "9110 8.6 204 with a length that it may not have",
            text: "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
            events: [
                "204 No Content http11 none keeps=false upgrade=false {contentLength/Content-Length=5}",
                "end reusable=false", "left hello", "closed complete",
            ]
        ),
        Example(
            clause: "9112 6.1 204 with chunks that it may not have",
            text: "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            events: [
                "204 No Content http11 none keeps=false upgrade=false "
                    + "{transferEncoding/Transfer-Encoding=chunked}",
                "end reusable=false", "left 0\r\n\r\n", "closed complete",
            ]
        ),
        Example(
            clause: "9110 15.4.5 304 with the length of what it spares",
            text: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
            events: [
                "304 Not Modified http11 none keeps=true upgrade=false {contentLength/Content-Length=5}",
                "end reusable=true", "left ", "closed complete",
            ]
        ),
        Example(
            clause: "9110 15.2 interim responses",
            text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            events: [
                "interim 100 Continue http11 none keeps=true upgrade=false {}",
                "interim 103 Early Hints http11 none keeps=true upgrade=false {other/Link=a}",
                "200 OK http11 length(0) keeps=true upgrade=false {contentLength/Content-Length=0}",
                "end reusable=true", "left ", "closed complete",
            ]
        ),
        Example(
            clause: "9112 8 a body cut short",
            text: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
            events: [
                "200 OK http11 length(3) keeps=true upgrade=false {contentLength/Content-Length=3}",
                "body ab", "left ", "closed truncated",
            ]
        ),
        Example(
            clause: "9112 8 chunks cut short",
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
            events: [
                "200 OK http11 chunked keeps=true upgrade=false {transferEncoding/Transfer-Encoding=chunked}",
                "body a", "left ", "closed truncated",
            ]
        ),
        Example(
            clause: "9112 8 the last line cut short",
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r",
            events: [
                "200 OK http11 chunked keeps=true upgrade=false {transferEncoding/Transfer-Encoding=chunked}",
                "left ", "closed truncated",
            ]
        ),
        Example(clause: "9112 8 nothing", text: "", events: ["left ", "closed truncated"]),
        Example(
            clause: "9112 8 a head cut short",
            text: "HTTP/1.1 200 OK\r\nContent-Le",
            events: ["left HTTP/1.1 200 OK\r\nContent-Le", "fault headTruncated"]
        ),
        Example(
            clause: "9112 8 only an interim response",
            text: "HTTP/1.1 100 Continue\r\n\r\n",
            events: [
                "interim 100 Continue http11 none keeps=true upgrade=false {}", "left ",
                "closed truncated",
            ]
        ),
    ]

    private static let refused: [(String, ParseFault)] = [
        ("HTTP/1.1 200 OK\nContent-Length: 0\n\n", .bareLineFeed),
        ("\r\nHTTP/1.1 200 OK\r\n\r\n", .malformedStatusLine),
        ("HTTP/1.1\r\n\r\n", .malformedStatusLine), ("HTTP/1.1 20\r\n\r\n", .malformedStatusLine),
        ("HTTP/1.1 2000\r\n\r\n", .malformedStatusLine),
        ("HTTP/1.1 200OK\r\n\r\n", .malformedStatusLine),
        ("HTTP/1.1  200 OK\r\n\r\n", .malformedStatusLine),
        ("HTTP/1.1 099 X\r\n\r\n", .malformedStatusLine),
        ("HTTP/1.1 +20 X\r\n\r\n", .malformedStatusLine),
        ("HTTP/1.1 2x0 X\r\n\r\n", .malformedStatusLine),
        ("HTTP/1.1 200\tOK\r\n\r\n", .malformedStatusLine),
        ("ICY 200 OK and more\r\n\r\n", .malformedStatusLine),
        ("http/1.1 200 OK\r\n\r\n", .malformedStatusLine),
        ("HTTP/1.x 200 OK\r\n\r\n", .malformedVersion),
        ("HTTP/2.0 200 OK\r\n\r\n", .unsupportedVersion),
        ("HTTP/0.9 200 OK\r\n\r\n", .unsupportedVersion),
        ("HTTP/1.2 200 OK\r\n\r\n", .unsupportedVersion),
        ("<html>hello</html>\r\n", .malformedStatusLine),
        ("HTTP/1.1 200 O\0K\r\n\r\n", .controlCharacter),
        ("HTTP/1.1 200 O\rK\r\n\r\n", .bareCarriageReturn),
        ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", .obsoleteFold),
        ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", .spaceBeforeColon),
        ("HTTP/1.1 200 OK\r\nA\r\n\r\n", .malformedFieldName),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
            .duplicateContentLength
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1,1\r\n\r\n", .malformedContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .malformedContentLength),
        ("HTTP/1.1 304 X\r\nContent-Length: x\r\n\r\n", .malformedContentLength),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            .framingConflict
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .unknownTransferEncoding),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", .unknownTransferEncoding),
        ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncodingInHTTP10),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", .unexpectedUpgrade),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", .chunkSize),
    ]

    @Test("Bodies end where RFC 9112 §6.3 says, whole and cut at every byte", arguments: framed)
    func frames(_ example: Example) {
        let input = bytes(example.text)
        #expect(answer(input, to: [example.method]).events == example.events)
        for cut in 0...input.count {
            let events = answer(input, to: [example.method], cutAt: [cut]).events
            #expect(events == example.events, "cut at \(cut)")
        }
        if input.count > 1 {
            let trickled = answer(input, to: [example.method], cutAt: Array(1..<input.count))
            #expect(trickled.events == example.events)
        }
    }

    @Test("What two parsers could read differently is refused, whole and cut", arguments: refused)
    func refuses(_ text: String, _ fault: ParseFault) {
        let input = bytes(text)
        let whole = answer(input)
        #expect(whole.events.last == "fault \(fault)")
        for cut in 0...input.count {
            #expect(answer(input, cutAt: [cut]) == whole)
        }
    }

    @Test("An upgrade that was asked for leaves the rest alone")
    func upgrades() {
        let text =
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        let transcript = answer(bytes(text + "\u{81}\u{0}"), upgradeRequested: true)
        #expect(
            transcript.events == [
                "101 Switching Protocols http11 none keeps=true upgrade=true "
                    + "{connection/Connection=Upgrade|upgrade/Upgrade=websocket}",
                "left \u{81}\u{0}", "closed complete",
            ]
        )
    }

    @Test("Responses follow one another on one connection")
    func reuses() {
        let text =
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
            + "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
            + "HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nd"
        let transcript = answer(bytes(text), to: [.get, .head, .post])
        #expect(transcript.events.filter { $0 == "end reusable=true" }.count == 3)
        #expect(transcript.events.filter { $0.hasPrefix("body") } == ["body abc", "body d"])
    }

    @Test("Interim responses are bounded")
    func flood() {
        let interim = String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 17)
        #expect(answer(bytes(interim)).events.last == "fault informationalFlood")
    }

    @Test("A head over the limit is refused")
    func limitsHold() {
        let tight = HeadLimits(size: 64, fieldCount: 2, targetSize: 1)
        let long = "HTTP/1.1 200 OK\r\nA: " + String(repeating: "b", count: 60) + "\r\n\r\n"
        #expect(answer(bytes(long), limits: tight).events == ["fault headTooLarge"])
        let many = "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n"
        #expect(answer(bytes(many), limits: tight).events == ["fault tooManyFields"])
    }

    @Test("A machine is reusable only between responses")
    func reusable() throws {
        var machine = HTTP1ClientMachine(limits: limits)
        var head = ResponseHead()
        #expect(machine.isReusable)
        machine.begin(requestMethod: .get, upgradeRequested: false)
        #expect(!machine.isReusable)
        let response = bytes("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n")
        #expect(
            try machine.advance(over: response.span, head: &head) == .head(consumed: response.count)
        )
        #expect(!machine.isReusable)
        let body = bytes("a")
        #expect(try machine.advance(over: body.span, head: &head) == .body(skip: 0, count: 1))
        machine.bodyConsumed(1)
        #expect(!machine.isReusable)
        #expect(try machine.advance(over: [UInt8]().span, head: &head) == .end(consumed: 0))
        #expect(machine.isReusable)
        #expect(try machine.peerClosed() == .complete)
        #expect(!machine.isReusable)
        #expect(try machine.peerClosed() == .complete)
    }
}
