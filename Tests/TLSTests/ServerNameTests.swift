import COpenSSL
import TLS
import Testing

@Suite
struct ServerNameTests {
    private static func identity(_ name: String) throws -> TLSIdentity {
        try TestCertificate(.p256, TestTraits(names: "DNS:\(name)")).identity()
    }

    /// Each row: what the peer asks for, and whose certificate it gets.
    @Test(
        arguments: [
            (nil, "default.test"),
            ("", "default.test"),
            ("a.test", "a.test"),
            ("A.Test", "a.test"),
            ("b.test", "a.test"),
            ("x.hooks.test", "hooks.test"),
            ("X.HOOKS.test", "hooks.test"),
            ("exact.hooks.test", "exact.test"),
            ("hooks.test", "default.test"),
            ("x.y.hooks.test", "default.test"),
            (".hooks.test", "default.test"),
            ("*.hooks.test", "default.test"),
            ("other.test", "default.test"),
            ("xa.test", "default.test"),
            ("a.test.", "a.test"),
            ("a..test", "default.test"),
            ("127.0.0.1", "default.test"),
            ("under_score.hooks.test", "hooks.test"),
        ] as [(String?, String)]
    )
    func certificateByName(asked: String?, shown: String) throws {
        let server = try TLSServerContext(
            default: try Self.identity("default.test"),
            named: [
                (["a.test", "B.TEST."], try Self.identity("a.test")),
                (["*.hooks.test"], try Self.identity("hooks.test")),
                (["exact.hooks.test"], try Self.identity("exact.test")),
            ],
            tickets: TicketKeys(),
            applicationProtocols: []
        )
        for version in [TLS1_2_VERSION, TLS1_3_VERSION] {
            let wire = Wire()
            let name = asked == "" ? nil : asked
            let peer = RawClient(wire.client, RawOffer(most: version, serverName: name))
            let connection = try server.makeConnection(descriptor: wire.server)
            #expect(shake(peer, connection) == (1, .complete))
            #expect(peer.peerCovers(shown))
            #expect(connection.serverName == name.map { Array($0.lowercased().utf8) })
        }
    }

    @Test(arguments: ["", "*", "*.", "a b", "a..b", "*.*.test", "a.*.test", "ä.test", ".test"])
    func wrongNamesAreRefused(name: String) throws {
        let identity = try Self.identity("a.test")
        #expect(throws: TLSFault.self) {
            try TLSServerContext(
                default: identity,
                named: [([name], identity)],
                tickets: TicketKeys(),
                applicationProtocols: []
            )
        }
    }

    @Test
    func oneNameHasOneCertificate() throws {
        let identity = try Self.identity("a.test")
        let error = #expect(throws: TLSFault.self) {
            try TLSServerContext(
                default: identity,
                named: [(["a.test"], identity), (["A.test"], identity)],
                tickets: TicketKeys(),
                applicationProtocols: []
            )
        }
        #expect(error?.cause == .serverNameRepeated)
    }
}

@Suite
struct ApplicationProtocolTests {
    private func talk(ours: [String], theirs: [UInt8]) throws -> (Int32, TLSProgress, [String]) {
        let server = try makeServer(try TestCertificate().identity(), protocols: ours)
        let wire = Wire()
        let peer = RawClient(wire.client, RawOffer(protocols: theirs))
        let connection = try server.makeConnection(descriptor: wire.server)
        let result = shake(peer, connection)
        var chosen: [String] = []
        if connection.isApplicationProtocol("h2") { chosen.append("h2") }
        if connection.isApplicationProtocol("http/1.1") { chosen.append("http/1.1") }
        if connection.isApplicationProtocol("") { chosen.append("none") }
        return (result.client, result.server, chosen)
    }

    private let h2: [UInt8] = [2] + Array("h2".utf8)
    private let http1: [UInt8] = [8] + Array("http/1.1".utf8)
    private let other: [UInt8] = [3] + Array("foo".utf8)

    @Test
    func ourPreferenceDecides() throws {
        #expect(try talk(ours: ["h2", "http/1.1"], theirs: http1 + h2) == (1, .complete, ["h2"]))
        #expect(
            try talk(ours: ["http/1.1", "h2"], theirs: h2 + http1) == (1, .complete, ["http/1.1"])
        )
        #expect(
            try talk(ours: ["http/1.1"], theirs: other + h2 + http1) == (1, .complete, ["http/1.1"])
        )
    }

    @Test
    func silenceIsServed() throws {
        #expect(try talk(ours: ["http/1.1"], theirs: []) == (1, .complete, ["none"]))
        #expect(try talk(ours: [], theirs: h2) == (1, .complete, ["none"]))
    }

    @Test
    func nothingInCommonIsRefused() throws {
        let (_, progress, _) = try talk(ours: ["http/1.1"], theirs: h2 + other)
        #expect(progress.fault?.cause == .nothingInCommon)
    }

    @Test
    func ourClientOffersItsList() throws {
        let folder = TemporaryFolder()
        let certificate = TestCertificate()
        let server = try makeServer(try certificate.identity(), protocols: ["http/1.1"])
        let client = try TLSClientContext(
            trustedCertificatesPath: folder.file("ca.pem", certificate.pem),
            applicationProtocols: ["h2", "http/1.1"]
        )
        let wire = Wire()
        let near = try client.makeConnection(descriptor: wire.client, serverName: "localhost")
        let far = try server.makeConnection(descriptor: wire.server)
        #expect(shake(near, far) == (.complete, .complete))
        #expect(near.isApplicationProtocol("http/1.1"))
    }

    @Test(arguments: ["", String(repeating: "a", count: 256)])
    func impossibleNamesAreRefused(name: String) throws {
        let identity = try TestCertificate().identity()
        #expect(throws: TLSFault.self) {
            try makeServer(identity, protocols: [name])
        }
    }
}
