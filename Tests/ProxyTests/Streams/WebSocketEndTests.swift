import Configuration
import HTTP
import Testing

@testable import Proxy

/// WebSockets whose token ends before they do, whatever stands between two frames.
@Suite
struct WebSocketEndTests {
    private static let second = StreamScene.second
    private static let upgraded =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    private static let expired: [UInt8] =
        WebSocketClose(code: 1008, reason: "token_expired").serverFrame()
    private static let revoked: [UInt8] =
        WebSocketClose(code: 1008, reason: "token_revoked").serverFrame()
    /// What a client answers to it.
    private static let answer: [UInt8] = [0x88, 0x82, 1, 2, 3, 4, 0x03 ^ 1, 0xF0 ^ 2]

    private func text(_ text: String, masked: Bool) -> [UInt8] {
        let payload = Array(text.utf8)
        guard masked else { return [0x81, UInt8(payload.count)] + payload }
        let key: [UInt8] = [9, 8, 7, 6]
        let masked = payload.enumerated().map { $1 ^ key[$0 % 4] }
        return [0x81, 0x80 | UInt8(payload.count)] + key + masked
    }

    /// The code and reason of a masked Close that is the last of what an upstream got.
    private func closing(_ bytes: [UInt8], after before: [UInt8]) -> String? {
        guard bytes.starts(with: before) else { return nil }
        let frame = Array(bytes[before.count...])
        guard frame.count >= 8, frame[0] == 0x88, frame[1] & 0x80 != 0,
            Int(frame[1] & 0x7F) == frame.count - 6
        else { return nil }
        let payload = frame[6...].enumerated().map { $1 ^ frame[2 + $0 % 4] }
        let code = Int(payload[0]) << 8 | Int(payload[1])
        return "\(code) \(String(decoding: payload[2...], as: UTF8.self))"
    }

    private func isLogged(_ lines: [String], _ reason: String) -> Bool {
        lines.count == 1 && lines[0].contains("\"status\":101")
            && lines[0].contains("\"decision\":\"refuse\"")
            && lines[0].contains("\"reason\":\"token_\(reason)\"")
            && lines[0].contains("\"detail\":\"stream.\(reason)\"")
    }

    @Test
    func bothSidesAreToldAndTheRestIsDropped() throws {
        let early = text("early", masked: false)
        let late = text("late", masked: false)
        let scene = try StreamScene(Self.upgraded) {
            $0.send(early, at: 2 * Self.second)
            $0.send(late, at: 5 * Self.second)
        }
        let peer = scene.addPeer(fields: StreamScene.webSocketFields)
        let said = text("said", masked: true)
        peer.send(said, at: 3 * Self.second)
        peer.send(text("unsaid", masked: true), at: 4 * Self.second + 500_000_000)
        peer.send(Self.answer, at: 6 * Self.second)
        let lines = scene.run()
        #expect(peer.firstLine == "HTTP/1.1 101 Switching Protocols")
        #expect(peer.body == early + Self.expired)
        #expect(closing(scene.origins[0].body, after: said) == "1008 token_expired")
        let end = StreamScene.milliseconds(peer.endedAt) ?? 0
        #expect((6_000...6_020).contains(end), "\(end)")
        #expect(!peer.wasReset && isLogged(lines, "expired"), "\(lines)")
    }

    /// The Close comes at the second from which the token would be refused, not before, and waits for
    /// the end of the frames that are under way in either direction.
    @Test
    func aFrameUnderWayIsSentWhole() throws {
        let down = text("the answer", masked: false)
        let up = text("a question", masked: true)
        for cut in 0...up.count {
            let downCut = min(cut, down.count)
            let scene = try StreamScene(Self.upgraded) {
                $0.send(Array(down[..<downCut]), at: 2 * Self.second)
                $0.send(Array(down[downCut...]) + down, at: 5 * Self.second)
            }
            let peer = scene.addPeer(fields: StreamScene.webSocketFields)
            peer.send(Array(up[..<cut]), at: 2 * Self.second)
            peer.send(Array(up[cut...]) + up + Self.answer, at: 6 * Self.second)
            let lines = scene.run()
            let wasDown = downCut == 0 ? [] : down
            let wasUp = cut == 0 ? [] : up
            #expect(peer.body == wasDown + Self.expired, "\(cut)")
            #expect(
                closing(scene.origins[0].body, after: wasUp) == "1008 token_expired",
                "\(cut): \(scene.origins[0].body)"
            )
            let end = StreamScene.milliseconds(peer.endedAt) ?? 0
            #expect((6_000...6_020).contains(end) && !peer.wasReset, "\(cut): \(end)")
            #expect(isLogged(lines, "expired"), "\(cut): \(lines)")
        }
    }

    @Test
    func aPeerThatAnswersAtOnceIsLetGoAtOnce() throws {
        let scene = try StreamScene(Self.upgraded)
        let peer = scene.addPeer(fields: StreamScene.webSocketFields)
        peer.answer = { $0.body == Self.expired ? Self.answer : [] }
        let lines = scene.run()
        let end = StreamScene.milliseconds(peer.endedAt) ?? 0
        #expect((4_000...4_030).contains(end) && !peer.wasReset, "\(end)")
        #expect(scene.origins[0].endedAt != nil && isLogged(lines, "expired"), "\(lines)")
    }

    @Test
    func aPeerThatDoesNotAnswerHasTheGrace() throws {
        let scene = try StreamScene(Self.upgraded)
        scene.configure { $0.tokenExpiry = .close(grace: .seconds(3)) }
        let peer = scene.addPeer(fields: StreamScene.webSocketFields)
        let lines = scene.run()
        #expect(peer.body == Self.expired && !peer.wasReset)
        let end = StreamScene.milliseconds(peer.endedAt) ?? 0
        #expect((7_000...7_030).contains(end), "\(end)")
        #expect(isLogged(lines, "expired"), "\(lines)")
    }

    /// A frame that does not end, and one whose end cannot be known.
    @Test(
        arguments: [[0x82, 0x05, 1], [0x82, 0x7F, 255, 0, 0, 0, 0, 0, 0, 0, 0, 1]] as [[UInt8]]
    )
    func withoutBoundaryItIsCutAfterTheGrace(frame: [UInt8]) throws {
        let scene = try StreamScene(Self.upgraded) { $0.send(frame, at: 2 * Self.second) }
        scene.configure { $0.tokenExpiry = .close(grace: .seconds(3)) }
        let peer = scene.addPeer(fields: StreamScene.webSocketFields)
        let lines = scene.run()
        #expect(peer.body == frame)
        let end = StreamScene.milliseconds(peer.endedAt) ?? 0
        #expect((7_000...7_030).contains(end), "\(end)")
        #expect(isLogged(lines, "expired"), "\(lines)")
    }

    /// An upstream that takes its leave before is not told twice, and the peer is not either.
    @Test
    func aCloseThatWasSaidIsNotSaidAgain() throws {
        let scene = try StreamScene(Self.upgraded) {
            $0.send([0x88, 0x02, 0x03, 0xE8], at: 3 * Self.second)
        }
        let peer = scene.addPeer(fields: StreamScene.webSocketFields)
        peer.send(Self.answer, at: 5 * Self.second)
        _ = scene.run()
        #expect(peer.body == [0x88, 0x02, 0x03, 0xE8])
        let end = StreamScene.milliseconds(peer.endedAt) ?? 0
        #expect((5_000...5_020).contains(end), "\(end)")
    }

    /// What waits for the peer goes first, and the Close behind it.
    @Test
    func aPeerThatReadsLateGetsItAll() throws {
        let head: [UInt8] = [0x82, 0x7F, 0, 0, 0, 0, 0, 0x03, 0, 0]
        let frame = head + [UInt8](repeating: 7, count: 196_608)
        let scene = try StreamScene(Self.upgraded) {
            $0.send(frame + frame, at: 2 * Self.second)
        }
        let peer = scene.addPeer(fields: StreamScene.webSocketFields)
        peer.readsFrom = 6 * Self.second
        peer.answer = { $0.body.count > 196_618 ? Self.answer : [] }
        let lines = scene.run()
        #expect(peer.body.count == frame.count + Self.expired.count)
        #expect(peer.body.suffix(Self.expired.count) == Self.expired[...])
        let end = StreamScene.milliseconds(peer.endedAt) ?? 0
        #expect((6_000...6_030).contains(end) && isLogged(lines, "expired"), "\(end) \(lines)")
    }

    @Test(arguments: [false, true])
    func aRevokedSessionEndsItAtOnce(keeps: Bool) throws {
        let scene = try StreamScene(Self.upgraded) {
            $0.send([0x81, 0x01, 0x61], at: 3 * Self.second)
        }
        if keeps { scene.configure { $0.tokenExpiry = .keep } }
        let peer = scene.addPeer(
            diesAt: 100_000,
            session: "s1",
            fields: StreamScene.webSocketFields
        )
        scene.world.at(2 * Self.second, .revoke(session: "s1", tellsWorker: true))
        let lines = scene.run()
        #expect(peer.body == Self.revoked)
        let end = StreamScene.milliseconds(peer.endedAt) ?? 0
        // The default grace, and the default of what is kept.
        #expect((12_000...12_030).contains(end), "\(end)")
        #expect(isLogged(lines, "revoked"), "\(lines)")
    }

    @Test
    func otherProtocolsAreCutAfterTheGrace() throws {
        let upgraded = Self.upgraded.replacing("websocket", with: "echo")
        let fields = StreamScene.webSocketFields.replacing("websocket", with: "echo")
        let scene = try StreamScene(upgraded) { $0.send([1, 2, 3], at: 6 * Self.second) }
        scene.configure { $0.tokenExpiry = .close(grace: .seconds(3)) }
        let peer = scene.addPeer(fields: fields)
        let lines = scene.run()
        let end = StreamScene.milliseconds(peer.endedAt) ?? 0
        #expect(peer.body == [1, 2, 3] && (7_000...7_030).contains(end), "\(end)")
        #expect(isLogged(lines, "expired"), "\(lines)")
    }

    /// A turn ends so many; the others follow without a wait.
    @Test
    func manyThatEndTogetherDoNotStallATurn() throws {
        let scene = try StreamScene(Self.upgraded)
        let peers = (0..<60).map { _ in scene.addPeer(fields: StreamScene.webSocketFields) }
        for peer in peers {
            peer.answer = { $0.body == Self.expired ? Self.answer : [] }
        }
        let lines = scene.run()
        #expect(lines.count == 60)
        for peer in peers {
            let end = StreamScene.milliseconds(peer.endedAt) ?? 0
            #expect((4_000...4_100).contains(end) && peer.body == Self.expired, "\(end)")
        }
    }
}
