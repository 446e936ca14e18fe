import Bytes
import HTTP
import Testing

/// The limits of most tests: the product's defaults.
let limits = HeadLimits(size: 32_768, fieldCount: 100, targetSize: 8192)

/// The bytes of a text.
func bytes(_ text: String) -> [UInt8] {
    [UInt8](text.utf8)
}

/// What a machine made of some bytes, one line an event, so that two runs can be compared.
struct Transcript: Equatable, CustomTestStringConvertible {
    var events: [String] = []
    private var body: [UInt8] = []

    mutating func note(_ event: String) {
        if !body.isEmpty {
            events.append("body \(body.span.text())")
            body = []
        }
        events.append(event)
    }

    mutating func note(body part: Span<UInt8>) {
        body.append(part)
    }

    var testDescription: String { events.joined(separator: "\n") }
}

/// Splits bytes at the places given, ascending.
func pieces(of input: [UInt8], cutAt cuts: [Int]) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    var start = 0
    for cut in cuts + [input.count] {
        pieces.append(input[start..<cut])
        start = cut
    }
    return pieces
}

/// Feeds requests to a server's machine, cut at the places given, and takes all that it offers.
///
/// Of payload, no more than `bodyStep` bytes are taken at once.
func serve(
    _ input: [UInt8],
    cutAt cuts: [Int] = [],
    limits: HeadLimits = limits,
    bodyStep: Int = .max
) -> Transcript {
    var transcript = Transcript()
    var machine = HTTP1ServerMachine(limits: limits)
    var head = RequestHead()
    var buffer: [UInt8] = []
    for piece in pieces(of: input, cutAt: cuts) {
        buffer += piece
        reading: while true {
            do {
                switch try machine.advance(over: buffer.span, head: &head) {
                case .needsMore:
                    break reading
                case .head(let consumed):
                    buffer.removeFirst(consumed)
                    transcript.note(describe(head))
                case .body(let skip, let count):
                    let taken = min(count, bodyStep)
                    buffer.removeFirst(skip)
                    transcript.note(body: buffer.span.extracting(0..<taken))
                    buffer.removeFirst(taken)
                    machine.bodyConsumed(taken)
                case .end(let consumed):
                    buffer.removeFirst(consumed)
                    transcript.note("end")
                    machine.beginNext()
                }
            } catch {
                transcript.note("fault \(error)")
                return transcript
            }
        }
    }
    transcript.note("left \(buffer.span.text()) late=\(machine.hasPartialHead)")
    return transcript
}

/// Feeds responses to a client's machine, cut at the places given, and takes all that it offers.
func answer(
    _ input: [UInt8],
    to methods: [HTTP.Method] = [.get],
    upgradeRequested: Bool = false,
    cutAt cuts: [Int] = [],
    limits: HeadLimits = limits,
    closes: Bool = true
) -> Transcript {
    var transcript = Transcript()
    var machine = HTTP1ClientMachine(limits: limits)
    var head = ResponseHead()
    var buffer: [UInt8] = []
    var waiting = methods[...]
    machine.begin(requestMethod: waiting.removeFirst(), upgradeRequested: upgradeRequested)
    do {
        for piece in pieces(of: input, cutAt: cuts) {
            buffer += piece
            reading: while true {
                switch try machine.advance(over: buffer.span, head: &head) {
                case .needsMore:
                    break reading
                case .informational(let consumed):
                    buffer.removeFirst(consumed)
                    transcript.note("interim " + describe(head))
                case .head(let consumed):
                    buffer.removeFirst(consumed)
                    transcript.note(describe(head))
                case .body(let skip, let count):
                    buffer.removeFirst(skip)
                    transcript.note(body: buffer.span.extracting(0..<count))
                    buffer.removeFirst(count)
                    machine.bodyConsumed(count)
                case .end(let consumed):
                    buffer.removeFirst(consumed)
                    transcript.note("end reusable=\(machine.isReusable)")
                    var trailers = FieldBlock()
                    try machine.takeTrailers(into: &trailers)
                    if trailers.count > 0 {
                        transcript.note("trailers " + describe(trailers))
                    }
                    if machine.isReusable, let method = waiting.popFirst() {
                        machine.begin(requestMethod: method, upgradeRequested: false)
                    }
                }
            }
        }
        transcript.note("left \(buffer.span.text())")
        if closes {
            transcript.note("closed \(try machine.peerClosed())")
        }
    } catch {
        transcript.note("fault \(error)")
    }
    return transcript
}

/// Everything that a head says, on one line.
func describe(_ head: RequestHead) -> String {
    let query = head.hasQuery ? "?" + head.queryBytes.text() : ""
    return [
        "\(head.method)", head.methodBytes.text(), "\(head.form)", head.target.text(),
        "\(head.version)", "host=" + head.host.text(), "path=" + head.pathBytes.text() + query,
        "\(head.framing)", "keeps=\(head.keepsAlive)", "expects=\(head.expectsContinue)",
        "upgrade=\(head.upgrade)", describe(head.fields),
    ].joined(separator: " ")
}

/// Everything that a head says, on one line.
func describe(_ head: ResponseHead) -> String {
    [
        "\(head.status)", head.reason.text(), "\(head.version)", "\(head.framing)",
        "keeps=\(head.keepsAlive)", "upgrade=\(head.isUpgrade)", describe(head.fields),
    ].joined(separator: " ")
}

/// The fields with their ids, on one line.
func describe(_ fields: FieldBlock) -> String {
    var parts: [String] = []
    for index in 0..<fields.count {
        parts.append(
            "\(fields.id(at: index))/\(fields.name(at: index).text())=\(fields.value(at: index).text())"
        )
    }
    return "{" + parts.joined(separator: "|") + "}"
}

/// Parses one whole head, and hands out what there is.
func parseHead(
    _ text: String,
    limits: HeadLimits = limits
) throws(ParseFault) -> RequestHead {
    var machine = HTTP1ServerMachine(limits: limits)
    var head = RequestHead()
    let input = bytes(text)
    guard case .head(let consumed) = try machine.advance(over: input.span, head: &head),
        consumed == input.count
    else { throw .headTruncated }
    return head
}

extension FieldBlock {
    /// A field as text, `name: value`.
    func line(at index: Int) -> String {
        name(at: index).text() + ": " + value(at: index).text()
    }
}
