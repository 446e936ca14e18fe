import COpenSSL
import Glibc
import TLS
import Testing

@Suite
struct TrustTests {
    /// Connects our client to a server that shows `identity`, and gives the client's progress.
    private func meet(
        _ identity: TLSIdentity,
        trusting pem: [UInt8]?,
        as name: String
    ) throws -> TLSProgress {
        let folder = TemporaryFolder()
        let client = try TLSClientContext(
            trustedCertificatesPath: pem.map { folder.file("trusted.pem", $0) }
        )
        let wire = Wire()
        let near = try client.makeConnection(descriptor: wire.client, serverName: name)
        let far = try makeServer(identity).makeConnection(descriptor: wire.server)
        return shake(near, far).client
    }

    private let root = TestCertificate(
        .p256,
        TestTraits(names: nil, commonName: "root", isAuthority: true)
    )

    /// Each row: what the certificate is for, what is asked for, and whether that is accepted.
    @Test(arguments: [
        ("DNS:a.test", "a.test", true),
        ("DNS:a.test", "A.TEST", true),
        ("DNS:a.test", "b.test", false),
        ("DNS:a.test", "x.a.test", false),
        ("DNS:*.a.test", "x.a.test", true),
        ("DNS:*.a.test", "x.y.a.test", false),
        ("DNS:*.a.test", "a.test", false),
        ("DNS:f*.a.test", "foo.a.test", false),
        ("DNS:a.test,DNS:b.test", "b.test", true),
        ("IP:127.0.0.1", "127.0.0.1", true),
        ("IP:127.0.0.1", "127.0.0.2", false),
        ("IP:::1", "::1", true),
        ("IP:::1", "0:0:0:0:0:0:0:1", true),
        ("DNS:127.0.0.1", "127.0.0.1", false),
        ("DNS:a.test", "127.0.0.1", false),
        ("IP:127.0.0.1", "a.test", false),
    ])
    func nameOrAddressMustMatch(names: String, asked: String, isAccepted: Bool) throws {
        let leaf = TestCertificate(.p256, TestTraits(names: names), by: root)
        let progress = try meet(leaf.identity(), trusting: root.pem, as: asked)
        guard !isAccepted else {
            #expect(progress == .complete)
            return
        }
        #expect(progress.fault?.cause == .certificateRefused)
        #expect(progress.fault?.detail.contains("mismatch") == true)
    }

    @Test
    func theCommonNameDoesNotCount() throws {
        let leaf = TestCertificate(.p256, TestTraits(names: nil, commonName: "a.test"), by: root)
        let progress = try meet(leaf.identity(), trusting: root.pem, as: "a.test")
        #expect(progress.fault?.number == X509_V_ERR_HOSTNAME_MISMATCH)
    }

    @Test
    func theExpiredAndTheEarlyAreRefused() throws {
        let expired = TestCertificate(.p256, TestTraits(start: -7200, end: -3600), by: root)
        let late = try meet(expired.identity(), trusting: root.pem, as: "localhost")
        #expect(late.fault?.number == X509_V_ERR_CERT_HAS_EXPIRED)
        #expect(late.fault?.detail.contains("expired") == true)
        let early = TestCertificate(.p256, TestTraits(start: 3600, end: 7200), by: root)
        let soon = try meet(early.identity(), trusting: root.pem, as: "localhost")
        #expect(soon.fault?.number == X509_V_ERR_CERT_NOT_YET_VALID)
    }

    @Test
    func whoNobodyVouchesForIsRefused() throws {
        let alone = TestCertificate()
        let system = try meet(alone.identity(), trusting: nil, as: "localhost")
        #expect(system.fault?.number == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
        let file = try meet(alone.identity(), trusting: root.pem, as: "localhost")
        #expect(file.fault?.number == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
        #expect(file.fault?.whose == .certificate)
        let trusted = try meet(alone.identity(), trusting: alone.pem, as: "localhost")
        #expect(trusted == .complete)
    }

    @Test
    func theChainIsShownAndFollowed() throws {
        let middle = TestCertificate(
            .p384,
            TestTraits(names: nil, commonName: "middle", isAuthority: true),
            by: root
        )
        let leaf = TestCertificate(.rsa2048, TestTraits(), by: middle)
        let whole = try leaf.identity(followedBy: [middle])
        #expect(try meet(whole, trusting: root.pem, as: "localhost") == .complete)
        let withRoot = try leaf.identity(followedBy: [middle, root])
        #expect(try meet(withRoot, trusting: root.pem, as: "localhost") == .complete)
        let cut = try meet(leaf.identity(), trusting: root.pem, as: "localhost")
        #expect(cut.fault?.cause == .certificateRefused)
        let several = TestCertificate().pem + root.pem
        #expect(try meet(whole, trusting: several, as: "localhost") == .complete)
    }

    @Test
    func trustMayBeginBelowTheRoot() throws {
        let middle = TestCertificate(
            .p256,
            TestTraits(names: nil, commonName: "middle", isAuthority: true),
            by: root
        )
        let leaf = TestCertificate(.p256, TestTraits(), by: middle)
        let other = TestCertificate(.p256, TestTraits(), by: middle)
        #expect(try meet(leaf.identity(), trusting: middle.pem, as: "localhost") == .complete)
        #expect(try meet(leaf.identity(), trusting: leaf.pem, as: "localhost") == .complete)
        let refused = try meet(other.identity(), trusting: leaf.pem, as: "localhost")
        #expect(refused.fault?.cause == .certificateRefused)
    }

    @Test
    func onlyAuthoritiesMaySign() throws {
        let middle = TestCertificate(.p256, TestTraits(names: nil, commonName: "middle"), by: root)
        let leaf = TestCertificate(.p256, TestTraits(), by: middle)
        let identity = try leaf.identity(followedBy: [middle])
        let progress = try meet(identity, trusting: root.pem, as: "localhost")
        #expect(progress.fault?.cause == .certificateRefused)
    }

    @Test(arguments: ["", "*.a.test", "a b", "a\0b", "[::1]", "a/b"])
    func impossibleNamesAreRefused(name: String) throws {
        let client = try TLSClientContext(trustedCertificatesPath: nil)
        let wire = Wire()
        let error = #expect(throws: TLSFault.self) {
            _ = try client.makeConnection(descriptor: wire.client, serverName: name)
        }
        #expect(error?.cause == .serverNameInvalid)
    }

    @Test
    func trustFilesAreChecked() throws {
        let folder = TemporaryFolder()
        let missing = #expect(throws: TLSFault.self) {
            _ = try TLSClientContext(trustedCertificatesPath: folder.path + "/none.pem")
        }
        #expect(missing?.cause == .trustFileUnreadable)
        #expect(missing?.number == ENOENT)
        let empty = folder.file("empty.pem", [])
        let malformed = #expect(throws: TLSFault.self) {
            _ = try TLSClientContext(trustedCertificatesPath: empty)
        }
        #expect(malformed?.cause == .trustFileMalformed)
        // The same certificate twice is no fault.
        let twice = folder.file("twice.pem", root.pem + root.pem)
        _ = try TLSClientContext(trustedCertificatesPath: twice)
    }
}
