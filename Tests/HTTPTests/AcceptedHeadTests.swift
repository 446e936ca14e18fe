import Bytes
import HTTP
import Testing

@Suite("Heads that are accepted")
struct AcceptedHeadTests {
    private static let sound = [
        "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "GET /a/b?c=d&e HTTP/1.1\r\nHost: a.test:8080\r\nAccept: */*\r\nX-Empty:\r\nX-Tab: \ta\tb \t\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "GET http://b.test:81/c?d HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "GET HTTPS://[::1]?d HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "OPTIONS http://b.test HTTP/1.1\r\nHost: b.test\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\nHost: a.test\r\n\r\n",
        "BREW /pot HTTP/1.1\r\nHost: a.test\r\nA: \u{E4}\r\n\r\n",
        "GET /?a=\"<>{}|\\^` HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "GET /ws HTTP/1.1\r\nHost: a.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "00a;x=\"y z\"\r\n0123456789\r\n1;;\r\n!\r\n000\r\nDigest: abc\r\nB:\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\nxy"
            + "GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n",
    ]

    @Test("Cut at every byte equals whole, and byte by byte too", arguments: sound)
    func cuts(_ text: String) {
        let input = bytes(text)
        let whole = serve(input)
        #expect(whole.events.last == "left  late=false")
        for cut in 0...input.count {
            #expect(serve(input, cutAt: [cut]) == whole)
        }
        #expect(serve(input, cutAt: Array(1..<input.count)) == whole)
        #expect(serve(input, bodyStep: 1) == whole)
    }

    @Test("Pipelined requests come one by one, in every cut into three")
    func pipelines() {
        let one = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
        let two =
            "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nd\r\n0\r\n\r\n"
        let three = "\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n"
        let input = bytes(one + two + three)
        let whole = serve(input)
        #expect(whole.events.count == 9)
        #expect(whole.events[1] == "body abc")
        #expect(whole.events[4] == "body d")
        for first in stride(from: 0, to: input.count, by: 3) {
            for second in stride(from: first, to: input.count, by: 5) {
                #expect(serve(input, cutAt: [first, second]) == whole)
            }
        }
    }

    @Test("The parts of a head are those of the text")
    func parts() throws {
        let head = try parseHead(
            "PATCH /a/b?c?d HTTP/1.1\r\nHost: A.test:80\r\nX-One:  1 \r\nx-one:\t2\r\nCookie: a=b\r\n\r\n"
        )
        #expect(head.method == .patch)
        #expect(head.methodBytes.text() == "PATCH")
        #expect(head.target.text() == "/a/b?c?d")
        #expect(head.pathBytes.text() == "/a/b")
        #expect(head.queryBytes.text() == "c?d")
        #expect(head.hasQuery)
        #expect(head.host.text() == "A.test:80")
        #expect(head.form == .origin)
        #expect(head.framing == .none)
        #expect(head.keepsAlive)
        #expect(head.fields.count == 4)
        #expect(head.fields.first(.cookie) == 3)
        #expect(head.fields.first(named: bytes("x-one").span) == 1)
        #expect(head.fields.next(named: bytes("x-one").span, after: 1) == 2)
        #expect(head.fields.line(at: 1) == "X-One: 1")
        #expect(head.fields.line(at: 2) == "x-one: 2")
        #expect(head.fields.byteCount == "HostA.test:80X-One1x-one2Cookiea=b".utf8.count)
    }

    @Test("An absolute target overrules Host")
    func absolute() throws {
        let head = try parseHead("GET hTTp://b.test:81?x HTTP/1.1\r\nHost: a.test\r\n\r\n")
        #expect(head.form == .absoluteHTTP)
        #expect(head.host.text() == "b.test:81")
        #expect(head.pathBytes.text() == "/")
        #expect(head.queryBytes.text() == "x")
        let secure = try parseHead("GET https://b.test/y HTTP/1.1\r\nHost: a.test\r\n\r\n")
        #expect(secure.form == .absoluteHTTPS)
        #expect(secure.pathBytes.text() == "/y")
        #expect(!secure.hasQuery)
        let server = try parseHead("OPTIONS http://b.test HTTP/1.1\r\nHost: a.test\r\n\r\n")
        #expect(server.pathBytes.text() == "*")
    }

    @Test("CONNECT names an authority and no path")
    func connect() throws {
        let head = try parseHead("CONNECT [::1]:443 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(head.method == .connect)
        #expect(head.form == .authority)
        #expect(head.host.text() == "[::1]:443")
        #expect(head.pathBytes.text() == "")
    }

    @Test(
        "Connection decides whether the connection goes on",
        arguments: [
            ("1.1", "", true), ("1.1", "close", false), ("1.1", "Close", false),
            ("1.1", "keep-alive", true), ("1.1", "keep-alive, close", false),
            ("1.1", "a,,close ,", false), ("1.1", "closed", true), ("1.1", "\"close\"", true),
            ("1.0", "", false), ("1.0", "Keep-Alive", true), ("1.0", "keep-alive, close", false),
        ]
    )
    func keepsAlive(_ version: String, _ option: String, _ expected: Bool) throws {
        let field = option.isEmpty ? "" : "Connection: \(option)\r\n"
        let head = try parseHead("GET / HTTP/\(version)\r\nHost: a\r\n\(field)\r\n")
        #expect(head.keepsAlive == expected)
    }

    @Test("All Connection fields count")
    func connections() throws {
        let head = try parseHead(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: x-a\r\nConnection: X-B, close\r\n"
                + "X-A: 1\r\nX-b: 2\r\nX-C: 3\r\n\r\n"
        )
        #expect(!head.keepsAlive)
        #expect(head.fields.isNamedByConnection(3))
        #expect(head.fields.isNamedByConnection(4))
        #expect(!head.fields.isNamedByConnection(5))
        #expect(!head.fields.isNamedByConnection(0))
    }

    @Test(
        "Expect counts with a body and in HTTP/1.1 only",
        arguments: [
            ("1.1", "Content-Length: 5\r\n", true), ("1.1", "Transfer-Encoding: chunked\r\n", true),
            ("1.1", "Content-Length: 0\r\n", false), ("1.1", "", false),
            ("1.0", "Content-Length: 5\r\n", false),
        ]
    )
    func expects(_ version: String, _ framing: String, _ expected: Bool) throws {
        let head = try parseHead(
            "POST / HTTP/\(version)\r\nHost: a\r\nExpect: 100-continue\r\n\(framing)\r\n"
        )
        #expect(head.expectsContinue == expected)
    }

    @Test(
        "An upgrade needs both fields and HTTP/1.1, and another protocol than HTTP",
        arguments: [
            ("1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n", true),
            ("1.1", "Connection: keep-alive, upgrade\r\nUpgrade: websocket\r\n", true),
            ("1.1", "Upgrade: websocket\r\n", false), ("1.1", "Connection: upgrade\r\n", false),
            ("1.0", "Connection: Upgrade\r\nUpgrade: websocket\r\n", false),
            ("1.1", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n", false),
            ("1.1", "Connection: Upgrade\r\nUpgrade: websocket, H2C\r\n", false),
            ("1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: HTTP/2.0\r\n", false),
            ("1.1", "Connection: Upgrade\r\nUpgrade: ,\r\n", false),
            ("1.1", "Connection: Upgrade\r\nUpgrade: h2see\r\n", true),
        ]
    )
    func upgrades(_ version: String, _ fields: String, _ expected: Bool) throws {
        let head = try parseHead("GET / HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n")
        #expect(head.upgrade == expected)
    }

    @Test("The largest lengths that can be counted are read")
    func lengths() throws {
        for text in ["0", "1", "10737418240", "9223372036854775807"] {
            let head = try parseHead(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(text)\r\n\r\n"
            )
            #expect(head.framing == .length(try #require(UInt64(text))))
        }
    }

    @Test("An empty line after a body leaves the connection idle")
    func emptyLine() {
        let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"
        #expect(serve(bytes(request + "\r")).events.last == "left \r late=false")
        #expect(serve(bytes(request + "\r\n")).events.last == "left \r\n late=false")
        #expect(serve(bytes(request + "\r\nG")).events.last == "left \r\nG late=true")
        #expect(serve(bytes(request + "\r\n\r")).events.last == "left \r\n\r late=true")
    }

    @Test("A head knows when it is late and when the connection is idle")
    func phases() throws {
        var machine = HTTP1ServerMachine(limits: limits)
        var head = RequestHead()
        #expect(machine.isAwaitingHead && !machine.hasPartialHead && !machine.isBodyComplete)
        _ = try machine.advance(over: [UInt8]().span, head: &head)
        #expect(!machine.hasPartialHead)
        let request = bytes("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n")
        #expect(
            try machine.advance(over: request.span.extracting(0..<5), head: &head) == .needsMore
        )
        #expect(machine.isAwaitingHead && machine.hasPartialHead)
        #expect(
            try machine.advance(over: request.span, head: &head) == .head(consumed: request.count)
        )
        #expect(!machine.isAwaitingHead && !machine.hasPartialHead && !machine.isBodyComplete)
        let body = bytes("xyGET")
        #expect(try machine.advance(over: body.span, head: &head) == .body(skip: 0, count: 2))
        machine.bodyConsumed(1)
        #expect(
            try machine.advance(over: body.span.extracting(1..<5), head: &head)
                == .body(skip: 0, count: 1)
        )
        machine.bodyConsumed(1)
        #expect(machine.isBodyComplete)
        #expect(
            try machine.advance(over: body.span.extracting(2..<5), head: &head) == .end(consumed: 0)
        )
        #expect(machine.isBodyComplete)
        #expect(try machine.advance(over: body.span.extracting(2..<5), head: &head) == .needsMore)
        machine.beginNext()
        #expect(machine.isAwaitingHead && !machine.hasPartialHead)
    }
}
