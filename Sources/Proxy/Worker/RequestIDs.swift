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
        text.append(hex: next())
        text.append(hex: next())
    }

    /// Adds a fresh `traceparent` (W3C Trace Context §3.2), not sampled: whether a trace is kept is for
    /// the back ends to say, not for a peer.
    mutating func addTraceParent(to sink: inout some FieldSink & ~Copyable) {
        sink.begin("traceparent")
        sink.append("00-")
        sink.append(hex: next())
        sink.append(hex: next())
        sink.append("-")
        // All zeros would not be an id.
        sink.append(hex: next() | 1)
        sink.append("-00")
        sink.end(isUnique: true)
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
}
