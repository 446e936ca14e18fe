import Bytes
import HTTP

/// The limits of most tests of HTTP/2.
let http2Limits = HTTP2Limits(
    head: limits,
    streamCount: 128,
    streamWindow: 262_144,
    connectionWindow: 1_048_576,
    resets: HTTP2Budget(burst: 1000, perSecond: 100),
    controlFrames: HTTP2Budget(burst: 1000, perSecond: 100),
    windowUpdates: HTTP2Budget(burst: 1000, perSecond: 100),
    emptyFrames: HTTP2Budget(burst: 100, perSecond: 10)
)

/// The types of frames (RFC 9113 §6, RFC 9218 §7.1).
enum Frame {
    static let data: UInt8 = 0
    static let headers: UInt8 = 1
    static let priority: UInt8 = 2
    static let reset: UInt8 = 3
    static let settings: UInt8 = 4
    static let pushPromise: UInt8 = 5
    static let ping: UInt8 = 6
    static let goaway: UInt8 = 7
    static let windowUpdate: UInt8 = 8
    static let continuation: UInt8 = 9
    static let priorityUpdate: UInt8 = 16

    static let endStream: UInt8 = 1
    static let ack: UInt8 = 1
    static let endHeaders: UInt8 = 4
    static let padded: UInt8 = 8
    static let hasPriority: UInt8 = 32
}

/// The four bytes of a number.
func word(_ number: UInt32) -> [UInt8] {
    stride(from: UInt32(24), through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
}

/// A frame, whatever its parts say; `length` lies where it is given.
func frame(
    _ type: UInt8,
    flags: UInt8 = 0,
    stream: UInt32,
    _ payload: [UInt8] = [],
    length: Int? = nil
) -> [UInt8] {
    let size = UInt32(length ?? payload.count)
    return Array(word(size)[1...]) + [type, flags] + word(stream) + payload
}

/// A field as HPACK literal that is not indexed, its texts not compressed (RFC 7541 §6.2.2).
func literal(_ name: String, _ value: String, isNeverIndexed: Bool = false) -> [UInt8] {
    literal(bytes(name), bytes(value), isNeverIndexed: isNeverIndexed)
}

func literal(_ name: [UInt8], _ value: [UInt8], isNeverIndexed: Bool = false) -> [UInt8] {
    [isNeverIndexed ? 0x10 : 0x00] + integer(name.count, prefix: 7) + name
        + integer(value.count, prefix: 7) + value
}

/// A number as HPACK writes it (RFC 7541 §5.1).
func integer(_ number: Int, prefix: Int) -> [UInt8] {
    let most = 1 << prefix - 1
    guard number >= most else { return [UInt8(number)] }
    var result = [UInt8(most)]
    var rest = number - most
    while rest >= 128 {
        result.append(UInt8(rest & 0x7F | 0x80))
        rest >>= 7
    }
    return result + [UInt8(rest)]
}

/// The pseudo-headers and fields of a request that nothing is wrong with.
let goodHead = [
    (":method", "GET"), (":scheme", "https"), (":authority", "example.org"), (":path", "/a?b=c"),
]

/// The same, of a request with a body.
let goodPost = [
    (":method", "POST"), (":scheme", "https"), (":authority", "example.org"), (":path", "/up"),
]

/// A HEADERS frame with all of a head.
func headers(
    _ stream: UInt32,
    _ fields: [(String, String)],
    endsStream: Bool = true
) -> [UInt8] {
    let block = fields.flatMap { literal($0.0, $0.1) }
    let flags = Frame.endHeaders | (endsStream ? Frame.endStream : 0)
    return frame(Frame.headers, flags: flags, stream: stream, block)
}

/// A DATA frame.
func data(_ stream: UInt32, _ text: String, endsStream: Bool = false) -> [UInt8] {
    frame(Frame.data, flags: endsStream ? Frame.endStream : 0, stream: stream, bytes(text))
}

/// A SETTINGS frame.
func settings(_ entries: [(UInt16, UInt32)] = []) -> [UInt8] {
    let payload = entries.flatMap { [UInt8($0.0 >> 8), UInt8($0.0 & 0xFF)] + word($0.1) }
    return frame(Frame.settings, stream: 0, payload)
}

func windowUpdate(_ stream: UInt32, _ increment: UInt32) -> [UInt8] {
    frame(Frame.windowUpdate, stream: stream, word(increment))
}

func reset(_ stream: UInt32, _ code: HTTP2ErrorCode) -> [UInt8] {
    frame(Frame.reset, stream: stream, word(code.rawValue))
}

/// The magic with which a client begins (RFC 9113 §3.4).
let magic = bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

/// The preface of a client, and its leave to the settings of the server.
let clientPreface = magic + settings() + frame(Frame.settings, flags: Frame.ack, stream: 0)

/// The preface of a server, and its leave to the settings of the client.
let serverPreface = settings() + frame(Frame.settings, flags: Frame.ack, stream: 0)

/// One frame, read back.
struct ReadFrame: Equatable, CustomStringConvertible {
    var type: UInt8
    var flags: UInt8
    var stream: UInt32
    var payload: [UInt8]

    /// The number in the payload at a place.
    func number(at place: Int) -> UInt32 {
        guard payload.count >= place + 4 else { return 0 }
        return payload[place..<(place + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private func code(at place: Int) -> String {
        HTTP2ErrorCode(rawValue: number(at: place)).map { "\($0)" } ?? "\(number(at: place))"
    }

    var description: String {
        let end = flags & Frame.endStream != 0 ? " end" : ""
        return switch type {
        case Frame.data: "DATA \(stream) \(payload.count)\(end)"
        case Frame.headers: "HEADERS \(stream)\(end)"
        case Frame.reset: "RST_STREAM \(stream) \(code(at: 0))"
        case Frame.settings: flags & Frame.ack != 0 ? "SETTINGS ack" : "SETTINGS"
        case Frame.ping: flags & Frame.ack != 0 ? "PING ack" : "PING"
        case Frame.goaway: "GOAWAY \(number(at: 0)) \(code(at: 4))"
        case Frame.windowUpdate: "WINDOW_UPDATE \(stream) \(number(at: 0))"
        case Frame.continuation: "CONTINUATION \(stream)"
        default: "frame \(type) \(stream)"
        }
    }
}

/// Reads frames back; the magic of a client is passed over.
func frames(_ input: [UInt8]) -> [ReadFrame] {
    var index = input.starts(with: magic) ? magic.count : 0
    var result: [ReadFrame] = []
    while index + 9 <= input.count {
        let size = Int(input[index]) << 16 | Int(input[index + 1]) << 8 | Int(input[index + 2])
        let end = min(input.count, index + 9 + size)
        let stream = input[(index + 5)..<(index + 9)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        result.append(
            ReadFrame(
                type: input[index + 3],
                flags: input[index + 4],
                stream: stream,
                payload: Array(input[(index + 9)..<end])
            )
        )
        index = end
    }
    return result
}
