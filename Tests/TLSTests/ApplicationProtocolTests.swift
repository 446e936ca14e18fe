import COpenSSL
import TLS
import Testing

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

    /// RFC 7301 §3.2: the alert is `no_application_protocol`.
    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func thePeerIsToldThatNothingIsInCommon(version: Int32) throws {
        let server = try makeServer(
            try TestCertificate().identity(),
            protocols: ["h2", "http/1.1", "http/1.0"]
        )
        let wire = Wire()
        let peer = RawClient(wire.client, RawOffer(most: version, protocols: other))
        let connection = try server.makeConnection(descriptor: wire.server)
        _ = peer.handshake()
        #expect(connection.handshake().fault?.cause == .nothingInCommon)
        // alert(21), version, length 2, fatal(2), no_application_protocol(120)
        let sent = Wire.takeAll(at: wire.client)
        #expect(sent.count == 7 && sent.first == 21)
        #expect(sent.suffix(4) == [0, 2, 2, 120])
    }

    @Test
    func ourClientOffersOneProtocol() throws {
        let table: [(ours: StaticString?, theirs: [String], chosen: StaticString)] = [
            ("h2", ["h2", "http/1.1"], "h2"),
            ("h2", ["http/1.1", "h2"], "h2"),
            ("http/1.1", ["h2", "http/1.1"], "http/1.1"),
            (nil, ["h2", "http/1.1"], ""),
            ("h2", [], ""),
        ]
        for row in table {
            let (near, result) = try offer(row.ours, to: row.theirs)
            #expect(result == (.complete, .complete))
            #expect(near.isApplicationProtocol(row.chosen))
        }
    }

    @Test
    func ourClientIsToldThatNothingIsInCommon() throws {
        let (_, result) = try offer("h2", to: ["http/1.1", "http/1.0"])
        #expect(result.client.fault?.cause == .nothingInCommon)
        #expect(result.server.fault?.cause == .nothingInCommon)
    }

    private func offer(
        _ name: StaticString?,
        to protocols: [String]
    ) throws -> (TLSConnection, (client: TLSProgress, server: TLSProgress)) {
        let folder = TemporaryFolder()
        let certificate = TestCertificate()
        let server = try makeServer(try certificate.identity(), protocols: protocols)
        let client = try TLSClientContext(
            trustedCertificatesPath: folder.file("ca.pem", certificate.pem)
        )
        let wire = Wire()
        let near = try client.makeConnection(
            descriptor: wire.client,
            serverName: "localhost",
            applicationProtocol: name
        )
        let far = try server.makeConnection(descriptor: wire.server)
        return (near, shake(near, far))
    }

    /// RFC 9113 §9.2.2 and its Appendix A: every cipher of TLS 1.2 that is not both ephemeral and
    /// authenticated encryption is prohibited under HTTP/2; we have none of them under any protocol.
    @Test(arguments: [TestKey.rsa2048, .p256])
    func noProhibitedCipherIsSpoken(key: TestKey) throws {
        let server = try makeServer(try TestCertificate(key).identity(), protocols: ["h2"])
        let all = RawClient.cipherNames(of: "ALL:COMPLEMENTOFALL:@SECLEVEL=0")
        let allowed: Set<String> = [
            "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
            "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
            "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
        ]
        #expect(all.count > 100 && allowed.isSubset(of: all))
        for cipher in all {
            let wire = Wire()
            let peer = RawClient(
                wire.client,
                RawOffer(most: TLS1_2_VERSION, ciphers: cipher, protocols: h2)
            )
            let connection = try server.makeConnection(descriptor: wire.server)
            let result = shake(peer, connection)
            guard allowed.contains(cipher) else {
                #expect(result.server != .complete, "\(cipher)")
                continue
            }
            // The certificate's kind of key decides between the two halves of those.
            let fits = cipher.contains(key == .rsa2048 ? "-RSA-" : "-ECDSA-")
            #expect((result == (1, .complete)) == fits, "\(cipher)")
        }
    }

    /// RFC 9113 §9.2.2: this one must be spoken, on P-256.
    @Test
    func theCipherThatAllMustHaveIsSpoken() throws {
        let server = try makeServer(try TestCertificate(.rsa2048).identity(), protocols: ["h2"])
        let wire = Wire()
        let offer = RawOffer(
            most: TLS1_2_VERSION,
            ciphers: "ECDHE-RSA-AES128-GCM-SHA256",
            groups: "P-256",
            protocols: h2
        )
        let peer = RawClient(wire.client, offer)
        let connection = try server.makeConnection(descriptor: wire.server)
        #expect(shake(peer, connection) == (1, .complete))
        #expect(connection.isApplicationProtocol("h2"))
    }

    @Test(arguments: ["", String(repeating: "a", count: 256)])
    func impossibleNamesAreRefused(name: String) throws {
        let identity = try TestCertificate().identity()
        #expect(throws: TLSFault.self) {
            try makeServer(identity, protocols: [name])
        }
    }
}
