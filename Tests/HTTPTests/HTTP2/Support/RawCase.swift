import Bytes
import HTTP
import Testing

/// What a peer sends to a server, and what must come of it.
struct RawCase: CustomTestStringConvertible, Sendable {
    /// The clause, and what breaks or keeps it.
    var clause: String
    /// What follows the preface.
    var input: [UInt8]
    var outcome: Outcome

    init(_ clause: String, _ input: [UInt8], _ outcome: Outcome) {
        self.clause = clause
        self.input = input
        self.outcome = outcome
    }

    var testDescription: String { clause }

    enum Outcome: Equatable {
        /// Nothing is reset and nothing closed.
        case accepted
        /// GOAWAY with this code, and the fault that says so.
        case closed(HTTP2ErrorCode)
        /// The log is told, and the stream is reset with PROTOCOL_ERROR.
        case malformed(ParseFault)
        /// The request is to be answered with that fault's status.
        case refused(ParseFault)
        /// The stream is reset with this code; the connection goes on.
        case reset(HTTP2ErrorCode)
    }
}

/// All that a server made of some bytes.
struct RawTranscript: Equatable {
    var events: [String]
    var fault: HTTP2Fault?
    var output: [ReadFrame]
}

/// Feeds bytes to a fresh server, cut at places, and lets it answer.
func play(
    _ input: [UInt8],
    cutAt cuts: [Int] = [],
    limits: HTTP2Limits = http2Limits,
    answer: (status: Int, body: OutgoingBody?)? = nil
) throws -> RawTranscript {
    let server = try ServerRecorder(limits)
    server.answer = answer
    let fault = server.feed(input, cutAt: cuts)
    let produced = server.drain()
    return RawTranscript(
        events: server.events,
        fault: fault ?? produced.fault,
        output: frames(produced.output)
    )
}

/// Plays a case whole, cut once at every place, and byte by byte.
func judge(_ raw: RawCase, preface: [UInt8] = clientPreface) throws {
    let input = preface + raw.input
    let whole = try play(input)
    let goaway = whole.output.first { $0.type == Frame.goaway }
    let resets = whole.output.filter { $0.type == Frame.reset }.map {
        "\($0)".split(separator: " ")[2]
    }
    let shown = Comment(rawValue: "\(whole.events) \(whole.output)")
    switch raw.outcome {
    case .accepted:
        #expect(goaway == nil && resets.isEmpty && whole.fault == nil, shown)
        #expect(!whole.events.contains { $0.hasPrefix("malformed") }, shown)
    case .closed(let code):
        #expect(whole.fault == .closed(code), shown)
        #expect(goaway?.number(at: 4) == code.rawValue, shown)
    case .malformed(let fault):
        #expect(
            whole.events.contains { $0.hasPrefix("malformed") && $0.hasSuffix(" \(fault)") },
            shown
        )
        #expect(resets == ["protocolError"] && whole.fault == nil, shown)
    case .refused(let fault):
        #expect(
            whole.events.contains { $0.hasPrefix("refused") && $0.contains(" \(fault) ") },
            shown
        )
        #expect(goaway == nil && resets.isEmpty && whole.fault == nil, shown)
    case .reset(let code):
        #expect(resets == ["\(code)"] && goaway == nil && whole.fault == nil, shown)
    }
    for cut in 1..<input.count {
        let cutInTwo = try play(input, cutAt: [cut])
        #expect(cutInTwo == whole, "cut at \(cut): \(cutInTwo.events) \(cutInTwo.output)")
        guard cutInTwo == whole else { return }
    }
    let singly = try play(input, cutAt: Array(1..<input.count))
    #expect(singly == whole, "byte by byte: \(singly.events) \(singly.output)")
}
