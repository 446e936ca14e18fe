import COpenSSL

/// What every context of the product shares: versions, ciphers, curves, modes.
///
/// Deliberately absent: TLS 1.1 and older, ciphers without authentication of their own (CBC), key
/// exchange without forward secrecy, finite-field Diffie-Hellman, compression, renegotiation, early
/// data (a replay is a second request), and the session cache, which workers would contend for. What
/// is left is what HTTP/2 allows (RFC 9113 §9.2 and Appendix A), for every protocol alike.
internal enum ContextPolicy {
    /// Makes a context that shows `identity`, without callbacks.
    internal static func makeServerContext(
        showing identity: TLSIdentity
    ) throws(TLSFault) -> SharedHandle {
        let context = try unsafe makeContext(TLS_server_method())
        // SAFETY: all handles are held by `context` and the argument during the calls, and the
        // context is not yet seen by another thread.
        let raw = unsafe context.raw
        for (index, certificate) in identity.certificates.enumerated() {
            let taken =
                index == 0
                ? unsafe SSL_CTX_use_certificate(raw, certificate.raw)
                : unsafe gatehouse_tls_add_chain_certificate(raw, certificate.raw)
            guard taken == 1 else { throw TLSFault(.certificateUnsuitable, drainingQueue: ()) }
        }
        guard
            unsafe SSL_CTX_use_PrivateKey(raw, identity.key.raw) == 1,
            unsafe SSL_CTX_check_private_key(raw) == 1
        else {
            throw TLSFault(.keyMismatch, drainingQueue: ())
        }
        // One ticket a handshake: browsers open more connections than they resume at once, and
        // each further ticket costs a record and a seal.
        guard unsafe SSL_CTX_set_num_tickets(raw, 1) == 1 else {
            throw TLSFault(.libraryFailure, drainingQueue: ())
        }
        unsafe SSL_CTX_set_timeout(raw, TicketKeys.ticketLifetime)
        // The same for all contexts: a session made through one resumes through all. Contexts
        // that come to ask for client certificates need a context id of their own.
        let sessionContext: StaticString = "gatehouse"
        guard
            unsafe SSL_CTX_set_session_id_context(
                raw,
                sessionContext.utf8Start,
                UInt32(sessionContext.utf8CodeUnitCount)
            ) == 1
        else {
            throw TLSFault(.libraryFailure, drainingQueue: ())
        }
        return context
    }

    /// Makes a context that verifies its peers.
    ///
    /// - Parameter path: PEM certificates to trust in place of the system's store.
    /// - Returns: A context without names to check; those are the connections'.
    /// - Throws: ``TLSFault/Cause/trustFileUnreadable`` or ``TLSFault/Cause/trustFileMalformed``.
    internal static func makeClientContext(trusting path: String?) throws(TLSFault) -> SharedHandle
    {
        let context = try unsafe makeContext(TLS_client_method())
        // SAFETY: as above.
        let raw = unsafe context.raw
        unsafe SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nil)
        // Whoever is named as trusted is, root or not: an intermediate, or the very server.
        unsafe X509_VERIFY_PARAM_set_flags(
            SSL_CTX_get0_param(raw),
            UInt(X509_V_FLAG_PARTIAL_CHAIN)
        )
        guard let path else {
            guard unsafe SSL_CTX_set_default_verify_paths(raw) == 1 else {
                throw TLSFault(.libraryFailure, drainingQueue: ())
            }
            return context
        }
        let trusted = try PEMReader.trusted(atPath: path)
        for certificate in trusted {
            let store = unsafe SSL_CTX_get_cert_store(raw)
            guard unsafe X509_STORE_add_cert(store, certificate.raw) == 1 else {
                throw TLSFault(.trustFileMalformed, drainingQueue: ())
            }
        }
        return context
    }

    private static func makeContext(_ method: OpaquePointer?) throws(TLSFault) -> SharedHandle {
        clearLibraryErrors()
        guard let made = unsafe SSL_CTX_new(method) else {
            throw TLSFault(.libraryFailure, drainingQueue: ())
        }
        // SAFETY: the reference was just made for this owner; nobody else sees it yet.
        let context = unsafe SharedHandle(owning: made, as: .context)
        let raw = unsafe context.raw
        unsafe SSL_CTX_set_security_level(raw, securityLevel)
        guard
            unsafe gatehouse_tls_set_versions(raw, TLS1_2_VERSION, TLS1_3_VERSION) == 1,
            unsafe SSL_CTX_set_cipher_list(raw, cipherList) == 1,
            unsafe SSL_CTX_set_ciphersuites(raw, cipherSuites) == 1,
            unsafe gatehouse_tls_set_groups(raw, groups) == 1
        else {
            throw TLSFault(.libraryFailure, drainingQueue: ())
        }
        unsafe SSL_CTX_set_options(raw, gatehouse_tls_options)
        // A system-wide openssl.cnf might have set it; a truncated stream must be seen as one.
        unsafe SSL_CTX_clear_options(raw, gatehouse_tls_hides_truncation)
        unsafe gatehouse_tls_set_mode(raw, gatehouse_tls_modes)
        unsafe gatehouse_tls_set_read_ahead(raw)
        unsafe gatehouse_tls_disable_session_cache(raw)
        unsafe SSL_CTX_set_info_callback(raw, stepWasMade)
        return context
    }

    /// 112 bits: RSA of 2048 bits, curves of 224, no SHA-1 in signatures.
    private static let securityLevel: Int32 = 2
    /// AES-128 first, as it is the cheapest on every server made since 2012; ChaCha20 comes first
    /// for peers that prefer it themselves, which are those without AES instructions.
    private static let cipherList = """
        ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\
        ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:\
        ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305
        """
    private static let cipherSuites =
        "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
    private static let groups = "X25519:P-256:P-384"
}

/// Tells a connection that OpenSSL's handshake machine has moved; see
/// ``TLSConnection/handshakeStepWasMade()``. Not called for application bytes.
// SAFETY: the application data of every connection is its `TLSConnection`, which frees the `SSL` in
// its own `deinit`: the object lives whenever OpenSSL calls.
private func stepWasMade(_ ssl: OpaquePointer?, place: Int32, result: Int32) {
    guard place & SSL_CB_LOOP != 0, let object = unsafe SSL_get_ex_data(ssl, 0) else { return }
    unsafe Unmanaged<TLSConnection>.fromOpaque(object).takeUnretainedValue().handshakeStepWasMade()
}
