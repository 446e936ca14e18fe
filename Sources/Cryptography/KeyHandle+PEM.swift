import COpenSSL

extension KeyHandle {
    /// Reads the first public key of a PEM text (`PUBLIC KEY`, RFC 7468 §13).
    internal static func publicKey(
        pem: Span<UInt8>
    ) throws(CryptographyFault) -> KeyHandle {
        try unsafe read(pem) { source in
            unsafe PEM_read_bio_PUBKEY(source, nil, nil, nil)
        }
    }

    /// Reads the first private key of a PEM text (`PRIVATE KEY`, RFC 7468 §10, or the older forms).
    internal static func privateKey(
        pem: Span<UInt8>
    ) throws(CryptographyFault) -> KeyHandle {
        try unsafe read(pem) { source in
            // An encrypted key is refused: an empty pass phrase is handed over, so that OpenSSL
            // never asks the terminal for one.
            var passPhrase: CChar = 0
            return unsafe PEM_read_bio_PrivateKey(source, nil, nil, &passPhrase)
        }
    }

    /// The private key as PKCS #8 in PEM, not encrypted.
    internal func privatePEM() throws(CryptographyFault) -> [UInt8] {
        try unsafe write { target in
            unsafe PEM_write_bio_PKCS8PrivateKey(target, pointer, nil, nil, 0, nil, nil)
        }
    }

    /// The public key as SubjectPublicKeyInfo in PEM.
    internal func publicPEM() throws(CryptographyFault) -> [UInt8] {
        try unsafe write { target in unsafe PEM_write_bio_PUBKEY(target, pointer) }
    }

    private static func read(
        _ pem: Span<UInt8>,
        _ body: (OpaquePointer) -> OpaquePointer?
    ) throws(CryptographyFault) -> KeyHandle {
        defer { LibraryErrors.clear() }
        guard pem.count > 0 else { throw .keyMalformed }
        // SAFETY: the source reads from the buffer, which outlives it; the key copies what it keeps.
        let key = unsafe pem.withUnsafeBytes { buffer -> OpaquePointer? in
            guard
                let source = unsafe BIO_new_mem_buf(
                    buffer.baseAddress,
                    Int32(clamping: buffer.count)
                )
            else { return nil }
            defer { unsafe BIO_free(source) }
            return unsafe body(source)
        }
        guard let key = unsafe key else { throw .keyMalformed }
        return unsafe KeyHandle(owning: key)
    }

    private func write(_ body: (OpaquePointer) -> Int32) throws(CryptographyFault) -> [UInt8] {
        // SAFETY: the target is ours and freed once; its memory is copied before that.
        guard let target = unsafe BIO_new(BIO_s_mem()) else { throw .unavailable }
        defer { unsafe BIO_free(target) }
        guard unsafe body(target) == 1 else {
            LibraryErrors.clear()
            throw .unavailable
        }
        var start: UnsafeMutablePointer<CChar>?
        let count = unsafe gatehouse_bio_memory(target, &start)
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }
}
