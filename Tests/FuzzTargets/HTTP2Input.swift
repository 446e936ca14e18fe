import Bytes

/// What a fuzzer's bytes mean to a session of HTTP/2.
///
/// The first byte chooses: bit 0 the side (0 server, 1 client), bit 1 whether the rest is the wire's
/// bytes (1) or a list of frames (0), in which lengths are always right: type, flags, stream, length,
/// payload, one byte each but the last.
struct HTTP2Input {
    let isServer: Bool
    /// What the peer sends, its preface included.
    let wire: [UInt8]

    /// Whether there is a frame that looks like GOAWAY.
    ///
    /// Once one has come and no stream runs, libnghttp2 reads on to the end of what it was shown, and
    /// no further: what follows depends on the cuts, and means nothing any more.
    var saysGoodbye: Bool {
        var index = 0
        while index + 9 <= wire.count {
            if wire[index + 3] == 7, wire[(index + 5)..<(index + 9)].allSatisfy({ $0 == 0 }) {
                return true
            }
            index += 1
        }
        return false
    }

    init(_ bytes: Span<UInt8>) {
        let choice = bytes.count > 0 ? bytes[0] : 0
        // As many as no bound on what waits to be written depends on the cuts.
        let rest = bytes.extracting(min(1, bytes.count)..<min(bytes.count, 8192))
        isServer = choice & 1 == 0
        var wire: [UInt8] = []
        if choice & 4 == 0 {
            if isServer {
                wire.append("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            }
            wire += [0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0]
        }
        if choice & 2 != 0 {
            wire.append(rest)
        } else {
            Self.append(framesOf: rest, to: &wire)
        }
        self.wire = wire
    }

    private static func append(framesOf bytes: Span<UInt8>, to wire: inout [UInt8]) {
        var index = 0
        while index + 4 <= bytes.count {
            let end = min(bytes.count, index + 4 + Int(bytes[index + 3]))
            let size = end - index - 4
            wire += [0, UInt8(size >> 8), UInt8(size & 0xFF), bytes[index], bytes[index + 1]]
            wire += [0, 0, 0, bytes[index + 2]]
            wire.append(bytes.extracting((index + 4)..<end))
            index = end
        }
    }
}
