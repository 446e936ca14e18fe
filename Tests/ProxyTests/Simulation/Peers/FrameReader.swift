/// One frame of HTTP/2, as it is on the wire (RFC 9113 §4.1).
struct WireFrame {
    var type: UInt8
    var flags: UInt8
    var stream: Int
    /// Empty for DATA, of which only the length is kept.
    var payload: [UInt8]
    var length: Int

    static let data: UInt8 = 0
    static let headers: UInt8 = 1
    static let reset: UInt8 = 3
    static let settings: UInt8 = 4
    static let ping: UInt8 = 6
    static let goaway: UInt8 = 7
    static let windowUpdate: UInt8 = 8
    static let endStream: UInt8 = 1
    static let endHeaders: UInt8 = 4

    var endsStream: Bool { (type == Self.data || type == Self.headers) && flags & 1 != 0 }

    /// The code of a RST_STREAM or a GOAWAY.
    var code: Int { number(at: type == Self.goaway ? 4 : 0) }

    /// The last stream of a GOAWAY.
    var lastStream: Int { number(at: 0) & 0x7FFF_FFFF }

    /// Why a GOAWAY came, in words for people (RFC 9113 §6.8).
    var debugText: String { String(decoding: payload.dropFirst(8), as: UTF8.self) }

    private func number(at place: Int) -> Int {
        guard place + 4 <= payload.count else { return -1 }
        return payload[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) }
    }
}

/// Finds the frames in what the gateway sends, by code of its own.
struct FrameReader {
    private var bytes: [UInt8] = []
    private var position = 0

    mutating func feed(_ more: ArraySlice<UInt8>) {
        if position > 1 << 15 {
            bytes.removeFirst(position)
            position = 0
        }
        bytes += more
    }

    /// The next frame, once it is whole.
    mutating func next() -> WireFrame? {
        guard bytes.count - position >= 9 else { return nil }
        let length =
            Int(bytes[position]) << 16 | Int(bytes[position + 1]) << 8 | Int(bytes[position + 2])
        guard bytes.count - position >= 9 + length else { return nil }
        let type = bytes[position + 3]
        let begin = position + 9
        let stream = bytes[(position + 5)..<begin].reduce(0) { $0 << 8 | Int($1) }
        let frame = WireFrame(
            type: type,
            flags: bytes[position + 4],
            stream: stream & 0x7FFF_FFFF,
            payload: type == WireFrame.data ? [] : Array(bytes[begin..<(begin + length)]),
            length: length
        )
        position = begin + length
        return frame
    }
}
