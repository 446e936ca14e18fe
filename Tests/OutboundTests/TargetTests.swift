import Glibc
import Testing

@testable import Outbound

/// Where a request may go.
struct TargetTests {
    @Test(arguments: [
        "http://example.test/", "http://10.0.0.1/", "http://localhost.example.test/",
        "http://127.0.0.1.example.test/", "http://[::2]/", "http://[fe80::1]/", "http://0.0.0.0/",
        "http://[::ffff:10.0.0.1]/", "http://128.0.0.1/", "HTTP://EXAMPLE.test/",
        "http://2130706434.test/",
        "http://167772161/", "http://0x0a000001/",
    ])
    func plainTextBeyondLoopbackIsRefused(_ url: String) async throws {
        let client = try makeClient()
        #expect(fault(await client.result(of: request(url))) == .plaintextRefused)
        await client.shutDown()
    }

    @Test(arguments: [
        "http://127.0.0.1:9/", "http://localhost:9/", "http://LOCALHOST:9/", "http://[::1]:9/",
        "http://127.255.0.1:9/", "http://2130706433:9/", "http://[::ffff:127.0.0.1]:9/",
    ])
    func loopbackNeedsLeaveToo(_ url: String) throws {
        var question = request(url)
        let target = try OutboundTarget(question)
        #expect(target.addressRule == .loopback)
        #expect(target.bypassesProxy)
        question.allowsPlainHTTP = false
        #expect(throws: OutboundFault.plaintextRefused) { try OutboundTarget(question) }
    }

    @Test(arguments: [
        "", "/keys", "keys", "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/",
        "https://user:secret@issuer.test/", "https://user@issuer.test/", "https://", "https://a b/",
        "https://issuer.test/\r\nX: y", "https://issuer.test:99999/", "https://issuer.test:x/",
        "unix:///run/x", "https://issu\u{E9}r.test/", "data:text/plain,hello",
    ])
    func whatIsNoPlainAddressIsRefused(_ url: String) async throws {
        let client = try makeClient()
        guard case .requestMalformed = fault(await client.result(of: request(url))) else {
            Issue.record("accepted: \(url)")
            return
        }
        await client.shutDown()
    }

    @Test
    func headsCannotBeInjected() async throws {
        let client = try makeClient()
        let headers = [
            ("X", "a\r\nY: b"), ("X", "a\nb"), ("X\r\nY", "a"), ("X:", "a"), ("", "a"), ("X", "\0"),
            ("X Y", "a"),
        ]
        for (name, value) in headers {
            var question = request("http://127.0.0.1:9/")
            question.headers = [OutboundHeader(name: name, value: value)]
            guard case .requestMalformed = fault(await client.result(of: question)) else {
                Issue.record("accepted: \(name) \(value)")
                continue
            }
        }
        for method in ["", "get", "GET /", "GET\r\n", "G T"] {
            let question = request("http://127.0.0.1:9/", method: method)
            guard case .requestMalformed = fault(await client.result(of: question)) else {
                Issue.record("accepted: \(method)")
                continue
            }
        }
        await client.shutDown()
    }

    /// What a name server that changes its mind would do: the name was fine, the address is not.
    @Test
    func anAddressOffLoopbackGetsNoSocket() throws {
        let transfer = try Transfer(
            request("http://localhost:9/"),
            timeout: .seconds(1),
            limits: roomy,
            userAgent: "x"
        )
        let stream = Int32(SOCK_STREAM.rawValue)
        for address in [[10, 0, 0, 1], [128, 0, 0, 1], [0, 0, 0, 0], [126, 255, 255, 255]]
            as [[UInt8]]
        {
            let descriptor = transfer.openSocket(
                family: AF_INET,
                type: stream,
                transport: 0,
                address: address
            )
            #expect(descriptor == -1)
        }
        let allowed = transfer.openSocket(
            family: AF_INET,
            type: stream,
            transport: 0,
            address: [127, 0, 0, 1]
        )
        #expect(allowed >= 0)
        #expect(fcntl(allowed, F_GETFD) & FD_CLOEXEC != 0)
        close(allowed)
    }

    @Test
    func rulesKnowEveryFormOfAnAddress() throws {
        let mapped = try #require(AddressRule.literal("[::ffff:127.0.0.1]"))
        #expect(AddressRule.loopback.permits(mapped))
        #expect(AddressRule.loopback.permits([127, 9, 9, 9]))
        #expect(!AddressRule.loopback.permits([UInt8](repeating: 0, count: 16)))
        #expect(!AddressRule.loopback.permits([]))
        #expect(!AddressRule.loopback.permits([127]))
        let pinned = AddressRule.pinned([10, 0, 0, 7])
        #expect(pinned.permits([10, 0, 0, 7]))
        #expect(pinned.permits(try #require(AddressRule.literal("::ffff:10.0.0.7"))))
        #expect(!pinned.permits([10, 0, 0, 8]))
        #expect(AddressRule.literal("localhost") == nil)
        #expect(AddressRule.literal("127.1") == nil)
        #expect(AddressRule.literal("") == nil)
    }

    @Test
    func aPinnedAddressIsConnectedToWhateverTheName() async throws {
        let server = try LoopbackServer(address: "127.0.0.2") { connection in
            connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        }
        let client = try makeClient()
        var question = request("http://orders.test:\(server.port)/healthz")
        question.allowsPlainHTTP = false
        question.pinnedAddress = "127.0.0.2"
        #expect(try await client.send(question).status == 200)
        let head = try #require(server.seen.heads.first)
        #expect(head.contains("\r\nHost: orders.test:\(server.port)\r\n"))

        question.pinnedAddress = "127.0.0.3"
        guard case .peerUnreachable = fault(await client.result(of: question)) else {
            Issue.record("connected elsewhere")
            return
        }
        question.pinnedAddress = "orders.test"
        guard case .requestMalformed = fault(await client.result(of: question)) else {
            Issue.record("pinned to a name")
            return
        }
        server.stop()
    }
}
