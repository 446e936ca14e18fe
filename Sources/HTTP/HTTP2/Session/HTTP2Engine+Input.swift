import Bytes
import CNghttp2

// SAFETY, of every `unsafe` in this file: the pointer is the libnghttp2 session of this object; a
// stream's user data is a number and never followed.

extension HTTP2Engine {
    /// What libnghttp2 keeps for a stream: the number that it had in the table, or zero.
    private func word(of stream: Int32) -> Int {
        Int(bitPattern: unsafe nghttp2_session_get_stream_user_data(library.raw, stream))
    }

    /// The number of a stream in the table, or zero.
    internal func number(of stream: Int32) -> Int {
        let number = word(of: stream)
        return streams.holds(stream, at: number) ? number : 0
    }

    /// The handler's name for a stream, or `nil` where it has none or the session is over.
    private func slot(of stream: Int32) -> Int? {
        isDead ? nil : streams.slot(of: stream, at: word(of: stream))
    }

    internal func blockBegan(_ stream: Int32, isRequest: Bool) {
        guard isServer, isRequest else {
            let number = number(of: stream)
            guard number > 0 else { return message.begin(.none, number: 0) }
            let isTail = isServer || streams[number].hasHead
            return message.begin(isTail ? .trailers : .response, number: number)
        }
        // What crosses our GOAWAY is beyond its last stream, and closed when it is sent.
        guard ownGoaway == nil else { return message.begin(.none, number: 0) }
        let number = streams.open(stream, slot: 0, method: .other)
        let word = unsafe UnsafeMutableRawPointer(bitPattern: number)
        unsafe check(nghttp2_session_set_stream_user_data(library.raw, stream, word))
        message.begin(.request, number: number)
    }

    /// Takes one field of the block.
    ///
    /// - Returns: Whether the rest of the block is of interest.
    internal func fieldReceived(
        _ name: Span<UInt8>,
        _ value: Span<UInt8>,
        isNeverIndexed: Bool
    ) -> Bool {
        let isSane = message.add(name, value, isNeverIndexed: isNeverIndexed)
        if !isSane {
            flooded(.headerBomb)
        }
        return isSane
    }

    internal func fieldRefused(_ name: Span<UInt8>, _ value: Span<UInt8>) {
        message.block.malformation = ParseFault(refused: name, value: value)
    }

    /// Reads which field it was out of libnghttp2's complaint: `... name: [NAME], value: [VALUE]`.
    internal func fieldComplained(_ text: Span<UInt8>) {
        guard message.block.malformation == nil else { return }
        guard let name = Self.end(of: "name: [", in: text, from: 0) else { return }
        guard let value = Self.end(of: "], value: [", in: text, from: name) else { return }
        message.block.malformation = ParseFault(
            refused: text.extracting(name..<(value - 11)),
            value: text.extracting(value..<max(value, text.count - 1))
        )
    }

    private static func end(
        of literal: StaticString,
        in text: Span<UInt8>,
        from start: Int
    ) -> Int? {
        for index in start..<max(start, text.count)
        where text.extracting(index..<text.count).hasPrefix(literal) {
            return index + literal.utf8CodeUnitCount
        }
        return nil
    }

    /// A block that libnghttp2 finds malformed; it resets the stream itself.
    internal func blockRefused(_ stream: Int32, endsStream: Bool) {
        let number = number(of: stream)
        guard number > 0, !isDead else { return }
        report(number, message.fault(endsStream: endsStream))
    }

    internal func blockEnded(_ stream: Int32, endsStream: Bool) {
        guard !isDead else { return }
        let (kind, number) = message.subject
        guard streams.holds(stream, at: number) else { return }
        switch kind {
        case .none: break
        case .request: requestEnded(number, stream, endsStream: endsStream)
        case .response: responseEnded(number, endsStream: endsStream)
        case .trailers: trailersEnded(number)
        }
    }

    private func requestEnded(_ number: Int, _ stream: Int32, endsStream: Bool) {
        lastRequest = max(lastRequest, stream)
        guard let server else { return }
        guard streams.count <= limits.streamCount else {
            streams[number].isReported = true
            return queueReset(stream, .refusedStream)
        }
        do throws(ParseFault) {
            try message.finishRequest(endsStream: endsStream)
        } catch {
            guard error.status != 400 else {
                report(number, error)
                queueReset(stream, .protocolError)
                return
            }
            let slot = server.requestRefused(stream, error, isComplete: endsStream)
            accept(number, stream, slot: slot, otherwise: .enhanceYourCalm)
            return
        }
        let slot = server.requestReceived(stream, head: &message.request, isComplete: endsStream)
        accept(number, stream, slot: slot, otherwise: .refusedStream)
    }

    private func accept(
        _ number: Int,
        _ stream: Int32,
        slot: Int,
        otherwise code: HTTP2ErrorCode
    ) {
        streams.update(number) { entry in
            entry.hasHead = true
            entry.isReported = true
            entry.slot = slot
            if slot == 0 {
                entry.isResetByUs = true
            }
        }
        if slot == 0 {
            queueReset(stream, code)
        }
    }

    private func responseEnded(_ number: Int, endsStream: Bool) {
        let entry = streams[number]
        guard let client, entry.slot > 0 else { return }
        do throws(ParseFault) {
            try message.finishResponse(to: entry.method, endsStream: endsStream)
            if message.response.status < 200 {
                try streams[number].interim.spend(message.block.size, of: limits.head)
            }
        } catch {
            report(number, error)
            queueReset(entry.stream, error.status == 400 ? .protocolError : .enhanceYourCalm)
            return
        }
        if message.response.status < 200 {
            client.informationReceived(entry.slot, head: &message.response)
        } else {
            streams[number].hasHead = true
            client.responseReceived(entry.slot, head: &message.response, isComplete: endsStream)
        }
    }

    private func trailersEnded(_ number: Int) {
        let entry = streams[number]
        guard entry.slot > 0 else { return }
        if let refusal = message.block.refusal {
            report(number, refusal)
            queueReset(entry.stream, .enhanceYourCalm)
            return
        }
        handler?.trailersReceived(entry.slot, &message.trailers)
        handler?.inputEnded(entry.slot)
    }

    /// Tells the handler, once, that a message is malformed.
    private func report(_ number: Int, _ fault: ParseFault) {
        guard !streams[number].isReported else { return }
        streams[number].isReported = true
        if let server {
            lastRequest = max(lastRequest, streams[number].stream)
            server.requestMalformed(streams[number].stream, fault)
        } else if let client, streams[number].slot > 0 {
            client.responseMalformed(streams[number].slot, fault)
        }
    }

    /// Notes that a stream is reset for its own window, which is the one such fault that is not the
    /// connection's.
    internal func windowOverflowed(_ stream: Int32) {
        let number = number(of: stream)
        if number > 0 {
            streams[number].isOverflowed = true
        }
    }

    internal func dataReceived(_ stream: Int32, _ bytes: Span<UInt8>) {
        if let slot = slot(of: stream) {
            handler?.dataReceived(slot, bytes)
        } else {
            unsafe check(nghttp2_session_consume(library.raw, stream, bytes.count))
        }
    }

    internal func inputEnded(_ stream: Int32) {
        if let slot = slot(of: stream) {
            handler?.inputEnded(slot)
        }
    }

    internal func settingsReceived() {
        hasSettings = true
    }

    internal func goawayReceived() {
        guard let client, !isDead, !isDraining else { return }
        isDraining = true
        client.peerDraining()
        closeUnsent()
    }

    /// Closes towards the handler what will never be sent; libnghttp2 forgets it in its own time, which
    /// may be when the streams that run have ended.
    private func closeUnsent() {
        for number in 1..<(streams.numberMax + 1)
        where streams.contains(number) && !streams[number].isSent {
            let entry = streams[number]
            streams[number].slot = 0
            queueReset(entry.stream, .cancel)
            if entry.slot > 0 {
                handler?.streamClosed(entry.slot, .refusedStream)
            }
        }
    }

    internal func streamClosed(_ stream: Int32, _ code: HTTP2ErrorCode) {
        guard !isDead, let entry = streams.close(stream, at: word(of: stream)) else { return }
        if entry.slot > 0 {
            // Where both sides have ended, libnghttp2 closes a stream before our reset is sent.
            handler?.streamClosed(entry.slot, code == .noError ? entry.resetCode : code)
        }
    }

    /// Closes towards the handler all streams that are left.
    internal func closeAll(_ code: HTTP2ErrorCode) {
        for number in 1..<(streams.numberMax + 1) where streams.contains(number) {
            let entry = streams[number]
            streams.close(number)
            if entry.slot > 0 {
                let isUntouched = !isServer && !entry.isSent
                handler?.streamClosed(entry.slot, isUntouched ? .refusedStream : code)
            }
        }
    }
}
