import Outbound
import Testing

/// Bounds that no test of a single request comes near.
let roomy = OutboundLimits(
    concurrencyMax: 32,
    queueMax: 1_000,
    connectTimeout: .seconds(60),
    responseHeadSizeMax: 16_384,
    idleConnectionMax: 4
)

/// A client for one test.
func makeClient(_ limits: OutboundLimits = roomy) throws -> OutboundClient {
    try OutboundClient(limits: limits, userAgent: "gatehouse/test")
}

/// A request as most tests need it.
func request(
    _ url: String,
    method: String = "GET",
    timeout: Duration = .seconds(60),
    sizeMax: Int = 524_288
) -> OutboundRequest {
    OutboundRequest(
        method: method,
        url: url,
        timeout: timeout,
        responseSizeMax: sizeMax,
        allowsPlainHTTP: true
    )
}

/// The fault of a result, or `nil` for a response.
func fault(_ result: Result<OutboundResponse, OutboundFault>) -> OutboundFault? {
    if case .failure(let fault) = result { fault } else { nil }
}

struct ExchangeTests {
    @Test
    func aResponseArrivesWhole() async throws {
        let server = try LoopbackServer { connection in
            connection.readRequest()
            connection.write(
                "HTTP/1.1 200 Fine\r\nX-Mixed-CASE:  two words \r\nContent-Length: 5\r\n"
                    + "X-Empty:\r\n\r\nhello"
            )
        }
        let client = try makeClient()
        var question = request(server.url("/keys?a=b"))
        question.headers = [
            OutboundHeader(name: "Accept", value: "application/json"),
            OutboundHeader(name: "X-Nothing", value: ""),
        ]
        let response = try await client.send(question)
        #expect(response.status == 200)
        #expect(response.body == Array("hello".utf8))
        #expect(response.firstValue(of: "x-mixed-case") == "two words")
        #expect(response.firstValue(of: "x-empty")?.isEmpty == true)
        #expect(response.firstValue(of: "absent") == nil)

        let head = try #require(server.seen.heads.first)
        #expect(head.hasPrefix("GET /keys?a=b HTTP/1.1\r\n"))
        #expect(head.contains("\r\nHost: 127.0.0.1:\(server.port)\r\n"))
        #expect(head.contains("\r\nUser-Agent: gatehouse/test\r\n"))
        #expect(head.contains("\r\nAccept: application/json\r\n"))
        #expect(head.contains("\r\nX-Nothing:\r\n"))
        #expect(!head.contains("Accept-Encoding"))
        server.stop()
    }

    @Test
    func aBodyIsSentAtOnce() async throws {
        let server = try LoopbackServer { connection in
            connection.readRequest(bodySize: 3_000)
            connection.write("HTTP/1.1 204 No Content\r\n\r\n")
        }
        var question = request(server.url("/token"), method: "POST")
        question.body = [UInt8](repeating: UInt8(ascii: "x"), count: 3_000)
        question.headers = [OutboundHeader(name: "Content-Type", value: "text/plain")]
        let response = try await makeClient().send(question)
        #expect(response.status == 204)
        #expect(response.body.isEmpty)
        let head = try #require(server.seen.heads.first)
        #expect(head.hasPrefix("POST /token HTTP/1.1\r\n"))
        #expect(head.contains("\r\nContent-Length: 3000\r\n"))
        #expect(!head.contains("Expect"))
        server.stop()
    }

    @Test(arguments: ["HEAD", "DELETE", "PUT", "POST"])
    func everyMethodIsWrittenAsNamed(_ method: String) async throws {
        let server = try LoopbackServer { connection in
            connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
            if method != "HEAD" {
                connection.write("body")
            }
        }
        let response = try await makeClient().send(request(server.url(), method: method))
        #expect(response.body.count == (method == "HEAD" ? 0 : 4))
        #expect(server.seen.heads.first?.hasPrefix("\(method) / HTTP/1.1\r\n") == true)
        server.stop()
    }

    @Test
    func informationalHeadsAndTrailersAreNotTheResponse() async throws {
        let server = try LoopbackServer { connection in
            connection.readRequest()
            connection.write(
                "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
                    + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Real: 1\r\n\r\n"
                    + "3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n"
            )
        }
        let response = try await makeClient().send(request(server.url()))
        #expect(response.status == 200)
        #expect(response.body == Array("abcde".utf8))
        #expect(response.headers.map(\.name) == ["transfer-encoding", "x-real"])
        #expect(response.trailers == [OutboundHeader(name: "x-trailer", value: "1")])
        server.stop()
    }

    @Test
    func aRedirectIsAnAnswer() async throws {
        let other = try LoopbackServer { $0.readRequest() }
        let target = other.url("/elsewhere")
        let server = try LoopbackServer { connection in
            connection.readRequest()
            connection.write(
                "HTTP/1.1 302 Found\r\nLocation: \(target)\r\nContent-Length: 0\r\n\r\n"
            )
        }
        let response = try await makeClient().send(request(server.url()))
        #expect(response.status == 302)
        #expect(response.firstValue(of: "location") == target)
        #expect(other.seen.accepted == 0)
        server.stop()
        other.stop()
    }

    @Test
    func aConnectionIsKeptUnlessTheRequestSaysNo() async throws {
        let server = try LoopbackServer { connection in
            while !connection.readRequest().isEmpty {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        }
        let client = try makeClient()
        for _ in 0..<3 {
            _ = try await client.send(request(server.url()))
        }
        #expect(server.seen.accepted == 1)
        var lonely = request(server.url())
        lonely.reusesConnections = false
        for _ in 0..<2 {
            _ = try await client.send(lonely)
        }
        #expect(server.seen.accepted == 3)
        await client.shutDown()
        server.stop()
    }
}
