import Bytes
import Outbound
import TLS
import Testing

/// Whom the client believes.
struct CertificateTests {
    /// A server that speaks TLS with a certificate for `names`, and the file that vouches for it.
    private static func makeServer(names: [String]) throws -> (server: LoopbackServer, path: String)
    {
        let (certificate, key) = try SelfSignedCertificate.make(names: names, days: 2)
        let identity = try TLSIdentity(certificatePEM: certificate.span, keyPEM: key.span)
        let context = try TLSServerContext(
            default: identity,
            named: [],
            tickets: TicketKeys(),
            applicationProtocols: []
        )
        let server = try LoopbackServer { connection in
            guard let tls = try? context.makeConnection(descriptor: connection.descriptor),
                case .complete = tls.handshake()
            else { return }
            var buffer = ByteBuffer(capacity: 4_096)
            while buffer.bytes.text().contains("\r\n\r\n") == false {
                guard case .bytes = tls.read(into: &buffer, atMost: 4_096) else { return }
            }
            let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)
            _ = tls.write(answer.span)
            tls.shutdown()
        }
        return (server, try TemporaryFile.make(certificate, name: "\(server.port)"))
    }

    private static func question(
        _ host: String,
        _ port: UInt16,
        trusting path: String?
    ) -> OutboundRequest {
        var question = request("https://\(host):\(port)/")
        question.allowsPlainHTTP = false
        question.trustedCertificatesPath = path
        return question
    }

    @Test
    func aTrustedCertificateOfTheRightNameIsBelieved() async throws {
        let (server, path) = try Self.makeServer(names: ["localhost", "127.0.0.1"])
        let client = try makeClient()
        for host in ["localhost", "127.0.0.1"] {
            let response = try await client.send(Self.question(host, server.port, trusting: path))
            #expect(response.body == Array("ok".utf8))
        }
        await client.shutDown()
        server.stop()
        TemporaryFile.remove(path)
    }

    @Test
    func anUnknownAuthorityIsNot() async throws {
        let (server, path) = try Self.makeServer(names: ["localhost"])
        let client = try makeClient()
        let result = await client.result(of: Self.question("localhost", server.port, trusting: nil))
        guard case .peerUnverified = fault(result) else {
            Issue.record("\(result)")
            return
        }
        #expect(fault(result)?.isRetriable == false)
        await client.shutDown()
        server.stop()
        TemporaryFile.remove(path)
    }

    @Test
    func anotherNameIsNot() async throws {
        let (server, path) = try Self.makeServer(names: ["issuer.test", "10.0.0.1"])
        let client = try makeClient()
        for host in ["localhost", "127.0.0.1"] {
            let result = await client.result(of: Self.question(host, server.port, trusting: path))
            guard case .peerUnverified = fault(result) else {
                Issue.record("\(result)")
                continue
            }
        }
        await client.shutDown()
        server.stop()
        TemporaryFile.remove(path)
    }

    @Test
    func aPinnedServerIsVerifiedByItsName() async throws {
        let (server, path) = try Self.makeServer(names: ["orders.test"])
        let client = try makeClient()
        var question = Self.question("orders.test", server.port, trusting: path)
        question.pinnedAddress = "127.0.0.1"
        #expect(try await client.send(question).status == 200)
        question.url = "https://other.test:\(server.port)/"
        guard case .peerUnverified = fault(await client.result(of: question)) else {
            Issue.record("believed the wrong name")
            return
        }
        await client.shutDown()
        server.stop()
        TemporaryFile.remove(path)
    }

    @Test
    func aMissingAuthorityFileIsAFaultOfOurs() async throws {
        let (server, path) = try Self.makeServer(names: ["localhost"])
        let client = try makeClient()
        let question = Self.question("localhost", server.port, trusting: "/nonexistent.pem")
        let result = await client.result(of: question)
        guard case .internalFailure = fault(result) else {
            Issue.record("\(result)")
            return
        }
        await client.shutDown()
        server.stop()
        TemporaryFile.remove(path)
    }

    @Test
    func plainTextWhereTLSWasMeant() async throws {
        let server = try LoopbackServer { connection in
            connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            _ = connection.waitForPeerToClose()
        }
        let client = try makeClient()
        let result = await client.result(of: Self.question("localhost", server.port, trusting: nil))
        guard case .tlsFailed = fault(result) else {
            Issue.record("\(result)")
            return
        }
        await client.shutDown()
        server.stop()
    }
}
