import Bytes
import Configuration
import Testing

@testable import Proxy

/// Event streams and other responses without an end, whose token ends before they do.
@Suite
struct StreamEndTests {
    private static let second = StreamScene.second
    private static let events =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    private static let chunks = events.replacing("text/event-stream", with: "text/plain")

    private func chunk(_ text: String) -> [UInt8] {
        Array("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n".utf8)
    }

    /// The body that a peer saw, and whether it was whole.
    private func read(_ peer: ScriptedEnd) throws -> (body: String, isWhole: Bool) {
        var reader = MessageReader()
        reader.feed(peer.received[...])
        let head = try #require(try reader.readHead())
        let framing = try #require(try MessageReader.framing(of: head))
        reader.beginBody(framing)
        try reader.readBody()
        return (reader.payload.span.text(), reader.isBodyComplete)
    }

    private func isRefused(_ lines: [String], _ reason: String, status: Int = 200) -> Bool {
        lines.count == 1 && lines[0].contains("\"status\":\(status)")
            && lines[0].contains("\"decision\":\"refuse\"")
            && lines[0].contains("\"reason\":\"token_\(reason)\"")
            && lines[0].contains("\"detail\":\"stream.\(reason)\"")
    }

    private func end(_ peer: ScriptedEnd) -> Int64 {
        StreamScene.milliseconds(peer.endedAt) ?? 0
    }

    /// Whatever was sent of an event, nothing completes it: no line is blank, and what was begun of a
    /// line is no field that takes effect.
    @Test(
        arguments: [
            ("", ": token_expired\n"),
            ("data: a\n\n", ": token_expired\n"),
            ("data: a\n", ": token_expired\n"),
            ("data: a\r", ": token_expired\n"),
            ("data: a", ":\n: token_expired\n"),
            ("data", ":\n: token_expired\n"),
            ("retry: 10", ":\n: token_expired\n"),
            (":", ":\n: token_expired\n"),
        ]
    )
    func anEventStreamEndsWithAComment(sent: String, added: String) throws {
        let first = sent.isEmpty ? [] : chunk(sent)
        let late = chunk("data: late\n\n")
        let scene = try StreamScene(Self.events) {
            $0.send(first, at: 2 * Self.second)
            $0.send(late, at: 5 * Self.second)
        }
        let peer = scene.addPeer()
        // The connection stays: the end is a good one.
        peer.send(Array("GET /text/ HTTP/1.1\r\nHost: a\r\n\r\n".utf8), at: 6 * Self.second)
        scene.world.strangerCount += 1
        let lines = scene.run()
        let seen = try read(peer)
        #expect(seen.isWhole && seen.body == sent + added, "\(seen.body.debugDescription)")
        #expect(isRefused(lines.filter { $0.contains("/secure/") }, "expired"), "\(lines)")
        #expect(lines.count == 2)
        let upstreamEnd = StreamScene.milliseconds(scene.origins[0].endedAt) ?? 0
        #expect((4_000...4_020).contains(upstreamEnd), "\(upstreamEnd)")
    }

    @Test
    func aPeerThatReadsNothingIsCutAfterTheGrace() throws {
        let much = chunk(String(repeating: "data: a\n\n", count: 50_000))
        let scene = try StreamScene(Self.events) { $0.send(much, at: 2 * Self.second) }
        scene.configure { $0.tokenExpiry = .close(grace: .seconds(1)) }
        let peer = scene.addPeer()
        peer.readsFrom = 8 * Self.second
        let lines = scene.run()
        #expect(try !read(peer).isWhole && lines[0].contains("22:13:25.0"))
        #expect(isRefused(lines, "expired"), "\(lines)")
    }

    /// What waits goes first, and the comment behind it.
    @Test
    func aPeerThatReadsLateGetsTheComment() throws {
        let much = chunk(String(repeating: "data: a\n\n", count: 50_000))
        let scene = try StreamScene(Self.events) { $0.send(much, at: 2 * Self.second) }
        let peer = scene.addPeer()
        peer.readsFrom = 7 * Self.second
        let lines = scene.run()
        let seen = try read(peer)
        #expect(seen.isWhole && seen.body.hasSuffix("\n: token_expired\n"))
        #expect(seen.body.utf8.count < 450_000)
        #expect(isRefused(lines, "expired"), "\(lines)")
    }

    @Test
    func anotherResponseGoesOnForTheGraceAndIsCut() throws {
        let parts = [chunk("one"), chunk("two"), chunk("three")]
        let scene = try StreamScene(Self.chunks) {
            $0.send(parts[0], at: 2 * Self.second)
            $0.send(parts[1], at: 6 * Self.second)
            $0.send(parts[2], at: 9 * Self.second)
        }
        scene.configure { $0.tokenExpiry = .close(grace: .seconds(3)) }
        let peer = scene.addPeer()
        let lines = scene.run()
        let seen = try read(peer)
        #expect(!seen.isWhole && seen.body == "onetwo", "\(seen)")
        #expect((7_000...7_030).contains(end(peer)) && isRefused(lines, "expired"), "\(lines)")
    }

    @Test
    func whatEndsWithinTheGraceEndsWell() throws {
        let parts = [chunk("one"), chunk("two") + Array("0\r\n\r\n".utf8)]
        let scene = try StreamScene(Self.chunks) {
            $0.send(parts[0], at: 2 * Self.second)
            $0.send(parts[1], at: 6 * Self.second)
        }
        let peer = scene.addPeer()
        let lines = scene.run()
        let seen = try read(peer)
        #expect(seen.isWhole && seen.body == "onetwo", "\(seen)")
        #expect(lines.count == 1 && lines[0].contains("\"decision\":\"allow\""), "\(lines)")
    }

    /// A compressed event stream cannot be given a line.
    @Test
    func aCompressedEventStreamIsCut() throws {
        let head = Self.events.replacing("Transfer", with: "Content-Encoding: br\r\nTransfer")
        let part = chunk("one")
        let scene = try StreamScene(head) { $0.send(part, at: 2 * Self.second) }
        scene.configure { $0.tokenExpiry = .close(grace: .seconds(2)) }
        let peer = scene.addPeer()
        _ = scene.run()
        let seen = try read(peer)
        #expect(!seen.isWhole && seen.body == "one" && (6_000...6_030).contains(end(peer)))
    }

    @Test
    func whatHasALengthIsLeftAlone() throws {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\nhalf"
        let scene = try StreamScene(head) {
            $0.send(Array("full".utf8), at: 5 * Self.second + 500_000_000)
        }
        scene.configure { $0.tokenExpiry = .close(grace: .seconds(1)) }
        let peer = scene.addPeer()
        let lines = scene.run()
        let seen = try read(peer)
        #expect(seen.isWhole && seen.body == "halffull")
        #expect(lines.count == 1 && lines[0].contains("\"decision\":\"allow\""), "\(lines)")
    }

    @Test(arguments: ["keep", "shadow"])
    func whatIsKeptOutlivesItsToken(how: String) throws {
        let parts = [chunk("data: a\n\n"), chunk("data: b\n\n") + Array("0\r\n\r\n".utf8)]
        let scene = try StreamScene(Self.events) {
            $0.send(parts[0], at: 2 * Self.second)
            $0.send(parts[1], at: 6 * Self.second)
        }
        scene.configure {
            if how == "keep" { $0.tokenExpiry = .keep } else { $0.isShadow = true }
        }
        let peer = scene.addPeer()
        let lines = scene.run()
        let seen = try read(peer)
        #expect(seen.isWhole && seen.body == "data: a\n\ndata: b\n\n")
        #expect(lines.count == 1 && lines[0].contains("\"decision\":\"allow\""), "\(lines)")
    }

    @Test
    func keepingIsNoShieldAgainstRevocation() throws {
        let scene = try StreamScene(Self.chunks)
        scene.configure { $0.tokenExpiry = .keep }
        let peer = scene.addPeer(session: "s1")
        scene.world.at(5 * Self.second, .revoke(session: "s1", tellsWorker: true))
        let lines = scene.run()
        #expect((5_000...5_020).contains(end(peer)) && isRefused(lines, "revoked"), "\(lines)")
    }

    /// The token was good when the request came, and is not when the stream would begin.
    @Test(arguments: [false, true])
    func aStreamThatWouldBeginLateIsRefused(keeps: Bool) throws {
        let scene = try StreamScene("") { [events = Self.events] in
            $0.send(Array(events.utf8) + Array("0\r\n\r\n".utf8), at: 3 * Self.second + 500_000_000)
        }
        scene.configure {
            if keeps { $0.tokenExpiry = .keep }
        }
        let peer = scene.addPeer(diesAt: 3)
        let lines = scene.run()
        if keeps {
            #expect(peer.firstLine == "HTTP/1.1 200 OK")
        } else {
            #expect(peer.firstLine.contains(" 401 "))
            #expect(isRefused(lines, "expired", status: 401), "\(lines)")
        }
    }

    /// Another response may begin late, and has its grace from then.
    @Test
    func anotherResponseMayBeginLate() throws {
        let whole = Array(Self.chunks.utf8) + chunk("late") + Array("0\r\n\r\n".utf8)
        let scene = try StreamScene("") { $0.send(whole, at: 3 * Self.second + 900_000_000) }
        scene.configure { $0.tokenExpiry = .close(grace: .seconds(1)) }
        let peer = scene.addPeer(diesAt: 2)
        let lines = scene.run()
        let seen = try read(peer)
        #expect(seen.isWhole && seen.body == "late")
        #expect(lines.count == 1 && lines[0].contains("\"decision\":\"allow\""), "\(lines)")
    }

    /// What was let through under one conf ends as that conf says.
    @Test(arguments: [false, true])
    func aReloadChangesNothingForWhatRuns(keptAtFirst: Bool) throws {
        let last = chunk("data: b\n\n") + Array("0\r\n\r\n".utf8)
        let scene = try StreamScene(Self.events) { $0.send(last, at: 6 * Self.second) }
        scene.configure { $0.tokenExpiry = keptAtFirst ? .keep : .close(grace: .seconds(1)) }
        let peer = scene.addPeer()
        scene.reload(at: 2 * Self.second) {
            $0.tokenExpiry = keptAtFirst ? .close(grace: .seconds(1)) : .keep
        }
        _ = scene.run()
        let seen = try read(peer)
        #expect(seen.isWhole)
        #expect(seen.body == (keptAtFirst ? "data: b\n\n" : ": token_expired\n"))
    }

    /// Tokens end by the time of day, whatever has become of the clock since.
    @Test
    func aClockThatIsSetIsFollowed() throws {
        let part = chunk("data: a\n\n")
        let scene = try StreamScene(Self.events) { origin in
            for moment in 1...30 {
                origin.send(part, at: Int64(moment) * 3 * Self.second)
            }
        }
        let peer = scene.addPeer(diesAt: 1_000)
        scene.world.kernel.wallOffset = { $0 < 3 * Self.second ? 0 : 2_000 * Self.second }
        let lines = scene.run()
        let upstreamEnd = StreamScene.milliseconds(scene.origins[0].endedAt) ?? 0
        // Looked at again within a minute.
        #expect((4_000...62_000).contains(upstreamEnd), "\(upstreamEnd)")
        let seen = try read(peer)
        #expect(seen.isWhole && seen.body.hasSuffix("\n\n: token_expired\n"), "\(seen)")
        #expect(isRefused(lines, "expired"), "\(lines)")
    }
}
