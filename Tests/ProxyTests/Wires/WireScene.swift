import Configuration
import EventLoop
import Testing

@testable import Proxy

/// A world whose origins are scripts that see every byte, of either wire.
final class WireScene {
    let world: World
    private(set) var origins: [ScriptedEnd] = []

    /// Makes the world; without an `answer` its origins follow the plans of requests.
    init(
        hasHTTP2Origins: Bool,
        answer: ((ScriptedEnd) -> [UInt8])? = nil
    ) throws {
        world = try World(seed: 5, scenario: .failing, hasHTTP2Origins: hasHTTP2Origins)
        var settings = hasHTTP2Origins ? World.http2Settings : World.settings
        settings.listeners[0].protocols = [.http2, .http11]
        let snapshot = Kit.snapshot(
            settings,
            generation: 2,
            keySets: [Kit.keySet([0]), Kit.keySet([0]), Kit.keySet([0])]
        )
        let equipment = WorkerEquipment(
            metrics: World.metrics,
            log: world.log,
            targets: [World.targets]
        )
        world.at(world.kernel.time.now, .adopt(snapshot, equipment))
        world.worker.loop.runTurn(waitingAtMost: .zero)
        world.worker.loop.runTurn(waitingAtMost: .zero)
        guard let answer else { return }
        world.kernel.dial = { [unowned self] _ in
            .accepted(after: 0, window: world.dialling.window) { [unowned self] end in
                let origin = ScriptedEnd(end, time: world.kernel.time)
                origin.answer = answer
                origins.append(origin)
                world.kernel.actors.append(origin)
            }
        }
    }

    /// A peer of HTTP/2, which does nothing yet.
    func addHTTP2Peer() throws -> HTTP2ScriptedPeer {
        let (kernel, listener) = (world.kernel, world.listener)
        let peer = try HTTP2ScriptedPeer(time: kernel.time) {
            kernel.connectPeer(to: listener, from: World.address("192.0.2.1:4000"))
        }
        world.strangerCount += 1
        kernel.actors.append(peer)
        return peer
    }

    /// A peer of HTTP/1.1 that asks at once.
    func addPeer(
        _ request: String = "GET /open/1 HTTP/1.1\r\nHost: gate.test\r\n\r\n"
    ) -> ScriptedEnd {
        let (kernel, listener) = (world.kernel, world.listener)
        let peer = ScriptedEnd(time: kernel.time, at: kernel.time.now) {
            kernel.connectPeer(to: listener, from: World.address("192.0.2.1:4000"))
        }
        peer.send(Array(request.utf8), at: kernel.time.now)
        world.strangerCount += 1
        kernel.actors.append(peer)
        return peer
    }

    /// Runs until nobody has anything left to do.
    ///
    /// - Returns: The lines of the access log.
    func run() -> [String] {
        let faults = world.run()
        #expect(faults.isEmpty, "\(faults)")
        return world.logLines
    }

    /// The fields of a request to `/open/1` over HTTP/2.
    static func fields(_ method: String, _ more: [(String, String)] = []) -> [(String, String)] {
        [
            (":method", method), (":scheme", "http"), (":authority", "gate.test"),
            (":path", "/open/1"),
        ] + more
    }

    /// A frame of HTTP/2.
    static func frame(
        _ type: UInt8,
        _ flags: UInt8,
        on stream: UInt8,
        _ bytes: [UInt8]
    ) -> [UInt8] {
        let count = bytes.count
        let size = [UInt8(count >> 16), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
        return size + [type, flags, 0, 0, 0, stream] + bytes
    }

    /// A field in HPACK, by its name and not for any table (RFC 7541 §6.2.2).
    static func field(_ name: String, _ value: String) -> [UInt8] {
        [0, UInt8(name.utf8.count)] + Array(name.utf8) + length(value.utf8.count)
            + Array(value.utf8)
    }

    /// A length of a string that is not Huffman-coded (RFC 7541 §5.1).
    private static func length(_ count: Int) -> [UInt8] {
        guard count >= 127 else { return [UInt8(count)] }
        var bytes: [UInt8] = [127]
        var rest = count - 127
        while rest >= 128 {
            bytes.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    /// A frame of HTTP/2 that has come in.
    struct Frame {
        var type: UInt8
        var flags: UInt8
        var stream: UInt8
        var payload: [UInt8]
    }

    /// What a client has sent behind its preface.
    static func frames(_ bytes: [UInt8]) -> [Frame] {
        var frames: [Frame] = []
        var rest = bytes.dropFirst(24)
        while rest.count >= 9 {
            let head = Array(rest.prefix(9))
            let size = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            let payload = Array(rest.dropFirst(9).prefix(size))
            frames.append(Frame(type: head[3], flags: head[4], stream: head[8], payload: payload))
            rest = rest.dropFirst(9 + size)
        }
        return frames
    }

    /// Whether the head of a request has come in on a stream.
    static func hasRequest(_ bytes: [UInt8], on stream: UInt8 = 1) -> Bool {
        frames(bytes).contains { $0.type == 1 && $0.stream == stream }
    }
}
