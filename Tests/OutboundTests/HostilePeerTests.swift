import Outbound
import Synchronization
import Testing

/// Servers that are slow, large, broken or gone.
struct HostilePeerTests {
    @Test
    func silenceEndsWithTheTime() async throws {
        let gate = Gate()
        let server = try LoopbackServer { connection in
            connection.readRequest()
            gate.wait()
        }
        let began = ContinuousClock.now
        let result = await (try makeClient()).result(
            of: request(server.url(), timeout: .milliseconds(1_500))
        )
        let took = began.duration(to: .now)
        guard case .peerTooSlow = fault(result) else {
            Issue.record("\(result)")
            return
        }
        #expect(took >= .milliseconds(1_490))
        // The server was reached and has said nothing yet, for its gate is shut: it was the client that
        // ended it. A busy machine may tell the server late.
        #expect(await eventually { server.seen.openMax == 1 })
        gate.open()
        server.stop()
    }

    @Test
    func aDrippingBodyDoesNotBuyTime() async throws {
        let server = try LoopbackServer { connection in
            connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while connection.write("x") {
                Gate.pause()
            }
        }
        let result = await (try makeClient()).result(
            of: request(server.url(), timeout: .milliseconds(300))
        )
        guard case .peerTooSlow = fault(result) else {
            Issue.record("\(result)")
            return
        }
        server.stop()
    }

    @Test
    func anAnnouncedGiantIsRefusedAtItsHead() async throws {
        let server = try LoopbackServer { connection in
            connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n")
            _ = connection.waitForPeerToClose()
        }
        let result = await (try makeClient()).result(of: request(server.url()))
        #expect(fault(result) == .responseTooLarge(limit: 524_288))
        server.stop()
    }

    /// The server would send 256 MB: far beyond what buffers in between can swallow.
    @Test(arguments: [true, false])
    func anEndlessBodyIsCutAtTheLimit(isChunked: Bool) async throws {
        let sent = Atomic(0)
        let server = try LoopbackServer { connection in
            connection.readRequest()
            let framing = isChunked ? "Transfer-Encoding: chunked" : "Connection: close"
            connection.write("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n")
            let block = [UInt8](repeating: 0x20, count: 65_536)
            let piece = isChunked ? Array("10000\r\n".utf8) + block + [13, 10] : block
            for _ in 0..<4_096 {
                guard connection.write(piece) else { return }
                sent.add(1, ordering: .relaxed)
            }
        }
        let result = await (try makeClient()).result(of: request(server.url()))
        #expect(fault(result) == .responseTooLarge(limit: 524_288))
        #expect(await eventually { server.seen.open == 0 })
        #expect(sent.load(ordering: .relaxed) < 1_024)
        server.stop()
    }

    @Test(arguments: ["Content-Length: 1000\r\n", "Transfer-Encoding: chunked\r\n", ""])
    func theLimitItselfIsAllowed(_ framing: String) async throws {
        let server = try LoopbackServer { connection in
            connection.readRequest()
            let body = String(repeating: "x", count: 1_000)
            let wire = framing.hasPrefix("T") ? "3e8\r\n\(body)\r\n0\r\n\r\n" : body
            connection.write("HTTP/1.1 200 OK\r\n\(framing)\r\n\(wire)")
        }
        let client = try makeClient()
        #expect(try await client.send(request(server.url(), sizeMax: 1_000)).body.count == 1_000)
        let result = await client.result(of: request(server.url(), sizeMax: 999))
        #expect(fault(result) == .responseTooLarge(limit: 999))
        let none = await client.result(of: request(server.url(), sizeMax: 0))
        #expect(fault(none) == .responseTooLarge(limit: 0))
        server.stop()
    }

    @Test
    func endlessHeadsAreCut() async throws {
        let server = try LoopbackServer { connection in
            connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n")
            while connection.write("X-Filler: \(String(repeating: "y", count: 900))\r\n") {}
        }
        let result = await (try makeClient()).result(of: request(server.url()))
        #expect(fault(result) == .responseTooLarge(limit: 16_384))
        server.stop()
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH_9.2\r\n", "hello\r\n\r\n", "<html>old</html>",
        "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n", "\r\n\r\n\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\n",
    ])
    func garbageIsAFaultOfThePeer(_ bytes: String) async throws {
        let server = try LoopbackServer { connection in
            connection.readRequest()
            connection.write(bytes)
        }
        let result = await (try makeClient()).result(of: request(server.url()))
        switch fault(result) {
        case .responseMalformed, .responseTruncated, .connectionLost: break
        default: Issue.record("\(result)")
        }
        server.stop()
    }

    @Test
    func aPeerThatHangsUpAtOnceIsLost() async throws {
        let server = try LoopbackServer { _ in }
        let result = await (try makeClient()).result(of: request(server.url()))
        guard case .connectionLost = fault(result) else {
            Issue.record("\(result)")
            return
        }
        #expect(fault(result)?.isRetriable == true)
        server.stop()
    }

    @Test
    func nobodyListening() async throws {
        let server = try LoopbackServer { _ in }
        server.stop()
        let result = await (try makeClient()).result(of: request(server.url()))
        guard case .peerUnreachable = fault(result) else {
            Issue.record("\(result)")
            return
        }
    }

    @Test
    func aNameThatDoesNotExist() async throws {
        var question = request("https://no-such-name.invalid/", timeout: .seconds(5))
        question.allowsPlainHTTP = false
        let result = await (try makeClient()).result(of: question)
        switch fault(result) {
        case .nameUnresolved, .peerTooSlow: break
        default: Issue.record("\(result)")
        }
    }

    /// A response that is cut is never taken for one, wherever it is cut.
    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 17\r\n\r\n{\"keys\":[1,2,3]}\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{\"keys\"\r\n4\r\n:[]}\r\n0\r\n\r\n",
    ])
    func everyCutIsSeen(_ response: String) async throws {
        let bytes = Array(response.utf8)
        let cut = Atomic(0)
        let server = try LoopbackServer { connection in
            let head = connection.readRequest()
            guard let path = head.split(separator: " ").dropFirst().first,
                let count = Int(path.dropFirst())
            else { return }
            connection.write(Array(bytes.prefix(count)))
            cut.add(1, ordering: .relaxed)
        }
        let client = try makeClient()
        for count in 0..<bytes.count {
            let result = await client.result(of: request(server.url("/\(count)")))
            if count == bytes.count - 1, fault(result) == nil {
                // The last line feed after the last chunk: nothing of the message is missing.
                #expect(response.contains("chunked"))
                continue
            }
            switch fault(result) {
            case .connectionLost, .responseTruncated, .responseMalformed: break
            default: Issue.record("cut at \(count): \(result)")
            }
        }
        let whole = try await client.send(request(server.url("/\(bytes.count)")))
        #expect(whole.status == 200)
        #expect(cut.load(ordering: .relaxed) >= bytes.count)
        server.stop()
    }

    /// Byte by byte is as good as at once.
    @Test
    func everyPieceCounts() async throws {
        let server = try LoopbackServer { connection in
            connection.readRequest()
            let text =
                "HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            for byte in text.utf8 {
                connection.write([byte])
                Gate.pause()
            }
        }
        let response = try await (try makeClient()).send(request(server.url()))
        #expect(response.body == Array("abc".utf8))
        #expect(response.firstValue(of: "a") == "b")
        server.stop()
    }
}
