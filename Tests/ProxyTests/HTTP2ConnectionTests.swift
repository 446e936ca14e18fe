import Bytes
import HTTP
import Testing

@testable import Proxy

/// Connections of HTTP/2 on the simulated system, one promise at a time.
@Suite
struct HTTP2ConnectionTests {
    private static let second: Int64 = 1_000_000_000
    private static let large = Array(repeating: UInt8(ascii: "x"), count: 250_000)

    private func request(_ id: Int, _ change: (inout RequestPlan) -> Void = { _ in }) -> RequestPlan
    {
        var plan = RequestPlan(id: id)
        plan.isHTTP2 = true
        plan.target = "/open/\(id)"
        plan.response.body = Array("well".utf8)
        change(&plan)
        return plan
    }

    private func peer(
        _ world: World,
        _ requests: [RequestPlan],
        _ change: (inout PeerPlan) -> Void = { _ in }
    ) -> HTTP2Peer {
        var plan = PeerPlan()
        plan.startsAt = world.kernel.time.now
        plan.requests = requests
        plan.depth = 200
        plan.http2 = HTTP2PeerPlan()
        change(&plan)
        world.add(plan)
        return world.http2Peers[world.http2Peers.count - 1]
    }

    /// Has a frame peer in the world, with plans for the requests that it names.
    private func framePeer(
        _ world: World,
        _ requests: [RequestPlan],
        _ steps: [FramePeer.Step]
    ) -> FramePeer {
        for request in requests {
            world.plans[request.id] = request
        }
        world.strangerCount += requests.count
        let peer = FramePeer(steps, world: world)
        world.kernel.actors.append(peer)
        return peer
    }

    private func run(_ world: World) {
        let faults = world.run()
        #expect(faults.isEmpty, "\(faults)")
    }

    // One slow stream.

    @Test
    func aSlowStreamStallsNobody() throws {
        let world = try World(seed: 1, scenario: .rude)
        let begin = world.kernel.time.now
        var requests = (2...30).map { request($0) { $0.response.body = Self.large } }
        requests.insert(
            request(1) {
                $0.response.body = Self.large
                $0.stream.withholdsWindow = true
            },
            at: 0
        )
        let peer = peer(world, requests)
        var most = 0
        world.turnEnded = {
            for case let connection as HTTP2Connection in world.worker.connections {
                let stream = connection.streams.first { $0?.id == 1 } ?? nil
                most = max(most, stream?.outgoing?.buffer.count ?? 0)
            }
        }
        run(world)
        #expect(peer.streams[0].body.count == 65_535 && !peer.streams[0].isInputEnded)
        #expect(peer.streams[1...].allSatisfy { $0.body.count == Self.large.count })
        #expect(peer.streams[1...].allSatisfy { $0.endedAt < begin + Self.second })
        #expect(most <= 65_536)
    }

    /// An upload that its origin does not read.
    @Test
    func aStuckUploadStallsNobody() throws {
        let world = try World(seed: 2, scenario: .rude)
        let begin = world.kernel.time.now
        world.dialling.window = 700
        world.dialling.behaviour.readMax = 300
        world.dialling.behaviour.pausePercent = 100
        world.dialling.behaviour.pause = 200_000_000
        let stuck = request(1) {
            $0.method = "POST"
            $0.body = Self.large
            $0.framing = .length
            $0.stream.cancelsAfter = 20 * Self.second
        }
        let other = request(2) {
            $0.target = "/text/"
            $0.method = "POST"
            $0.expected = .refused([200])
            $0.body = Self.large
            $0.framing = .chunked(sizes: 1)
        }
        let peer = peer(world, [stuck, other])
        var most = 0
        world.turnEnded = {
            for case let connection as HTTP2Connection in world.worker.connections {
                most = max(most, connection.credit.heldCount)
            }
        }
        run(world)
        #expect(peer.streams[1].isInputEnded && peer.streams[1].endedAt < begin + Self.second)
        #expect(!peer.streams[0].isInputEnded && most > 60_000 && most <= 262_144)
    }

    // Memory of what nobody takes.

    @Test
    func closedWindowsHoldLittle() throws {
        let world = try World(seed: 3, scenario: .rude)
        let requests = (1...128).map { request($0) { $0.response.body = Self.large } }
        let peer = peer(world, requests) { $0.http2?.streamWindow = 0 }
        var outgoing = 0
        var incoming = 0
        var streamCount = 0
        world.turnEnded = {
            for case let connection as HTTP2Connection in world.worker.connections {
                streamCount = max(streamCount, connection.streamCount)
                for stream in connection.streams {
                    outgoing = max(outgoing, stream?.outgoing?.buffer.count ?? 0)
                    let up = stream?.exchange?.upstream as? HTTP1UpstreamConnection
                    incoming = max(incoming, up?.received?.buffer.count ?? 0)
                }
            }
        }
        run(world)
        #expect(streamCount == 128)
        #expect(outgoing <= 16_384 && incoming <= 16_384)
        #expect(peer.streams.allSatisfy { $0.status == 200 && !$0.isInputEnded })
        #expect(peer.streams.allSatisfy { $0.body.isEmpty && $0.closed != nil })
    }

    // Time.

    @Test
    func anIdleConnectionEndsWell() throws {
        let world = try World(seed: 4, scenario: .clean)
        let begin = world.kernel.time.now
        let peer = peer(world, [request(1)]) { $0.staysAtEnd = true }
        run(world)
        #expect(peer.streams[0].isInputEnded && peer.isDone)
        #expect(peer.goaways.map(\.code) == [0] && peer.goaways.map(\.lastStream) == [1])
        let seconds = (peer.goaways[0].at - begin) / Self.second
        // A second of rest, and the five of the conf.
        #expect(seconds == 6)
    }

    /// Neither a preface in pieces, nor a head without end, keeps a connection.
    @Test(arguments: [
        Array(FramePeer.preface[..<10]), FramePeer.preface,
        FramePeer.opening + FramePeer.frame(1, flags: 0, stream: 1, FramePeer.block([("a", "b")])),
        FramePeer.opening + FramePeer.head("GET", "/open/", id: 1, stream: 1).dropLast(3),
    ])
    func anUnfinishedHeadIsNotAwaitedForEver(bytes: [UInt8]) throws {
        let world = try World(seed: 5, scenario: .rude)
        let begin = world.kernel.time.now
        let peer = framePeer(world, [], [.write(bytes)])
        run(world)
        #expect(peer.endedAt.map { ($0 - begin) / Self.second } == 5)
        #expect(world.logLines.isEmpty)
    }

    @Test
    func whoReadsNothingIsCutOff() throws {
        let world = try World(seed: 6, scenario: .rude)
        let begin = world.kernel.time.now
        world.kernel.window = 5_000
        let requests = (1...5).map { request($0) { $0.response.body = Self.large } }
        let peer = peer(world, requests) { $0.stallsReadingAfter = 100 }
        var lastTurn: Int64 = 0
        world.turnEnded = {
            if !world.worker.connections.isEmpty { lastTurn = world.kernel.time.now }
        }
        run(world)
        #expect(peer.isLeft && (lastTurn - begin) / Self.second <= 6)
        #expect(world.logLines.count == 5)
    }

    /// A response that is held whole for a peer that does not take it is not held for ever.
    @Test
    func aWholeResponseIsNotHeldForEver() throws {
        let world = try World(seed: 16, scenario: .rude)
        let begin = world.kernel.time.now
        let held = request(1) {
            $0.response.body = Array(Self.large[..<10_000])
            $0.stream.withholdsWindow = true
        }
        let text = request(2) {
            $0.target = "/text/"
            $0.expected = .refused([200])
            $0.stream.withholdsWindow = true
        }
        let peer = peer(world, [held, text]) { $0.http2?.streamWindow = 100 }
        run(world)
        #expect(peer.streams.allSatisfy { $0.status == 200 && $0.closed == .internalError })
        #expect(peer.streams.allSatisfy { $0.endedAt < begin + 11 * Self.second })
        #expect(world.statuses == ["200", "200"] || world.statuses == ["200", "499"])
    }

    @Test
    func aBodyThatDoesNotComeIsAnswered() throws {
        let world = try World(seed: 7, scenario: .rude)
        let begin = world.kernel.time.now
        let late = request(1) {
            $0.method = "POST"
            $0.framing = .length
            $0.body = Array("never".utf8)
        }
        let peer = framePeer(
            world,
            [late],
            [
                .write(
                    FramePeer.opening
                        + FramePeer.head(
                            "POST",
                            "/open/1",
                            id: 1,
                            stream: 1,
                            endsStream: false,
                            fields: [("content-length", "5")]
                        )
                ),
                .await { $0.hasResponse(1) },
                .rest(until: begin + 8 * Self.second),
                .close,
            ]
        )
        run(world)
        #expect(peer.frames(WireFrame.reset, of: 1).map(\.code) == [0])
        #expect(world.statuses == ["408"])
    }

    // The end of a connection.

    /// Two GOAWAYs, what crosses the first is taken on, and all of it ends well.
    @Test(arguments: [true, false])
    func drainsInTwoSteps(isReload: Bool) throws {
        let world = try World(seed: 8, scenario: .draining)
        let begin = world.kernel.time.now
        let slow = request(1) { $0.response.delay = 3 * Self.second - 200_000_000 }
        let peer = framePeer(
            world,
            [slow, request(2), request(3)],
            [
                .write(FramePeer.opening + FramePeer.head("GET", "/open/1", id: 1, stream: 1)),
                .await { !$0.frames(WireFrame.goaway).isEmpty },
                .write(FramePeer.head("GET", "/open/2", id: 2, stream: 3)),
                .await { $0.frames(WireFrame.goaway).count == 2 },
                .write(FramePeer.head("GET", "/open/3", id: 3, stream: 5)),
            ]
        )
        world.at(begin + Self.second / 2, isReload ? .reload : .drain(seconds: 600))
        run(world)
        let goaways = peer.frames(WireFrame.goaway)
        #expect(goaways.map(\.code) == [0, 0] && goaways.map(\.lastStream) == [0x7FFF_FFFF, 3])
        #expect(peer.hasResponse(1) && peer.hasResponse(3) && !peer.hasResponse(5))
        #expect(world.statuses == ["200", "200"], "\(world.logLines)")
        #expect(peer.endedAt != nil)
    }

    @Test
    func anIdleConnectionIsDrainedAtOnce() throws {
        let world = try World(seed: 9, scenario: .draining)
        let begin = world.kernel.time.now
        let peer = framePeer(world, [], [.write(FramePeer.opening)])
        world.at(begin + Self.second / 2, .drain(seconds: 600))
        run(world)
        #expect(peer.frames(WireFrame.goaway).map(\.lastStream) == [0])
        #expect(peer.endedAt.map { $0 < begin + Self.second } == true)
    }

    /// A request whose head is half in the gateway's hands is either taken on or said to be untouched.
    @Test(arguments: [true, false])
    func aHalfHeadIsNotLost(isFinished: Bool) throws {
        let world = try World(seed: 15, scenario: .draining)
        let begin = world.kernel.time.now
        let head = FramePeer.head("GET", "/open/1", id: 1, stream: 1)
        var steps: [FramePeer.Step] = [
            .write(FramePeer.opening + head.dropLast(3)),
            .await { !$0.frames(WireFrame.goaway).isEmpty },
        ]
        if isFinished { steps.append(.write(head.suffix(3))) }
        let peer = framePeer(world, [request(1)], steps)
        world.at(begin + Self.second / 2, .drain(seconds: 600))
        run(world)
        #expect(peer.hasResponse(1) == isFinished && peer.endedAt != nil)
        #expect(
            peer.frames(WireFrame.goaway).map(\.lastStream) == [0x7FFF_FFFF, isFinished ? 1 : 0]
        )
        #expect(world.statuses == (isFinished ? ["200"] : []))
    }

    /// What comes behind a reload is decided by the new conf, on the old connection too.
    @Test
    func aPeerThatComesBackIsServed() throws {
        let world = try World(seed: 10, scenario: .draining)
        let begin = world.kernel.time.now
        world.at(begin + Self.second / 2, .reload)
        let first = peer(world, [request(1) { $0.response.delay = Self.second }])
        let second = peer(world, [request(2)]) { $0.startsAt = begin + 2 * Self.second }
        run(world)
        #expect(first.draining && first.streams[0].isInputEnded)
        #expect(!second.draining && second.streams[0].isInputEnded)
    }

    // Messages.

    @Test
    func whatNobodyReadsIsCutOffAfterTheResponse() throws {
        let world = try World(seed: 11, scenario: .rude)
        let begin = world.kernel.time.now
        let early = request(1) {
            $0.method = "POST"
            $0.framing = .chunked(sizes: 1)
            $0.response.isEarly = true
            $0.response.status = 413
            $0.response.body = Array(Self.large[..<60_000])
        }
        let peer = framePeer(
            world,
            [early],
            [
                .write(
                    FramePeer.opening
                        + FramePeer.head("POST", "/open/1", id: 1, stream: 1, endsStream: false)
                        + FramePeer.frame(WireFrame.data, stream: 1, [1, 2, 3])
                ),
                .await { !$0.frames(WireFrame.reset).isEmpty },
                .rest(until: begin + Self.second),
                .close,
            ]
        )
        run(world)
        let frames = peer.frames.filter { $0.stream == 1 && $0.type != WireFrame.windowUpdate }
        #expect(frames.first?.type == WireFrame.headers)
        #expect(frames.reduce(0) { $0 + ($1.type == WireFrame.data ? $1.length : 0) } == 60_000)
        #expect(frames.last?.type == WireFrame.reset && frames.last?.code == 0)
        #expect(frames.dropLast().last?.endsStream == true)
        #expect(world.statuses == ["413"])
    }

    @Test
    func saysContinue() throws {
        let world = try World(seed: 12, scenario: .clean)
        let upload = request(1) {
            $0.method = "POST"
            $0.body = Self.large
            $0.framing = .length
            $0.expectsContinue = true
        }
        let refused = request(2) {
            $0 = upload
            $0.id = 2
            $0.target = "/secure/"
            $0.expected = .refused([401])
        }
        let peer = peer(world, [upload, refused])
        run(world)
        #expect(peer.streams.map(\.status) == [200, 401])
        #expect(peer.streams.map(\.continueCount) == [1, 0])
        #expect(peer.streams.map(\.sent) == [Self.large.count, 0])
    }

    /// HTTP/1 origins are sent no trailers, and those of peers do no harm.
    @Test
    func trailersOfRequestsEndThem() throws {
        let world = try World(seed: 13, scenario: .clean)
        let requests = [0, 10, 70_000].enumerated().map { place, count in
            request(place + 1) {
                $0.method = "POST"
                $0.body = Array(Self.large[..<count])
                $0.framing = .chunked(sizes: 1)
                $0.stream.endsWithHead = false
                $0.stream.hasTrailers = true
            }
        }
        let peer = peer(world, requests)
        run(world)
        #expect(peer.streams.map(\.status) == [200, 200, 200])
    }

    @Test
    func aMalformedRequestLeavesOneLine() throws {
        let world = try World(seed: 14, scenario: .clean)
        let begin = world.kernel.time.now
        let malformed = FramePeer.head(
            "GET",
            "/open/1",
            id: 1,
            stream: 1,
            fields: [("connection", "close")]
        )
        let good = FramePeer.head("GET", "/open/2", id: 2, stream: 3)
        let peer = framePeer(
            world,
            [request(1), request(2)],
            [
                .write(FramePeer.opening + malformed + good),
                .await { $0.hasResponse(3) },
                .rest(until: begin + Self.second),
                .close,
            ]
        )
        run(world)
        #expect(peer.frames(WireFrame.reset).map(\.stream) == [1])
        #expect(peer.frames(WireFrame.reset).map(\.code) == [1])
        #expect(world.statuses.sorted() == ["200", "400"])
    }
}

extension World {
    /// The statuses of the log, in its order.
    var statuses: [String] {
        logLines.compactMap { Self.member("status", of: Substring($0)) }
    }
}
