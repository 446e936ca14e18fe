import COpenSSL

/// Everything that the TLS connections of one listener share: certificates, tickets, protocols.
///
/// Immutable and shared by all workers. A reload makes a new one with the same ``TicketKeys``;
/// connections hold the one that they began with.
///
/// A peer gets the certificate bound to the exact server name that it asks for, else the one bound
/// to `*.` and that name without its first label, else the default: a peer is never turned away
/// for its server name.
public final class TLSServerContext: Sendable {
    private let context: SharedHandle
    private let names: ServerNameTable
    private let tickets: TicketKeys
    private let protocols: ProtocolList

    /// Prepares the contexts of all identities.
    ///
    /// - Parameters:
    ///   - identity: Shown to peers that name no server, or none of ours.
    ///   - named: Host names, exact or `*.` and a suffix, with the identity shown for them.
    ///   - tickets: The ring that sessions are sealed with; give all contexts the same one.
    ///   - applicationProtocols: ALPN names, the preferred first; a peer that offers only others
    ///     is refused (RFC 7301 §3.2), one that offers none is served.
    /// - Throws: ``TLSFault/Cause/serverNameInvalid``, ``TLSFault/Cause/serverNameRepeated``, or
    ///   what OpenSSL says.
    public init(
        default identity: TLSIdentity,
        named: [(names: [String], identity: TLSIdentity)],
        tickets: TicketKeys,
        applicationProtocols: [String]
    ) throws(TLSFault) {
        let protocols = try ProtocolList(applicationProtocols)
        var bound: [ServerName: SharedHandle] = [:]
        for (names, identity) in named {
            let context = try Self.make(identity, tickets: tickets, protocols: protocols)
            for name in names {
                guard let name = ServerName(pattern: name) else {
                    throw TLSFault(.serverNameInvalid)
                }
                guard bound.updateValue(context, forKey: name) == nil else {
                    throw TLSFault(.serverNameRepeated)
                }
            }
        }
        context = try Self.make(identity, tickets: tickets, protocols: protocols)
        names = ServerNameTable(bound)
        self.tickets = tickets
        self.protocols = protocols
        // SAFETY: the table outlives every connection of the context: connections hold `self`.
        unsafe gatehouse_tls_set_server_name_callback(
            context.raw,
            chooseContext,
            Unmanaged.passUnretained(names).toOpaque()
        )
    }

    /// Begins the server's side of a connection on a non-blocking socket.
    ///
    /// - Parameter descriptor: Remains the caller's: it must stay open as long as the connection
    ///   is used, and is not closed by it.
    /// - Returns: A connection whose handshake has not begun.
    /// - Throws: ``TLSFault/Cause/libraryFailure`` for want of memory.
    public func makeConnection(descriptor: Int32) throws(TLSFault) -> TLSConnection {
        let handle = try ConnectionHandle(context, descriptor: descriptor)
        unsafe SSL_set_accept_state(handle.raw)
        return TLSConnection(handle, of: .server(self))
    }

    private static func make(
        _ identity: TLSIdentity,
        tickets: TicketKeys,
        protocols: ProtocolList
    ) throws(TLSFault) -> SharedHandle {
        let context = try ContextPolicy.makeServerContext(showing: identity)
        // SAFETY: the server context holds `tickets` and `protocols`, connections hold the server
        // context: both outlive every callback.
        let ring = unsafe Unmanaged.passUnretained(tickets).toOpaque()
        guard
            unsafe SSL_CTX_set_ex_data(context.raw, 0, ring) == 1,
            unsafe SSL_CTX_set_tlsext_ticket_key_evp_cb(context.raw, answerTicketQuestion) == 1
        else {
            throw TLSFault(.libraryFailure, drainingQueue: ())
        }
        if !protocols.isEmpty {
            let list = unsafe Unmanaged.passUnretained(protocols).toOpaque()
            unsafe SSL_CTX_set_alpn_select_cb(context.raw, chooseProtocol, list)
        }
        return context
    }
}

// The three callbacks below run inside a handshake, on the worker's own thread.

// SAFETY: the argument is the table of the server context that the connection holds.
private func chooseContext(
    _ ssl: OpaquePointer?,
    alert: UnsafeMutablePointer<Int32>?,
    argument: UnsafeMutableRawPointer?
) -> Int32 {
    guard
        let table = unsafe argument,
        let asked = unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
    else {
        return SSL_TLSEXT_ERR_NOACK
    }
    let names = unsafe Unmanaged<ServerNameTable>.fromOpaque(table).takeUnretainedValue()
    if let context = unsafe names.context(for: String(cString: asked)),
        unsafe SSL_set_SSL_CTX(ssl, context.raw) == nil
    {
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
    return SSL_TLSEXT_ERR_OK
}

// SAFETY: the application data of a server's context is the ticket ring that it holds; the other
// pointers are OpenSSL's, for the length of the call.
private func answerTicketQuestion(
    _ ssl: OpaquePointer?,
    name: UnsafeMutablePointer<UInt8>?,
    vector: UnsafeMutablePointer<UInt8>?,
    cipher: OpaquePointer?,
    mac: OpaquePointer?,
    sealing: Int32
) -> Int32 {
    guard
        let ring = unsafe SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0),
        let name = unsafe name, let vector = unsafe vector,
        let cipher = unsafe cipher, let mac = unsafe mac
    else {
        return TicketAnswer.failed
    }
    let isSingleUse = unsafe SSL_version(ssl) >= TLS1_3_VERSION
    let question = unsafe TicketQuestion(
        name: name,
        vector: vector,
        cipher: cipher,
        mac: mac,
        isSealing: sealing == 1,
        answerWhenCurrent: isSingleUse ? TicketAnswer.usableAndDue : TicketAnswer.usable
    )
    return unsafe Unmanaged<TicketKeys>.fromOpaque(ring).takeUnretainedValue().answer(question)
}

// SAFETY: the argument is the list that the server context holds; the peer's offer is valid for
// the call, and what is chosen points into it.
private func chooseProtocol(
    _ ssl: OpaquePointer?,
    chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    chosenLength: UnsafeMutablePointer<UInt8>?,
    offered: UnsafePointer<UInt8>?,
    offeredLength: UInt32,
    argument: UnsafeMutableRawPointer?
) -> Int32 {
    guard
        let argument = unsafe argument, let offered = unsafe offered,
        let chosen = unsafe chosen, let chosenLength = unsafe chosenLength
    else {
        return SSL_TLSEXT_ERR_NOACK
    }
    let list = unsafe Unmanaged<ProtocolList>.fromOpaque(argument).takeUnretainedValue()
    let offer = unsafe UnsafeBufferPointer(start: offered, count: Int(offeredLength))
    guard let match = unsafe list.firstMatch(in: offer.span) else {
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
    unsafe chosen.pointee = unsafe offered + match.lowerBound
    unsafe chosenLength.pointee = UInt8(match.count)
    return SSL_TLSEXT_ERR_OK
}
