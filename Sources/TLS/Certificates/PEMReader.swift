import Bytes
import COpenSSL

/// Turns PEM text into OpenSSL's objects, and refuses what cannot be served.
internal enum PEMReader {
    /// The certificates of a file that names whom to trust.
    internal static func trusted(atPath path: String) throws(TLSFault) -> [SharedHandle] {
        let text = try PEMFile.read(path: path, blaming: .trustFileUnreadable)
        return try certificates(
            in: text.span,
            atMost: trustedCountMax,
            blaming: .trustFileMalformed
        )
    }

    /// The certificates of a server in their order, its own first.
    internal static func chain(in text: Span<UInt8>) throws(TLSFault) -> [SharedHandle] {
        try certificates(in: text, atMost: chainLengthMax, blaming: .certificateMalformed)
    }

    private static func certificates(
        in text: Span<UInt8>,
        atMost countMax: Int,
        blaming cause: TLSFault.Cause
    ) throws(TLSFault) -> [SharedHandle] {
        guard let source = MemoryBIO(copying: text) else {
            throw TLSFault(.libraryFailure, drainingQueue: ())
        }
        var found: [SharedHandle] = []
        // SAFETY: `source` outlives the call; the returned reference is ours.
        while let certificate = unsafe PEM_read_bio_X509(source.raw, nil, refusePassPhrase, nil) {
            found.append(unsafe SharedHandle(owning: certificate, as: .certificate))
            guard found.count <= countMax else { throw TLSFault(cause) }
        }
        // The text ends where no further block begins; any other complaint is about a broken block.
        let complaint = ERR_peek_last_error()
        let atEnd =
            ERR_GET_LIB(complaint) == ERR_LIB_PEM
            && ERR_GET_REASON(complaint) == PEM_R_NO_START_LINE
        guard atEnd, !found.isEmpty else { throw TLSFault(cause, drainingQueue: ()) }
        ERR_clear_error()
        return found
    }

    /// The first private key of the text.
    internal static func privateKey(in text: Span<UInt8>) throws(TLSFault) -> SharedHandle {
        guard let source = MemoryBIO(copying: text) else {
            throw TLSFault(.libraryFailure, drainingQueue: ())
        }
        var isEncrypted = false
        // SAFETY: `source` and the flag outlive the call; the returned reference is ours.
        let read = unsafe withUnsafeMutablePointer(to: &isEncrypted) { flag in
            unsafe PEM_read_bio_PrivateKey(source.raw, nil, refusePassPhrase, flag)
        }
        guard let key = unsafe read else {
            throw TLSFault(isEncrypted ? .keyEncrypted : .keyMalformed, drainingQueue: ())
        }
        ERR_clear_error()
        return unsafe SharedHandle(owning: key, as: .key)
    }

    /// What kind of key it is, or a refusal of one that is too weak or that nobody speaks.
    internal static func kind(of key: SharedHandle) throws(TLSFault) -> TLSIdentity.KeyKind {
        // SAFETY: the handle is held by the argument during the calls.
        let bits = unsafe Int(EVP_PKEY_get_bits(key.raw))
        switch unsafe EVP_PKEY_get_base_id(key.raw) {
        case EVP_PKEY_ED25519:
            return .ed25519
        case EVP_PKEY_EC where curves.contains(curve(of: key)):
            return .elliptic(bits: bits)
        case EVP_PKEY_RSA, EVP_PKEY_RSA_PSS:
            guard bits >= rsaBitsMin else { throw TLSFault(.keyUnsuitable) }
            return .rsa(bits: bits)
        default:
            throw TLSFault(.keyUnsuitable)
        }
    }

    private static func curve(of key: SharedHandle) -> String {
        var name = [CChar](repeating: 0, count: 80)
        var length = 0
        // SAFETY: the name buffer is valid for its count and OpenSSL ends it with a zero.
        let found = unsafe name.withUnsafeMutableBufferPointer { free in
            unsafe EVP_PKEY_get_group_name(key.raw, free.baseAddress, free.count, &length)
        }
        guard found == 1, length < name.count else { return "" }
        return String(decoding: name.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Sixteen: public chains have two to four certificates.
    private static let chainLengthMax = 16
    /// A thousand: the public bundles have a hundred and fifty.
    private static let trustedCountMax = 1000
    /// The least that public authorities have certified since 2014.
    private static let rsaBitsMin = 2048
    /// OpenSSL's names of P-256, P-384 and P-521: what TLS 1.3 has signature schemes for.
    private static let curves: Set<String> = ["prime256v1", "secp384r1", "secp521r1"]
}

/// Answers OpenSSL's question for a pass phrase with a refusal.
///
/// OpenSSL's own answer would be to ask on the terminal, and wait. Notes in the flag that `argument`
/// points to, if any, that it was asked.
private func refusePassPhrase(
    into buffer: UnsafeMutablePointer<CChar>?,
    size: Int32,
    isWriting: Int32,
    argument: UnsafeMutableRawPointer?
) -> Int32 {
    // SAFETY: whoever passes an argument passes a flag that outlives the call.
    if let argument = unsafe argument {
        unsafe argument.assumingMemoryBound(to: Bool.self).pointee = true
    }
    return -1
}
