import Bytes

/// The key and its answer in the opening handshake of WebSocket over HTTP/1.1 (RFC 6455 §4).
///
/// Over HTTP/2 there are none (RFC 8441 §5): a gateway between the two makes what one side lacks.
public enum WebSocketHandshake {
    /// Appends a `Sec-WebSocket-Key`: the base64 of sixteen bytes, which should be new each time.
    public static func appendKey(_ nonce: (UInt64, UInt64), to text: inout [UInt8]) {
        var bytes = InlineArray<16, UInt8>(repeating: 0)
        for index in 0..<8 {
            bytes[index] = UInt8(truncatingIfNeeded: nonce.0 >> UInt64(index * 8))
            bytes[index + 8] = UInt8(truncatingIfNeeded: nonce.1 >> UInt64(index * 8))
        }
        appendBase64(bytes.span, to: &text)
    }

    /// Appends the `Sec-WebSocket-Accept` that proves that a server has read `key`.
    public static func appendAccept(of key: Span<UInt8>, to text: inout [UInt8]) {
        var digest = AcceptDigest()
        digest.update(key)
        let guid = Array(Self.guid.utf8)
        digest.update(guid.span)
        let bytes = digest.finish()
        appendBase64(bytes.span, to: &text)
    }

    /// RFC 6455 §1.3.
    private static let guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    private static func appendBase64(_ bytes: Span<UInt8>, to text: inout [UInt8]) {
        var index = 0
        while index < bytes.count {
            let count = min(3, bytes.count - index)
            var group = UInt32(bytes[index]) << 16
            if count > 1 { group |= UInt32(bytes[index + 1]) << 8 }
            if count > 2 { group |= UInt32(bytes[index + 2]) }
            for place in 0..<4 {
                text.append(place <= count ? letter(group >> UInt32(18 - place * 6)) : padding)
            }
            index += 3
        }
    }

    private static let padding = UInt8(ascii: "=")

    private static func letter(_ bits: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: bits & 0x3F)
        return switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }
}

/// SHA-1 (FIPS 180-4 §6.1), for `Sec-WebSocket-Accept` alone: there it guards against confusion, not
/// against anybody, and nothing else of the product may use it.
struct AcceptDigest {
    private var state: (UInt32, UInt32, UInt32, UInt32, UInt32) = (
        0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0
    )
    private var block = InlineArray<64, UInt8>(repeating: 0)
    private var blockCount = 0
    private var bitCount: UInt64 = 0

    mutating func update(_ bytes: Span<UInt8>) {
        for index in 0..<bytes.count {
            bitCount &+= 8
            append(bytes[index])
        }
    }

    mutating func finish() -> InlineArray<20, UInt8> {
        let length = bitCount
        append(0x80)
        while blockCount != 56 {
            append(0)
        }
        for shift in stride(from: 56, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: length >> UInt64(shift)))
        }
        var digest = InlineArray<20, UInt8>(repeating: 0)
        let words = [state.0, state.1, state.2, state.3, state.4]
        for index in 0..<20 {
            digest[index] = UInt8(
                truncatingIfNeeded: words[index / 4] >> UInt32(24 - index % 4 * 8)
            )
        }
        return digest
    }

    private mutating func append(_ byte: UInt8) {
        block[blockCount] = byte
        blockCount += 1
        if blockCount == 64 {
            compress()
            blockCount = 0
        }
    }

    private mutating func compress() {
        var words = InlineArray<80, UInt32>(repeating: 0)
        for index in 0..<64 {
            words[index / 4] = words[index / 4] << 8 | UInt32(block[index])
        }
        for index in 16..<80 {
            let mixed = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
            words[index] = Self.rotate(mixed, by: 1)
        }
        var (a, b, c, d, e) = state
        for index in 0..<80 {
            let (mixed, constant) = Self.round(index, b, c, d)
            let next = Self.rotate(a, by: 5) &+ mixed &+ e &+ constant &+ words[index]
            (e, d, c, b, a) = (d, c, Self.rotate(b, by: 30), a, next)
        }
        state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d, state.4 &+ e)
    }

    private static func round(
        _ index: Int,
        _ b: UInt32,
        _ c: UInt32,
        _ d: UInt32
    ) -> (UInt32, UInt32) {
        switch index {
        case 0..<20: (b & c | ~b & d, 0x5A82_7999)
        case 20..<40: (b ^ c ^ d, 0x6ED9_EBA1)
        case 40..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
        default: (b ^ c ^ d, 0xCA62_C1D6)
        }
    }

    private static func rotate(_ word: UInt32, by count: UInt32) -> UInt32 {
        word << count | word >> (32 - count)
    }
}
