import Bytes
import COpenSSL
import Glibc
import TLS
import Testing

@Suite
struct HostileBytesTests {
    private let server: TLSServerContext

    init() throws {
        server = try TLSServerContext(
            default: try TestCertificate().identity(),
            named: [(["a.test"], try TestCertificate().identity())],
            tickets: TicketKeys(),
            applicationProtocols: ["http/1.1"]
        )
    }

    @Test
    func aHelloCutAtEveryByte() throws {
        let hello = ClientHello.bytes(serverName: "a.test")
        for length in 0..<hello.count {
            let wire = Wire()
            let connection = try server.makeConnection(descriptor: wire.server)
            #expect(Wire.put(hello.prefix(length), at: wire.client))
            #expect(connection.handshake() == .wantsRead)
            wire.closeClient()
            #expect(connection.handshake().fault?.whose == .peerGone)
        }
    }

    @Test
    func aHelloInTwoPartsIsOneHello() throws {
        let wire = Wire()
        let aside = Wire()
        let peer = RawClient(aside.client, RawOffer(serverName: "a.test"))
        let connection = try server.makeConnection(descriptor: wire.server)
        _ = peer.handshake()
        for byte in Wire.takeAll(at: aside.server) {
            #expect(connection.handshake() == .wantsRead)
            #expect(Wire.put([byte], at: wire.client))
        }
        peer.move(to: wire.client)
        #expect(shake(peer, connection) == (1, .complete))
    }

    @Test
    func aHelloWithEveryByteChanged() throws {
        let hello = ClientHello.bytes(serverName: "a.test")
        var faults = 0
        for index in hello.indices {
            for change in [1, 0x80, 0xFF] as [UInt8] {
                var bytes = hello
                bytes[index] ^= change
                let wire = Wire()
                let connection = try server.makeConnection(descriptor: wire.server)
                #expect(Wire.put(bytes, at: wire.client))
                let first = connection.handshake()
                wire.closeClient()
                // Whatever was understood, the end of the peer is the end.
                let last = first.isWaiting ? connection.handshake() : first
                #expect(last.fault != nil)
                #expect(last.fault?.whose != .ours)
                faults += first.fault == nil ? 0 : 1
            }
        }
        #expect(faults > hello.count / 4, "too few were refused: the test shows nothing")
    }

    @Test
    func randomBytesAreRefused() throws {
        var generator = SeededGenerator(state: 0x5EED)
        for _ in 0..<500 {
            let count = Int.random(in: 1...600, using: &generator)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            if Bool.random(using: &generator) {
                // A plausible record head, so that more than the first check is met.
                bytes.replaceSubrange(
                    0..<0,
                    with: [22, 3, 1, UInt8(count >> 8), UInt8(count & 255)]
                )
            }
            let wire = Wire()
            let connection = try server.makeConnection(descriptor: wire.server)
            #expect(Wire.put(bytes, at: wire.client))
            let first = connection.handshake()
            wire.closeClient()
            let last = first.isWaiting ? connection.handshake() : first
            #expect(last.fault != nil)
        }
    }

    @Test
    func garbageAfterTheHandshake() throws {
        var generator = SeededGenerator(state: 0xBAD)
        for _ in 0..<50 {
            let wire = Wire()
            let peer = RawClient(wire.client)
            let connection = try server.makeConnection(descriptor: wire.server)
            #expect(shake(peer, connection) == (1, .complete))
            let bytes = (0..<64).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(Wire.put([23, 3, 3, 0, 64] + bytes, at: wire.client))
            #expect(readOnce(connection).outcome.fault?.whose == .peerMisbehaved)
        }
    }

    @Test
    func emptyRecordsWithoutEndAreRefused() throws {
        let wire = Wire()
        let peer = RawClient(wire.client, RawOffer(most: TLS1_2_VERSION))
        let connection = try server.makeConnection(descriptor: wire.server)
        #expect(shake(peer, connection) == (1, .complete))
        // Change-cipher-spec records may appear anywhere in a TLS 1.3 handshake, nowhere after.
        for _ in 0..<100 {
            #expect(Wire.put([20, 3, 3, 0, 1, 1], at: wire.client))
        }
        #expect(readOnce(connection).outcome.fault?.whose == .peerMisbehaved)
    }
}

/// xorshift64*, so that a failure can be repeated.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 2_685_821_657_736_338_717
    }
}
