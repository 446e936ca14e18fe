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
