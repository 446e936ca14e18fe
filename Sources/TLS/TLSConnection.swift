public import Bytes
import COpenSSL
import Glibc

/// One TLS connection over a non-blocking socket: the driver's only view of it.
///
/// In life: ``handshake()`` until it is complete, then ``read(into:atMost:)`` and ``write(_:)``,
/// ``releaseIdleBuffers()`` whenever the connection falls idle, ``shutdown()`` once, and the end of
/// the object before that of the descriptor. Not Sendable: it is born and dies in its worker.
///
/// OpenSSL's socket writes raise `SIGPIPE`, which the product ignores process-wide at its start.
public final class TLSConnection {
    private let handle: ConnectionHandle
    private let origin: Origin
    private var phase = Phase.handshaking
    private var stepsSinceBytes = 0
    /// How many bytes the record holds that OpenSSL could not send whole, or zero.
    private var sizeHalfSent: Int32 = 0

    internal init(_ handle: consuming ConnectionHandle, of origin: Origin) {
        self.handle = handle
        self.origin = origin
        // SAFETY: `self` frees the handle in its `deinit`, and so outlives every callback.
        unsafe SSL_set_ex_data(self.handle.raw, 0, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        // OpenSSL takes a connection that was not shut down for a failed one, and its session out
        // of use; but peers that just leave are the rule.
        if phase == .established {
            unsafe SSL_set_shutdown(handle.raw, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        }
    }

    /// Goes on with the handshake as far as the socket allows.
    public func handshake() -> TLSProgress {
        clearLibraryErrors()
        let result = unsafe SSL_do_handshake(handle.raw)
        if result == 1 {
            phase = .established
            return .complete
        }
        switch outcome(of: result) {
        case .wantsRead: return .wantsRead
        case .wantsWrite: return .wantsWrite
        case .failed(let fault): return .failed(fault)
        case .bytes, .endOfStream, .truncated: return .failed(TLSFault(.connectionLost))
        }
    }

    /// Appends at most `limit` bytes of what the peer has sent.
    ///
    /// One call gives at most one record, 16 KiB; ``hasPendingBytes`` says whether to call again.
    ///
    /// - Parameters:
    ///   - buffer: Grows where fewer than `limit` bytes fit.
    ///   - limit: One or more.
    /// - Returns: How many bytes were appended, or why none were.
    public func read(into buffer: inout ByteBuffer, atMost limit: Int) -> TLSOutcome {
        guard limit > 0 else { return .bytes(0) }
        clearLibraryErrors()
        stepsSinceBytes = 0
        var result: Int32 = 0
        // SAFETY: the free space is valid for at least `limit` bytes during the call.
        unsafe buffer.appendWritten(minimum: limit) { free in
            result = unsafe SSL_read(handle.raw, free.baseAddress, Int32(clamping: limit))
            if phase == .cutOff { result = -1 }
            return Int(max(result, 0))
        }
        return result > 0 ? .bytes(Int(result)) : outcome(of: result)
    }

    /// Sends as much of `bytes` as the socket takes, record by record.
    ///
    /// What was not taken must begin the next call's bytes, and must not have become fewer: a
    /// record of it may have been sealed and half sent. It may lie elsewhere in memory, and more
    /// may follow it.
    ///
    /// - Returns: ``TLSOutcome/bytes(_:)`` with fewer than `bytes.count` when the socket is full:
    ///   go on when it is writable.
    public func write(_ bytes: Span<UInt8>) -> TLSOutcome {
        unsafe bytes.withUnsafeBytes { all in
            guard let start = all.baseAddress else { return .bytes(0) }
            var taken = 0
            while taken < all.count {
                clearLibraryErrors()
                // SAFETY: `taken` is below the count, and the rest is valid during the call.
                // Never more than a record, and again the same one: else OpenSSL keeps count
                // inside of what it has sent, and wants all of it offered again.
                let rest = all.count - taken
                let size = sizeHalfSent > 0 ? sizeHalfSent : Int32(min(rest, Self.recordSizeMax))
                guard size <= rest else { return failed(TLSFault(.libraryFailure)) }
                let result = unsafe SSL_write(handle.raw, start + taken, size)
                if result > 0 {
                    sizeHalfSent = 0
                    taken += Int(result)
                    continue
                }
                let outcome = outcome(of: result)
                guard outcome == .wantsWrite else { return outcome }
                sizeHalfSent = size
                return taken > 0 ? .bytes(taken) : .wantsWrite
            }
            return .bytes(taken)
        }
    }

    /// Whether bytes of the peer were taken from the socket that no read has given yet.
    ///
    /// The loop will not report those: whoever stops reading while this holds must come back on
    /// its own. They may be part of a record, so that the next read still wants more.
    public var hasPendingBytes: Bool { unsafe SSL_has_pending(handle.raw) == 1 }

    /// Gives back the read and write buffers, 34 KiB, until bytes flow again.
    ///
    /// - Returns: Whether they were given back: not while bytes wait in them, either way.
    @discardableResult
    public func releaseIdleBuffers() -> Bool { unsafe SSL_free_buffers(handle.raw) == 1 }

    /// Tells the peer with `close_notify` that no more bytes come.
    ///
    /// Sent once; whether the socket takes it does not matter, as the connection is about to be
    /// closed. Bytes of the peer may still be read.
    public func shutdown() {
        guard phase == .established else { return }
        phase = .ended
        clearLibraryErrors()
        unsafe SSL_shutdown(handle.raw)
        clearLibraryErrors()
    }

    /// The protocol version as it stands in logs; `"none"` before the handshake.
    public var versionName: StaticString {
        guard phase != .handshaking else { return "none" }
        return switch unsafe SSL_version(handle.raw) {
        case TLS1_3_VERSION: "TLSv1.3"
        case TLS1_2_VERSION: "TLSv1.2"
        default: "none"
        }
    }

    /// Whether the handshake went on from an earlier session, without certificates.
    public var isResumed: Bool { unsafe SSL_session_reused(handle.raw) == 1 }

    /// The server name that the peer has asked for, in lower case, or `nil` where it named none.
    ///
    /// For a client's side, the name that it asks for. A copy: for once a connection.
    public var serverName: [UInt8]? {
        // SAFETY: the name is part of the connection and ends with a zero.
        guard
            let name = unsafe SSL_get_servername(handle.raw, TLSEXT_NAMETYPE_host_name)
        else {
            return nil
        }
        return unsafe Array(String(cString: name).lowercased().utf8)
    }

    /// Whether ALPN has chosen `name`.
    public func isApplicationProtocol(_ name: StaticString) -> Bool {
        var chosen: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        unsafe SSL_get0_alpn_selected(handle.raw, &chosen, &length)
        // SAFETY: the chosen name is part of the connection.
        return unsafe UnsafeBufferPointer(start: chosen, count: Int(length)).span.isEqual(to: name)
    }

    /// What the next connection to the same server may resume, or `nil` while there is nothing.
    ///
    /// Ask when a client's connection goes back to its pool: a TLS 1.3 server sends its ticket
    /// after the handshake, ahead of its first bytes.
    public var resumableSession: TLSSession? {
        guard phase != .handshaking, case .client(_, let context, let name) = origin,
            let session = unsafe SSL_get1_session(handle.raw)
        else {
            return nil
        }
        // SAFETY: the reference was counted for us, and goes to its owner at once.
        let owned = unsafe TLSSession(owning: session, serverName: name, context: context)
        return unsafe SSL_SESSION_is_resumable(session) == 1 ? owned : nil
    }

    /// Bounds what a peer can make one read or write do without sending application bytes.
    ///
    /// OpenSSL goes on with key updates and the like as long as the socket has some, which a peer
    /// that sends fast enough could make for ever. Beyond ``stepsMax`` the descriptor is taken
    /// away from OpenSSL, and the call ends.
    internal func handshakeStepWasMade() {
        guard phase == .established else { return }
        stepsSinceBytes += 1
        if stepsSinceBytes > Self.stepsMax {
            phase = .cutOff
            unsafe gatehouse_tls_cut_off(handle.raw)
        }
    }

    private func outcome(of result: Int32) -> TLSOutcome {
        // Read before any other call can change it.
        let systemError = errno
        guard phase != .cutOff else { return failed(TLSFault(.postHandshakeFlood)) }
        switch unsafe SSL_get_error(handle.raw, result) {
        case SSL_ERROR_WANT_READ:
            return .wantsRead
        case SSL_ERROR_WANT_WRITE:
            return .wantsWrite
        case SSL_ERROR_ZERO_RETURN:
            return .endOfStream
        case SSL_ERROR_SYSCALL:
            clearLibraryErrors()
            return failed(TLSFault(.connectionLost, number: systemError))
        default:
            let complaint = ERR_peek_error()
            let isTruncated =
                phase != .handshaking && ERR_GET_LIB(complaint) == ERR_LIB_SSL
                && ERR_GET_REASON(complaint) == SSL_R_UNEXPECTED_EOF_WHILE_READING
            let verification = unsafe SSL_get_verify_result(handle.raw)
            let fault = TLSFault(connectionFailedWith: verification)
            guard isTruncated else { return failed(fault) }
            phase = .ended
            return .truncated
        }
    }

    private func failed(_ fault: TLSFault) -> TLSOutcome {
        phase = .ended
        return .failed(fault)
    }

    /// RFC 8446 §5.1.
    private static let recordSizeMax = 1 << 14
    /// Thirty-two handshake messages between two runs of application bytes: a peer that updates
    /// its keys does so once in millions of records.
    private static let stepsMax = 32
}

extension TLSConnection {
    /// Who made the connection, and so what it must keep alive.
    internal enum Origin {
        case client(TLSClientContext, SharedHandle, String)
        case server(TLSServerContext)
    }

    private enum Phase {
        /// May go on to `established` or `ended`.
        case handshaking
        /// Application bytes flow. May go on to `cutOff` or `ended`.
        case established
        /// The descriptor was taken from OpenSSL; the call under way ends with a fault.
        case cutOff
        /// No `close_notify` may be sent any more.
        case ended
    }
}

/// The one owner of an `SSL`.
@safe
internal struct ConnectionHandle: ~Copyable {
    // SAFETY: the one reference that `init` made; a loan for the length of a call.
    internal let raw: OpaquePointer

    /// Makes a connection of `context` on a descriptor that remains the caller's.
    internal init(_ context: SharedHandle, descriptor: Int32) throws(TLSFault) {
        clearLibraryErrors()
        guard let made = unsafe SSL_new(context.raw) else {
            throw TLSFault(.libraryFailure, drainingQueue: ())
        }
        guard unsafe SSL_set_fd(made, descriptor) == 1 else {
            unsafe SSL_free(made)
            throw TLSFault(.libraryFailure, drainingQueue: ())
        }
        unsafe raw = made
    }

    deinit {
        unsafe SSL_free(raw)
    }
}
