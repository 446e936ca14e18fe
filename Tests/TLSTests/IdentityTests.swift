import COpenSSL
import Glibc
import TLS
import Testing

@Suite
struct IdentityTests {
    private func fault(_ certificatePEM: [UInt8], _ keyPEM: [UInt8]) -> TLSFault.Cause? {
        let error = #expect(throws: TLSFault.self) {
            _ = try TLSIdentity(certificatePEM: certificatePEM.span, keyPEM: keyPEM.span)
        }
        return error?.cause
    }

    @Test
    func factsAreRead() throws {
        let traits = TestTraits(
            names: "DNS:A.test,DNS:*.b.test,IP:192.0.2.1,IP:2001:db8::1,email:a@b.test",
            commonName: "Köln, Gate",
            start: -7200,
            end: 86_400
        )
        let before = Int64(time(nil))
        let identity = try TestCertificate(.p384, traits).identity()
        #expect(identity.names == ["a.test", "*.b.test", "192.0.2.1", "2001:db8::1"])
        #expect(identity.subject == "CN=Köln\\, Gate")
        #expect(abs(identity.expiry - before - 86_400) < 60)
        #expect(abs(identity.start - before + 7200) < 60)
        #expect(identity.keyKind == .elliptic(bits: 384))
        #expect(identity.covers("a.test"))
        #expect(identity.covers("X.b.test"))
        #expect(identity.covers("192.0.2.1"))
        #expect(!identity.covers("b.test"))
        #expect(!identity.covers("192.0.2.2"))
        #expect(!identity.covers(""))
    }

    @Test
    func kindsOfKey() throws {
        #expect(try TestCertificate(.rsa2048).identity().keyKind == .rsa(bits: 2048))
        #expect(try TestCertificate(.p256).identity().keyKind == .elliptic(bits: 256))
        #expect(try TestCertificate(.p521).identity().keyKind == .elliptic(bits: 521))
        #expect(try TestCertificate(.ed25519).identity().keyKind == .ed25519)
    }

    @Test
    func weakAndStrangeKeysAreRefused() {
        for kind in [TestKey.rsa1024, .secp256k1] {
            let certificate = TestCertificate(kind)
            #expect(fault(certificate.pem, certificate.keyPEM) == .keyUnsuitable)
        }
    }

    @Test
    func theKeyMustBelong() {
        let one = TestCertificate()
        #expect(fault(one.pem, TestCertificate().keyPEM) == .keyMismatch)
        #expect(fault(one.pem, TestCertificate(.ed25519).keyPEM) == .keyMismatch)
    }

    @Test
    func theOrderMustBeThatOfIssuing() throws {
        let authority = TestTraits(names: nil, commonName: "root", isAuthority: true)
        let root = TestCertificate(.p256, authority)
        let leaf = TestCertificate(.p256, TestTraits(), by: root)
        #expect(fault(root.pem + leaf.pem, leaf.keyPEM) == .chainOutOfOrder)
        #expect(fault(leaf.pem + TestCertificate().pem, leaf.keyPEM) == .chainOutOfOrder)
        #expect(fault(leaf.pem + leaf.pem, leaf.keyPEM) == .chainOutOfOrder)
        _ = try leaf.identity(followedBy: [root])
    }

    @Test
    func brokenTextIsRefused() {
        let good = TestCertificate()
        #expect(fault([], good.keyPEM) == .certificateMalformed)
        #expect(fault(good.keyPEM, good.keyPEM) == .certificateMalformed)
        #expect(fault(Array("hello".utf8), good.keyPEM) == .certificateMalformed)
        #expect(fault(good.pem, []) == .keyMalformed)
        #expect(fault(good.pem, good.pem) == .keyMalformed)
        #expect(fault(good.pem, good.encryptedKeyPEM()) == .keyEncrypted)
        var broken = good.pem
        broken[broken.count / 2] = UInt8(ascii: "!")
        #expect(fault(broken, good.keyPEM) == .certificateMalformed)
        #expect(fault(good.pem + broken, good.keyPEM) == .certificateMalformed)
        let many = (0..<20).flatMap { _ in good.pem }
        #expect(fault(many, good.keyPEM) == .certificateMalformed)
    }

    @Test
    func textCutAnywhereNeverTraps() {
        let good = TestCertificate(.ed25519)
        for length in 0..<good.pem.count - 1 {
            #expect(fault(Array(good.pem.prefix(length)), good.keyPEM) == .certificateMalformed)
        }
        for length in 0..<good.keyPEM.count - 1 {
            #expect(fault(good.pem, Array(good.keyPEM.prefix(length))) == .keyMalformed)
        }
    }

    @Test
    func filesAreRead() throws {
        let folder = TemporaryFolder()
        let good = TestCertificate()
        let certificate = folder.file("server.crt", good.pem)
        let key = folder.file("server.key", good.keyPEM)
        let both = folder.file("both.pem", good.keyPEM + good.pem)
        #expect(
            try TLSIdentity(certificatePath: certificate, keyPath: key).names == ["localhost"]
        )
        #expect(try TLSIdentity(certificatePath: both, keyPath: both).names == ["localhost"])
        let large = folder.file("large.pem", [UInt8](repeating: 10, count: (1 << 20) + 1))
        let none = folder.path + "/none"
        let table: [(String, String, TLSFault.Cause, Int32)] = [
            (none, key, .certificateFileUnreadable, ENOENT),
            (certificate, none, .keyFileUnreadable, ENOENT),
            (folder.path, key, .certificateFileUnreadable, EISDIR),
            (certificate, large, .keyFileUnreadable, EFBIG),
        ]
        for (certificatePath, keyPath, cause, number) in table {
            let error = #expect(throws: TLSFault.self) {
                _ = try TLSIdentity(certificatePath: certificatePath, keyPath: keyPath)
            }
            #expect(error?.cause == cause)
            #expect(error?.number == number)
        }
    }

    @Test
    func selfSignedCertificatesServeTheirNames() throws {
        let names = ["localhost", "127.0.0.1", "::1", "*.demo.test"]
        let (certificatePEM, keyPEM) = try SelfSignedCertificate.make(names: names, days: 30)
        let identity = try TLSIdentity(certificatePEM: certificatePEM.span, keyPEM: keyPEM.span)
        #expect(identity.names == names)
        #expect(identity.subject == "CN=localhost")
        #expect(identity.keyKind == .elliptic(bits: 256))
        let now = Int64(time(nil))
        #expect(abs(identity.expiry - now - 30 * 86_400) < 60)
        #expect(identity.start < now)
        let folder = TemporaryFolder()
        let client = try TLSClientContext(
            trustedCertificatesPath: folder.file("demo.pem", certificatePEM)
        )
        let server = try makeServer(identity)
        for name in ["localhost", "127.0.0.1", "::1", "a.demo.test"] {
            let wire = Wire()
            let near = try client.makeConnection(descriptor: wire.client, serverName: name)
            let far = try server.makeConnection(descriptor: wire.server)
            #expect(shake(near, far) == (.complete, .complete))
        }
    }

    @Test(arguments: [[], [""], ["a b"], ["localhost", "a,DNS:b"], ["localhost", "::g"]])
    func impossibleNamesAreNotSigned(names: [String]) {
        let error = #expect(throws: TLSFault.self) {
            _ = try SelfSignedCertificate.make(names: names, days: 1)
        }
        #expect(error?.cause == .serverNameInvalid)
    }

    @Test
    func eachCertificateHasItsOwnSerial() throws {
        let one = try SelfSignedCertificate.make(names: ["a.test"], days: 1)
        let two = try SelfSignedCertificate.make(names: ["a.test"], days: 1)
        #expect(one.certificatePEM != two.certificatePEM)
        #expect(one.keyPEM != two.keyPEM)
        #expect(
            String(decoding: one.keyPEM, as: UTF8.self).hasPrefix("-----BEGIN PRIVATE KEY-----")
        )
    }
}
