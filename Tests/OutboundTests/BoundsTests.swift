import Outbound
import Synchronization
import Testing

/// How many at once, how long in the queue, and how it ends.
struct BoundsTests {
    private static func narrow(_ concurrency: Int, queue: Int) -> OutboundLimits {
        OutboundLimits(
            concurrencyMax: concurrency,
            queueMax: queue,
            connectTimeout: .seconds(60),
            responseHeadSizeMax: 16_384,
            idleConnectionMax: 4
        )
    }

    /// A server that answers when the gate is open.
    private static func gated(_ gate: Gate) throws -> LoopbackServer {
        try LoopbackServer { connection in
            connection.readRequest()
            gate.wait()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
    }

    @Test
    func aFullQueueIsSaidAtOnce() async throws {
        let gate = Gate()
        let server = try Self.gated(gate)
        let client = try makeClient(Self.narrow(2, queue: 3))
        let first = (0..<5).map { _ in Task { await client.result(of: request(server.url())) } }
        #expect(await eventually { server.seen.heads.count == 2 })
        // Three wait inside now, or are about to: keep asking until one is turned away.
        var refused: OutboundFault?
        for _ in 0..<200 where refused == nil {
            let impatient = request(server.url(), timeout: .milliseconds(20))
            let result = fault(await client.result(of: impatient))
            refused = result == .queueFull ? result : nil
        }
        #expect(refused == .queueFull)
        #expect(server.seen.openMax == 2)
        gate.open()
        for task in first {
            #expect(try await task.value.get().status == 200)
        }
        await client.shutDown()
        server.stop()
    }

    @Test
    func timeRunsWhileWaitingForAPlace() async throws {
        let gate = Gate()
        let server = try Self.gated(gate)
        let client = try makeClient(Self.narrow(1, queue: 3))
        let first = Task { await client.result(of: request(server.url())) }
        #expect(await eventually { server.seen.heads.count == 1 })
        let second = await client.result(of: request(server.url(), timeout: .milliseconds(150)))
        guard case .peerTooSlow = fault(second) else {
            Issue.record("\(second)")
            return
        }
        #expect(server.seen.open == 1)
        gate.open()
        #expect(try await first.value.get().status == 200)
        #expect(server.seen.accepted == 1)
        server.stop()
    }

    @Test
    func aCancelledTaskEndsItsTransfer() async throws {
        let sawTheEnd = Atomic(false)
        let server = try LoopbackServer { connection in
            connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            sawTheEnd.store(connection.waitForPeerToClose(), ordering: .sequentiallyConsistent)
        }
        let client = try makeClient()
        let task = Task { await client.result(of: request(server.url())) }
        #expect(await eventually { server.seen.heads.count == 1 })
        task.cancel()
        #expect(fault(await task.value) == .cancelled)
        #expect(await eventually { sawTheEnd.load(ordering: .sequentiallyConsistent) })
        server.stop()
    }

    @Test
    func aTaskCancelledBeforeOrInTheQueueNeverConnects() async throws {
        let gate = Gate()
        let server = try Self.gated(gate)
        let client = try makeClient(Self.narrow(1, queue: 10))
        let first = Task { await client.result(of: request(server.url())) }
        #expect(await eventually { server.seen.heads.count == 1 })
        let queued = Task { await client.result(of: request(server.url())) }
        let doomed = Task {
            // Not before the cancellation has come.
            while !Task.isCancelled {
                await Task.yield()
            }
            return await client.result(of: request(server.url()))
        }
        doomed.cancel()
        queued.cancel()
        #expect(fault(await doomed.value) == .cancelled)
        #expect(fault(await queued.value) == .cancelled)
        gate.open()
        #expect(try await first.value.get().status == 200)
        #expect(server.seen.accepted == 1)
        server.stop()
    }

    @Test
    func shuttingDownAnswersEverybody() async throws {
        let sawTheEnd = Atomic(0)
        let server = try LoopbackServer { connection in
            connection.readRequest()
            if connection.waitForPeerToClose() {
                sawTheEnd.add(1, ordering: .sequentiallyConsistent)
            }
        }
        let client = try makeClient(Self.narrow(2, queue: 10))
        let tasks = (0..<6).map { _ in Task { await client.result(of: request(server.url())) } }
        #expect(await eventually { server.seen.heads.count == 2 })
        async let one: Void = client.shutDown()
        async let two: Void = client.shutDown()
        _ = await (one, two)
        for task in tasks {
            #expect(fault(await task.value) == .clientClosed)
        }
        #expect(fault(await client.result(of: request(server.url()))) == .clientClosed)
        #expect(await eventually { sawTheEnd.load(ordering: .sequentiallyConsistent) == 2 })
        await client.shutDown()
        server.stop()
    }

    /// Fifty clients come and go; each that stayed would keep three descriptors or more.
    ///
    /// Other tests of the process open some meanwhile: hence the room.
    @Test
    func clientsLeaveNothingBehind() async throws {
        let server = try LoopbackServer { connection in
            connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        }
        let before = openDescriptorCount()
        for _ in 0..<50 {
            let client = try makeClient()
            #expect(try await client.send(request(server.url())).status == 200)
        }
        #expect(await eventually { openDescriptorCount() <= before + 60 })
        server.stop()
    }

    /// Requests of every fate at once, cancelled at random: each is answered, exactly once (a second
    /// answer traps, a missing one hangs).
    @Test(arguments: [1, 2, 3] as [UInt64])
    func everyRequestIsAnsweredOnce(seed: UInt64) async throws {
        let server = try LoopbackServer { connection in
            let head = connection.readRequest()
            switch head.split(separator: " ").dropFirst().first {
            case "/ok": connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            case "/cut": connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")
            case "/large": connection.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
            case "/hang": _ = connection.waitForPeerToClose()
            default: break
            }
        }
        let client = try makeClient(Self.narrow(8, queue: 400))
        var random = SplitMix(seed: seed)
        var answered = 0
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<300 {
                let path = ["/ok", "/cut", "/large", "/hang", "/gone"].randomElement(using: &random)
                let delay = Int.random(in: 0...30, using: &random)
                let question = request(server.url(path ?? "/ok"), timeout: .milliseconds(400))
                let isImpatient = Bool.random(using: &random)
                group.addTask {
                    let task = Task { await client.result(of: question) }
                    if isImpatient {
                        try? await Task.sleep(for: .milliseconds(delay))
                        task.cancel()
                    }
                    switch await task.value {
                    case .success(let response): return response.status == 200 && path == "/ok"
                    case .failure: return true
                    }
                }
            }
            for await isRight in group {
                #expect(isRight, "seed \(seed)")
                answered += 1
            }
        }
        #expect(answered == 300)
        await client.shutDown()
        server.stop()
    }
}

/// Numbers that a seed repeats.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
