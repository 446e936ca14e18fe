import Bytes
import CNghttp2

// SAFETY, of every `unsafe` in this file: `owner` is the session's engine, which frees the libnghttp2
// session in its own `deinit` and so outlives every callback. A pointer with its length is valid for the
// length of the callback that brings it, and no span of it is kept.

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

private func engine(_ owner: UnsafeMutableRawPointer?) -> HTTP2Engine? {
    guard let owner = unsafe owner else { return nil }
    return unsafe Unmanaged<HTTP2Engine>.fromOpaque(owner).takeUnretainedValue()
}

private func blockBegan(
    _: OpaquePointer?,
    _ frame: UnsafePointer<nghttp2_frame>?,
    _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    guard let frame = unsafe frame, let engine = unsafe engine(owner) else { return 0 }
    let category = unsafe frame.pointee.headers.cat
    engine.blockBegan(
        unsafe frame.pointee.hd.stream_id,
        isRequest: category == NGHTTP2_HCAT_REQUEST
    )
    return 0
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
    guard let engine = unsafe engine(owner) else { return 0 }
    let nameBytes = unsafe UnsafeBufferPointer(start: name, count: nameLength)
    let valueBytes = unsafe UnsafeBufferPointer(start: value, count: valueLength)
    let isNeverIndexed = UInt32(flags) & NGHTTP2_NV_FLAG_NO_INDEX.rawValue != 0
    let goesOn = engine.fieldReceived(
        unsafe nameBytes.span,
        unsafe valueBytes.span,
        isNeverIndexed: isNeverIndexed
    )
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
    guard let engine = unsafe engine(owner) else { return 0 }
    let nameBytes = unsafe UnsafeBufferPointer(start: name, count: nameLength)
    let valueBytes = unsafe UnsafeBufferPointer(start: value, count: valueLength)
    engine.fieldRefused(unsafe nameBytes.span, unsafe valueBytes.span)
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
    guard code == NGHTTP2_ERR_HTTP_HEADER.rawValue, let message = unsafe message,
        let engine = unsafe engine(owner)
    else { return 0 }
    let bytes = unsafe UnsafeRawBufferPointer(start: message, count: length)
    unsafe bytes.withMemoryRebound(to: UInt8.self) { text in
        engine.fieldComplained(unsafe text.span)
    }
    return 0
}

private func frameReceived(
    _: OpaquePointer?,
    _ frame: UnsafePointer<nghttp2_frame>?,
    _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    guard let frame = unsafe frame, let engine = unsafe engine(owner) else { return 0 }
    let head = unsafe frame.pointee.hd
    let endsStream = UInt32(head.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
    switch UInt32(head.type) {
    case NGHTTP2_DATA.rawValue:
        if endsStream {
            engine.inputEnded(head.stream_id)
        }
    case NGHTTP2_HEADERS.rawValue:
        engine.blockEnded(head.stream_id, endsStream: endsStream)
    case NGHTTP2_SETTINGS.rawValue:
        if UInt32(head.flags) & NGHTTP2_FLAG_ACK.rawValue == 0 {
            engine.settingsReceived()
        }
    case NGHTTP2_GOAWAY.rawValue:
        engine.goawayReceived()
    default:
        break
    }
    return 0
}

private func frameRefused(
    _: OpaquePointer?,
    _ frame: UnsafePointer<nghttp2_frame>?,
    _ code: Int32,
    _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    guard let frame = unsafe frame, let engine = unsafe engine(owner) else { return 0 }
    let head = unsafe frame.pointee.hd
    if UInt32(head.type) == NGHTTP2_WINDOW_UPDATE.rawValue {
        engine.windowOverflowed(head.stream_id)
    }
    guard UInt32(head.type) == NGHTTP2_HEADERS.rawValue,
        code == NGHTTP2_ERR_HTTP_HEADER.rawValue || code == NGHTTP2_ERR_HTTP_MESSAGING.rawValue
    else { return 0 }
    engine.blockRefused(
        head.stream_id,
        endsStream: UInt32(head.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
    )
    return 0
}

private func dataReceived(
    _: OpaquePointer?,
    _: UInt8,
    _ stream: Int32,
    _ data: UnsafePointer<UInt8>?,
    _ length: Int,
    _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    guard let engine = unsafe engine(owner) else { return 0 }
    let bytes = unsafe UnsafeBufferPointer(start: data, count: length)
    engine.dataReceived(stream, unsafe bytes.span)
    return 0
}

private func streamClosed(
    _: OpaquePointer?,
    _ stream: Int32,
    _ code: UInt32,
    _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    unsafe engine(owner)?.streamClosed(stream, HTTP2ErrorCode(received: code))
    return 0
}

private func frameSent(
    _: OpaquePointer?,
    _ frame: UnsafePointer<nghttp2_frame>?,
    _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    guard let frame = unsafe frame, let engine = unsafe engine(owner) else { return 0 }
    let head = unsafe frame.pointee.hd
    let isAnswer = UInt32(head.flags) & NGHTTP2_FLAG_ACK.rawValue != 0
    switch UInt32(head.type) {
    case NGHTTP2_DATA.rawValue:
        engine.dataFrameSent()
    case NGHTTP2_HEADERS.rawValue:
        engine.headSent(head.stream_id)
    case NGHTTP2_PING.rawValue, NGHTTP2_SETTINGS.rawValue:
        if isAnswer {
            engine.answerSent()
        }
    case NGHTTP2_RST_STREAM.rawValue:
        engine.resetSent(
            head.stream_id,
            HTTP2ErrorCode(received: unsafe frame.pointee.rst_stream.error_code)
        )
    case NGHTTP2_GOAWAY.rawValue:
        engine.goawaySent(HTTP2ErrorCode(received: unsafe frame.pointee.goaway.error_code))
    default:
        break
    }
    return 0
}

/// Asks for the body of a stream (the read callback of a data source).
internal func bodyIsWanted(
    _: OpaquePointer?,
    _ stream: Int32,
    _: UnsafeMutablePointer<UInt8>?,
    _ length: Int,
    _ flags: UnsafeMutablePointer<UInt32>?,
    _: UnsafeMutablePointer<nghttp2_data_source>?,
    _ owner: UnsafeMutableRawPointer?
) -> Int {
    guard let flags = unsafe flags, let engine = unsafe engine(owner) else {
        return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
    }
    guard !engine.isSettling else { return Int(NGHTTP2_ERR_PAUSE.rawValue) }
    let copyless = NGHTTP2_DATA_FLAG_NO_COPY.rawValue
    let last = copyless | NGHTTP2_DATA_FLAG_EOF.rawValue
    switch engine.bodyWanted(stream, atMost: length) {
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
    _: UnsafeMutablePointer<nghttp2_data_source>?,
    _ owner: UnsafeMutableRawPointer?
) -> Int32 {
    guard let frame = unsafe frame, let engine = unsafe engine(owner) else {
        return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    }
    let head = unsafe UnsafeBufferPointer(start: frameHead, count: 9)
    let goesOn = engine.writeData(
        unsafe frame.pointee.hd.stream_id,
        head: unsafe head.span,
        count: length
    )
    return goesOn ? 0 : NGHTTP2_ERR_PAUSE.rawValue
}
