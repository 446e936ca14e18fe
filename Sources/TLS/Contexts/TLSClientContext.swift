import COpenSSL

/// Everything that TLS connections to upstreams share: whom to trust.
///
/// Immutable and shared by all workers. A peer must show a chain to a trusted root and a
/// certificate whose `subjectAltName` holds the name or address asked for; the common name of the
/// subject does not count, and there is no way to switch the check off.
public final class TLSClientContext: Sendable {
    private let context: SharedHandle

    /// Prepares the context.
    ///
    /// - Parameter path: PEM certificates to trust in place of the system's store: roots,
    ///   intermediates, or servers' own.
    /// - Throws: ``TLSFault/Cause/trustFileUnreadable``, ``TLSFault/Cause/trustFileMalformed``, or
    ///   what OpenSSL says.
    public init(trustedCertificatesPath path: String?) throws(TLSFault) {
        context = try ContextPolicy.makeClientContext(trusting: path)
    }

    /// Begins the client's side of a connection on a non-blocking socket.
    ///
    /// - Parameters:
    ///   - descriptor: Remains the caller's, as for
    ///     ``TLSServerContext/makeConnection(descriptor:)``.
    ///   - serverName: The host name or IP address that the peer's certificate must be for. Names
    ///     are sent as SNI, addresses are not.
    ///   - applicationProtocol: The one ALPN name to offer, 1 to 255 bytes, or `nil` to offer none. A
    ///     server that knows ALPN but not the protocol ends the handshake; one that knows no ALPN
    ///     goes on, so ask ``TLSConnection/isApplicationProtocol(_:)`` when it is complete.
    ///   - session: What an earlier connection to the same server left; ignored for any other.
    /// - Returns: A connection whose handshake has not begun.
    /// - Throws: ``TLSFault/Cause/serverNameInvalid``, or ``TLSFault/Cause/libraryFailure``.
    public func makeConnection(
        descriptor: Int32,
        serverName: String,
        applicationProtocol: StaticString? = nil,
        resuming session: TLSSession? = nil
    ) throws(TLSFault) -> TLSConnection {
        let handle = try ConnectionHandle(context, descriptor: descriptor)
        let expected = try Self.expect(serverName, of: handle)
        unsafe SSL_set_connect_state(handle.raw)
        if let applicationProtocol {
            try Self.offer(applicationProtocol, over: handle)
        }
        if let session, session.isFor(expected, of: context) {
            // A session that OpenSSL does not take costs a full handshake, nothing else.
            unsafe SSL_set_session(handle.raw, session.raw)
            clearLibraryErrors()
        }
        return TLSConnection(handle, of: .client(self, context, expected))
    }

    /// Offers the protocol alone (RFC 7301 §3.1).
    private static func offer(
        _ name: StaticString,
        over handle: borrowing ConnectionHandle
    ) throws(TLSFault) {
        let wire = try ProtocolList(["\(name)"]).wire
        // SAFETY: OpenSSL copies the list. Zero is success here, unlike elsewhere.
        let refused = unsafe wire.withUnsafeBufferPointer { wire in
            unsafe SSL_set_alpn_protos(handle.raw, wire.baseAddress, UInt32(wire.count))
        }
        guard refused == 0 else { throw TLSFault(.libraryFailure, drainingQueue: ()) }
    }

    /// Makes the peer's certificate be checked against `name`, and tells the peer the name.
    private static func expect(
        _ name: String,
        of handle: borrowing ConnectionHandle
    ) throws(TLSFault) -> String {
        // SAFETY: the parameters are part of the connection; C strings are copied.
        let parameters = unsafe SSL_get0_param(handle.raw)
        if ServerName.isAddress(name) {
            guard unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1 else {
                throw TLSFault(.serverNameInvalid, drainingQueue: ())
            }
            return name
        }
        guard let host = ServerName(pattern: name), !host.isWildcard else {
            throw TLSFault(.serverNameInvalid)
        }
        let flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS
        unsafe X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(flags))
        guard
            unsafe X509_VERIFY_PARAM_set1_host(parameters, host.host, 0) == 1,
            unsafe gatehouse_tls_set_server_name(handle.raw, host.host) == 1
        else {
            throw TLSFault(.libraryFailure, drainingQueue: ())
        }
        return host.host
    }
}
