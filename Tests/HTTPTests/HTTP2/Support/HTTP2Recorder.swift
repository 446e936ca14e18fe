import Bytes
import HTTP

/// What a side of a session has to send on one stream.
struct OutgoingBody {
    var bytes: [UInt8] = []
    var isWhole = true
    var trailers: [(String, String)] = []
    var fails = false
}

/// Writes down all that a session tells, and answers from a script.
class HTTP2Recorder: HTTP2Handler {
    var events: [String] = []
    var outgoing: [Int: OutgoingBody] = [:]
    var received: [Int: [UInt8]] = [:]
    var streams: [Int: Int32] = [:]
    var openSlots: Set<Int> = []
    /// Whether received bytes are given back at once.
    var consumes = true

    func consume(_ slot: Int, _ count: Int) {}
    func sendTrailers(_ stream: Int32, _ fields: borrowing HTTP2FieldList) {}

    func dataReceived(_ slot: Int, _ bytes: Span<UInt8>) {
        // One event for neighbouring pieces, so that cuts do not show; large bodies are not spelt out.
        if received[slot, default: []].count > 1000 {
            if events.last != "data \(slot) ..." {
                events.append("data \(slot) ...")
            }
        } else if let last = events.last, last.hasPrefix("data \(slot) ") {
            events.removeLast()
            events.append(last + bytes.text())
        } else {
            events.append("data \(slot) " + bytes.text())
        }
        received[slot, default: []].append(bytes)
        if consumes {
            consume(slot, bytes.count)
        }
    }

    func bodyWanted(_ slot: Int, atMost: Int) -> HTTP2BodyStep {
        guard let body = outgoing[slot], !body.fails else { return .fail }
        let count = min(atMost, body.bytes.count)
        if count < body.bytes.count {
            return .bytes(count)
        }
        guard body.isWhole else { return count > 0 ? .bytes(count) : .wait }
        guard body.trailers.isEmpty else {
            sendTrailers(streams[slot] ?? 0, fieldList(body.trailers))
            return .lastWithTrailers(count)
        }
        return .last(count)
    }

    func writeBody(_ slot: Int, count: Int, into output: inout ByteBuffer) {
        guard let bytes = outgoing[slot]?.bytes else { return }
        output.append(Array(bytes[..<count]).span)
        outgoing[slot]?.bytes = Array(bytes[count...])
    }

    func trailersReceived(_ slot: Int, _ trailers: inout FieldBlock) {
        events.append("trailers \(slot)" + text(of: trailers))
    }

    func inputEnded(_ slot: Int) {
        events.append("end \(slot)")
    }

    func streamClosed(_ slot: Int, _ code: HTTP2ErrorCode) {
        events.append("closed \(slot) \(code)")
        if openSlots.remove(slot) == nil {
            events.append("CLOSED TWICE OR NEVER OPENED: \(slot)")
        }
    }

    func text(of fields: borrowing FieldBlock) -> String {
        var result = ""
        for index in 0..<fields.count {
            let name = fields.name(at: index).text()
            let value = fields.value(at: index).text()
            result += " \(name)=\(value)" + (fields.isNeverIndexed(at: index) ? "!" : "")
        }
        return result
    }
}

/// A list of fields, all from texts; a name with `!` behind it is never indexed.
func fieldList(_ fields: [(String, String)]) -> HTTP2FieldList {
    var list = HTTP2FieldList()
    for (name, value) in fields {
        let isSecret = name.hasSuffix("!")
        let nameBytes = bytes(isSecret ? String(name.dropLast()) : name)
        let valueBytes = bytes(value)
        list.add(nameBytes.span, valueBytes.span, isNeverIndexed: isSecret)
    }
    return list
}

/// Plays a server.
final class ServerRecorder: HTTP2Recorder, HTTP2ServerHandler {
    let session: HTTP2ServerSession
    private var slotMax = 0
    /// Whether requests get slots.
    var accepts = true
    /// Answers each request from within the call that tells of it, where there is one.
    var answer: (status: Int, body: OutgoingBody?)?
    /// An interim response before the answer.
    var information: Int?

    init(_ limits: HTTP2Limits = http2Limits) throws {
        session = try HTTP2ServerSession(limits: limits)
    }

    override func consume(_ slot: Int, _ count: Int) {
        session.consumeStream(streams[slot] ?? 0, count)
        session.consumeConnection(count)
    }

    override func sendTrailers(_ stream: Int32, _ fields: borrowing HTTP2FieldList) {
        session.submitTrailers(stream, fields)
    }

    private func take(_ stream: Int32) -> Int {
        guard accepts else { return 0 }
        slotMax += 1
        streams[slotMax] = stream
        openSlots.insert(slotMax)
        return slotMax
    }

    func requestReceived(_ stream: Int32, head: inout RequestHead, isComplete: Bool) -> Int {
        let slot = take(stream)
        var line = "request \(stream) \(head.methodBytes.text()) \(head.host.text())"
        line += " \(head.target.text()) path=\(head.pathBytes.text())"
        line += head.hasQuery ? " query=\(head.queryBytes.text())" : ""
        line += " \(head.method) \(head.version) \(head.form) \(head.framing)"
        line += (head.keepsAlive ? "" : " CLOSES") + (head.upgrade ? " upgrade" : "")
        line += (head.isExtendedConnect ? " extended" : "")
        line += (head.expectsContinue ? " continue" : "") + (isComplete ? " complete" : "")
        events.append(line + text(of: head.fields))
        if slot > 0 {
            respond(slot)
        }
        return slot
    }

    func requestRefused(_ stream: Int32, _ fault: ParseFault, isComplete: Bool) -> Int {
        let slot = take(stream)
        events.append(
            "refused \(stream) \(fault) \(fault.status)" + (isComplete ? " complete" : "")
        )
        if slot > 0 {
            session.respond(stream, fieldList([(":status", "\(fault.status)")]), hasBody: false)
        }
        return slot
    }

    func requestMalformed(_ stream: Int32, _ fault: ParseFault) {
        events.append("malformed \(stream) \(fault)")
    }

    func respond(_ slot: Int) {
        guard let answer, let stream = streams[slot] else { return }
        if let information {
            session.inform(stream, fieldList([(":status", "\(information)"), ("link", "</a>")]))
        }
        outgoing[slot] = answer.body
        session.respond(
            stream,
            fieldList([(":status", "\(answer.status)"), ("server", "test")]),
            hasBody: answer.body != nil
        )
    }

    /// Feeds bytes, cut at places, and gives the fault that ended it.
    func feed(_ input: [UInt8], cutAt cuts: [Int] = [], now: Int64 = 0) -> HTTP2Fault? {
        for piece in pieces(of: input, cutAt: cuts) {
            let bytes = Array(piece)
            do {
                try session.receive(bytes.span, now: now, handler: self)
            } catch {
                return error
            }
        }
        return nil
    }

    /// Produces all that waits.
    func drain(upTo limit: Int = .max) -> (output: [UInt8], fault: HTTP2Fault?) {
        var buffer = ByteBuffer(capacity: 1024)
        var fault: HTTP2Fault?
        do {
            try session.produce(into: &buffer, upTo: limit, handler: self)
        } catch let thrown {
            fault = thrown
            try? session.produce(into: &buffer, upTo: .max, handler: self)
        }
        return (buffer.bytes.copied(), fault)
    }
}

/// Plays a client.
final class ClientRecorder: HTTP2Recorder, HTTP2ClientHandler {
    let session: HTTP2ClientSession
    private var slotMax = 0

    init(_ limits: HTTP2Limits = http2Limits) throws {
        session = try HTTP2ClientSession(limits: limits)
    }

    override func consume(_ slot: Int, _ count: Int) {
        session.consumeStream(streams[slot] ?? 0, count)
        session.consumeConnection(count)
    }

    override func sendTrailers(_ stream: Int32, _ fields: borrowing HTTP2FieldList) {
        session.submitTrailers(stream, fields)
    }

    /// Sends a request and gives its slot.
    @discardableResult
    func request(
        _ fields: [(String, String)],
        method: Method = .get,
        body: OutgoingBody? = nil
    ) throws -> Int {
        slotMax += 1
        let slot = slotMax
        outgoing[slot] = body
        let list = fieldList(fields)
        streams[slot] = try session.request(slot, list, method: method, hasBody: body != nil)
        openSlots.insert(slot)
        return slot
    }

    private func line(_ head: borrowing ResponseHead) -> String {
        "\(head.status) \(head.version) \(head.framing)" + (head.isUpgrade ? " upgrade" : "")
    }

    func responseReceived(_ slot: Int, head: inout ResponseHead, isComplete: Bool) {
        let end = isComplete ? " complete" : ""
        events.append("response \(slot) \(line(head))\(end)" + text(of: head.fields))
    }

    func informationReceived(_ slot: Int, head: inout ResponseHead) {
        events.append("information \(slot) \(line(head))" + text(of: head.fields))
    }

    func responseMalformed(_ slot: Int, _ fault: ParseFault) {
        events.append("malformed \(slot) \(fault)")
    }

    func peerDraining() {
        events.append("draining")
    }

    /// Feeds bytes, cut at places, and gives the fault that ended it.
    func feed(_ input: [UInt8], cutAt cuts: [Int] = [], now: Int64 = 0) -> HTTP2Fault? {
        for piece in pieces(of: input, cutAt: cuts) {
            let bytes = Array(piece)
            do {
                try session.receive(bytes.span, now: now, handler: self)
            } catch {
                return error
            }
        }
        return nil
    }

    /// Produces all that waits.
    func drain(upTo limit: Int = .max) -> (output: [UInt8], fault: HTTP2Fault?) {
        var buffer = ByteBuffer(capacity: 1024)
        var fault: HTTP2Fault?
        do {
            try session.produce(into: &buffer, upTo: limit, handler: self)
        } catch let thrown {
            fault = thrown
            try? session.produce(into: &buffer, upTo: .max, handler: self)
        }
        return (buffer.bytes.copied(), fault)
    }
}
