import CNghttp2

// SAFETY, of every `unsafe` in this file: the pointers are libnghttp2's own, owned by the value that
// frees them in its `deinit`, and handed to no other function than libnghttp2's.

/// One session of libnghttp2, with exactly one owner.
@safe
internal struct HTTP2LibrarySession: ~Copyable {
    internal let raw: OpaquePointer

    /// Makes a session whose callbacks get nothing until its owner has told it its address.
    internal init(isServer: Bool, limits: HTTP2Limits) throws(HTTP2Fault) {
        let callbacks = try HTTP2LibraryCallbacks()
        let options = try HTTP2LibraryOptions(limits: limits)
        var made: OpaquePointer?
        let result =
            isServer
            ? unsafe nghttp2_session_server_new2(&made, callbacks.raw, nil, options.raw)
            : unsafe nghttp2_session_client_new2(&made, callbacks.raw, nil, options.raw)
        guard result == 0, let made = unsafe made else { throw .outOfMemory }
        unsafe raw = made
    }

    deinit {
        unsafe nghttp2_session_del(raw)
    }
}

/// What libnghttp2 is told to do, and not to do.
@safe
internal struct HTTP2LibraryOptions: ~Copyable {
    internal let raw: OpaquePointer

    internal init(limits: HTTP2Limits) throws(HTTP2Fault) {
        var made: OpaquePointer?
        guard unsafe nghttp2_option_new(&made) == 0, let made = unsafe made else {
            throw .outOfMemory
        }
        unsafe raw = made
        // Received bytes are given back by the handler, when they have gone somewhere.
        unsafe nghttp2_option_set_no_auto_window_update(raw, 1)
        // The tree of RFC 7540's priorities is not kept: nothing needs closed streams.
        unsafe nghttp2_option_set_no_closed_streams(raw, 1)
        unsafe nghttp2_option_set_server_fallback_rfc7540_priorities(raw, 0)
        unsafe nghttp2_option_set_builtin_recv_extension_type(
            raw,
            UInt8(truncatingIfNeeded: NGHTTP2_PRIORITY_UPDATE.rawValue)
        )
        unsafe nghttp2_option_set_max_settings(raw, HTTP2FrameMeter.settingsCountMax)
        // A head goes out whole or not at all: larger than any that is let in, with what we add.
        unsafe nghttp2_option_set_max_send_header_block_length(
            raw,
            max(65_536, 4 * limits.head.size)
        )
        // Ours trip first, with a cause; these stand behind them.
        unsafe nghttp2_option_set_max_outbound_ack(raw, 10 * HTTP2FrameMeter.answersOwedMax)
        unsafe nghttp2_option_set_stream_reset_rate_limit(
            raw,
            10 * UInt64(clamping: min(max(1, limits.resets.burst), 1 << 32)),
            10 * UInt64(clamping: min(max(1, limits.resets.perSecond), 1 << 32))
        )
        // It counts a frame head that comes byte by byte nine times, and that of the frame behind.
        unsafe nghttp2_option_set_max_continuations(
            raw,
            9 * (HTTP2FrameMeter.continuationCountMax(limits.head) + 2)
        )
    }

    deinit {
        unsafe nghttp2_option_del(raw)
    }
}
