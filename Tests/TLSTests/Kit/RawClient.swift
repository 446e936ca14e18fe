import COpenSSL

/// What a client other than ours offers.
struct RawOffer {
    /// The oldest version.
    var least = TLS1_2_VERSION
    /// The newest version.
    var most = TLS1_3_VERSION
    /// TLS 1.2 ciphers, OpenSSL's own choice if nil.
    var ciphers: String?
    /// Curves, OpenSSL's own choice if nil.
    var groups: String?
    /// The server name, if any.
    var serverName: String?
    /// ALPN names in the form of the wire.
    var protocols: [UInt8] = []
}

/// A client straight over OpenSSL that offers what ours would not, and believes every server.
@safe
final class RawClient {
    private let ssl: OpaquePointer
    private let context: OpaquePointer

    /// Begins a connection on one end of a wire.
    init(
        _ descriptor: Int32,
        _ offer: RawOffer = RawOffer(),
        resuming session: RawSession? = nil
    ) {
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else {
            preconditionFailure("SSL_CTX_new")
        }
        unsafe SSL_CTX_set_security_level(context, 0)
        // What a test writes again may lie elsewhere in memory.
        unsafe gatehouse_tls_set_mode(context, Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER))
        unsafe precondition(gatehouse_tls_set_versions(context, offer.least, offer.most) == 1)
        if let ciphers = offer.ciphers {
            unsafe precondition(SSL_CTX_set_cipher_list(context, ciphers) == 1)
        }
        if let groups = offer.groups {
            unsafe precondition(gatehouse_tls_set_groups(context, groups) == 1)
        }
        if !offer.protocols.isEmpty {
            unsafe SSL_CTX_set_alpn_protos(context, offer.protocols, UInt32(offer.protocols.count))
        }
        guard let ssl = unsafe SSL_new(context) else { preconditionFailure("SSL_new") }
        unsafe SSL_set_fd(ssl, descriptor)
        unsafe SSL_set_connect_state(ssl)
        if let name = offer.serverName {
            unsafe precondition(gatehouse_tls_set_server_name(ssl, name) == 1)
        }
        if let session {
            unsafe SSL_set_session(ssl, session.raw)
        }
        unsafe self.context = context
        unsafe self.ssl = ssl
    }

    deinit {
        // Else OpenSSL takes the session out of use.
        unsafe SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        unsafe SSL_free(ssl)
        unsafe SSL_CTX_free(context)
    }

    /// One step of the handshake: 1 when complete, else OpenSSL's `SSL_ERROR_`, negated.
    func handshake() -> Int32 {
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(ssl)
        return unsafe result == 1 ? 1 : -SSL_get_error(ssl, result)
    }

    /// Reads once: the bytes, or nil where none came.
    func read() -> [UInt8]? {
        ERR_clear_error()
        var bytes = [UInt8](repeating: 0, count: 20_000)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe SSL_read(ssl, $0.baseAddress, Int32($0.count))
        }
        return count > 0 ? Array(bytes.prefix(Int(count))) : nil
    }

    /// Writes as one record; whether it was taken.
    func write(_ bytes: [UInt8]) -> Bool {
        ERR_clear_error()
        return unsafe SSL_write(ssl, bytes, Int32(bytes.count)) == bytes.count
    }

    /// The session for a next connection.
    func session() -> RawSession? {
        unsafe SSL_get1_session(ssl).map { unsafe RawSession(owning: $0) }
    }

    /// Whether the server took the session.
    var isResumed: Bool { unsafe SSL_session_reused(ssl) == 1 }

    /// OpenSSL's names of the TLS 1.2 ciphers that a list stands for and that this machine has.
    static func cipherNames(of list: String) -> Set<String> {
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else { return [] }
        defer { unsafe SSL_CTX_free(context) }
        unsafe SSL_CTX_set_security_level(context, 0)
        unsafe SSL_CTX_set_cipher_list(context, list)
        guard let ssl = unsafe SSL_new(context) else { return [] }
        defer { unsafe SSL_free(ssl) }
        var names: Set<String> = []
        var index: Int32 = 0
        while let name = unsafe SSL_get_cipher_list(ssl, index) {
            names.insert(unsafe String(cString: name))
            index += 1
        }
        return names.filter { !$0.hasPrefix("TLS_") }
    }

    /// OpenSSL's name of the cipher that was agreed on.
    var cipherName: String {
        unsafe String(cString: SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)))
    }

    /// Whether the server has said that it sends no more.
    var hasReceivedCloseNotify: Bool {
        unsafe SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN != 0
    }

    /// Goes on through another descriptor.
    func move(to descriptor: Int32) {
        unsafe SSL_set_fd(ssl, descriptor)
    }

    /// Says that it sends no more.
    func closeNotify() {
        unsafe SSL_shutdown(ssl)
    }

    /// Makes the next call send a key update.
    func updateKeys(asksForAnswer: Bool) {
        unsafe SSL_key_update(
            ssl,
            asksForAnswer ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED
        )
    }

    /// Makes the next handshake call ask for another handshake.
    func renegotiate() {
        unsafe SSL_renegotiate(ssl)
    }

    /// Whether the certificate that the server has shown is for `name`.
    func peerCovers(_ name: String) -> Bool {
        let certificate = unsafe SSL_get1_peer_certificate(ssl)
        defer { unsafe X509_free(certificate) }
        return unsafe certificate != nil
            && X509_check_host(certificate, name, name.utf8.count, 0, nil) == 1
    }
}

/// A session of a ``RawClient``.
@safe
final class RawSession {
    /// A loan.
    let raw: OpaquePointer

    /// The ticket that the server has given for it.
    var ticket: [UInt8] {
        var start: UnsafePointer<UInt8>?
        var count = 0
        unsafe SSL_SESSION_get0_ticket(raw, &start, &count)
        return unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    }

    /// Takes over one reference.
    init(owning raw: OpaquePointer) {
        unsafe self.raw = raw
    }

    deinit {
        unsafe SSL_SESSION_free(raw)
    }
}
