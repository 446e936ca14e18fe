import Bytes
import HTTP

/// What a machine made of some bytes, in bytes of its own, so that two runs can be compared.
struct HTTPTranscript: Equatable {
    /// Heads, ends and faults in their order.
    private(set) var events: [UInt8] = []
    /// The payload of all bodies together.
    private(set) var payload: [UInt8] = []
    /// How many heads came whole.
    private(set) var headCount = 0
    /// Whether the bytes were refused.
    private(set) var isRefused = false

    /// Feeds requests to a server's machine, cut at the places given, and takes all that it offers.
    static func ofRequests(
        _ input: Span<UInt8>,
        cutAt cuts: [Int],
        judge: (borrowing RequestHead) -> Void
    ) -> HTTPTranscript {
        var transcript = HTTPTranscript()
        var machine = HTTP1ServerMachine(limits: fuzzLimits)
        var head = RequestHead()
        var start = 0
        for end in cuts + [input.count] {
            reading: while true {
                precondition(start <= end, "more was consumed than was shown")
                let step: HTTP1ServerMachine.Step
                do {
                    step = try machine.advance(over: input.extracting(start..<end), head: &head)
                } catch {
                    transcript.noteRefusal(error)
                    return transcript
                }
                switch step {
                case .needsMore:
                    break reading
                case .head(let consumed):
                    start += consumed
                    judge(head)
                    transcript.note(head)
                case .body(let skip, let count):
                    start += skip
                    transcript.payload.append(input.extracting(start..<(start + count)))
                    start += count
                    machine.bodyConsumed(count)
                case .end(let consumed):
                    start += consumed
                    transcript.events.append("\nend")
                    machine.beginNext()
                }
            }
        }
        transcript.note(number: UInt64(input.count - start))
        return transcript
    }

    /// Feeds responses to GET to a client's machine, cut at the places given.
    static func ofResponses(_ input: Span<UInt8>, cutAt cuts: [Int]) -> HTTPTranscript {
        var transcript = HTTPTranscript()
        var machine = HTTP1ClientMachine(limits: fuzzLimits)
        var head = ResponseHead()
        machine.begin(requestMethod: .get, upgradeRequested: true)
        var start = 0
        do {
            for end in cuts + [input.count] {
                reading: while true {
                    precondition(start <= end, "more was consumed than was shown")
                    switch try machine.advance(
                        over: input.extracting(start..<end),
                        head: &head
                    ) {
                    case .needsMore:
                        break reading
                    case .head(let consumed), .informational(let consumed):
                        start += consumed
                        transcript.note(head)
                    case .body(let skip, let count):
                        start += skip
                        transcript.payload.append(input.extracting(start..<(start + count)))
                        start += count
                        machine.bodyConsumed(count)
                    case .end(let consumed):
                        start += consumed
                        transcript.events.append("\nend")
                        if machine.isReusable {
                            machine.begin(requestMethod: .get, upgradeRequested: false)
                        }
                    }
                }
            }
            transcript.events.append(try machine.peerClosed() == .complete ? "\nwhole" : "\ncut")
        } catch {
            transcript.noteRefusal(error)
        }
        return transcript
    }

    private mutating func noteRefusal(_ fault: ParseFault) {
        isRefused = true
        events.append("\nrefused ")
        events.append(fault.detail)
    }

    private mutating func note(_ head: borrowing RequestHead) {
        headCount += 1
        events.append("\nrequest ")
        events.append(head.target)
        events.append(" ")
        events.append(head.host)
        events.append(" ")
        events.append(head.pathBytes)
        events.append(head.hasQuery ? "?" : " ")
        events.append(head.queryBytes)
        events.append(head.keepsAlive ? " keeps" : " closes")
        note(head.framing)
        note(head.fields)
    }

    private mutating func note(_ head: borrowing ResponseHead) {
        headCount += 1
        events.append("\nresponse ")
        note(number: UInt64(head.status))
        events.append(head.reason)
        events.append(head.keepsAlive ? " keeps" : " closes")
        note(head.framing)
        note(head.fields)
    }

    private mutating func note(_ framing: BodyFraming) {
        switch framing {
        case .none: events.append(" none")
        case .length(let length): note(number: length)
        case .chunked: events.append(" chunked")
        case .untilClose: events.append(" until close")
        }
    }

    private mutating func note(_ fields: borrowing FieldBlock) {
        for index in 0..<fields.count {
            events.append("\n ")
            events.append(fields.name(at: index))
            events.append(":")
            events.append(fields.value(at: index))
        }
    }

    private mutating func note(number: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            events.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}

/// Small limits, so that a fuzzer reaches them.
let fuzzLimits = HeadLimits(size: 2048, fieldCount: 16, targetSize: 512)

/// Three places to cut the bytes at, ascending, chosen by the bytes themselves: the same input fails
/// the same way again.
func fuzzCuts(_ bytes: Span<UInt8>) -> [Int] {
    // FNV-1a.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in 0..<bytes.count {
        hash = (hash ^ UInt64(bytes[index])) &* 0x0000_0100_0000_01B3
    }
    let count = UInt64(bytes.count + 1)
    return [hash % count, hash >> 21 % count, hash >> 42 % count].map { Int($0) }.sorted()
}
