import Bytes
import COpenSSL
import Glibc
import TLS
import Testing

@Suite
struct TransferTests {
    private static func connect(
        _ wire: Wire,
        version: Int32 = TLS1_3_VERSION
    ) throws -> (RawClient, TLSConnection) {
        let server = try makeServer(try TestCertificate().identity())
        let peer = RawClient(wire.client, RawOffer(most: version))
        let connection = try server.makeConnection(descriptor: wire.server)
        #expect(shake(peer, connection) == (1, .complete))
        // Takes the ticket: a socket that is closed on unread bytes is reset, not ended.
        #expect(peer.read() == nil)
        return (peer, connection)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func aMebibytePassesThroughTinySockets(version: Int32) throws {
        let wire = Wire(bufferSize: 2048)
        let (peer, connection) = try Self.connect(wire, version: version)
        let sent = pattern(1 << 20)
        var received: [UInt8] = []
        var offset = 0
        var fullCount = 0
        var partialCount = 0
        var turns = 0
        while received.count < sent.count, turns < 100_000 {
            turns += 1
            if offset < sent.count {
                // A copy each time: the bytes lie elsewhere in memory at every call.
                let rest = Array(sent[offset...])
                switch connection.write(rest.span) {
                case .bytes(let count):
                    #expect(count > 0)
                    partialCount += count < rest.count ? 1 : 0
                    offset += count
                case .wantsWrite:
                    fullCount += 1
                case let other: Issue.record("\(other)")
                }
            }
            while let bytes = peer.read() { received += bytes }
        }
        #expect(received == sent)
        #expect(fullCount > 0, "the socket was never full: the test shows nothing")
        #expect(partialCount > 0, "no write was partial: the test shows nothing")
    }

    @Test
    func aMebibyteIsReadPieceByPiece() throws {
        let wire = Wire(bufferSize: 4096)
        let (peer, connection) = try Self.connect(wire)
        let sent = pattern(1 << 20)
        var buffer = ByteBuffer(capacity: 512)
        var offset = 0
        var turns = 0
        while buffer.count < sent.count, turns < 100_000 {
            turns += 1
            // A record that was half sent must be offered again whole.
            let piece = Array(sent[offset..<min(offset + 10_000, sent.count)])
            if !piece.isEmpty, peer.write(piece) { offset += piece.count }
            switch connection.read(into: &buffer, atMost: 3000) {
            case .bytes(let count): #expect(count > 0 && count <= 3000)
            case .wantsRead: break
            case let other: Issue.record("\(other)")
            }
        }
        #expect(buffer.bytes.copied() == sent)
    }

    @Test
    func recordsReadAheadArePending() throws {
        let wire = Wire()
        let (peer, connection) = try Self.connect(wire)
        for number in 1...5 as ClosedRange<UInt8> {
            #expect(peer.write([number]))
        }
        #expect(!connection.hasPendingBytes)
        var bytes: [UInt8] = []
        repeat { bytes += readOnce(connection).bytes } while connection.hasPendingBytes
        #expect(bytes == [1, 2, 3, 4, 5])
        #expect(readOnce(connection).outcome == .wantsRead)
    }

    @Test
    func partOfARecordStaysPending() throws {
        let wire = Wire()
        let (peer, connection) = try Self.connect(wire)
        #expect(peer.write(pattern(1000)))
        let (first, bytes) = readOnce(connection, atMost: 400)
        #expect(first == .bytes(400))
        #expect(connection.hasPendingBytes)
        let (second, rest) = readOnce(connection)
        #expect(second == .bytes(600))
        #expect(bytes + rest == pattern(1000))
        #expect(!connection.hasPendingBytes)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func closeNotifyIsTheEnd(version: Int32) throws {
        let wire = Wire()
        let (peer, connection) = try Self.connect(wire, version: version)
        #expect(peer.write([1]))
        peer.closeNotify()
        wire.closeClientSending()
        #expect(readOnce(connection).outcome == .bytes(1))
        #expect(readOnce(connection).outcome == .endOfStream)
        #expect(readOnce(connection).outcome == .endOfStream)
        // The other direction is still open.
        #expect(connection.write([2].span) == .bytes(1))
        connection.shutdown()
        connection.shutdown()
        #expect(peer.read() == [2])
        #expect(peer.read() == nil)
        #expect(peer.hasReceivedCloseNotify)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func aBareEndIsTruncation(version: Int32) throws {
        let wire = Wire()
        let (peer, connection) = try Self.connect(wire, version: version)
        #expect(peer.write([1]))
        wire.closeClient()
        #expect(readOnce(connection).outcome == .bytes(1))
        #expect(readOnce(connection).outcome == .truncated)
        connection.shutdown()
    }

    @Test
    func anEndInsideARecordIsTruncation() throws {
        let wire = Wire()
        let (peer, connection) = try Self.connect(wire)
        // Sealed aside, so that a part of the record can be sent.
        let aside = Wire()
        peer.move(to: aside.client)
        #expect(peer.write(pattern(100)))
        let record = Wire.takeAll(at: aside.server)
        #expect(Wire.put(record.dropLast(3), at: wire.client))
        #expect(readOnce(connection).outcome == .wantsRead)
        #expect(connection.hasPendingBytes)
        wire.closeClient()
        #expect(readOnce(connection).outcome == .truncated)
    }

    @Test
    func aForgedRecordIsRefused() throws {
        let wire = Wire()
        let (peer, connection) = try Self.connect(wire)
        let aside = Wire()
        peer.move(to: aside.client)
        #expect(peer.write(pattern(100)))
        var record = Wire.takeAll(at: aside.server)
        record[record.count - 1] ^= 1
        #expect(Wire.put(record, at: wire.client))
        let fault = readOnce(connection).outcome.fault
        #expect(fault?.cause == .protocolViolation)
        #expect(fault?.whose == .peerMisbehaved)
        connection.shutdown()
        #expect(connection.write([1].span).fault != nil)
    }

    @Test
    func writingToOneWhoLeftFails() throws {
        let wire = Wire()
        let (_, connection) = try Self.connect(wire)
        wire.closeClient()
        let fault = connection.write(pattern(100).span).fault
        #expect(fault == nil || fault?.number == EPIPE)
        #expect(fault?.whose == .peerGone)
    }

    @Test
    func fewerBytesThanBeforeAreAFault() throws {
        let wire = Wire(bufferSize: 2048)
        let (_, connection) = try Self.connect(wire)
        #expect(connection.write(pattern(50_000).span) == .wantsWrite)
        #expect(connection.write(pattern(100).span).fault?.whose == .ours)
    }

    @Test
    func nothingIsNothing() throws {
        let wire = Wire()
        let (_, connection) = try Self.connect(wire)
        #expect(connection.write([UInt8]().span) == .bytes(0))
        #expect(readOnce(connection, atMost: 0).outcome == .bytes(0))
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func idleBuffersComeBackWhenNeeded(version: Int32) throws {
        let wire = Wire()
        let (peer, connection) = try Self.connect(wire, version: version)
        for round in 0..<3 {
            #expect(connection.releaseIdleBuffers())
            #expect(connection.releaseIdleBuffers(), "twice does no harm")
            let request = pattern(5000, seed: round)
            #expect(peer.write(request))
            #expect(readOnce(connection).bytes == request)
            #expect(readOnce(connection).outcome == .wantsRead)
            #expect(connection.releaseIdleBuffers(), "after a read that found nothing")
            let response = pattern(40_000, seed: round)
            #expect(connection.write(response.span) == .bytes(response.count))
            var received: [UInt8] = []
            while let bytes = peer.read() { received += bytes }
            #expect(received == response)
        }
    }

    @Test
    func buffersInUseStay() throws {
        let wire = Wire()
        let (peer, connection) = try Self.connect(wire)
        #expect(peer.write([1]))
        #expect(peer.write([2]))
        #expect(readOnce(connection).bytes == [1])
        #expect(!connection.releaseIdleBuffers(), "a record waits that was read ahead")
        #expect(readOnce(connection).bytes == [2])
        #expect(connection.releaseIdleBuffers())
    }

    @Test
    func buffersOfAHalfSentRecordStay() throws {
        let wire = Wire(bufferSize: 2048)
        let (peer, connection) = try Self.connect(wire)
        let sent = pattern(200_000)
        var offset = 0
        #expect(connection.write(sent.span) == .wantsWrite)
        #expect(!connection.releaseIdleBuffers())
        var received: [UInt8] = []
        var turns = 0
        while received.count < sent.count, turns < 100_000 {
            turns += 1
            while let bytes = peer.read() { received += bytes }
            if offset < sent.count,
                case .bytes(let count) = connection.write(Array(sent[offset...]).span)
            {
                offset += count
            }
        }
        #expect(received == sent)
        #expect(connection.releaseIdleBuffers())
    }

    @Test
    func keyUpdatesAreFollowed() throws {
        let wire = Wire()
        let (peer, connection) = try Self.connect(wire)
        for round in 0..<8 as Range<UInt8> {
            peer.updateKeys(asksForAnswer: true)
            #expect(peer.write([round]))
            #expect(readOnce(connection).bytes == [round])
            #expect(connection.write([round].span) == .bytes(1))
            #expect(peer.read() == [round])
        }
    }

    /// The fewer fit into what is read ahead, the more do not.
    @Test(arguments: [100, 3000])
    func keyUpdatesWithoutEndAreCutOff(count: Int) throws {
        let wire = Wire(bufferSize: 1 << 21)
        let (peer, connection) = try Self.connect(wire)
        for _ in 0..<count {
            peer.updateKeys(asksForAnswer: false)
            #expect(peer.handshake() == 1)
        }
        #expect(peer.write([1]))
        let fault = readOnce(connection).outcome.fault
        #expect(fault?.cause == .postHandshakeFlood)
        #expect(fault?.whose == .peerMisbehaved)
        #expect(connection.write([1].span).fault != nil)
    }
}

extension Wire {
    /// Ends the client's sending side, as a closed connection would, but still receives.
    fileprivate func closeClientSending() {
        _ = Glibc.shutdown(client, Int32(SHUT_WR))
    }
}
