import Bytes
import HTTP

/// Makes request ids: unique, not secret.
///
/// A generator of its own for each worker, seeded once by the system: the system's would cost a
/// system call for each request.
struct RequestIDs {
    private var state: (UInt64, UInt64)

    init() {
        var system = SystemRandomNumberGenerator()
        state = (system.next() | 1, system.next())
    }

    /// Appends 32 hexadecimal digits.
    mutating func append(to text: inout [UInt8]) {
        Self.appendHex(next(), to: &text)
        Self.appendHex(next(), to: &text)
    }

    /// Appends a fresh `traceparent` (W3C Trace Context §3.2), not sampled: whether a trace is kept
    /// is for the back ends to say, not for a peer.
    mutating func appendTraceParent(to text: inout [UInt8]) {
        text.append("00-")
        Self.appendHex(next(), to: &text)
        Self.appendHex(next(), to: &text)
        text.append(UInt8(ascii: "-"))
        // All zeros would not be an id.
        Self.appendHex(next() | 1, to: &text)
        text.append("-00")
    }

    /// Appends a fresh `Sec-WebSocket-Key`, which need not be secret (RFC 6455 §10.3).
    mutating func appendWebSocketKey(to text: inout [UInt8]) {
        WebSocketHandshake.appendKey((next(), next()), to: &text)
    }

    /// xoroshiro128+ (Blackman and Vigna), whose upper bits pass the usual tests.
    private mutating func next() -> UInt64 {
        let result = state.0 &+ state.1
        let mixed = state.1 ^ state.0
        state.0 = Self.rotate(state.0, by: 24) ^ mixed ^ mixed << 16
        state.1 = Self.rotate(mixed, by: 37)
        return result
    }

    private static func rotate(_ value: UInt64, by count: UInt64) -> UInt64 {
        value << count | value >> (64 - count)
    }

    private static func appendHex(_ value: UInt64, to text: inout [UInt8]) {
        for shift in stride(from: 60, through: 0, by: -4) {
            text.append(ASCII.lowercaseHexDigit(UInt8(truncatingIfNeeded: value >> UInt64(shift))))
        }
    }
}
