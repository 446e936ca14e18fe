import Bytes
import Outbound
import TLS
import Testing

/// Which HTTP is spoken, and what comes of a server that speaks another.
struct VersionTests {
    private static let answer = FrameScript.Answer(
        fields: [(":status", "200"), ("content-type", "application/grpc")],
        body: [0, 0, 0, 0, 2, 8, 1],
        trailers: [("grpc-status", "0"), ("grpc-message", "")]
    )

    private static func question(_ url: String) -> OutboundRequest {
        var question = request(url, method: "POST")
        question.version = .http2
        question.headers = [OutboundHeader(name: "te", value: "trailers")]
        question.body = [0, 0, 0, 0, 0]
        return question
    }

    @Test
    func plainHTTP2IsBegunWithoutBeingAsked() async throws {
        let server = try LoopbackServer { connection in
            FrameScript(connection).serve(Self.answer)
            _ = connection.waitForPeerToClose()
        }
        let client = try makeClient()
        let response = try await client.send(Self.question(server.url("/grpc")))
        #expect(response.status == 200)
        #expect(response.body == Self.answer.body)
        #expect(response.firstValue(of: "content-type") == "application/grpc")
        #expect(
            response.trailers == [
                OutboundHeader(name: "grpc-status", value: "0"),
                OutboundHeader(name: "grpc-message", value: ""),
            ]
        )
        // The body of the request, in DATA frames.
        #expect(server.seen.heads == ["[0, 0, 0, 0, 0]"])
        await client.shutDown()
        server.stop()
    }

    @Test
    func anAnswerWithoutABodyHasItsStatusInTheHead() async throws {
        let server = try LoopbackServer { connection in
            FrameScript(connection).serve(
                FrameScript.Answer(
                    fields: [(":status", "200"), ("grpc-status", "12")],
                    body: [],
                    trailers: []
                )
            )
            _ = connection.waitForPeerToClose()
        }
        let client = try makeClient()
        let response = try await client.send(Self.question(server.url()))
        #expect(response.firstValue(of: "grpc-status") == "12")
        #expect(response.trailers.isEmpty && response.body.isEmpty)
        await client.shutDown()
        server.stop()
    }

    @Test
    func aStreamThatIsResetIsALostOne() async throws {
        let server = try LoopbackServer { connection in
            FrameScript(connection).refuse()
            _ = connection.waitForPeerToClose()
        }
        let client = try makeClient()
        guard case .connectionLost = fault(await client.result(of: Self.question(server.url())))
        else {
            Issue.record("not lost")
            return
        }
        await client.shutDown()
        server.stop()
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 505 HTTP Version Not Supported\r\nContent-Length: 900\r\n\r\n",
        String(repeating: "no HTTP at all ", count: 9),
    ])
    func aServerOfAnotherVersionIsToldApart(text: String) async throws {
        let server = try LoopbackServer { connection in
            connection.readRequest()
            connection.write(text)
            _ = connection.waitForPeerToClose()
        }
        let client = try makeClient()
        let result = await client.result(of: Self.question(server.url()))
        guard case .connectionLost(let detail) = fault(result) else {
            Issue.record("\(result)")
            return
        }
        #expect(detail.hasSuffix("(does it speak HTTP/2 without TLS?)"))
        await client.shutDown()
        server.stop()
    }

    @Test(arguments: [
        (["h2", "http/1.1"], OutboundVersion.http2, "2"),
        (["h2"], .any, "2"),
        (["h2", "http/1.1"], .http11, "1"),
        ([], .http11, "1"),
        ([], .any, "1"),
        ([], .http2, "refused"),
        (["http/1.1"], .http2, "refused"),
    ])
    func overTLSTheVersionIsAgreedOn(
        protocols: [String],
        version: OutboundVersion,
        expected: String
    ) async throws {
        let server = try TLSLoopback(protocols: protocols)
        let client = try makeClient()
        var question = Self.question("https://localhost:\(server.port)/")
        question.allowsPlainHTTP = false
        question.trustedCertificatesPath = server.path
        question.version = version
        switch await client.result(of: question) {
        case .success(let response):
            #expect(response.status == 200)
            #expect(response.trailers.isEmpty == (expected == "1"))
            #expect(expected != "refused")
        case .failure(let fault):
            #expect(fault == .protocolRefused)
            #expect(!fault.isOurs && !fault.isRetriable)
            #expect(expected == "refused")
        }
        await client.shutDown()
        server.stop()
    }

    /// A server that speaks over TLS what ALPN agrees on, HTTP/1.1 where it agrees on nothing.
    private struct TLSLoopback {
        let path: String
        private let server: LoopbackServer

        init(protocols: [String]) throws {
            let (certificate, key) = try SelfSignedCertificate.make(names: ["localhost"], days: 2)
            let context = try TLSServerContext(
                default: try TLSIdentity(certificatePEM: certificate.span, keyPEM: key.span),
                named: [],
                tickets: TicketKeys(),
                applicationProtocols: protocols
            )
            server = try LoopbackServer { connection in
                guard let tls = try? context.makeConnection(descriptor: connection.descriptor),
                    case .complete = tls.handshake()
                else { return }
                if tls.isApplicationProtocol("h2") {
                    FrameScript(tls).serve(VersionTests.answer)
                } else {
                    var buffer = ByteBuffer(capacity: 4_096)
                    while !buffer.bytes.text().contains("\r\n\r\n") {
                        guard case .bytes = tls.read(into: &buffer, atMost: 4_096) else { return }
                    }
                    _ = tls.write(Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8).span)
                }
                _ = connection.waitForPeerToClose()
            }
            path = try TemporaryFile.make(certificate, name: "version-\(server.port)")
        }

        var port: UInt16 { server.port }

        func stop() {
            server.stop()
            TemporaryFile.remove(path)
        }
    }
}
