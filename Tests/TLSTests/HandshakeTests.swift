import Bytes
import COpenSSL
import Glibc
import TLS
import Testing

@Suite
struct HandshakeTests {
    @Test(arguments: [TestKey.rsa2048, .p256, .p384, .ed25519], [TLS1_2_VERSION, TLS1_3_VERSION])
    func everyKeySpeaksBothVersions(key: TestKey, version: Int32) throws {
        let server = try makeServer(try TestCertificate(key).identity())
        let wire = Wire()
        let peer = RawClient(wire.client, RawOffer(most: version))
        let connection = try server.makeConnection(descriptor: wire.server)
        #expect(connection.versionName.description == "none")
        let result = shake(peer, connection)
        #expect(result == (1, .complete))
        let expected = version == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2"
        #expect(connection.versionName.description == expected)
        #expect(!connection.isResumed)
        #expect(connection.serverName == nil)
        #expect(peer.write(Array("hello".utf8)))
        #expect(readOnce(connection).bytes == Array("hello".utf8))
        #expect(connection.write([1, 2, 3].span) == .bytes(3))
        #expect(peer.read() == [1, 2, 3])
    }

    @Test
    func theLargestCurveSpeaksTheNewestVersion() throws {
        let server = try makeServer(try TestCertificate(.p521).identity())
        let wire = Wire()
        let connection = try server.makeConnection(descriptor: wire.server)
        let peer = RawClient(wire.client)
        #expect(shake(peer, connection) == (1, .complete))
    }

    @Test
    func ourClientTrustsOurServer() throws {
        let folder = TemporaryFolder()
        let certificate = TestCertificate()
        let server = try makeServer(try certificate.identity())
        let client = try TLSClientContext(
            trustedCertificatesPath: folder.file("ca.pem", certificate.pem)
        )
        let wire = Wire()
        let near = try client.makeConnection(descriptor: wire.client, serverName: "LocalHost.")
        let far = try server.makeConnection(descriptor: wire.server)
        #expect(shake(near, far) == (.complete, .complete))
        #expect(near.versionName.description == "TLSv1.3")
        #expect(far.serverName == Array("localhost".utf8))
        #expect(near.serverName == Array("localhost".utf8))
        #expect(near.write(Array("GET".utf8).span) == .bytes(3))
        #expect(readOnce(far).bytes == Array("GET".utf8))
    }

    @Test(arguments: ["X25519", "P-256", "P-384"])
    func theCurvesOfTheIssueAreSpoken(curve: String) throws {
        let server = try makeServer(try TestCertificate().identity())
        for version in [TLS1_2_VERSION, TLS1_3_VERSION] {
            let wire = Wire()
            // The certificate's own curve must be offered too before TLS 1.3.
            let isEnough = version == TLS1_3_VERSION || curve == "P-256"
            let groups = isEnough ? curve : "\(curve):P-256"
            let peer = RawClient(wire.client, RawOffer(most: version, groups: groups))
            let connection = try server.makeConnection(descriptor: wire.server)
            #expect(shake(peer, connection) == (1, .complete))
        }
    }

    @Test(arguments: ["P-521", "X448", "ffdhe2048"])
    func otherCurvesAreRefused(curve: String) throws {
        let server = try makeServer(try TestCertificate().identity())
        let wire = Wire()
        let peer = RawClient(
            wire.client,
            RawOffer(least: TLS1_3_VERSION, most: TLS1_3_VERSION, groups: curve)
        )
        let connection = try server.makeConnection(descriptor: wire.server)
        let fault = shake(peer, connection).server.fault
        #expect(fault?.cause == .nothingInCommon)
        #expect(fault?.whose == .peerIncompatible)
    }

    @Test(arguments: [TLS1_VERSION, TLS1_1_VERSION])
    func oldVersionsAreRefused(version: Int32) throws {
        let server = try makeServer(try TestCertificate().identity())
        let wire = Wire()
        let connection = try server.makeConnection(descriptor: wire.server)
        // OpenSSL's client may be built without such a version: the head is written by hand.
        var hello = ClientHello.bytes(least: TLS1_2_VERSION, most: TLS1_2_VERSION)
        hello[9] = UInt8(version >> 8)
        hello[10] = UInt8(version & 0xFF)
        #expect(Wire.put(hello, at: wire.client))
        let fault = connection.handshake().fault
        #expect(fault?.cause == .nothingInCommon)
        #expect(fault?.detail.contains("unsupported protocol") == true)
        // alert(21), version, length 2, fatal(2), protocol_version(70)
        #expect(Wire.takeAll(at: wire.client).suffix(4) == [0, 2, 2, 70])
    }

    @Test(arguments: [
        "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "AES128-GCM-SHA256",
        "AES128-SHA", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-SHA384",
        "ECDHE-ECDSA-AES128-CCM",
    ])
    func weakCiphersAreRefused(cipher: String) throws {
        for key in [TestKey.p256, .rsa2048] {
            let server = try makeServer(try TestCertificate(key).identity())
            let wire = Wire()
            let peer = RawClient(wire.client, RawOffer(most: TLS1_2_VERSION, ciphers: cipher))
            let connection = try server.makeConnection(descriptor: wire.server)
            #expect(shake(peer, connection).server.fault?.cause == .nothingInCommon)
        }
    }

    @Test
    func theServerChoosesTheCipher() throws {
        let server = try makeServer(try TestCertificate().identity())
        let strong = "ECDHE-ECDSA-AES256-GCM-SHA384"
        let quick = "ECDHE-ECDSA-AES128-GCM-SHA256"
        let mobile = "ECDHE-ECDSA-CHACHA20-POLY1305"
        let table = [
            ("\(strong):\(quick)", quick),
            ("\(strong):\(mobile):\(quick)", quick),
            ("\(mobile):\(strong):\(quick)", mobile),
        ]
        for (offered, chosen) in table {
            let wire = Wire()
            let peer = RawClient(wire.client, RawOffer(most: TLS1_2_VERSION, ciphers: offered))
            let connection = try server.makeConnection(descriptor: wire.server)
            #expect(shake(peer, connection) == (1, .complete))
            #expect(peer.cipherName == chosen)
        }
    }

    @Test
    func renegotiationIsRefused() throws {
        let server = try makeServer(try TestCertificate().identity())
        let wire = Wire()
        let peer = RawClient(wire.client, RawOffer(most: TLS1_2_VERSION))
        let connection = try server.makeConnection(descriptor: wire.server)
        #expect(shake(peer, connection) == (1, .complete))
        peer.renegotiate()
        #expect(peer.handshake() != 1)
        #expect(readOnce(connection).outcome == .wantsRead)
        #expect(peer.handshake() == -SSL_ERROR_SSL)
        #expect(ERR_GET_REASON(ERR_peek_error()) == SSL_R_NO_RENEGOTIATION)
    }

    @Test
    func goneBeforeTheHandshakeIsNobodysFault() throws {
        let server = try makeServer(try TestCertificate().identity())
        let wire = Wire()
        let connection = try server.makeConnection(descriptor: wire.server)
        #expect(connection.handshake() == .wantsRead)
        wire.closeClient()
        #expect(connection.handshake().fault?.whose == .peerGone)
    }

    @Test
    func plainHTTPIsRecognised() throws {
        let server = try makeServer(try TestCertificate().identity())
        let wire = Wire()
        let connection = try server.makeConnection(descriptor: wire.server)
        #expect(Wire.put("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8, at: wire.client))
        let fault = connection.handshake().fault
        #expect(fault?.cause == .plainText)
        #expect(fault?.whose == .peerMisbehaved)
    }

    @Test
    func aRefusedCertificateIsToldApart() throws {
        let folder = TemporaryFolder()
        let server = try makeServer(try TestCertificate().identity())
        let other = folder.file("ca.pem", TestCertificate().pem)
        let client = try TLSClientContext(trustedCertificatesPath: other)
        let wire = Wire()
        let near = try client.makeConnection(descriptor: wire.client, serverName: "localhost")
        let far = try server.makeConnection(descriptor: wire.server)
        let result = shake(near, far)
        #expect(result.client.fault?.cause == .certificateRefused)
        #expect(result.client.fault?.whose == .certificate)
        // TLS 1.3: the server has finished when the refusal comes.
        #expect(result.server.fault?.cause == .certificateRefusedByPeer)
    }

    @Test
    func errorsOfOthersDoNotCount() throws {
        let server = try makeServer(try TestCertificate().identity())
        let wire = Wire()
        let peer = RawClient(wire.client)
        let connection = try server.makeConnection(descriptor: wire.server)
        #expect(shake(peer, connection) == (1, .complete))
        // What a failed signature check may leave behind on the same thread.
        #expect(unsafe EVP_PKEY_CTX_new_from_name(nil, "no such key", nil) == nil)
        #expect(readOnce(connection).outcome == .wantsRead)
    }
}
