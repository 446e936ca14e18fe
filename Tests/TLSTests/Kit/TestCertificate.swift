import COpenSSL
import TLS

/// A kind of key that tests make.
enum TestKey: CaseIterable, Sendable {
    case ed25519
    case p256
    case p384
    case p521
    case rsa1024
    case rsa2048
    case secp256k1
}

/// What is unusual about a certificate that a test makes.
struct TestTraits {
    /// `subjectAltName` in the form of `openssl.cnf`, or `nil` for none.
    var names: String? = "DNS:localhost"
    /// The common name of the subject.
    var commonName = "test"
    /// When it begins to be valid, in seconds from now.
    var start = -3600
    /// When it ends to be valid, in seconds from now.
    var end = 86_400
    /// Whether it may sign others.
    var isAuthority = false
}

/// A certificate, its key, and who issued it, made by OpenSSL itself rather than by our module.
@safe
final class TestCertificate {
    /// The certificate alone.
    let pem: [UInt8]
    /// Its key, PKCS #8 without a pass phrase.
    let keyPEM: [UInt8]
    private let certificate: OpaquePointer
    private let key: OpaquePointer

    /// Makes a key and a certificate for it, signed by `issuer`, else by itself.
    init(
        _ kind: TestKey = .p256,
        _ traits: TestTraits = TestTraits(),
        by issuer: TestCertificate? = nil
    ) {
        let key = unsafe Self.makeKey(kind)
        guard let certificate = unsafe X509_new() else { preconditionFailure("X509_new") }
        unsafe X509_set_version(certificate, Int(X509_VERSION_3))
        unsafe ASN1_INTEGER_set_uint64(
            X509_get_serialNumber(certificate),
            UInt64.random(in: 1...UInt64(Int64.max))
        )
        unsafe X509_gmtime_adj(X509_getm_notBefore(certificate), traits.start)
        unsafe X509_gmtime_adj(X509_getm_notAfter(certificate), traits.end)
        unsafe X509_set_pubkey(certificate, key)
        let subject = unsafe X509_get_subject_name(certificate)
        let name = Array(traits.commonName.utf8)
        unsafe X509_NAME_add_entry_by_NID(
            subject,
            NID_commonName,
            MBSTRING_UTF8,
            name,
            Int32(name.count),
            -1,
            0
        )
        let issuerName =
            unsafe issuer.map { unsafe X509_get_subject_name($0.certificate) } ?? subject
        unsafe X509_set_issuer_name(certificate, issuerName)
        if let names = traits.names {
            precondition(
                unsafe gatehouse_tls_add_extension(certificate, NID_subject_alt_name, names) == 1
            )
        }
        let constraint = traits.isAuthority ? "critical,CA:TRUE" : "critical,CA:FALSE"
        precondition(
            unsafe gatehouse_tls_add_extension(certificate, NID_basic_constraints, constraint) == 1
        )
        // Ed25519 brings its own digest.
        let signer = unsafe issuer?.key ?? key
        let ownDigest = unsafe EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED25519
        precondition(unsafe X509_sign(certificate, signer, ownDigest ? nil : EVP_sha256()) > 0)
        unsafe self.certificate = certificate
        unsafe self.key = key
        pem = unsafe Self.text { unsafe PEM_write_bio_X509($0, certificate) }
        keyPEM = unsafe Self.text {
            unsafe PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil)
        }
    }

    deinit {
        unsafe X509_free(certificate)
        unsafe EVP_PKEY_free(key)
    }

    /// Its key under a pass phrase.
    func encryptedKeyPEM() -> [UInt8] {
        let phrase = Array("secret".utf8CString)
        return unsafe Self.text { [key] in
            unsafe PEM_write_bio_PKCS8PrivateKey($0, key, EVP_aes_128_cbc(), phrase, 6, nil, nil)
        }
    }

    /// The identity of this certificate followed by `rest`.
    func identity(followedBy rest: [TestCertificate] = []) throws(TLSFault) -> TLSIdentity {
        let chain = pem + rest.flatMap(\.pem)
        let key = keyPEM
        return try TLSIdentity(certificatePEM: chain.span, keyPEM: key.span)
    }

    private static func makeKey(_ kind: TestKey) -> OpaquePointer {
        let algorithm =
            switch kind {
            case .ed25519: "ED25519"
            case .p256, .p384, .p521, .secp256k1: "EC"
            case .rsa1024, .rsa2048: "RSA"
            }
        let context = unsafe EVP_PKEY_CTX_new_from_name(nil, algorithm, nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        precondition(unsafe EVP_PKEY_keygen_init(context) == 1)
        switch kind {
        case .ed25519: break
        case .p256: unsafe EVP_PKEY_CTX_set_group_name(context, "P-256")
        case .p384: unsafe EVP_PKEY_CTX_set_group_name(context, "P-384")
        case .p521: unsafe EVP_PKEY_CTX_set_group_name(context, "P-521")
        case .rsa1024: unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, 1024)
        case .rsa2048: unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048)
        case .secp256k1: unsafe EVP_PKEY_CTX_set_group_name(context, "secp256k1")
        }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_generate(context, &key) == 1, let key = unsafe key else {
            preconditionFailure("EVP_PKEY_generate")
        }
        return unsafe key
    }

    private static func text(_ write: (OpaquePointer?) -> Int32) -> [UInt8] {
        let sink = unsafe BIO_new(BIO_s_mem())
        defer { unsafe BIO_free_all(sink) }
        precondition(unsafe write(sink) == 1)
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe BIO_read(sink, $0.baseAddress, Int32($0.count))
        }
        return Array(bytes.prefix(Int(max(count, 0))))
    }
}
