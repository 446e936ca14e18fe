import COpenSSL
import TLS
import Testing

@Suite
struct ResumptionTests {
    /// Connects once; gives the session and whether the connection resumed.
    private func visit(
        _ server: TLSServerContext,
        version: Int32,
        resuming session: RawSession? = nil,
        serverName: String? = nil
    ) throws -> (session: RawSession?, isResumed: Bool) {
        let wire = Wire()
        let offer = RawOffer(most: version, serverName: serverName)
        let peer = RawClient(wire.client, offer, resuming: session)
        let connection = try server.makeConnection(descriptor: wire.server)
        #expect(shake(peer, connection) == (1, .complete))
        // A TLS 1.3 client has its ticket once it has read the server's first bytes.
        #expect(connection.write([42].span) == .bytes(1))
        #expect(peer.read() == [42])
        #expect(peer.isResumed == connection.isResumed)
        return (peer.session(), connection.isResumed)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func sessionsOutliveTheirContext(version: Int32) throws {
        let tickets = TicketKeys()
        let certificate = TestCertificate()
        let first = try makeServer(try certificate.identity(), tickets: tickets)
        let (session, _) = try visit(first, version: version)
        // A reload: new certificate, new context, the same keys.
        let second = try makeServer(try TestCertificate().identity(), tickets: tickets)
        let (again, isResumed) = try visit(second, version: version, resuming: session)
        #expect(isResumed)
        // TLS 1.3 tickets are for one use (RFC 8446 §C.4): the resumed connection brought another.
        let isRenewed = again?.ticket != session?.ticket
        #expect(isRenewed == (version == TLS1_3_VERSION))
        // What the resumed connection left behind resumes in turn.
        let (_, isResumedAgain) = try visit(first, version: version, resuming: again)
        #expect(isResumedAgain)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func otherKeysDoNotOpenIt(version: Int32) throws {
        let identity = try TestCertificate().identity()
        let (session, _) = try visit(try makeServer(identity), version: version)
        let stranger = try makeServer(identity)
        let (_, isResumed) = try visit(stranger, version: version, resuming: session)
        #expect(!isResumed)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func oneRotationIsSurvived(version: Int32) throws {
        let tickets = TicketKeys()
        let server = try makeServer(try TestCertificate().identity(), tickets: tickets)
        let (session, _) = try visit(server, version: version)
        tickets.rotate()
        let (renewed, isResumed) = try visit(server, version: version, resuming: session)
        #expect(isResumed)
        tickets.rotate()
        let (_, isLateResumed) = try visit(server, version: version, resuming: session)
        #expect(!isLateResumed, "the key of two rotations ago is gone")
        let (_, isRenewedResumed) = try visit(server, version: version, resuming: renewed)
        #expect(isRenewedResumed, "an old key's ticket was replaced by a new key's")
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func namedContextsResumeToo(version: Int32) throws {
        let tickets = TicketKeys()
        let server = try TLSServerContext(
            default: try TestCertificate().identity(),
            named: [(["a.test"], try TestCertificate().identity())],
            tickets: tickets,
            applicationProtocols: []
        )
        let (session, _) = try visit(server, version: version, serverName: "a.test")
        let (_, isResumed) = try visit(
            server,
            version: version,
            resuming: session,
            serverName: "a.test"
        )
        #expect(isResumed)
    }

    @Test
    func ourClientResumesForTheSameServerOnly() throws {
        let folder = TemporaryFolder()
        let certificate = TestCertificate(.p256, TestTraits(names: "DNS:localhost,DNS:other"))
        let server = try makeServer(try certificate.identity())
        let path = folder.file("ca.pem", certificate.pem)
        let client = try TLSClientContext(trustedCertificatesPath: path)
        let session = try #require(try leave(client, server, name: "localhost", resuming: nil).0)
        #expect(try leave(client, server, name: "localhost", resuming: session).1)
        #expect(try !leave(client, server, name: "other", resuming: session).1)
        let stranger = try TLSClientContext(trustedCertificatesPath: path)
        #expect(try !leave(stranger, server, name: "localhost", resuming: session).1)
    }

    private func leave(
        _ client: TLSClientContext,
        _ server: TLSServerContext,
        name: String,
        resuming session: TLSSession?
    ) throws -> (TLSSession?, Bool) {
        let wire = Wire()
        let near = try client.makeConnection(
            descriptor: wire.client,
            serverName: name,
            resuming: session
        )
        let far = try server.makeConnection(descriptor: wire.server)
        #expect(shake(near, far) == (.complete, .complete))
        #expect(far.resumableSession == nil)
        #expect(far.write([7].span) == .bytes(1))
        #expect(readOnce(near).bytes == [7])
        return (near.resumableSession, near.isResumed)
    }
}
