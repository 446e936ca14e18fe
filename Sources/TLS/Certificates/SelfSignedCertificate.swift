import Bytes
import COpenSSL
import Glibc

/// Makes the certificate of a demonstration: nobody trusts it who is not told to.
public enum SelfSignedCertificate {
    /// Makes an ECDSA P-256 key and a certificate of it for TLS servers, both as PEM.
    ///
    /// The certificate is not an authority (`CA:FALSE`): whoever trusts it trusts these names, and
    /// nothing that its key might sign.
    ///
    /// - Parameters:
    ///   - names: Host names and IP addresses; the first is the subject too. At least one.
    ///   - days: How long it is valid, from an hour ago, so that clocks may differ.
    /// - Returns: The certificate, and its key as PKCS #8 without a pass phrase.
    /// - Throws: ``TLSFault/Cause/serverNameInvalid`` for a name that is neither, or what OpenSSL
    ///   says.
    public static func make(
        names: [String],
        days: Int
    ) throws(TLSFault) -> (certificatePEM: [UInt8], keyPEM: [UInt8]) {
        clearLibraryErrors()
        guard let rawKey = unsafe gatehouse_tls_generate_p256() else {
            throw TLSFault(.libraryFailure, drainingQueue: ())
        }
        // SAFETY: both references were just made, for these owners.
        let key = unsafe SharedHandle(owning: rawKey, as: .key)
        guard let rawCertificate = unsafe X509_new() else {
            throw TLSFault(.libraryFailure, drainingQueue: ())
        }
        let certificate = unsafe SharedHandle(owning: rawCertificate, as: .certificate)
        try fill(certificate, key: key, names: names, days: days)
        // SAFETY: both handles are held above during the call.
        guard unsafe X509_sign(certificate.raw, key.raw, EVP_sha256()) > 0 else {
            throw TLSFault(.libraryFailure, drainingQueue: ())
        }
        return (try text(of: certificate), try text(ofKey: key))
    }

    private static func fill(
        _ certificate: SharedHandle,
        key: SharedHandle,
        names: [String],
        days: Int
    ) throws(TLSFault) {
        // SAFETY: all of these change parts of the certificate, which nobody else has seen yet.
        let raw = unsafe certificate.raw
        let lifetime = max(1, min(days, daysMax)) * secondsADay
        var serial: UInt64 = 0
        let done =
            unsafe X509_set_version(raw, Int(X509_VERSION_3)) == 1
            && withUnsafeMutableBytes(of: &serial) {
                unsafe RAND_bytes($0.baseAddress, Int32($0.count)) == 1
            }
            // A positive number of at most eight bytes (RFC 5280 §4.1.2.2).
            && ASN1_INTEGER_set_uint64(X509_get_serialNumber(raw), serial >> 1 | 1) == 1
            && X509_gmtime_adj(X509_getm_notBefore(raw), -3600) != nil
            && X509_gmtime_adj(X509_getm_notAfter(raw), lifetime) != nil
            && X509_set_pubkey(raw, key.raw) == 1
        guard done else { throw TLSFault(.libraryFailure, drainingQueue: ()) }
        try unsafe setSubject(raw, names.first ?? "")
        try unsafe addNames(names, to: raw)
        let extensions =
            unsafe gatehouse_tls_add_extension(raw, NID_basic_constraints, "critical,CA:FALSE") == 1
            && gatehouse_tls_add_extension(raw, NID_key_usage, "critical,digitalSignature") == 1
            && gatehouse_tls_add_extension(raw, NID_ext_key_usage, "serverAuth") == 1
            && gatehouse_tls_add_extension(raw, NID_subject_key_identifier, "hash") == 1
        guard extensions else { throw TLSFault(.libraryFailure, drainingQueue: ()) }
    }

    private static func setSubject(_ raw: OpaquePointer, _ name: String) throws(TLSFault) {
        // A common name holds 64 characters at most; a longer host name stands in the names only.
        let common = Array(name.utf8.prefix(commonNameMax))
        guard let subject = unsafe X509_get_subject_name(raw) else {
            throw TLSFault(.libraryFailure, drainingQueue: ())
        }
        // SAFETY: the subject is part of the certificate; OpenSSL copies the bytes.
        let set = unsafe common.withUnsafeBufferPointer { bytes in
            unsafe X509_NAME_add_entry_by_NID(
                subject,
                NID_commonName,
                MBSTRING_UTF8,
                bytes.baseAddress,
                Int32(bytes.count),
                -1,
                0
            )
        }
        guard set == 1, unsafe X509_set_issuer_name(raw, subject) == 1 else {
            throw TLSFault(.serverNameInvalid, drainingQueue: ())
        }
    }

    private static func addNames(_ names: [String], to raw: OpaquePointer) throws(TLSFault) {
        // SAFETY: the list is ours until it is freed; the certificate gets a copy.
        guard let list = unsafe gatehouse_tls_make_names() else {
            throw TLSFault(.libraryFailure, drainingQueue: ())
        }
        defer { unsafe gatehouse_tls_free_names(list) }
        for name in names {
            let isAddress = ServerName.isAddress(name)
            guard isAddress || ServerName(pattern: name) != nil else {
                throw TLSFault(.serverNameInvalid)
            }
            let kind = isAddress ? GEN_IPADD : GEN_DNS
            guard unsafe gatehouse_tls_append_name(list, kind, name) == 1 else {
                throw TLSFault(.serverNameInvalid, drainingQueue: ())
            }
        }
        let added = unsafe X509_add1_ext_i2d(
            raw,
            NID_subject_alt_name,
            UnsafeMutableRawPointer(list),
            0,
            UInt(X509V3_ADD_DEFAULT)
        )
        guard !names.isEmpty, added == 1 else {
            throw TLSFault(.serverNameInvalid, drainingQueue: ())
        }
    }

    private static func text(of certificate: SharedHandle) throws(TLSFault) -> [UInt8] {
        // SAFETY: the handle is held by the argument during the call.
        guard let text = MemoryBIO(), unsafe PEM_write_bio_X509(text.raw, certificate.raw) == 1
        else {
            throw TLSFault(.libraryFailure, drainingQueue: ())
        }
        return text.takeAll()
    }

    private static func text(ofKey key: SharedHandle) throws(TLSFault) -> [UInt8] {
        // SAFETY: the handle is held by the argument during the call; no cipher, no pass phrase.
        guard
            let text = MemoryBIO(),
            unsafe PEM_write_bio_PKCS8PrivateKey(text.raw, key.raw, nil, nil, 0, nil, nil) == 1
        else {
            throw TLSFault(.libraryFailure, drainingQueue: ())
        }
        return text.takeAll()
    }

    private static let secondsADay = 86_400
    /// A hundred years; more would overflow nothing, and help nobody.
    private static let daysMax = 36_500
    /// `ub-common-name` (RFC 5280 appendix A.1).
    private static let commonNameMax = 64
}
