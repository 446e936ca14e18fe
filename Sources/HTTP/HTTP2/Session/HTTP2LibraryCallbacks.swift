import Bytes
import CNghttp2

// SAFETY, of every `unsafe` in this file: `owner` is the session's engine. Callbacks run only within a
// call of libnghttp2, which is made by a method of the session; whoever calls that holds the session, and
// the session its engine, so that the engine outlives the callback. A pointer with its length is valid for
// the length of the callback that brings it, and no span of it is kept.

/// The functions by which libnghttp2 tells a session's engine what it sees.
@safe
internal struct HTTP2LibraryCallbacks: ~Copyable {
    internal let raw: OpaquePointer

    internal init() throws(HTTP2Fault) {
        var made: OpaquePointer?
        guard unsafe nghttp2_session_callbacks_new(&made) == 0, let made = unsafe made else {
            throw .outOfMemory
        }
        unsafe raw = made
        unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(raw, blockBegan)
        unsafe nghttp2_session_callbacks_set_on_header_callback(raw, fieldReceived)
        unsafe nghttp2_session_callbacks_set_on_invalid_header_callback(raw, fieldRefused)
        unsafe nghttp2_session_callbacks_set_error_callback2(raw, complained)
        unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(raw, frameReceived)
        unsafe nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(raw, frameRefused)
        unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(raw, dataReceived)
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(raw, streamClosed)
        unsafe nghttp2_session_callbacks_set_on_frame_send_callback(raw, frameSent)
        unsafe nghttp2_session_callbacks_set_send_data_callback(raw, dataSent)
    }

    deinit {
        unsafe nghttp2_session_callbacks_del(raw)
    }
}

/// Lends the engine that a callback is for: it outlives the call, so that nothing is counted.
private func withEngine<Result>(
    _ owner: UnsafeMutableRawPointer?,
    otherwise result: Result,
    _ body: (HTTP2Engine) -> Result
) -> Result {
    guard let owner = unsafe owner else { return result }
    return unsafe Unmanaged<HTTP2Engine>.fromOpaque(owner)._withUnsafeGuaranteedRef(body)
}

/// Tells the engine of a frame.
private func tell(
    _ owner: UnsafeMutableRawPointer?,
    of frame: UnsafePointer<nghttp2_frame>?,
    _ body: (HTTP2Engine, UnsafePointer<nghttp2_frame>, HTTP2FrameHead) -> Void
) -> Int32 {
    guard let frame = unsafe frame else { return 0 }
    unsafe withEngine(owner, otherwise: ()) { engine in
        unsafe body(engine, frame, HTTP2FrameHead(frame.pointee.hd))
    }
    return 0
}

/// What the head of every frame says.
private struct HTTP2FrameHead {
    var stream: Int32
    var type: UInt32
    /// END_STREAM of HEADERS and DATA; the same bit is ACK of SETTINGS and PING.
    var hasFirstFlag: Bool

    init(_ head: nghttp2_frame_hd) {
        stream = head.stream_id
        type = UInt32(head.type)
        hasFirstFlag = UInt32(head.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
    }
}

private func blockBegan(
    _: OpaquePointer?,
    _ frame: UnsafePointer<nghttp2_frame>?,
    _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    unsafe tell(owner, of: frame) { engine, frame, head in
        let category = unsafe frame.pointee.headers.cat
        engine.blockBegan(head.stream, isRequest: category == NGHTTP2_HCAT_REQUEST)
    }
}

private func fieldReceived(
    _: OpaquePointer?,
    _: UnsafePointer<nghttp2_frame>?,
    _ name: UnsafePointer<UInt8>?,
    _ nameLength: Int,
    _ value: UnsafePointer<UInt8>?,
    _ valueLength: Int,
    _ flags: UInt8,
    _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    let nameBytes = unsafe UnsafeBufferPointer(start: name, count: nameLength)
    let valueBytes = unsafe UnsafeBufferPointer(start: value, count: valueLength)
    let isNeverIndexed = UInt32(flags) & NGHTTP2_NV_FLAG_NO_INDEX.rawValue != 0
    let goesOn = unsafe withEngine(owner, otherwise: true) { engine in
        engine.fieldReceived(
            unsafe nameBytes.span,
            unsafe valueBytes.span,
            isNeverIndexed: isNeverIndexed
        )
    }
    return goesOn ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
}

/// An invalid field makes its message malformed (RFC 9113 §8.2.1); libnghttp2 alone would leave it out.
private func fieldRefused(
    _: OpaquePointer?,
    _: UnsafePointer<nghttp2_frame>?,
    _ name: UnsafePointer<UInt8>?,
    _ nameLength: Int,
    _ value: UnsafePointer<UInt8>?,
    _ valueLength: Int,
    _: UInt8,
    _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    let nameBytes = unsafe UnsafeBufferPointer(start: name, count: nameLength)
    let valueBytes = unsafe UnsafeBufferPointer(start: value, count: valueLength)
    unsafe withEngine(owner, otherwise: ()) { engine in
        engine.fieldRefused(unsafe nameBytes.span, unsafe valueBytes.span)
    }
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
}

/// The only place where libnghttp2 names a field that it refuses outright.
private func complained(
    _: OpaquePointer?,
    _ code: Int32,
    _ message: UnsafePointer<CChar>?,
    _ length: Int,
    _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    guard code == NGHTTP2_ERR_HTTP_HEADER.rawValue, let message = unsafe message else { return 0 }
    let bytes = unsafe UnsafeRawBufferPointer(start: message, count: length)
    unsafe bytes.withMemoryRebound(to: UInt8.self) { text in
        unsafe withEngine(owner, otherwise: ()) { engine in
            engine.fieldComplained(unsafe text.span)
        }
    }
    return 0
}

private func frameReceived(
    _: OpaquePointer?,
    _ frame: UnsafePointer<nghttp2_frame>?,
    _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    unsafe tell(owner, of: frame) { engine, _, head in
        switch head.type {
        case NGHTTP2_DATA.rawValue where head.hasFirstFlag:
            engine.inputEnded(head.stream)
        case NGHTTP2_HEADERS.rawValue:
            engine.blockEnded(head.stream, endsStream: head.hasFirstFlag)
        case NGHTTP2_SETTINGS.rawValue where !head.hasFirstFlag:
            engine.settingsReceived()
        case NGHTTP2_GOAWAY.rawValue:
            engine.goawayReceived()
        default:
            break
        }
    }
}

private func frameRefused(
    _: OpaquePointer?,
    _ frame: UnsafePointer<nghttp2_frame>?,
    _ code: Int32,
    _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    unsafe tell(owner, of: frame) { engine, _, head in
        switch head.type {
        case NGHTTP2_WINDOW_UPDATE.rawValue:
            engine.windowOverflowed(head.stream)
        case NGHTTP2_HEADERS.rawValue
        where code == NGHTTP2_ERR_HTTP_HEADER.rawValue
            || code == NGHTTP2_ERR_HTTP_MESSAGING.rawValue:
            engine.blockRefused(head.stream, endsStream: head.hasFirstFlag)
        default:
            break
        }
    }
}

private func dataReceived(
    _: OpaquePointer?,
    _: UInt8,
    _ stream: Int32,
    _ data: UnsafePointer<UInt8>?,
    _ length: Int,
    _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    let bytes = unsafe UnsafeBufferPointer(start: data, count: length)
    unsafe withEngine(owner, otherwise: ()) { engine in
        engine.dataReceived(stream, unsafe bytes.span)
    }
    return 0
}

private func streamClosed(
    _: OpaquePointer?,
    _ stream: Int32,
    _ code: UInt32,
    _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    unsafe withEngine(owner, otherwise: ()) { engine in
        engine.streamClosed(stream, HTTP2ErrorCode(received: code))
    }
    return 0
}

private func frameSent(
    _: OpaquePointer?,
    _ frame: UnsafePointer<nghttp2_frame>?,
    _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    unsafe tell(owner, of: frame) { engine, frame, head in
        switch head.type {
        case NGHTTP2_DATA.rawValue:
            engine.dataFrameSent()
        case NGHTTP2_HEADERS.rawValue:
            engine.headSent(head.stream)
        case NGHTTP2_PING.rawValue where head.hasFirstFlag,
            NGHTTP2_SETTINGS.rawValue where head.hasFirstFlag:
            engine.answerSent()
        case NGHTTP2_RST_STREAM.rawValue:
            let code = unsafe frame.pointee.rst_stream.error_code
            engine.resetSent(head.stream, HTTP2ErrorCode(received: code))
        case NGHTTP2_GOAWAY.rawValue:
            let code = unsafe frame.pointee.goaway.error_code
            engine.goawaySent(HTTP2ErrorCode(received: code))
        default:
            break
        }
    }
}

/// Asks for the body of a stream (the read callback of a data source).
internal func bodyIsWanted(
    _: OpaquePointer?,
    _ stream: Int32,
    _: UnsafeMutablePointer<UInt8>?,
    _ length: Int,
    _ flags: UnsafeMutablePointer<UInt32>?,
    _ source: UnsafeMutablePointer<nghttp2_data_source>?,
    _ owner: UnsafeMutableRawPointer?
) -> Int {
    let number = unsafe Int(bitPattern: source?.pointee.ptr)
    let step = unsafe withEngine(owner, otherwise: HTTP2BodyStep?.none) { engine in
        engine.isSettling ? nil : engine.bodyWanted(stream, at: number, atMost: length)
    }
    guard let flags = unsafe flags, let step else { return Int(NGHTTP2_ERR_PAUSE.rawValue) }
    let copyless = NGHTTP2_DATA_FLAG_NO_COPY.rawValue
    let last = copyless | NGHTTP2_DATA_FLAG_EOF.rawValue
    switch step {
    case .bytes(let count):
        precondition(count > 0 && count <= length)
        unsafe flags.pointee = copyless
        return count
    case .last(let count):
        precondition(count >= 0 && count <= length)
        unsafe flags.pointee = last
        return count
    case .lastWithTrailers(let count):
        precondition(count >= 0 && count <= length)
        unsafe flags.pointee = last | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
        return count
    case .wait:
        return Int(NGHTTP2_ERR_DEFERRED.rawValue)
    case .fail:
        return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
    }
}

/// Writes a DATA frame: its nine bytes of head, and the payload that the handler has promised.
private func dataSent(
    _: OpaquePointer?,
    _ frame: UnsafeMutablePointer<nghttp2_frame>?,
    _ frameHead: UnsafePointer<UInt8>?,
    _ length: Int,
    _ source: UnsafeMutablePointer<nghttp2_data_source>?,
    _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    guard let frame = unsafe frame else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
    let stream = unsafe frame.pointee.hd.stream_id
    let number = unsafe Int(bitPattern: source?.pointee.ptr)
    let head = unsafe UnsafeBufferPointer(start: frameHead, count: 9)
    let goesOn = unsafe withEngine(owner, otherwise: false) { engine in
        engine.writeData(stream, at: number, head: unsafe head.span, count: length)
    }
    return goesOn ? 0 : NGHTTP2_ERR_PAUSE.rawValue
}
