import HTTP
import Testing

/// What RFC 9113 §8 says of messages, and what one may not smuggle through them.
@Suite("HTTP/2: rules of messages")
struct MessageRuleTests {
    private static func get(_ fields: (String, String)...) -> [UInt8] {
        headers(1, goodHead + fields)
    }

    private static func post(_ fields: (String, String)...) -> [UInt8] {
        headers(1, goodPost + fields, endsStream: false)
    }

    /// A good head but for one pseudo-header.
    private static func with(_ name: String, _ value: String?) -> [UInt8] {
        headers(1, goodHead.compactMap { $0.0 == name ? value.map { (name, $0) } : $0 })
    }

    private static let fieldsCases: [RawCase] = [
        RawCase("8.2.1 a name in upper case", get(("X-A", "b")), .malformed(.upperCaseFieldName)),
        RawCase(
            "8.2.1 one letter in upper case",
            get(("xA", "b")),
            .malformed(.upperCaseFieldName)
        ),
        RawCase("8.2.1 a space in a name", get(("x a", "b")), .malformed(.malformedFieldName)),
        RawCase("8.2.1 a colon in a name", get(("x:a", "b")), .malformed(.malformedFieldName)),
        RawCase("8.2.1 CR and LF in a name", get(("x\r\na", "b")), .malformed(.malformedFieldName)),
        RawCase("8.2.1 NUL in a name", get(("x\0a", "b")), .malformed(.malformedFieldName)),
        RawCase("8.2.1 DEL in a name", get(("x\u{7F}", "b")), .malformed(.malformedFieldName)),
        RawCase(
            "8.2.1 a name beyond ASCII",
            get(("x\u{E9}", "b")),
            .malformed(.malformedFieldName)
        ),
        RawCase("8.2.1 an empty name", get(("", "b")), .malformed(.malformedFieldName)),
        RawCase("8.2.1 NUL in a value", get(("a", "b\0c")), .malformed(.controlCharacter)),
        RawCase("8.2.1 CR in a value", get(("a", "b\rc")), .malformed(.controlCharacter)),
        RawCase("8.2.1 LF in a value", get(("a", "b\nc")), .malformed(.controlCharacter)),
        RawCase(
            "8.2.1 a whole request in a value",
            get(("a", "b\r\n\r\nGET /x HTTP/1.1\r\nhost: y")),
            .malformed(.controlCharacter)
        ),
        RawCase("8.2.1 DEL in a value", get(("a", "b\u{7F}c")), .malformed(.controlCharacter)),
        RawCase("8.2.1 a control in a value", get(("a", "b\u{1}c")), .malformed(.controlCharacter)),
        RawCase("8.2.1 a blank before a value", get(("a", " b")), .malformed(.malformedFieldValue)),
        RawCase("8.2.1 a tab behind a value", get(("a", "b\t")), .malformed(.malformedFieldValue)),
        RawCase("8.2.1 an empty value is allowed", get(("a", "")), .accepted),
        RawCase(
            "8.2.1 bytes beyond ASCII in a value are allowed",
            get(("a", "caf\u{E9}")),
            .accepted
        ),
        RawCase("8.2.2 connection", get(("connection", "close")), .malformed(.connectionField)),
        RawCase(
            "8.2.2 proxy-connection",
            get(("proxy-connection", "close")),
            .malformed(.connectionField)
        ),
        RawCase("8.2.2 keep-alive", get(("keep-alive", "timeout=5")), .malformed(.connectionField)),
        RawCase(
            "8.2.2 transfer-encoding",
            post(("transfer-encoding", "chunked")),
            .malformed(.connectionField)
        ),
        RawCase("8.2.2 upgrade", get(("upgrade", "websocket")), .malformed(.connectionField)),
        RawCase("8.2.2 te other than trailers", get(("te", "gzip")), .malformed(.connectionField)),
        RawCase(
            "8.2.2 te with more than trailers",
            get(("te", "trailers, gzip")),
            .malformed(.connectionField)
        ),
        RawCase("8.2.2 te: trailers is allowed", get(("te", "trailers")), .accepted),
    ]

    private static let pseudoCases: [RawCase] = [
        RawCase(
            "8.3 an unknown pseudo-header",
            get((":foo", "bar")),
            .malformed(.malformedPseudoField)
        ),
        RawCase(
            "8.3 a response's pseudo-header",
            get((":status", "200")),
            .malformed(.malformedPseudoField)
        ),
        RawCase(
            "8.3 a pseudo-header behind a field",
            headers(1, [goodHead[0], goodHead[1], goodHead[2], ("a", "b"), goodHead[3]]),
            .malformed(.malformedPseudoField)
        ),
        RawCase(
            "8.3 a pseudo-header twice",
            get((":path", "/")),
            .malformed(.malformedPseudoField)
        ),
        RawCase("8.3 :method twice", get((":method", "GET")), .malformed(.malformedPseudoField)),
        RawCase(
            "8.3 :authority twice",
            get((":authority", "example.org")),
            .malformed(.malformedPseudoField)
        ),
        RawCase("8.3.1 no :method", with(":method", nil), .malformed(.missingPseudoField)),
        RawCase("8.3.1 no :scheme", with(":scheme", nil), .malformed(.missingPseudoField)),
        RawCase("8.3.1 no :path", with(":path", nil), .malformed(.missingPseudoField)),
        RawCase(
            "8.3.1 neither :authority nor host",
            with(":authority", nil),
            .malformed(.missingHost)
        ),
        RawCase("8.3.1 an empty :path", with(":path", ""), .malformed(.malformedPseudoField)),
        RawCase("8.3.1 an empty :method", with(":method", ""), .malformed(.malformedMethod)),
        RawCase(
            "8.3.1 a scheme that is not the web's",
            with(":scheme", "ftp"),
            .malformed(.malformedPseudoField)
        ),
        RawCase("8.3.1 a scheme in upper case is allowed", with(":scheme", "HTTPS"), .accepted),
        RawCase(
            "8.3.1 a method with a space",
            with(":method", "GET /x"),
            .malformed(.malformedMethod)
        ),
        RawCase("8.3.1 a path without a slash", with(":path", "a"), .malformed(.malformedTarget)),
        RawCase(
            "8.3.1 a path with a fragment",
            with(":path", "/a#b"),
            .malformed(.malformedTarget)
        ),
        RawCase("8.3.1 a path with a space", with(":path", "/a b"), .malformed(.malformedTarget)),
        RawCase(
            "8.3.1 a path with a line end",
            with(":path", "/ HTTP/1.1\r\nhost: x"),
            .malformed(.malformedTarget)
        ),
        RawCase(
            "8.3.1 a path with a control",
            with(":path", "/\u{1}"),
            .malformed(.malformedTarget)
        ),
        RawCase(
            "8.3.1 a path beyond ASCII",
            with(":path", "/\u{E9}"),
            .malformed(.malformedTarget)
        ),
        RawCase(
            "8.3.1 a path that is a whole URI",
            with(":path", "https://example.org/"),
            .malformed(.malformedTarget)
        ),
        RawCase(
            "8.3.1 an asterisk that is not for OPTIONS",
            with(":path", "*"),
            .malformed(.malformedTarget)
        ),
        RawCase(
            "8.3.1 an asterisk for OPTIONS is allowed",
            headers(1, [(":method", "OPTIONS"), goodHead[1], goodHead[2], (":path", "*")]),
            .accepted
        ),
        RawCase(
            "8.3.1 user information in :authority",
            with(":authority", "a@example.org"),
            .malformed(.malformedHost)
        ),
        RawCase(
            "8.3.1 :authority that is no host",
            with(":authority", "a/b"),
            .malformed(.malformedHost)
        ),
        RawCase("8.3.1 a port that is none", with(":authority", "a:0"), .malformed(.malformedHost)),
        RawCase(
            "8.3.1 host in place of :authority is allowed",
            headers(1, [goodHead[0], goodHead[1], goodHead[3], ("host", "example.org")]),
            .accepted
        ),
        RawCase(
            "8.3.1 host that is :authority is allowed",
            get(("host", "example.org")),
            .accepted
        ),
        RawCase(
            "8.3.1 host that is not :authority",
            get(("host", "example.com")),
            .malformed(.conflictingHost)
        ),
        RawCase(
            "8.3.1 host twice",
            get(("host", "example.org"), ("host", "example.org")),
            .malformed(.duplicateHost)
        ),
        RawCase("8.3.1 host that is no host", get(("host", "a b")), .malformed(.malformedHost)),
        RawCase("8.3.1 an empty host", get(("host", "")), .malformed(.malformedHost)),
    ]

    private static let connectCases: [RawCase] = [
        RawCase(
            "8.5 CONNECT",
            headers(1, [(":method", "CONNECT"), (":authority", "a:443")], endsStream: false),
            .accepted
        ),
        RawCase(
            "8.5 CONNECT without a port",
            headers(1, [(":method", "CONNECT"), (":authority", "a")], endsStream: false),
            .malformed(.malformedTarget)
        ),
        RawCase(
            "8.5 CONNECT without :authority",
            headers(1, [(":method", "CONNECT"), ("host", "a:443")], endsStream: false),
            .malformed(.missingPseudoField)
        ),
        RawCase(
            "8.5 CONNECT with :path",
            headers(
                1,
                [(":method", "CONNECT"), (":authority", "a:443"), (":path", "/")],
                endsStream: false
            ),
            .malformed(.malformedPseudoField)
        ),
        RawCase(
            "8.5 CONNECT with :scheme",
            headers(
                1,
                [(":method", "CONNECT"), (":authority", "a:443"), (":scheme", "https")],
                endsStream: false
            ),
            .malformed(.malformedPseudoField)
        ),
        RawCase(
            "RFC 8441 4 extended CONNECT",
            headers(
                1,
                [(":method", "CONNECT"), (":protocol", "websocket")] + goodHead[1...],
                endsStream: false
            ),
            .accepted
        ),
        RawCase(
            "RFC 8441 4 another protocol",
            headers(
                1,
                [(":method", "CONNECT"), (":protocol", "connect-udp")] + goodHead[1...],
                endsStream: false
            ),
            .malformed(.unknownProtocol)
        ),
        RawCase(
            "RFC 8441 4 :protocol of a GET",
            headers(1, goodHead + [(":protocol", "websocket")]),
            .malformed(.malformedPseudoField)
        ),
        RawCase(
            "RFC 8441 4 without :path",
            headers(
                1,
                [(":method", "CONNECT"), (":protocol", "websocket"), goodHead[1], goodHead[2]],
                endsStream: false
            ),
            .malformed(.missingPseudoField)
        ),
        RawCase(
            "RFC 8441 4 without :authority",
            headers(
                1,
                [
                    (":method", "CONNECT"), (":protocol", "websocket"), goodHead[1], goodHead[3],
                    ("host", "a"),
                ],
                endsStream: false
            ),
            .malformed(.missingPseudoField)
        ),
        RawCase(
            "RFC 8441 4 with upgrade",
            headers(
                1,
                [(":method", "CONNECT"), (":protocol", "websocket")] + goodHead[1...] + [
                    ("upgrade", "websocket")
                ],
                endsStream: false
            ),
            .malformed(.connectionField)
        ),
    ]

    private static let bodiesCases: [RawCase] = [
        RawCase(
            "8.1.1 content-length that is met",
            post(("content-length", "3")) + data(1, "abc", endsStream: true),
            .accepted
        ),
        RawCase(
            "8.1.1 less than content-length",
            post(("content-length", "3")) + data(1, "ab", endsStream: true),
            .reset(.protocolError)
        ),
        RawCase(
            "8.1.1 more than content-length",
            post(("content-length", "3")) + data(1, "abc") + data(1, "d"),
            .reset(.protocolError)
        ),
        RawCase(
            "8.1.1 content-length and no body",
            get(("content-length", "3")),
            .malformed(.bodyLength)
        ),
        RawCase(
            "8.1.1 content-length 0 and no body is allowed",
            get(("content-length", "0")),
            .accepted
        ),
        RawCase(
            "8.1.1 less than content-length, ended by trailers",
            post(("content-length", "3")) + data(1, "ab") + headers(1, [("a", "b")]),
            .reset(.protocolError)
        ),
        RawCase(
            "content-length twice",
            post(("content-length", "3"), ("content-length", "3")),
            .malformed(.duplicateContentLength)
        ),
        RawCase(
            "content-length with a sign",
            post(("content-length", "+3")),
            .malformed(.malformedContentLength)
        ),
        RawCase(
            "content-length with a list",
            post(("content-length", "3, 3")),
            .malformed(.malformedContentLength)
        ),
        RawCase(
            "content-length with a leading zero",
            post(("content-length", "03")),
            .malformed(.malformedContentLength)
        ),
        RawCase(
            "content-length that is negative",
            post(("content-length", "-1")),
            .malformed(.malformedContentLength)
        ),
        RawCase(
            "content-length beyond 63 bits",
            post(("content-length", "9223372036854775808")),
            .malformed(.malformedContentLength)
        ),
        RawCase(
            "content-length that is empty",
            post(("content-length", "")),
            .malformed(.malformedContentLength)
        ),
        RawCase("8.1 trailers", post() + data(1, "ab") + headers(1, [("a", "b")]), .accepted),
        RawCase(
            "8.1 trailers without END_STREAM",
            post() + headers(1, [("a", "b")], endsStream: false),
            .reset(.protocolError)
        ),
        RawCase(
            "8.1 a pseudo-header in trailers",
            post() + headers(1, [(":path", "/")]),
            .reset(.protocolError)
        ),
        RawCase(
            "8.2.1 upper case in trailers",
            post() + headers(1, [("A", "b")]),
            .reset(.protocolError)
        ),
        RawCase(
            "8.2.1 a line end in trailers",
            post() + headers(1, [("a", "b\r\nc")]),
            .reset(.protocolError)
        ),
        RawCase(
            "8.2.2 transfer-encoding in trailers",
            post() + headers(1, [("transfer-encoding", "chunked")]),
            .reset(.protocolError)
        ),
        RawCase(
            "8.1 a block after the trailers",
            post() + headers(1, [("a", "b")]) + headers(1, [("a", "b")]),
            .closed(.streamClosed)
        ),
        RawCase(
            "an expectation that nobody meets",
            post(("expect", "gold")),
            .refused(.unknownExpectation)
        ),
        RawCase(
            "a path beyond the limit",
            with(":path", "/" + String(repeating: "a", count: 8192)),
            .refused(.targetTooLong)
        ),
        RawCase(
            "as many fields as the limit",
            headers(1, goodHead + Array(repeating: ("a", "b"), count: 100)),
            .accepted
        ),
        RawCase(
            "one field beyond the limit",
            headers(1, goodHead + Array(repeating: ("a", "b"), count: 101)),
            .refused(.tooManyFields)
        ),
    ]

    @Test("8.2: names and values", arguments: fieldsCases)
    func checkFields(_ raw: RawCase) throws {
        try judge(raw)
    }

    @Test("8.3: pseudo-headers", arguments: pseudoCases)
    func checkPseudoHeaders(_ raw: RawCase) throws {
        try judge(raw)
    }

    @Test("8.5: CONNECT", arguments: connectCases)
    func checkConnect(_ raw: RawCase) throws {
        try judge(raw)
    }

    @Test("8.1: bodies and trailers", arguments: bodiesCases)
    func checkBodies(_ raw: RawCase) throws {
        try judge(raw)
    }

    @Test("A request is read as what it says")
    func request() throws {
        let secret = literal("authorization", "Bearer x", isNeverIndexed: true)
        let block =
            goodHead.flatMap { literal($0.0, $0.1) } + secret + literal("cookie", "a=1")
            + literal("accept", "*/*") + literal("cookie", "b=2", isNeverIndexed: true)
        let transcript = try play(clientPreface + frame(Frame.headers, flags: 5, stream: 1, block))
        #expect(
            transcript.events == [
                "request 1 GET example.org /a?b=c path=/a query=b=c get http2 origin none complete"
                    + " authorization=Bearer x! accept=*/* cookie=a=1; b=2!"
            ]
        )
    }

    @Test("The crumbs of a cookie count as one field")
    func cookieCrumbs() throws {
        let crumbs = (0..<150).map { ("cookie", "c\($0)=v") }
        let transcript = try play(clientPreface + headers(1, goodHead + crumbs))
        #expect(transcript.events.count == 1 && transcript.events[0].hasPrefix("request"))
    }

    @Test("Empty crumbs leave nothing", arguments: [["", "a=1", "", "b=2", ""], ["", ""]])
    func emptyCrumbs(_ crumbs: [String]) throws {
        let input = clientPreface + headers(1, goodHead + crumbs.map { ("cookie", $0) })
        let cookie = crumbs.count > 2 ? "a=1; b=2" : ""
        #expect(try play(input).events[0].hasSuffix(" complete cookie=" + cookie))
    }

    @Test("A tunnel is read as CONNECT, a WebSocket as the GET that it is in HTTP/1")
    func tunnels() throws {
        let tunnel = headers(
            1,
            [(":method", "CONNECT"), (":authority", "a:443")],
            endsStream: false
        )
        #expect(
            try play(clientPreface + tunnel).events
                == ["request 1 CONNECT a:443 a:443 path= connect http2 authority none"]
        )
        let socket = headers(
            1,
            [(":method", "CONNECT"), (":protocol", "websocket")] + goodHead[1...]
                + [("sec-websocket-version", "13")],
            endsStream: false
        )
        #expect(
            try play(clientPreface + socket).events == [
                "request 1 GET example.org /a?b=c path=/a query=b=c get http2 origin none upgrade"
                    + " extended sec-websocket-version=13 upgrade=websocket"
            ]
        )
    }

    @Test("Bodies are framed by length, by their end, or not at all")
    func framing() throws {
        let length = headers(1, goodPost + [("content-length", "3")], endsStream: false)
        #expect(try play(clientPreface + length).events[0].contains(" length(3) content-length=3"))
        let unknown = headers(1, goodPost + [("expect", "100-continue")], endsStream: false)
        #expect(try play(clientPreface + unknown).events[0].contains(" chunked continue expect="))
        let none = headers(1, goodPost + [("expect", "100-continue")])
        #expect(try play(clientPreface + none).events[0].contains(" none complete expect="))
    }
}
