import Bytes
import HTTP

/// Feeds the bytes to a whole session of HTTP/2, as a server's or a client's peer, whole and in pieces.
///
/// Traps unless: the outcome does not depend on how the bytes are cut; every request holds to the
/// grammar that HTTP/1 holds it to; a body that has ended has the length that was declared; no more
/// streams run than are allowed; and every stream is closed once.
public func fuzzHTTP2(_ bytes: Span<UInt8>) {
    let input = HTTP2Input(bytes)
    let cuts = fuzzCuts(input.wire.span)
    let whole = HTTP2Transcript.play(input, cutAt: [], producesBetween: false)
    let inPieces = HTTP2Transcript.play(input, cutAt: cuts, producesBetween: false)
    let isComparable = !input.saysGoodbye
    precondition(!isComparable || whole == inPieces, "a session went otherwise when cut")
    if isComparable, input.wire.count <= 512 {
        let places = Array(0..<input.wire.count)
        let singly = HTTP2Transcript.play(input, cutAt: places, producesBetween: false)
        precondition(whole == singly, "a session went otherwise byte by byte")
    }
    _ = HTTP2Transcript.play(input, cutAt: cuts, producesBetween: true)
}

/// What a session made of some bytes.
private struct HTTP2Transcript: Equatable {
    var events: [UInt8] = []
    var output: [UInt8] = []
    var fault: HTTP2Fault?

    static func play(_ input: HTTP2Input, cutAt cuts: [Int], producesBetween: Bool) -> Self {
        guard let player = try? HTTP2Player(isServer: input.isServer) else { return Self() }
        if !input.isServer {
            player.sendRequests()
        }
        var start = 0
        for end in cuts + [input.wire.count] {
            player.receive(input.wire.span.extracting(start..<end))
            start = end
            if producesBetween {
                player.produce()
            }
        }
        player.produce()
        player.finish()
        return Self(events: player.events, output: player.output, fault: player.fault)
    }
}

/// Both handlers in one: answers from the number of the slot, and judges what it is told.
private final class HTTP2Player: HTTP2ServerHandler, HTTP2ClientHandler {
    private(set) var events: [UInt8] = []
    private(set) var output: [UInt8] = []
    private(set) var fault: HTTP2Fault?
    private let server: HTTP2ServerSession?
    private let client: HTTP2ClientSession?
    private var streams: [Int: Stream] = [:]
    private var slotMax = 0

    private struct Stream {
        var number: Int32 = 0
        var framing = BodyFraming.chunked
        var received: UInt64 = 0
        var left = 0
    }

    init(isServer: Bool) throws(HTTP2Fault) {
        server = isServer ? try HTTP2ServerSession(limits: Self.limits) : nil
        client = isServer ? nil : try HTTP2ClientSession(limits: Self.limits)
    }

    func sendRequests() {
        for index in 0..<4 {
            var fields = HTTP2FieldList()
            let method: Method = index == 1 ? .head : index == 3 ? .connect : .get
            fields.add(":method", index == 1 ? "HEAD" : index == 3 ? "CONNECT" : "GET")
            fields.add(":authority", "a:1")
            if method != .connect {
                fields.add(":scheme", "https")
                fields.add(":path", "/")
            }
            slotMax += 1
            let slot = slotMax
            guard
                let number = try? client?.request(
                    slot,
                    fields,
                    method: method,
                    hasBody: index > 1
                )
            else { continue }
            streams[slot] = Stream(number: number, left: 1000 * index)
        }
        produce()
        output.removeAll()
    }

    func receive(_ bytes: Span<UInt8>) {
        guard fault == nil else { return }
        do throws(HTTP2Fault) {
            try server?.receive(bytes, now: 0, handler: self)
            try client?.receive(bytes, now: 0, handler: self)
        } catch {
            fault = error
            precondition(streams.isEmpty, "a session died and left streams")
        }
    }

    func produce() {
        var buffer = ByteBuffer(capacity: 4096)
        do throws(HTTP2Fault) {
            try server?.produce(into: &buffer, upTo: 1 << 20, handler: self)
            try client?.produce(into: &buffer, upTo: 1 << 20, handler: self)
        } catch {
            precondition(fault == nil, "a fault was thrown twice")
            fault = error
            precondition(streams.isEmpty, "a session died and left streams")
            try? server?.produce(into: &buffer, upTo: 1 << 20, handler: self)
            try? client?.produce(into: &buffer, upTo: 1 << 20, handler: self)
        }
        output.append(buffer.bytes)
    }

    func finish() {
        let isFinished = server?.isFinished ?? client?.isFinished ?? true
        precondition(fault == nil || isFinished, "a session died and goes on")
        server?.abandon(.cancel, handler: self)
        client?.abandon(.cancel, handler: self)
        precondition(streams.isEmpty, "a stream was never closed")
    }

    func requestReceived(_ stream: Int32, head: inout RequestHead, isComplete: Bool) -> Int {
        note("request", UInt64(stream))
        judge(head)
        judge(head.fields)
        slotMax += 1
        guard slotMax % 7 != 0 else { return 0 }
        streams[slotMax] = Stream(number: stream, framing: head.framing, left: 100 * slotMax)
        precondition(streams.count <= Self.limits.streamCount, "more streams than allowed")
        if slotMax % 3 != 0 {
            var fields = HTTP2FieldList()
            fields.add(":status", "200")
            server?.respond(stream, fields, hasBody: slotMax % 2 == 0)
        } else if slotMax % 5 == 0 {
            server?.reset(stream, .cancel)
        }
        return slotMax
    }

    func requestRefused(_ stream: Int32, _ fault: ParseFault, isComplete: Bool) -> Int {
        precondition(fault.status != 400, "a malformed request is to be answered")
        note("refused", UInt64(stream))
        slotMax += 1
        guard slotMax % 2 == 0 else { return 0 }
        streams[slotMax] = Stream(number: stream)
        var fields = HTTP2FieldList()
        fields.add(":status", decimal: fault.status)
        server?.respond(stream, fields, hasBody: false)
        return slotMax
    }

    func requestMalformed(_ stream: Int32, _ fault: ParseFault) {
        precondition(fault.status == 400, "a request beyond limits is malformed")
        note("malformed", UInt64(stream))
        events.append(fault.detail)
    }

    func responseReceived(_ slot: Int, head: inout ResponseHead, isComplete: Bool) {
        precondition(head.status >= 200 && head.status <= 999, "a final head that is none")
        note("response", UInt64(head.status))
        judge(head.fields)
        streams[slot]?.framing = head.framing
    }

    func informationReceived(_ slot: Int, head: inout ResponseHead) {
        precondition(head.status >= 100 && head.status < 200, "an interim head that is none")
        note("information", UInt64(head.status))
        judge(head.fields)
    }

    func responseMalformed(_ slot: Int, _ fault: ParseFault) {
        precondition(streams[slot] != nil, "a stream that is gone")
        note("malformed", UInt64(slot))
        events.append(fault.detail)
    }

    func peerDraining() {
        note("draining", 0)
    }

    func dataReceived(_ slot: Int, _ bytes: Span<UInt8>) {
        guard let stream = streams[slot] else {
            preconditionFailure("data of a stream that is gone")
        }
        streams[slot]?.received += UInt64(bytes.count)
        server?.consumeStream(stream.number, bytes.count)
        server?.consumeConnection(bytes.count)
        client?.consumeStream(stream.number, bytes.count)
        client?.consumeConnection(bytes.count)
    }

    func bodyWanted(_ slot: Int, atMost: Int) -> HTTP2BodyStep {
        guard let stream = streams[slot] else {
            preconditionFailure("a body for a stream that is gone")
        }
        precondition(atMost > 0 && atMost <= 16_384, "a frame of an odd size")
        if slot % 11 == 0 {
            return .fail
        }
        guard stream.left <= atMost else { return .bytes(atMost) }
        guard slot % 4 == 0 else { return .last(stream.left) }
        var fields = HTTP2FieldList()
        fields.add("a", "b")
        server?.submitTrailers(stream.number, fields)
        client?.submitTrailers(stream.number, fields)
        return .lastWithTrailers(stream.left)
    }

    func writeBody(_ slot: Int, count: Int, into output: inout ByteBuffer) {
        streams[slot]?.left -= count
        for _ in 0..<count {
            output.append(0x61)
        }
    }

    func trailersReceived(_ slot: Int, _ trailers: inout FieldBlock) {
        note("trailers", UInt64(slot))
        judge(trailers)
    }

    func inputEnded(_ slot: Int) {
        guard let stream = streams[slot] else {
            preconditionFailure("the end of a stream that is gone")
        }
        if case .length(let length) = stream.framing {
            precondition(length == stream.received, "a body of another length")
        }
        note("end", UInt64(slot))
        note("bytes", stream.received)
    }

    func streamClosed(_ slot: Int, _ code: HTTP2ErrorCode) {
        precondition(streams.removeValue(forKey: slot) != nil, "a stream was closed twice")
        note("closed", UInt64(slot))
        note("code", UInt64(code.rawValue))
    }

    private func judge(_ head: borrowing RequestHead) {
        precondition(HostName.isValid(head.host), "a host that is none")
        precondition(FieldSyntax.isToken(head.methodBytes), "a method that is none")
        if head.form == .origin {
            precondition(head.pathBytes.hasPrefix("/"), "a path without a slash")
        }
        for index in 0..<head.target.count {
            let byte = head.target[index]
            precondition(byte > 0x20 && byte < 0x7F && byte != 0x23, "a target that is none")
        }
        precondition(head.fields.occurrences(of: .host) <= 1, "two hosts")
        precondition(head.fields.occurrences(of: .cookie) <= 1, "crumbs of a cookie")
        precondition(head.fields.occurrences(of: .contentLength) <= 1, "two lengths")
    }

    private func judge(_ fields: borrowing FieldBlock) {
        for index in 0..<fields.count {
            let name = fields.name(at: index)
            precondition(FieldSyntax.isToken(name), "a name that is no token")
            for place in 0..<name.count {
                precondition(ASCII.lowercased(name[place]) == name[place], "a name in upper case")
            }
            precondition(FieldSyntax.isValue(fields.value(at: index)), "a value with a control")
            switch fields.id(at: index) {
            case .connection, .keepAlive, .proxyConnection, .transferEncoding:
                preconditionFailure("a field of HTTP/1's connections")
            default: break
            }
            events.append(name)
            events.append(fields.value(at: index))
        }
        precondition(fields.count <= Self.limits.head.fieldCount + 2, "more fields than allowed")
    }

    private func note(_ event: StaticString, _ number: UInt64) {
        events.append(event)
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            events.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    /// Small limits, so that a fuzzer reaches them.
    private static let limits = HTTP2Limits(
        head: fuzzLimits,
        streamCount: 8,
        streamWindow: 2000,
        connectionWindow: 65_535,
        resets: HTTP2Budget(burst: 10, perSecond: 1),
        controlFrames: HTTP2Budget(burst: 20, perSecond: 1),
        windowUpdates: HTTP2Budget(burst: 20, perSecond: 1),
        emptyFrames: HTTP2Budget(burst: 5, perSecond: 1)
    )
}
