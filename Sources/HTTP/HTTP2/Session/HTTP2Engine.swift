import Bytes
import CNghttp2

// SAFETY, of every `unsafe` in this file: the libnghttp2 session belongs to this object, whose address
// it holds and which outlives it; spans and buffers are handed to it for the length of one call, and what
// it hands back is copied before the next. `output` points to the caller's buffer during `produce` only.

/// What a server's and a client's session have in common: one session of libnghttp2, what it tells, and
/// the budgets of its peer.
@safe
internal final class HTTP2Engine {
    internal let isServer: Bool
    internal let limits: HTTP2Limits
    internal let library: HTTP2LibrarySession
    internal var meter: HTTP2FrameMeter
    internal var streams = HTTP2StreamTable()
    internal var message: HTTP2IncomingMessage
    internal var hasSettings = false
    internal var isDraining = false
    /// Whoever is told, during a call of the session.
    internal private(set) var handler: (any HTTP2Handler)?
    internal private(set) var server: (any HTTP2ServerHandler)?
    internal private(set) var client: (any HTTP2ClientHandler)?
    /// The handler's own GOAWAY, so that it is not taken for libnghttp2's.
    internal var ownGoaway: HTTP2ErrorCode?
    /// The last request whose head came in whole, or was found to be malformed.
    internal var lastRequest: Int32 = 0
    /// Room for what libnghttp2 is told of fields.
    internal var fieldViews = HTTP2FieldViews()

    /// Whether libnghttp2 writes in order to forget streams, and may write no DATA.
    internal private(set) var isSettling = false
    /// Frames that were written while bytes came in.
    private var early = ByteBuffer(capacity: earlyCapacity)

    private var output: UnsafeMutablePointer<ByteBuffer>?
    private var outputLimit = 0
    private var now: Int64 = 0
    /// Why the connection must end, once it must.
    private var fault: HTTP2Fault?
    private var isFaultThrown = false
    /// Whether libnghttp2 itself has failed: it may only be freed, and the GOAWAY is ours to write.
    private var isBroken = false
    private var isGoawayOwed = false
    private var isAbandoned = false
    private var hasSentSettings = false

    internal init(isServer: Bool, limits: HTTP2Limits) throws(HTTP2Fault) {
        self.isServer = isServer
        self.limits = limits
        meter = HTTP2FrameMeter(limits: limits, isServer: isServer)
        message = HTTP2IncomingMessage(limits: limits.head)
        library = try HTTP2LibrarySession(isServer: isServer, limits: limits)
        let owner = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe nghttp2_session_set_user_data(library.raw, owner)
        try queuePreface()
    }

    /// Whether the connection must end.
    internal var isDead: Bool { fault != nil }

    /// The code that the connection ends with, once it must.
    internal var deadCode: HTTP2ErrorCode? { fault?.code }

    internal var wantsToWrite: Bool {
        if isAbandoned { return false }
        if isBroken || !early.isEmpty { return isGoawayOwed || !early.isEmpty }
        return unsafe nghttp2_session_want_write(library.raw) != 0
    }

    internal var isFinished: Bool {
        guard !wantsToWrite else { return false }
        return unsafe isDead || nghttp2_session_want_read(library.raw) == 0
    }

    internal func receive(
        _ bytes: Span<UInt8>,
        now: Int64,
        server: (any HTTP2ServerHandler)?,
        client: (any HTTP2ClientHandler)?
    ) throws(HTTP2Fault) {
        self.now = now
        begin(server: server, client: client)
        defer { end() }
        read(bytes)
        checkQueue()
        if let fault {
            closeAll(fault.code)
            isFaultThrown = true
            throw fault
        }
    }

    /// Reads in pieces: where a stream begins for which there is no room, those that are over make
    /// it first.
    private func read(_ bytes: Span<UInt8>) {
        var start = 0
        if isServer {
            meter.streamRoom = streamRoom
        }
        while !isDead {
            let rest = bytes.extracting(start...)
            guard let (stop, place) = meter.scan(rest, now: now) else { return feed(rest) }
            feed(rest.extracting(0..<place))
            start += place
            switch stop {
            case .fault(let fault):
                settle()
                terminate(fault)
            case .noRoom:
                if streamRoom <= 0 {
                    settle()
                }
                // Where too many are open in earnest, the next one is refused.
                meter.streamRoom = max(streamRoom, 1)
            }
        }
    }

    private var streamRoom: Int { limits.streamCount - streams.count }

    /// Has libnghttp2 write all but DATA: it forgets streams that it resets, and names what it has
    /// found wrong, only as it writes the frames that say so.
    private func settle() {
        guard !isBroken, early.count < Self.earlyCountMax else { return }
        // Taken out first: handlers may ask the session whether it wants to write.
        var frames = ByteBuffer(capacity: Self.earlyCapacity)
        swap(&frames, &early)
        isSettling = true
        outputLimit = Self.earlyCountMax
        unsafe withUnsafeMutablePointer(to: &frames) { buffer in
            unsafe produce(into: buffer)
        }
        isSettling = false
        swap(&frames, &early)
    }

    /// Bytes of frames that are written before they are asked for: the resets of a thousand streams.
    private static let earlyCountMax = 16_384
    private static let earlyCapacity = 32

    internal func produce(
        into output: inout ByteBuffer,
        upTo limit: Int,
        server: (any HTTP2ServerHandler)?,
        client: (any HTTP2ClientHandler)?
    ) throws(HTTP2Fault) {
        begin(server: server, client: client)
        defer { end() }
        outputLimit = limit
        if !early.isEmpty {
            output.append(early.bytes)
            early = ByteBuffer(capacity: Self.earlyCapacity)
        }
        if !isBroken, !isAbandoned {
            unsafe withUnsafeMutablePointer(to: &output) { buffer in
                unsafe self.output = unsafe buffer
                unsafe produce(into: buffer)
                unsafe self.output = nil
            }
        }
        if isBroken {
            writeGoaway(into: &output)
        }
        guard let fault else { return }
        closeAll(fault.code)
        if !isFaultThrown {
            isFaultThrown = true
            throw fault
        }
    }

    /// Closes every stream towards the handler: the transport is gone.
    internal func abandon(
        _ code: HTTP2ErrorCode,
        server: (any HTTP2ServerHandler)?,
        client: (any HTTP2ClientHandler)?
    ) {
        isAbandoned = true
        isFaultThrown = true
        if fault == nil {
            fault = .closed(code)
        }
        begin(server: server, client: client)
        defer { end() }
        closeAll(code)
    }

    /// Ends the connection for a flood; the GOAWAY is queued.
    internal func flooded(_ cause: HTTP2FloodCause) {
        terminate(.flooded(cause))
    }

    /// Ends the connection for a broken rule that libnghttp2 lets pass; the GOAWAY is queued.
    internal func close(_ code: HTTP2ErrorCode) {
        terminate(.closed(code))
    }

    private func terminate(_ reason: HTTP2Fault) {
        guard fault == nil else { return }
        fault = reason
        if !isBroken {
            check(unsafe nghttp2_session_terminate_session(library.raw, reason.code.rawValue))
        }
    }

    /// Notes an outcome of libnghttp2 that it cannot go on after; all others concern one stream, which
    /// is gone, or say that there is nothing to do.
    internal func check(_ result: Int32) {
        guard result < NGHTTP2_ERR_FATAL.rawValue else { return }
        isBroken = true
        isGoawayOwed = true
        guard fault == nil else { return }
        switch result {
        case NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue:
            isGoawayOwed = false
            fault = .badPreface
        case NGHTTP2_ERR_FLOODED.rawValue:
            fault = .flooded(.outboundQueue)
        case NGHTTP2_ERR_NOMEM.rawValue:
            fault = .outOfMemory
        case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS.rawValue:
            fault = .flooded(.continuation)
        default:
            fault = .closed(.internalError)
        }
    }

    internal func goawaySent(_ code: HTTP2ErrorCode) {
        guard fault == nil, code != .noError, code != ownGoaway else { return }
        fault = .closed(code)
    }

    /// Charges the peer for a reset that it made us send.
    internal func chargeReset() {
        if fault == nil, !meter.resetCaused(now: now) {
            flooded(.resets)
        }
    }

    /// Appends a DATA frame of the stream that has that number.
    ///
    /// - Returns: Whether there is room for more.
    internal func writeData(
        _ stream: Int32,
        at number: Int,
        head: Span<UInt8>,
        count: Int
    ) -> Bool {
        guard let output = unsafe output else { return false }
        unsafe output.pointee.append(head)
        if count > 0 {
            let before = unsafe output.pointee.count
            if !isDead, let slot = streams.slot(of: stream, at: number) {
                unsafe handler?.writeBody(slot, count: count, into: &output.pointee)
            }
            precondition(unsafe output.pointee.count == before + count)
        }
        return unsafe output.pointee.count < outputLimit
    }

    private func feed(_ bytes: Span<UInt8>) {
        guard bytes.count > 0, !isBroken else { return }
        let result = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe nghttp2_session_mem_recv(library.raw, buffer.baseAddress, buffer.count)
        }
        if result < 0 {
            check(Int32(truncatingIfNeeded: result))
        }
    }

    private func produce(into buffer: UnsafeMutablePointer<ByteBuffer>) {
        while unsafe buffer.pointee.count < outputLimit {
            if isDead, unsafe nghttp2_session_want_write(library.raw) == 0 {
                return
            }
            var frame: UnsafePointer<UInt8>?
            let count = unsafe nghttp2_session_mem_send(library.raw, &frame)
            guard count > 0 else {
                check(Int32(truncatingIfNeeded: count))
                return
            }
            let bytes = unsafe UnsafeBufferPointer(start: frame, count: count)
            if isServer, !hasSentSettings {
                hasSentSettings = true
                unsafe appendSettings(bytes.span, to: &buffer.pointee)
            } else {
                unsafe buffer.pointee.append(bytes.span)
            }
        }
    }

    /// What waits to be written, DATA left out, must stay bounded for a peer that reads nothing.
    private func checkQueue() {
        guard !isBroken, fault == nil else { return }
        let queued = unsafe nghttp2_session_get_outbound_queue_size(library.raw)
        // Chosen: two window updates, a head and trailers for each stream, and the burst of resets.
        let expected = 4 * min(limits.streamCount, 65_536) + min(limits.resets.burst, 65_536)
        if queued > 1024 + expected {
            flooded(.outboundQueue)
        }
    }

    /// RFC 9113 §6.8, where libnghttp2 writes nothing more.
    private func writeGoaway(into output: inout ByteBuffer) {
        guard isGoawayOwed, let fault else { return }
        isGoawayOwed = false
        let last = UInt32(bitPattern: unsafe nghttp2_session_get_last_proc_stream_id(library.raw))
        output.append(0)
        output.append(0)
        output.append(8)
        output.append(7)
        output.append(0)
        Self.append(0, to: &output)
        Self.append(last, to: &output)
        Self.append(fault.code.rawValue, to: &output)
    }

    private static func append(_ number: UInt32, to output: inout ByteBuffer) {
        for shift in stride(from: UInt32(24), through: 0, by: -8) {
            output.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    private func begin(server: (any HTTP2ServerHandler)?, client: (any HTTP2ClientHandler)?) {
        precondition(handler == nil, "a handler called receive or produce")
        self.server = server
        self.client = client
        handler = server ?? client
    }

    private func end() {
        handler = nil
        server = nil
        client = nil
    }
}
