import Bytes
import CNghttp2

// SAFETY, of every `unsafe` in this file: the pointer is the libnghttp2 session of this object, and the
// views of fields are lent for the length of the call, in which libnghttp2 copies what they point to. A
// stream's user data, which is the source of its body too, is a number and never followed.

extension HTTP2Engine {
    /// SETTINGS and the connection's window, which are the first that a peer sees.
    internal func queuePreface() throws(HTTP2Fault) {
        var entries: [nghttp2_settings_entry] = []
        func add(_ id: nghttp2_settings_id, _ value: Int) {
            entries.append(
                nghttp2_settings_entry(
                    settings_id: Int32(bitPattern: id.rawValue),
                    value: UInt32(clamping: value)
                )
            )
        }
        let window = min(max(0, limits.streamWindow), Int(Int32.max))
        add(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window)
        add(
            NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
            limits.head.size + 32 * limits.head.fieldCount
        )
        if isServer {
            add(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streamCount + Self.spareStreamCount)
            add(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1)
        } else {
            add(NGHTTP2_SETTINGS_ENABLE_PUSH, 0)
        }
        add(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1)
        let none = UInt8(truncatingIfNeeded: NGHTTP2_FLAG_NONE.rawValue)
        var result = unsafe nghttp2_submit_settings(library.raw, none, entries, entries.count)
        if result == 0 {
            let size = Int32(clamping: max(65_535, limits.connectionWindow))
            result = unsafe nghttp2_session_set_local_window_size(library.raw, none, 0, size)
        }
        guard result == 0 else { throw .outOfMemory }
    }

    /// Appends the SETTINGS as the peer is to see them: with our limit of streams.
    ///
    /// libnghttp2 is told of a higher one. It ends the connection for one stream too many (RFC 9113
    /// §5.1.2 has the stream refused), which is for us to do.
    internal func appendSettings(_ frame: Span<UInt8>, to output: inout ByteBuffer) {
        let limit = UInt32(clamping: limits.streamCount)
        for index in 0..<frame.count {
            let place = index - Self.streamCountPlace
            let isLimit = place >= 0 && place < 4
            output.append(
                isLimit ? UInt8(truncatingIfNeeded: limit >> (24 - 8 * place)) : frame[index]
            )
        }
    }

    /// The value of the third setting.
    private static let streamCountPlace = 9 + 2 * 6 + 2
    /// Streams that libnghttp2 takes beyond the limit: one at a time is there to be refused.
    private static let spareStreamCount = 8

    internal func respond(_ stream: Int32, _ list: borrowing HTTP2FieldList, hasBody: Bool) {
        guard !isDead else { return }
        var body = unsafe nghttp2_data_provider()
        unsafe body.read_callback = bodyIsWanted
        unsafe body.source.ptr = nghttp2_session_get_stream_user_data(library.raw, stream)
        let result = unsafe fieldViews.show(list) { views, count in
            hasBody
                ? unsafe nghttp2_submit_response(library.raw, stream, views, count, &body)
                : unsafe nghttp2_submit_response(library.raw, stream, views, count, nil)
        }
        check(result)
    }

    internal func inform(_ stream: Int32, _ list: borrowing HTTP2FieldList) {
        guard !isDead else { return }
        let result = unsafe fieldViews.show(list) { views, count in
            unsafe nghttp2_submit_headers(library.raw, 0, stream, nil, views, count, nil)
        }
        check(result)
    }

    internal func submitTrailers(_ stream: Int32, _ list: borrowing HTTP2FieldList) {
        guard !isDead else { return }
        let result = unsafe fieldViews.show(list) { views, count in
            unsafe nghttp2_submit_trailer(library.raw, stream, views, count)
        }
        check(result)
    }

    internal func request(
        _ slot: Int,
        _ list: borrowing HTTP2FieldList,
        method: Method,
        hasBody: Bool
    ) throws(HTTP2Fault) -> Int32 {
        if let code = deadCode {
            throw .closed(code)
        }
        guard !isDraining else { throw .closed(.refusedStream) }
        let number = streams.open(0, slot: slot, method: method)
        let word = unsafe UnsafeMutableRawPointer(bitPattern: number)
        var body = unsafe nghttp2_data_provider()
        unsafe body.read_callback = bodyIsWanted
        unsafe body.source.ptr = word
        let stream = unsafe fieldViews.show(list) { views, count in
            hasBody
                ? unsafe nghttp2_submit_request(library.raw, nil, views, count, &body, word)
                : unsafe nghttp2_submit_request(library.raw, nil, views, count, nil, word)
        }
        guard stream > 0 else {
            streams.close(number)
            check(stream)
            throw deadCode == nil ? .closed(.refusedStream) : .outOfMemory
        }
        streams[number].stream = stream
        return stream
    }

    internal func resumeBody(_ stream: Int32) {
        guard !isDead else { return }
        unsafe check(nghttp2_session_resume_data(library.raw, stream))
    }

    /// Resets a stream because the handler wants it.
    internal func reset(_ stream: Int32, _ code: HTTP2ErrorCode) {
        let number = numberOfAny(stream)
        // One that is gone may never have been begun: a reset would be of an idle stream (RFC 9113
        // §6.4).
        guard number > 0 else { return }
        streams[number].isResetByUs = true
        queueReset(stream, code)
    }

    /// The number of a stream in the table, or zero; of a request too that libnghttp2 has not sent, and
    /// so does not know by its stream.
    private func numberOfAny(_ stream: Int32) -> Int {
        let known = number(of: stream)
        return known > 0 || isServer ? known : streams.number(of: stream)
    }

    internal func queueReset(_ stream: Int32, _ code: HTTP2ErrorCode) {
        guard !isDead else { return }
        let number = numberOfAny(stream)
        if number > 0 {
            if streams[number].resetCode == .noError {
                streams[number].resetCode = code
            } else if !isServer, !streams[number].isSent {
                // Called off already: a second reset would go out, for a stream that nobody has begun.
                return
            }
        }
        unsafe check(nghttp2_submit_rst_stream(library.raw, 0, stream, code.rawValue))
    }

    internal func consumeStream(_ stream: Int32, _ count: Int) {
        // A peer that has ended its side has no use for a window.
        guard !isDead, count > 0,
            unsafe nghttp2_session_get_stream_remote_close(library.raw, stream) == 0
        else { return }
        unsafe check(nghttp2_session_consume_stream(library.raw, stream, count))
    }

    internal func consumeConnection(_ count: Int) {
        guard !isDead, count > 0 else { return }
        unsafe check(nghttp2_session_consume_connection(library.raw, count))
    }

    /// Whether the end of our side has been produced.
    internal func hasEnded(_ stream: Int32) -> Bool {
        unsafe !isDead && nghttp2_session_get_stream_local_close(library.raw, stream) == 1
    }

    internal func windowLeft(_ stream: Int32) -> Int {
        guard !isDead else { return 0 }
        let own = unsafe nghttp2_session_get_stream_remote_window_size(library.raw, stream)
        let shared = unsafe nghttp2_session_get_remote_window_size(library.raw)
        return Int(max(0, min(own, shared)))
    }

    internal func announceShutdown() {
        guard !isDead else { return }
        unsafe check(nghttp2_submit_shutdown_notice(library.raw))
    }

    internal func shutDown(_ code: HTTP2ErrorCode) {
        guard !isDead else { return }
        ownGoaway = code
        // libnghttp2 counts a request from the first bytes of its head: one that is cut off there would
        // pass for processed, and its client would not dare to repeat it.
        let last =
            unsafe isServer
            ? lastRequest : nghttp2_session_get_last_proc_stream_id(library.raw)
        unsafe check(nghttp2_submit_goaway(library.raw, 0, last, code.rawValue, nil, 0))
    }

    /// Asks for the body of the stream that has that number.
    internal func bodyWanted(_ stream: Int32, at number: Int, atMost: Int) -> HTTP2BodyStep {
        guard !isDead, let slot = streams.slot(of: stream, at: number), let handler else {
            return .wait
        }
        return handler.bodyWanted(slot, atMost: atMost)
    }

    internal func dataFrameSent() {
        meter.dataSent()
    }

    internal func answerSent() {
        meter.answerSent()
    }

    internal func headSent(_ stream: Int32) {
        guard !isServer else { return }
        let number = number(of: stream)
        if number > 0 {
            streams[number].isSent = true
        }
    }

    internal func resetSent(_ stream: Int32, _ code: HTTP2ErrorCode) {
        guard code.blamesPeer, !isDead else { return }
        let number = number(of: stream)
        if number > 0 {
            guard !streams[number].isResetByUs else { return }
            if let client, streams[number].slot > 0, !streams[number].isReported {
                streams[number].isReported = true
                client.responseMalformed(streams[number].slot, .bodyLength)
            }
            // DATA beyond the window, or SETTINGS that lift one beyond the largest (RFC 9113 §6.9.2).
            if code == .flowControlError, !streams[number].isOverflowed {
                close(.flowControlError)
            }
        }
        chargeReset()
    }
}

extension HTTP2Engine {
    internal func isWaiting(_ stream: Int32) -> Bool {
        let number = numberOfAny(stream)
        return number > 0 && !streams[number].isSent
    }

    internal var streamCountMax: Int {
        guard hasSettings else { return min(100, limits.streamCount) }
        let allowed = unsafe nghttp2_session_get_remote_settings(
            library.raw,
            NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS
        )
        return min(Int(allowed), limits.streamCount)
    }

    internal var allowsExtendedConnect: Bool {
        let setting = NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL
        return unsafe hasSettings
            && nghttp2_session_get_remote_settings(library.raw, setting) == 1
    }
}
