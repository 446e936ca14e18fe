import Bytes
import HTTP

/// What the session tells of the streams.
extension HTTP2Peer: HTTP2ClientHandler {
    private func request(_ slot: Int) -> RequestPlan { plan.requests[slot - 1] }

    func informationReceived(_ slot: Int, head: inout ResponseHead) {
        guard head.status == 100 else {
            streams[slot - 1].informationCount += 1
            return
        }
        guard request(slot).expectsContinue else { return fail("100 to nobody") }
        streams[slot - 1].continueCount += 1
        session.resumeBody(streams[slot - 1].id)
    }

    func responseReceived(_ slot: Int, head: inout ResponseHead, isComplete: Bool) {
        guard streams[slot - 1].head == nil else { return fail("two responses") }
        var seen = WireHead(start: "HTTP/2 \(head.status)", fields: [])
        let fields = head.fields
        for index in 0..<fields.count {
            seen.fields.append((fields.name(at: index).text(), fields.value(at: index).text()))
        }
        for name in [
            "connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection",
        ]
        where seen.value(name) != nil {
            fail("\(name) in a response: \(seen)")
        }
        let informational = request(slot).response.informational
        if streams[slot - 1].informationCount != informational, seen.value("x-origin") != nil {
            fail("\(streams[slot - 1].informationCount) hints of \(informational)")
        }
        streams[slot - 1].head = seen
        streams[slot - 1].status = head.status
        let isTunnel = request(slot).expected == .tunnelled && head.status == 200
        streams[slot - 1].isTunnel = isTunnel && seen.value("x-origin") != nil
        if isComplete { inputEnded(slot) }
        session.resumeBody(streams[slot - 1].id)
    }

    func responseMalformed(_ slot: Int, _ fault: ParseFault) {
        fail("a malformed response: \(fault)")
    }

    func dataReceived(_ slot: Int, _ bytes: Span<UInt8>) {
        guard streams[slot - 1].head != nil else { return fail("DATA before a head") }
        streams[slot - 1].body.append(bytes)
        owe(slot, bytes.count)
        if streams[slot - 1].isTunnel { session.resumeBody(streams[slot - 1].id) }
    }

    func trailersReceived(_ slot: Int, _ trailers: inout FieldBlock) {
        for index in 0..<trailers.count {
            streams[slot - 1].trailers.append(
                (trailers.name(at: index).text(), trailers.value(at: index).text())
            )
        }
    }

    func inputEnded(_ slot: Int) {
        streams[slot - 1].isInputEnded = true
        streams[slot - 1].endedAt = now
        // A tunnel that the other side has ended is ended here too.
        session.resumeBody(streams[slot - 1].id)
    }

    func streamClosed(_ slot: Int, _ code: HTTP2ErrorCode) {
        guard streams[slot - 1].closed == nil else { return fail("closed twice") }
        streams[slot - 1].closed = code
        if streams[slot - 1].endedAt == 0 { streams[slot - 1].endedAt = now }
    }

    func peerDraining() {
        draining = true
    }

    func bodyWanted(_ slot: Int, atMost limit: Int) -> HTTP2BodyStep {
        let stream = streams[slot - 1]
        let request = request(slot)
        guard stream.restsUntil <= now else { return .wait }
        if request.expected == .tunnelled {
            guard stream.isTunnel else { return stream.head == nil ? .wait : .last(0) }
            if stream.sent == request.body.count {
                let isEchoed = stream.body.count >= request.body.count
                return isEchoed || stream.isInputEnded ? .last(0) : .wait
            }
        } else if request.expectsContinue, stream.continueCount == 0, stream.head == nil,
            now < stream.continueBy
        {
            return .wait
        }
        let left = request.body.count - stream.sent
        let count = min(left, limit, request.stream.pieceMax)
        guard count == left, request.expected != .tunnelled else {
            if request.stream.rest > 0 { rest(slot, until: now + request.stream.rest) }
            return .bytes(count)
        }
        streams[slot - 1].isOutputEnded = true
        guard request.stream.hasTrailers else { return .last(count) }
        var list = HTTP2FieldList()
        list.add("x-trailer", "1")
        session.submitTrailers(stream.id, list)
        return .lastWithTrailers(count)
    }

    func writeBody(_ slot: Int, count: Int, into output: inout ByteBuffer) {
        let begin = streams[slot - 1].sent
        let bytes = Array(request(slot).body[begin..<(begin + count)])
        output.append(bytes.span)
        streams[slot - 1].sent += count
    }
}

extension RequestPlan {
    /// The head as HTTP/2 has it.
    func fieldList() -> HTTP2FieldList {
        var list = HTTP2FieldList()
        let isTunnel = expected == .tunnelled
        list.add(":method", (isTunnel ? "CONNECT" : method).utf8.span)
        if isTunnel { list.add(":protocol", "websocket") }
        list.add(":scheme", "http")
        list.add(":authority", host.utf8.span)
        list.add(":path", target.utf8.span)
        list.add("x-plan", decimal: id)
        for (name, value) in fields {
            list.add(name.utf8.span, value.utf8.span)
        }
        if case .length = framing { list.add("content-length", decimal: declaredLength) }
        if expectsContinue { list.add("expect", "100-continue") }
        if stream.isMalformed { list.add("connection", "close") }
        return list
    }
}
