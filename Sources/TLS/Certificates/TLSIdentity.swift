import COpenSSL

/// Who a server is: a certificate chain and the private key of its first certificate.
///
/// An identity that exists can be served: the key belongs to the certificate and is strong enough,
/// every certificate was issued by the one after it, and OpenSSL takes all of it at the security
/// level of the contexts. An expired certificate is accepted, as a server that shows one is easier
/// to understand than one that does not start: see ``expiry``.
public struct TLSIdentity: Sendable {
    /// What the certificate was issued for: host names in lower case (perhaps beginning with `*.`)
    /// and addresses as text, from its `subjectAltName` only.
    public let names: [String]
    /// From when on the first certificate is valid, in seconds since 1970.
    public let start: Int64
    /// Until when the first certificate is valid, in seconds since 1970.
    public let expiry: Int64
    /// The subject of the first certificate as RFC 4514 text, for people.
    public let subject: String
    /// What kind of key it is.
    public let keyKind: KeyKind

    internal let certificates: [SharedHandle]
    internal let key: SharedHandle

    /// Reads both PEM files and checks that they can be served together.
    ///
    /// - Parameters:
    ///   - certificatePath: The chain, the server's own certificate first; the root may be left out.
    ///   - keyPath: The private key, without a pass phrase. May be the same file.
    /// - Throws: What is wrong, for the operator; nothing was changed.
    public init(certificatePath: String, keyPath: String) throws(TLSFault) {
        let certificates = try PEMFile.read(
            path: certificatePath,
            blaming: .certificateFileUnreadable
        )
        var key = try PEMFile.read(path: keyPath, blaming: .keyFileUnreadable)
        defer { PEMFile.erase(&key) }
        try self.init(certificatePEM: certificates.span, keyPEM: key.span)
    }

    /// Makes an identity of PEM bytes that were read already.
    ///
    /// - Throws: As ``init(certificatePath:keyPath:)``.
    public init(certificatePEM: Span<UInt8>, keyPEM: Span<UInt8>) throws(TLSFault) {
        clearLibraryErrors()
        let certificates = try PEMReader.chain(in: certificatePEM)
        let key = try PEMReader.privateKey(in: keyPEM)
        guard let leaf = certificates.first else { throw TLSFault(.certificateMalformed) }
        keyKind = try PEMReader.kind(of: key)
        try Self.checkOrder(certificates, key: key)
        let facts = CertificateFacts(leaf)
        names = facts.names
        start = facts.start
        expiry = facts.expiry
        subject = facts.subject
        self.certificates = certificates
        self.key = key
        // Whatever else OpenSSL dislikes at its security level is found now, not at the first peer.
        _ = try ContextPolicy.makeServerContext(showing: self)
    }

    /// Whether peers that ask for `name` accept this certificate for it; wildcards count.
    ///
    /// - Parameter name: A host name or an address.
    /// - Returns: As RFC 6125 has it, by the `subjectAltName` alone.
    public func covers(_ name: String) -> Bool {
        guard let leaf = certificates.first else { return false }
        clearLibraryErrors()
        defer { ERR_clear_error() }
        // SAFETY: the C string lives for the call, the certificate as long as `self`.
        if unsafe X509_check_ip_asc(leaf.raw, name, 0) == 1 { return true }
        let flags = UInt32(
            X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS
        )
        return unsafe X509_check_host(leaf.raw, name, name.utf8.count, flags, nil) == 1
    }

    private static func checkOrder(
        _ certificates: [SharedHandle],
        key: SharedHandle
    ) throws(TLSFault) {
        for (index, certificate) in certificates.enumerated() {
            // SAFETY: both handles are held by the arguments during the calls.
            let owns = unsafe X509_check_private_key(certificate.raw, key.raw) == 1
            guard index == 0 ? owns : !owns else {
                throw TLSFault(index == 0 ? mismatch(certificates, key) : .chainOutOfOrder)
            }
            ERR_clear_error()
            guard index > 0 else { continue }
            guard
                unsafe X509_check_issued(certificate.raw, certificates[index - 1].raw) == X509_V_OK
            else {
                throw TLSFault(.chainOutOfOrder, drainingQueue: ())
            }
        }
    }

    /// A key that belongs to a later certificate tells of a chain in the wrong order.
    private static func mismatch(
        _ certificates: [SharedHandle],
        _ key: SharedHandle
    ) -> TLSFault.Cause {
        defer { ERR_clear_error() }
        for certificate in certificates.dropFirst()
        // SAFETY: both handles are held by the arguments during the call.
        where unsafe X509_check_private_key(certificate.raw, key.raw) == 1 {
            return .chainOutOfOrder
        }
        return .keyMismatch
    }
}

extension TLSIdentity {
    /// The kinds of key that a server may show.
    public enum KeyKind: Hashable, Sendable {
        /// Ed25519.
        case ed25519
        /// ECDSA on a NIST curve of so many bits.
        case elliptic(bits: Int)
        /// RSA with a modulus of so many bits.
        case rsa(bits: Int)
    }
}
